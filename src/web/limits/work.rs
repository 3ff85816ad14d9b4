//! Asking for work when a budget is used up: ALTCHA's proof of work, ours from end to end. The page's script does it, a program
//! does it too; whoever can do neither comes back later.

use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Client;
use crate::domain::{PetitionNumber, Ruc};
use crate::web::App;
use crate::web::messages::WebError;

/// What somebody wants to send.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) enum Asked<'a> {
    /// A new petition for this employer.
    Petition(&'a Ruc),
    /// A document of so many bytes, under a number or without one.
    Document(Option<&'a PetitionNumber>, u64),
}

/// The proof that a program sends along.
pub(in crate::web) fn proof_in(headers: &HeaderMap) -> Option<&str> {
    headers.get("altcha")?.to_str().ok()
}

/// Lets in what is within its budgets, and who did some work.
///
/// # Errors
/// [`WebError::WorkWanted`] with what is to be done.
pub(in crate::web) async fn admit(
    app: &App,
    client: Client,
    asked: Asked<'_>,
    proof: Option<&str>,
) -> Result<(), WebError> {
    if let Some(proof) = proof
        && app.intake.accept_work(proof).await?
    {
        return Ok(());
    }
    let bytes = match asked {
        Asked::Petition(_) => 0,
        Asked::Document(_, bytes) => bytes,
    };
    let as_usual = super::counts_as_usual(app, client, bytes).await?;
    let of_employer = match asked {
        Asked::Petition(ruc) => app.intake.count_petition(ruc).await?,
        Asked::Document(Some(number), bytes) => app.intake.count_upload(number, bytes).await?,
        Asked::Document(None, _) => true,
    };
    if as_usual && of_employer {
        return Ok(());
    }
    let challenge = app.intake.ask_for_work().await?;
    let challenge = serde_json::to_vec(&challenge).map_err(|_| WebError::Internal)?;
    Err(WebError::WorkWanted(STANDARD.encode(challenge)))
}
