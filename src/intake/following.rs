//! Which petition a number stands for. A signed form that came without its number got one of its own and turned out to be that
//! of another petition: from then on this other one is dealt with, whichever of the two numbers somebody holds.
//!
//! Why the holder of the merged number may do whatever the holder of the form's own number may:
//! - Nothing is merged that was refused, so they handed in the signed form itself, with that number printed on it. The secret of
//!   the form's number, on the other hand, belongs to whoever asked for the form, which anybody may do for any RUC: having what
//!   the representative signed is the closer tie of the two, and the secret was never what authorises anything.
//! - A document under a number is taken from anybody who knows it, without a secret, and judged by its signatures alone.
//! - What needs a secret decides nothing by itself: an attached appointment and an appeal bring a person (an appointment always
//!   two, and a notice to the address on file), a link goes to the address on file only, and the missing address is another form
//!   to be signed. Each of them is counted for the petition, so two numbers get no more of it than one.
//! - The secret is always that of the number it was given out with: the one of the merged number opens nothing under the other.
//!
//! Bytes that come once more without their number, when they are about to be decided or have been approved, get the receipt that
//! they got then (DESIGN F), and no secret. By then the signed file may have passed through many hands: whoever sends a copy of it
//! after the approval could otherwise use up its links, or ask for one at an hour when he reads the mailbox (PRODUCT threat 16).
//! What he is told he knew, or could find out: that the bytes were here, when, and a number, which is printed on the form and opens
//! nothing by itself. Of a letter that waits for a person the number is not told: documents are taken under it from anybody. Those
//! bytes get a number of their own, as they always did.

use jiff::SignedDuration;

use super::{Intake, IntakeError};
use crate::domain::{PetitionNumber, Sha256, State, Token};
use crate::store::PetitionRow;

/// How soon the same letter comes again from whoever pressed twice or lost the answer.
const TWICE: SignedDuration = SignedDuration::from_mins(5);

impl Intake {
    /// The petition that this number stands for: its own, or the one whose form its document turned out to be.
    pub(super) async fn followed(
        &self,
        number: &PetitionNumber,
    ) -> Result<Option<PetitionRow>, IntakeError> {
        match self.store().petition(number).await? {
            Some(own) => self.behind(own).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same for whoever holds the number's secret. `None` for an unknown number and for a wrong secret alike.
    pub(super) async fn followed_with_secret(
        &self,
        number: &PetitionNumber,
        secret: &Token,
    ) -> Result<Option<PetitionRow>, IntakeError> {
        match self.petition_with_secret(number, secret).await? {
            Some(own) => self.behind(own).await.map(Some),
            None => Ok(None),
        }
    }

    /// The row of this very number, for whoever holds its secret.
    pub(super) async fn petition_with_secret(
        &self,
        number: &PetitionNumber,
        secret: &Token,
    ) -> Result<Option<PetitionRow>, IntakeError> {
        let petition = self.store().petition(number).await?;
        // Hashes are compared, never secrets: how long it takes tells nothing about the secret.
        Ok(petition.filter(|petition| petition.secret_hash == secret.hash()))
    }

    /// The petition that these very bytes keep alive: they wait to be decided, or were approved and something may still come of it.
    pub(super) async fn living_on(
        &self,
        sha256: Sha256,
    ) -> Result<Option<PetitionRow>, IntakeError> {
        let Some(petition) = self.store().petition_living_on(sha256).await? else {
            return Ok(None);
        };
        if petition.state == State::Received {
            // A letter that is not decided by now may come to wait for a person, and its number stands on no paper.
            let fresh = self.now().duration_since(petition.issued_at) < TWICE;
            return Ok(Some(petition).filter(|petition| fresh || petition.form.is_some()));
        }
        let record = match &petition.content {
            Some(content) => {
                let (ruc, branch) = (&content.ruc, &content.branch);
                self.store().employer(ruc, branch).await?
            }
            None => None,
        };
        let stand = self.link_state(&petition, record.as_ref()).await?.stand;
        Ok((!stand.has_ended()).then_some(petition))
    }

    async fn behind(&self, own: PetitionRow) -> Result<PetitionRow, IntakeError> {
        match &own.merged_into {
            Some(target) => {
                let target = self.store().petition(target).await?;
                target.ok_or(IntakeError::NotFound)
            }
            None => Ok(own),
        }
    }
}
