//! What is sent: petitions with the service's own form, signed as PDF or as a message, letters, and forms that somebody signs
//! who may not. Everything is signed before anything is measured.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{LoadError, Order};
use crate::clock::Clock;
use crate::domain::{Action, BranchCode, Outcome, PetitionContent};
use crate::fixture::cms::{self, CmsOptions};
use crate::fixture::letter::{self, Letter};
use crate::fixture::people::{Person, person};
use crate::fixture::{SignOptions, identity, sign_pdf};
use crate::threads;

/// Serial of the first employer that [`crate::store::Store::populate`] makes; its RUC is `299`, this, `001`.
pub const FIRST_EMPLOYER: u64 = 1_000_000;

/// Who represents them, in turn: persons whose certificates name no company.
pub const REPRESENTATIVES: [&str; 4] = ["rosa", "carmen", "eduardo", "hernan"];

/// Who signs and represents nobody.
const STRANGER: &str = "victor";

/// Forms that are made at a time.
const AT_ONCE: usize = 8;

/// Letters were signed a moment ago.
const SIGNED_AGO: SignedDuration = SignedDuration::from_secs(60);

/// What a paper is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The form as a signed PDF.
    Form,
    /// The form inside a signed message.
    Message,
    /// A letter of the signer's own.
    Letter,
    /// The form, signed by a stranger.
    Stranger,
}

/// The mix: of ten petitions six are signed forms.
const MIX: [Kind; 10] = [
    Kind::Form,
    Kind::Message,
    Kind::Form,
    Kind::Letter,
    Kind::Form,
    Kind::Form,
    Kind::Stranger,
    Kind::Form,
    Kind::Letter,
    Kind::Form,
];

/// A document that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Where to: a path.
    pub(super) path: String,
    /// The signed bytes.
    pub(super) body: Bytes,
    /// What must be decided about it.
    pub(super) expected: Outcome,
    /// Number and secret; a letter gets its own with the receipt.
    pub(super) followed: Option<Followed>,
}

impl Paper {
    /// The signed bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }
}

/// With what a petition is followed.
#[derive(Debug, Clone)]
pub(super) struct Followed {
    pub(super) number: String,
    pub(super) secret: String,
}

/// Papers for `stretches` stretches of load.
pub(super) async fn prepare(
    client: &reqwest::Client,
    order: &Order,
    stretches: usize,
    clock: &Clock,
) -> Result<Vec<Vec<Paper>>, LoadError> {
    let at = clock.now() - SIGNED_AGO;
    let all: Vec<Paper> = stream::iter(0..order.petitions * stretches)
        .map(|place| one(client, order, place, at))
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(all.chunks(order.petitions).map(<[Paper]>::to_vec).collect())
}

async fn one(
    client: &reqwest::Client,
    order: &Order,
    place: usize,
    at: Timestamp,
) -> Result<Paper, LoadError> {
    let kind = MIX[place % MIX.len()];
    let url = order.instance(place);
    let place = place as u64;
    let employer = FIRST_EMPLOYER + place % order.employers;
    // A second letter of the same employer is another letter, and not the same signature again.
    let round = i64::try_from(place / order.employers).unwrap_or(i64::MAX);
    let at = at - SignedDuration::from_secs(round);
    let who =
        REPRESENTATIVES[usize::try_from(employer).unwrap_or_default() % REPRESENTATIVES.len()];
    if kind == Kind::Letter {
        let body = sign(move || own_letter(employer, who, at)).await?;
        return Ok(Paper {
            path: "/api/v1/documents".to_owned(),
            body,
            expected: Outcome::Approved,
            followed: None,
        });
    }
    let followed = issue(client, url, employer).await?;
    let path = format!("/api/v1/petitions/{}", followed.number);
    let form = client.get(format!("{url}{path}/form.pdf"));
    let form = form.bearer_auth(&followed.secret);
    let form = form.send().await?.error_for_status()?.bytes().await?;
    let body = sign(move || match kind {
        Kind::Message => Ok(cms::sign(&form, true, &identity_of(who), &signed_at(at))),
        Kind::Stranger => signed_pdf(&form, STRANGER, at),
        Kind::Form | Kind::Letter => signed_pdf(&form, who, at),
    });
    Ok(Paper {
        path: format!("{path}/document"),
        body: body.await?,
        expected: match kind {
            Kind::Stranger => Outcome::Refused,
            _ => Outcome::Approved,
        },
        followed: Some(followed),
    })
}

async fn sign(
    work: impl FnOnce() -> Result<Vec<u8>, LoadError> + Send + 'static,
) -> Result<Bytes, LoadError> {
    let signed = threads::occupy(work).await;
    let signed = signed.map_err(|error| LoadError::Sign(error.to_string()))?;
    Ok(signed?.into())
}

async fn issue(client: &reqwest::Client, url: &str, employer: u64) -> Result<Followed, LoadError> {
    let asked = json!({ "ruc": ruc(employer), "action": "reset_password" });
    let answer = client
        .post(format!("{url}/api/v1/petitions"))
        .header("content-type", "application/json")
        .body(asked.to_string())
        .send()
        .await?;
    let (status, body) = (answer.status(), answer.bytes().await?);
    let said: Value = serde_json::from_slice(&body).unwrap_or_default();
    followed_in(&said).ok_or_else(|| LoadError::Answer {
        what: "asking for a form",
        said: format!("{status} {said}"),
    })
}

/// Number and secret of an answer that names them.
pub(super) fn followed_in(answer: &Value) -> Option<Followed> {
    Some(Followed {
        number: answer.get("number")?.as_str()?.to_owned(),
        secret: answer.get("secret")?.as_str()?.to_owned(),
    })
}

fn ruc(employer: u64) -> String {
    format!("299{employer}001")
}

fn identity_of(who: &str) -> crate::fixture::Identity {
    identity(who).unwrap_or_else(|| panic!("{who} is not of the cast"))
}

fn signed_at(at: Timestamp) -> CmsOptions {
    CmsOptions {
        signing_time: Some(at),
        ..CmsOptions::default()
    }
}

fn signed_pdf(file: &[u8], who: &str, at: Timestamp) -> Result<Vec<u8>, LoadError> {
    sign_pdf(file, &identity_of(who), &SignOptions::at(at))
        .map_err(|error| LoadError::Sign(error.to_string()))
}

fn own_letter(employer: u64, who: &str, at: Timestamp) -> Result<Vec<u8>, LoadError> {
    let failed = |error: &dyn std::fmt::Display| LoadError::Sign(error.to_string());
    let Person { document, .. } = person(who).unwrap_or_else(|| panic!("{who} is not of the cast"));
    let name = person(who).map_or_else(String::new, Person::full_name);
    let letter = Letter {
        content: PetitionContent {
            ruc: ruc(employer).parse().map_err(|error| failed(&error))?,
            branch: BranchCode::default(),
            action: Action::ResetPassword,
            new_email: None,
        },
        legal_name: format!("EMPRESA DE CARGA {employer} S.A."),
        representative: (name, (*document).to_owned(), "Gerente General".to_owned()),
        at,
    };
    let paper = letter::render(&letter).map_err(|error| failed(&error))?;
    signed_pdf(&paper, who, at)
}
