//! Step 1 of the flow: a number, its secret and its form.

use jiff::Timestamp;

use super::{Intake, IntakeError, Issued, NewPetition, internal};
use crate::domain::{Action, PetitionContent, PetitionNumber, State, calendar};
use crate::form::{self, FormValues};
use crate::store::PetitionRow;

/// Serials of petition numbers: nine digits, few enough to be typed. Whoever tries many of them finds some, and is shown
/// nothing (`forms`).
const SERIALS: std::ops::Range<u64> = 100_000_000..1_000_000_000;

impl Intake {
    /// Gives a number and writes its form. The registry is not asked, so that the answer is the same, in the same time,
    /// for a RUC that nobody knows.
    pub async fn issue(&self, request: NewPetition) -> Result<Issued, IntakeError> {
        if (request.action == Action::ChangeEmail) != request.new_email.is_some() {
            return Err(IntakeError::NewEmail);
        }
        let at = self.now();
        let settings = self.settings();
        let number = self.fresh_number(at).await?;
        let expires_at = at + settings.petition_life;
        let content = PetitionContent {
            ruc: request.ruc,
            branch: request.branch,
            action: request.action,
            new_email: request.new_email,
        };
        let values = FormValues {
            number: number.clone(),
            content: content.clone(),
            legal_name: request.legal_name,
            issued_at: at,
            expires_at,
            operator: settings.operator.clone(),
        };
        let form = self
            .blocking(move || form::render(&values))
            .await?
            .map_err(internal)?;
        let kept = self.inner.documents.keep_bytes(form.into()).await?;
        let secret = self.secret();
        let petition = PetitionRow {
            number: number.clone(),
            secret_hash: secret.hash(),
            state: State::Issued,
            content: Some(content),
            form: Some(kept.sha256),
            issued_at: at,
            expires_at,
            document: None,
            decided_at: None,
            merged_into: None,
            erased_at: None,
            signer_left_at: None,
        };
        self.inner.store.issue(&petition).await?;
        Ok(Issued {
            number,
            secret,
            expires_at,
        })
    }

    /// A number that nobody has. Its serial is random, not the next one: numbers must not be countable (PRODUCT threat 14),
    /// and nobody's number tells how many others there are.
    pub(super) async fn fresh_number(&self, at: Timestamp) -> Result<PetitionNumber, IntakeError> {
        loop {
            let serial = self.random().iter().fold(0, |serial: u64, byte| {
                serial.wrapping_mul(257).wrapping_add(u64::from(*byte))
            });
            let number = PetitionNumber::new(
                year_in_ecuador(at),
                SERIALS.start + serial % (SERIALS.end - SERIALS.start),
            );
            if self.inner.store.petition(&number).await?.is_none() {
                return Ok(number);
            }
        }
    }
}

/// Numbers carry the year of the calendar that people live by.
fn year_in_ecuador(at: Timestamp) -> i16 {
    calendar::in_ecuador(at).year()
}
