//! Whom the service trusts, on several machines: each has a trust folder of its own, and the database says what all of them
//! hold. Whoever's folder was changed (`clavero trust`, the back office, an operator's hand) writes it there; the others take
//! it over when they read their folders again. Two changes at once on two machines are nobody's to merge: the one that came
//! first counts, and the other machine says that somebody must look.

use jiff::Timestamp;

use crate::material::{Agreed, MaterialError, Snapshot, TrustFolder};
use crate::store::{Store, StoreError};

/// Why there is no agreement.
#[derive(Debug, thiserror::Error)]
pub enum SharingError {
    /// The folder.
    #[error(transparent)]
    Folder(#[from] MaterialError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder was changed here, and another way elsewhere.
    #[error(
        "the trust folder of this machine was changed, and so was that of another one: empty the folder to take over what the \
         others have, and make the change again"
    )]
    Differs,
    /// What the database holds is no trust folder.
    #[error("what the database holds is no trust folder")]
    Unreadable,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// This machine has what all have.
    Same,
    /// The change of this machine is everybody's now.
    Shared,
    /// This machine has taken over somebody else's change.
    TakenOver,
}

/// Makes this machine's folder and everybody's the same.
///
/// # Errors
/// [`SharingError::Differs`] when both were changed; nothing is touched then.
pub async fn agree(
    store: &Store,
    folder: &TrustFolder,
    at: Timestamp,
) -> Result<Agreement, SharingError> {
    loop {
        match agree_once(store, folder, at).await {
            // Another machine wrote a moment earlier, or somebody on this one: what is there now is looked at.
            Err(SharingError::Store(StoreError::Stale)) | Ok(None) => {}
            Ok(Some(agreement)) => return Ok(agreement),
            Err(error) => return Err(error),
        }
    }
}

/// Nothing when the folder changed meanwhile.
async fn agree_once(
    store: &Store,
    folder: &TrustFolder,
    at: Timestamp,
) -> Result<Option<Agreement>, SharingError> {
    let ours = folder.snapshot()?;
    let Some((seq, text)) = store.shared_trust().await? else {
        if !ours.has_roots() {
            return Ok(Some(Agreement::Same));
        }
        return share(store, folder, &ours, 1, at).await.map(Some);
    };
    let theirs = Snapshot::parse(&text).ok_or(SharingError::Unreadable)?;
    if theirs == ours {
        folder.agree(&ours)?;
        return Ok(Some(Agreement::Same));
    }
    match folder.agreed()? {
        // That nobody is trusted any more is nothing to take over, whoever spread it.
        _ if !theirs.has_roots() && ours.has_roots() => {
            return share(store, folder, &ours, seq + 1, at).await.map(Some);
        }
        _ if !theirs.has_roots() => return Ok(Some(Agreement::Same)),
        // A new machine, or one whose folder of roots is away: nor is it to be spread.
        _ if !ours.has_roots() => {}
        Agreed::TakingOver => {}
        Agreed::On(last) if last == ours.digest() => {}
        Agreed::On(last) if last == theirs.digest() => {
            return share(store, folder, &ours, seq + 1, at).await.map(Some);
        }
        Agreed::Never | Agreed::On(_) => return Err(SharingError::Differs),
    }
    let taken_over = folder.take_over(&theirs, &ours)?;
    Ok(taken_over.then_some(Agreement::TakenOver))
}

async fn share(
    store: &Store,
    folder: &TrustFolder,
    ours: &Snapshot,
    seq: i64,
    at: Timestamp,
) -> Result<Agreement, SharingError> {
    store.share_trust(seq, &ours.to_text(), at).await?;
    folder.agree(ours)?;
    Ok(Agreement::Shared)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::fixture::pki;
    use crate::verify::Entities;
    use crate::verify::entities::{Status, StatusChange};

    /// A machine with a folder of its own.
    struct Machine {
        _folder: tempfile::TempDir,
        trust: TrustFolder,
    }

    impl Machine {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let trust = TrustFolder::within(folder.path());
            Self {
                _folder: folder,
                trust,
            }
        }

        async fn agrees(&self, store: &Store) -> Result<Agreement, SharingError> {
            agree(store, &self.trust, Timestamp::UNIX_EPOCH).await
        }

        fn holds(&self) -> Snapshot {
            self.trust.snapshot().unwrap()
        }
    }

    fn put(folder: &Path, place: usize) {
        fs::create_dir_all(folder).unwrap();
        let root = pki::roots().swap_remove(place);
        fs::write(folder.join(root.name), root.der).unwrap();
    }

    #[tokio::test]
    async fn what_one_machine_trusts_all_trust_and_two_changes_at_once_are_a_persons_affair() {
        use Agreement::{Same, Shared, TakenOver};
        let folder = tempfile::tempdir().unwrap();
        let store = Store::sqlite(&folder.path().join("x.sqlite"))
            .await
            .unwrap();
        let (first, second) = (Machine::new(), Machine::new());
        assert_eq!(second.agrees(&store).await.unwrap(), Same, "nothing yet");
        put(&first.trust.roots, 0);
        assert_eq!(first.agrees(&store).await.unwrap(), Shared);
        assert_eq!(first.agrees(&store).await.unwrap(), Same);
        assert_eq!(second.agrees(&store).await.unwrap(), TakenOver, "it is new");
        assert_eq!(second.holds(), first.holds());

        // A change on either machine, another root or another word in the table, reaches the other one.
        put(&second.trust.roots, 1);
        fs::write(&second.trust.entities, "# nothing\n").unwrap();
        assert_eq!(second.agrees(&store).await.unwrap(), Shared);
        assert_eq!(first.agrees(&store).await.unwrap(), TakenOver);
        assert_eq!(second.holds(), first.holds());
        fs::remove_dir_all(&first.trust.roots).unwrap();
        put(&first.trust.roots, 1);
        assert_eq!(first.agrees(&store).await.unwrap(), Shared);
        assert_eq!(second.agrees(&store).await.unwrap(), TakenOver);
        assert_eq!(second.holds(), first.holds(), "and who went is gone");

        // Both change something: who came first counts, and nothing of the other one is lost.
        put(&first.trust.intermediates, 0);
        put(&second.trust.roots, 2);
        assert_eq!(first.agrees(&store).await.unwrap(), Shared);
        let own = second.holds();
        assert!(matches!(
            second.agrees(&store).await,
            Err(SharingError::Differs)
        ));
        assert_eq!(second.holds(), own);
        fs::remove_dir_all(&second.trust.roots).unwrap();
        assert_eq!(second.agrees(&store).await.unwrap(), TakenOver);
        assert_eq!(second.holds(), first.holds());

        // A disk that is away spreads nothing.
        fs::remove_dir_all(&first.trust.roots).unwrap();
        fs::remove_dir_all(&first.trust.intermediates).unwrap();
        fs::remove_file(&first.trust.entities).unwrap();
        assert_eq!(first.agrees(&store).await.unwrap(), TakenOver);
        assert_eq!(second.agrees(&store).await.unwrap(), Same);
    }

    #[tokio::test]
    async fn a_folder_without_roots_is_nothing_to_spread_and_nothing_to_take_over() {
        use Agreement::{Same, Shared, TakenOver};
        let folder = tempfile::tempdir().unwrap();
        let store = Store::sqlite(&folder.path().join("x.sqlite"))
            .await
            .unwrap();
        let (first, second) = (Machine::new(), Machine::new());
        put(&first.trust.intermediates, 0);
        assert_eq!(first.agrees(&store).await.unwrap(), Same);
        assert!(store.shared_trust().await.unwrap().is_none(), "not spread");
        put(&first.trust.roots, 0);
        assert_eq!(first.agrees(&store).await.unwrap(), Shared);
        assert_eq!(second.agrees(&store).await.unwrap(), TakenOver);
        // The folder of the roots alone is away.
        fs::remove_dir_all(&first.trust.roots).unwrap();
        assert_eq!(first.agrees(&store).await.unwrap(), TakenOver);
        assert_eq!(second.agrees(&store).await.unwrap(), Same);
        assert_eq!(first.holds(), second.holds());
        assert!(first.holds().has_roots());

        // A release of before has spread it: who still has roots gives them to everybody.
        let (seq, _) = store.shared_trust().await.unwrap().unwrap();
        let mut empty = second.holds();
        empty.forget_roots();
        let empty = empty.to_text();
        let spread = store.share_trust(seq + 1, &empty, Timestamp::UNIX_EPOCH);
        spread.await.unwrap();
        let own = second.holds();
        assert_eq!(second.agrees(&store).await.unwrap(), Shared);
        assert_eq!(second.holds(), own);
        assert_eq!(first.agrees(&store).await.unwrap(), Same);
    }

    #[test]
    fn what_was_changed_meanwhile_is_not_overwritten() {
        let (first, second) = (Machine::new(), Machine::new());
        put(&first.trust.roots, 0);
        put(&second.trust.roots, 1);
        let (theirs, seen) = (first.holds(), second.holds());
        let change = StatusChange {
            sha256: Entities::embedded().pinned().next().unwrap().1.sha256,
            status: Status::HeldBack,
            since: None,
            why: None,
        };
        let changed = second
            .trust
            .change(|additions| additions.set_status(change));
        changed.unwrap();
        let own = second.holds();
        assert!(!second.trust.take_over(&theirs, &seen).unwrap());
        assert_eq!(second.holds(), own);
        assert!(second.trust.take_over(&theirs, &own).unwrap());
        assert_eq!(second.holds(), theirs);
    }

    #[tokio::test]
    async fn a_machine_that_is_killed_while_it_takes_over_does_it_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::sqlite(&folder.path().join("x.sqlite"))
            .await
            .unwrap();
        let (first, second) = (Machine::new(), Machine::new());
        put(&first.trust.roots, 0);
        first.agrees(&store).await.unwrap();
        second.agrees(&store).await.unwrap();
        put(&first.trust.roots, 1);
        first.agrees(&store).await.unwrap();
        let note = second.trust.entities.with_extension("agreed");
        fs::write(note, "taking over").unwrap();
        put(&second.trust.roots, 2);
        assert_eq!(second.agrees(&store).await.unwrap(), Agreement::TakenOver);
        assert_eq!(second.holds(), first.holds());
    }
}
