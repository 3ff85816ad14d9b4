//! The counter (*atención presencial*, PRODUCT S39): a case without a signed document. What takes its place are the scans of
//! five documents, and two officers who have each seen all five.

use jiff::Timestamp;
use serde_json::json;

use super::super::sql::query;
use super::{CASE, CaseError, CaseRow, case, check_may_act, describe, note};
use crate::domain::{Acting, CaseKind, DossierItem, Event, PetitionNumber, Sha256, State};
use crate::store::people::is_in;
use crate::store::petitions::{insert, move_state};
use crate::store::{PetitionRow, Store, StoreError, Writing, audit, moment, parsed};

const SET_COUNTER: &str =
    "update cases set kind = $1, holder = $2, lease_until_ms = $3 where number = $4";
const HOLDS: &str = "select round from cases where number = $1 and holder = $2 and waits = 1 and lease_until_ms > $3 \
                     and kind = 'counter'";
const KEEP_SCAN: &str = "insert into attachments (number, sha256, kind, size_bytes, received_ms) \
                         values ($1, $2, $3, $4, $5) on conflict (number, sha256) do nothing";
const SCANNED: &str = "select sha256 from attachments where number = $1 and kind = $2";
const TICK: &str = "insert into case_ticks (number, member, item, at_ms) values ($1, $2, $3, $4) \
                    on conflict (number, member, item) do nothing";
const TICKS: &str =
    "select member, item, at_ms from case_ticks where number = $1 order by at_ms, member, item";
const OWN_TICKS: &str =
    "select count(*) as ticks from case_ticks where number = $1 and member = $2";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    SET_COUNTER,
    HOLDS,
    KEEP_SCAN,
    SCANNED,
    TICK,
    TICKS,
    OWN_TICKS,
];

/// A case that is opened at the counter.
#[derive(Debug)]
pub struct CounterCase<'a> {
    /// Its petition, with what is asked.
    pub petition: &'a PetitionRow,
    /// Who opens it.
    pub acting: &'a Acting,
    /// Number of the appointment for this visit.
    pub turn: &'a str,
    /// Until when it is theirs.
    pub lease_until: Timestamp,
}

/// The scan of one of the five documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scan {
    /// Which document.
    pub item: DossierItem,
    /// Digest of the bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: u64,
}

/// One officer has seen one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// User name.
    pub member: String,
    /// Which document.
    pub item: DossierItem,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Opens a case for a person at the counter; it is held by whoever opens it.
    pub async fn open_counter(&self, new: &CounterCase<'_>) -> Result<(), StoreError> {
        let (petition, at) = (new.petition, new.petition.issued_at);
        let number = &petition.number;
        let mut writing = self.begin().await?;
        insert(&mut writing, petition).await?;
        let facts = json!({ "turn": Sha256::of(new.turn.as_bytes()).to_string() });
        note(
            &mut writing,
            number,
            new.acting,
            Event::CounterOpened,
            &facts,
            at,
        )
        .await?;
        let actor = new.acting.actor();
        move_state(
            &mut writing,
            number,
            State::Issued,
            State::InReview,
            &actor,
            at,
        )
        .await?;
        query(SET_COUNTER)
            .bind(CaseKind::Counter.as_str())
            .bind(new.acting.user.as_str())
            .bind(new.lease_until.as_millisecond())
            .bind(number.as_str())
            .execute(&mut *writing)
            .await?;
        let action = petition.content.as_ref().map(|content| content.action);
        describe(&mut writing, number, "", action).await?;
        writing.commit().await?;
        Ok(())
    }

    /// Keeps the scan of a document.
    ///
    /// # Errors
    /// [`CaseError::ScanTwice`] when the very same file stands for something already.
    pub async fn keep_scan(
        &self,
        number: &PetitionNumber,
        acting: &Acting,
        scan: Scan,
        at: Timestamp,
    ) -> Result<(), CaseError> {
        let mut writing = self.begin().await?;
        check_holds(&mut writing, number, acting, at).await?;
        let kept = query(KEEP_SCAN)
            .bind(number.as_str())
            .bind(scan.sha256.to_string())
            .bind(scan.item.as_str())
            .bind(i64::try_from(scan.bytes).unwrap_or(i64::MAX))
            .bind(at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        if kept.rows_affected() == 0 {
            return Err(CaseError::ScanTwice);
        }
        let facts = json!({ "item": scan.item, "sha256": scan.sha256.to_string(), "size_bytes": scan.bytes });
        note(
            &mut writing,
            number,
            acting,
            Event::CounterScanned,
            &facts,
            at,
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// Notes that an officer has seen a document; there must be a scan of it.
    pub async fn tick(
        &self,
        number: &PetitionNumber,
        acting: &Acting,
        item: DossierItem,
        at: Timestamp,
    ) -> Result<(), CaseError> {
        let mut writing = self.begin().await?;
        let case = check_holds(&mut writing, number, acting, at).await?;
        check_may_act(&mut writing, &case, acting).await?;
        let scan = query(SCANNED)
            .bind(number.as_str())
            .bind(item.as_str())
            .fetch_optional(&mut *writing)
            .await?;
        let scan: String = scan.ok_or(CaseError::ScanMissing)?.try_get("sha256")?;
        let ticked = query(TICK)
            .bind(number.as_str())
            .bind(acting.user.as_str())
            .bind(item.as_str())
            .bind(at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        if ticked.rows_affected() == 1 {
            let facts = json!({ "item": item, "sha256": scan });
            note(
                &mut writing,
                number,
                acting,
                Event::CounterTicked,
                &facts,
                at,
            )
            .await?;
        }
        writing.commit().await?;
        Ok(())
    }

    /// Who has seen what.
    pub async fn ticks(&self, number: &PetitionNumber) -> Result<Vec<Tick>, StoreError> {
        const TABLE: &str = "case_ticks";
        let rows = query(TICKS)
            .bind(number.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Tick {
                    member: row.try_get("member")?,
                    item: parsed(row, TABLE, "item")?,
                    at: moment(row, TABLE, "at_ms")?,
                })
            })
            .collect()
    }

    /// Notes that a link was opened on a screen at the counter.
    pub async fn counter_link_opened(
        &self,
        number: &PetitionNumber,
        acting: &Acting,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let actor = acting.actor();
        let facts = json!({ "from": acting.address });
        audit::append(
            &mut writing,
            at,
            &actor,
            number.as_str(),
            Event::CounterLinkOpened,
            &facts,
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }
}

/// An approval at the counter needs the five ticks of whoever gives it.
pub(super) async fn check_ticks(
    writing: &mut Writing,
    number: &PetitionNumber,
    acting: &Acting,
) -> Result<(), CaseError> {
    let row = query(OWN_TICKS)
        .bind(number.as_str())
        .bind(acting.user.as_str())
        .fetch_one(&mut **writing)
        .await?;
    let ticks: i64 = row.try_get("ticks")?;
    if usize::try_from(ticks) == Ok(DossierItem::ALL.len()) {
        Ok(())
    } else {
        Err(CaseError::TicksMissing)
    }
}

async fn check_holds(
    writing: &mut Writing,
    number: &PetitionNumber,
    acting: &Acting,
    now: Timestamp,
) -> Result<CaseRow, CaseError> {
    let held = query(HOLDS)
        .bind(number.as_str())
        .bind(acting.user.as_str())
        .bind(now.as_millisecond())
        .fetch_optional(&mut **writing)
        .await?;
    if held.is_none() {
        return Err(CaseError::Lost);
    }
    // A scan may take long to arrive.
    if !is_in(writing, acting).await? {
        return Err(CaseError::ShownOut);
    }
    let row = query(CASE)
        .bind(number.as_str())
        .fetch_one(&mut **writing)
        .await?;
    Ok(case(&row)?)
}
