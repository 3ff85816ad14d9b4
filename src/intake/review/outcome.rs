//! What became of a case that is decided: whoever answers the company's call reads it where they read the case.

use jiff::Timestamp;

use super::looking::CaseView;
use crate::domain::{CaseAct, State};
use crate::intake::{Intake, IntakeError, Status};
use crate::store::{Delivery, LinkKind, LinkRow};

/// What became of it.
#[derive(Debug)]
pub struct CameTo {
    /// What the company reads on its page.
    pub status: Status,
    /// Who decided; nobody when the program did.
    pub by: Vec<String>,
    /// The link that was made last: for a password, or to confirm an address.
    pub link: Option<LinkRow>,
    /// Keys that went to the portal of another system.
    pub deliveries: Vec<Delivery>,
    /// When the account was stopped, with what this petition led to.
    pub stopped_at: Option<Timestamp>,
    /// When all this was so.
    pub at: Timestamp,
}

impl Intake {
    /// What became of a case; `None` while it waits for a decision or for the company.
    pub async fn came_to(&self, view: &CaseView) -> Result<Option<CameTo>, IntakeError> {
        let petition = &view.petition;
        let verdict = match petition.state {
            State::Approved | State::Completed => Some(CaseAct::Approve),
            State::Refused => Some(CaseAct::Refuse),
            State::Archived | State::Merged => None,
            State::Issued | State::Received | State::InReview | State::AwaitingCompletion => {
                return Ok(None);
            }
        };
        let (store, number) = (self.store(), &petition.number);
        let last = view.acts.iter().rfind(|act| Some(act.act) == verdict);
        // What a person decided about an earlier document is not what the program decided about this one.
        let by_people = last.filter(|act| Some(act.at) == petition.decided_at);
        let of_round = |round| {
            let acts = view.acts.iter();
            acts.filter(move |act| act.round == round && Some(act.act) == verdict)
        };
        let by = by_people.map(|last| of_round(last.round).map(|act| act.member.clone()).collect());
        let content = petition.content.as_ref();
        let kind = if content.is_some_and(|content| !content.action.leads_to_link()) {
            LinkKind::Confirm
        } else {
            LinkKind::Reset
        };
        let stops = view.record.as_ref();
        let stops = stops.filter(|record| record.stops(petition.decided_at));
        Ok(Some(CameTo {
            status: self.stands(petition.clone(), number).await?,
            by: by.unwrap_or_default(),
            link: store.last_link(number, kind).await?,
            deliveries: store.deliveries_of(number).await?,
            stopped_at: stops.and_then(|record| record.stopped_at),
            at: self.now(),
        }))
    }
}
