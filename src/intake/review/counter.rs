//! The counter (PRODUCT S39): somebody stands there with five documents. Two officers see all five; the link is opened on the
//! officer's screen, or as a QR code for the person's own telephone, and is never mailed.

use bytes::Bytes;
use futures::Stream;
use jiff::Timestamp;

use super::{Intake, Officer, ReviewError, check_decides};
use crate::domain::{
    Action, BranchCode, CaseAct, CaseKind, DossierItem, PetitionContent, PetitionNumber, Ruc,
};
use crate::intake::{IntakeError, Issued, LinkStand, Receipt, Stopped, bars};
use crate::store::{CaseError, CounterCase, EmployerRecord, LinkKind, LinkRow, PetitionRow, Scan};

/// A visit at the counter.
#[derive(Debug, Clone)]
pub struct NewVisit {
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// Number of the appointment (*turno*) for this visit.
    pub turn: String,
}

/// A link for the person at the counter.
#[derive(Debug, Clone)]
pub struct CounterLink {
    /// The whole address.
    pub url: String,
    /// When it dies.
    pub expires_at: Timestamp,
}

impl Intake {
    /// Opens a case for a person who stands there. It is held by whoever opens it.
    pub async fn open_counter(
        &self,
        visit: &NewVisit,
        officer: &Officer,
    ) -> Result<Issued, ReviewError> {
        check_decides(officer)?;
        let turn = super::checked_note(&visit.turn)?;
        let record = self.store().employer(&visit.ruc, &visit.branch).await?;
        let people = record
            .map(|record| record.employer.representatives)
            .unwrap_or_default();
        if officer.member.is_tied_to(&visit.ruc, &people) {
            return Err(CaseError::Tied.into());
        }
        let at = self.now();
        let secret = self.secret();
        let number = self.fresh_number(at).await?;
        let expires_at = at + self.settings().petition_life;
        let content = PetitionContent {
            ruc: visit.ruc.clone(),
            branch: visit.branch.clone(),
            action: Action::ResetPassword,
            new_email: None,
        };
        let petition = PetitionRow {
            content: Some(content),
            ..PetitionRow::new(number, &secret, at, expires_at)
        };
        self.store()
            .open_counter(&CounterCase {
                petition: &petition,
                acting: &officer.acting(),
                turn,
                lease_until: at + self.settings().review.lease,
            })
            .await?;
        Ok(Issued {
            number: petition.number,
            secret,
            expires_at: petition.expires_at,
        })
    }

    /// Keeps the scan of one of the five documents.
    pub async fn scan<E>(
        &self,
        number: &PetitionNumber,
        item: DossierItem,
        officer: &Officer,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Receipt, ReviewError> {
        check_decides(officer)?;
        self.check_space()?;
        let limit = self.settings().upload_bytes;
        let (kept, _) = self.keep_document(limit, body).await?;
        let scan = Scan {
            item,
            sha256: kept.sha256,
            bytes: kept.bytes,
        };
        let (acting, at) = (officer.acting(), self.now());
        self.store().keep_scan(number, &acting, scan, at).await?;
        Ok(Receipt::of(number.clone(), kept, at))
    }

    /// Notes that an officer has seen one of the five documents.
    pub async fn tick(
        &self,
        number: &PetitionNumber,
        item: DossierItem,
        officer: &Officer,
    ) -> Result<(), ReviewError> {
        check_decides(officer)?;
        let acting = officer.acting();
        Ok(self.store().tick(number, &acting, item, self.now()).await?)
    }

    /// A fresh link for the screen, once two officers have approved; the one before it is dead. Only they may open it.
    pub async fn counter_link(
        &self,
        number: &PetitionNumber,
        officer: &Officer,
    ) -> Result<CounterLink, ReviewError> {
        check_decides(officer)?;
        let store = self.store();
        let petition = store.petition(number).await?.ok_or(IntakeError::NotFound)?;
        let case = store.case(number).await?.ok_or(IntakeError::NotFound)?;
        let now = self.now();
        let content = petition.content.clone().ok_or(IntakeError::NotApproved)?;
        let record = store.employer(&content.ruc, &content.branch).await?;
        let deliveries = store.deliveries_of(number).await?;
        let until = self.approval_until(&petition, record.as_ref(), &deliveries);
        if let Some(bar) = bars(&petition, record.as_ref(), until, now) {
            return Err(barred(bar, record.as_ref()).into());
        }
        if case.kind != CaseKind::Counter {
            return Err(IntakeError::NotApproved.into());
        }
        if self.is_tied(number, officer, None).await? {
            return Err(CaseError::Tied.into());
        }
        let user = officer.member.user.as_str();
        let acts = store.case_acts(number).await?;
        let approved = |act: &crate::store::ActRow| {
            act.round == case.round && act.act == CaseAct::Approve && act.member == user
        };
        if !acts.iter().any(approved) {
            return Err(CaseError::Lost.into());
        }
        let token = self.token();
        let link = LinkRow {
            kind: LinkKind::Reset,
            number: number.clone(),
            ruc: content.ruc,
            branch: content.branch,
            email: None,
            created_at: now,
            expires_at: now + self.settings().link_life,
            dead_at: None,
        };
        store.keep_link(token.hash(), &link).await?;
        store
            .counter_link_opened(number, &officer.acting(), now)
            .await?;
        Ok(CounterLink {
            url: self.link_address(link.kind, &token),
            expires_at: link.expires_at,
        })
    }
}

/// Why an approval opens nothing, for whoever asks at the counter.
fn barred(bar: LinkStand, record: Option<&EmployerRecord>) -> IntakeError {
    match bar {
        LinkStand::Frozen | LinkStand::Stopped => IntakeError::Frozen(Stopped {
            address_wanted: record.is_some_and(|record| record.employer.email.is_none()),
        }),
        LinkStand::SignerLeft => IntakeError::SignerLeft,
        LinkStand::NotRegistered => IntakeError::NotRegistered,
        LinkStand::NotActive => IntakeError::NotActive,
        _ => IntakeError::NotApproved,
    }
}
