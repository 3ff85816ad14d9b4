//! «Usuario no tiene correo registrado» without a second visit: whoever signed a petition for a password names an address on
//! its page, signs the change of address too, and once the address is confirmed the first petition is decided again. Each
//! signature covers what is done because of it; nothing is asked for twice.

use super::{Intake, IntakeError, Issued, NewPetition};
use crate::decision::{Decision, ReasonCode};
use crate::domain::{Action, EmailAddress, PetitionNumber, State, Token};
use crate::store::PetitionRow;

impl Intake {
    /// Gives a number and a form for the address that the petition `number` lacks.
    pub async fn issue_address_for(
        &self,
        number: &PetitionNumber,
        secret: &Token,
        new_email: EmailAddress,
    ) -> Result<Issued, IntakeError> {
        let petition = self
            .followed_with_secret(number, secret)
            .await?
            .ok_or(IntakeError::NotFound)?;
        let content = petition
            .content
            .clone()
            .ok_or(IntakeError::NoAddressMissing)?;
        if !self.lacks_address(&petition).await? {
            return Err(IntakeError::NoAddressMissing);
        }
        let issued = self
            .issue(NewPetition {
                ruc: content.ruc,
                branch: content.branch,
                action: Action::ChangeEmail,
                new_email: Some(new_email),
                legal_name: None,
            })
            .await?;
        self.store()
            .keep_resumption(&issued.number, &petition.number)
            .await?;
        Ok(issued)
    }

    /// Whether a petition was refused for want of an address, and for nothing else.
    async fn lacks_address(&self, petition: &PetitionRow) -> Result<bool, IntakeError> {
        if petition.state != State::Refused {
            return Ok(false);
        }
        let decision = self.store().said_about(petition).await?;
        let lacks = |decision: Decision| {
            let mut reasons = decision.reasons.iter();
            reasons.all(|reason| reason.code == ReasonCode::NoEmail)
        };
        Ok(decision.is_some_and(lacks))
    }
}
