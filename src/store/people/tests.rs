//! Members, one-time links, sessions and failed attempts, on both engines.

use jiff::SignedDuration;

use super::*;
use crate::domain::{MemberRole, PetitionNumber};
use crate::store::tests::{at, databases};
use crate::store::{Alarm, AlarmKind, Attempt, MessageKind, NewSession, Proof};

fn member(user: &str) -> Member {
    Member {
        user: user.parse().unwrap(),
        name: "Ana Pérez".to_owned(),
        role: MemberRole::Reviewer,
        email: Some("ana@oficina-ficticia.ec".parse().unwrap()),
        document: Some("2901047296".parse().unwrap()),
        tied_rucs: vec!["2990001015001".parse().unwrap()],
        created_at: at(0),
        disabled_at: None,
    }
}

fn digest(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

fn link(text: &str) -> NewEnrolment {
    NewEnrolment {
        hash: digest(text),
        totp_secret: Some("GEZDGNBVGY3TQOJQ".to_owned()),
        expires_at: at(100),
    }
}

const CHOSEN: Enrolled<'_> = Enrolled {
    password_hash: "$argon2id$…",
    totp_secret: Some("GEZDGNBVGY3TQOJQ"),
    totp_step: 10,
    codes: &[],
};

fn session<'a>(text: &str, member: &'a Member, proof: Proof) -> NewSession<'a> {
    NewSession {
        hash: digest(text),
        member,
        proof,
        address: "192.0.2.1",
        device: (digest("browser"), at(1000)),
        expires_at: at(500),
    }
}

#[tokio::test]
async fn a_one_time_link_works_once_and_a_newer_one_replaces_it() {
    let databases = databases("people_links").await;
    for (engine, store) in &databases.stores {
        let ana = member("ana");
        assert!(!store.has_members().await.unwrap());
        store
            .add_member(&ana, &link("first"), "test")
            .await
            .unwrap();
        let again = store.add_member(&ana, &link("other"), "test").await;
        assert!(
            matches!(again, Err(MemberError::Store(StoreError::Stale))),
            "{engine}: the name is taken"
        );
        assert_eq!(
            store.member(&ana.user).await.unwrap().unwrap().member,
            ana,
            "{engine}"
        );
        store
            .reset_member(&ana.user, &link("second"), "test", at(1))
            .await
            .unwrap();
        let finish = async |hash: &str, second| {
            store
                .finish_enrolment(digest(hash), &ana.user, &CHOSEN, "192.0.2.1", at(second))
                .await
        };
        assert!(
            matches!(finish("first", 2).await, Err(StoreError::Stale)),
            "{engine}: replaced"
        );
        assert!(
            matches!(finish("second", 100).await, Err(StoreError::Stale)),
            "{engine}: expired"
        );
        finish("second", 99).await.unwrap();
        assert!(
            matches!(finish("second", 99).await, Err(StoreError::Stale)),
            "{engine}: used"
        );
        let used = store.enrolment(digest("second")).await.unwrap().unwrap();
        assert_eq!(
            used.totp_secret, None,
            "{engine}: the secret does not stay in the link"
        );
        assert!(store.verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_code_opens_one_session_and_disabling_ends_them_all() {
    let databases = databases("people_sessions").await;
    for (engine, store) in &databases.stores {
        let ana = member("ana");
        store
            .add_member(&ana, &link("first"), "test")
            .await
            .unwrap();
        let chosen = Enrolled {
            codes: &[digest("recovery")],
            ..CHOSEN
        };
        store
            .finish_enrolment(digest("first"), &ana.user, &chosen, "192.0.2.1", at(1))
            .await
            .unwrap();
        let open =
            async |text: &str, proof| store.open_session(&session(text, &ana, proof), at(2)).await;
        assert!(
            matches!(open("a", Proof::Step(10)).await, Err(StoreError::Stale)),
            "{engine}: shown at enrolment"
        );
        open("a", Proof::Step(11)).await.unwrap();
        for step in [11, 10] {
            assert!(
                matches!(open("b", Proof::Step(step)).await, Err(StoreError::Stale)),
                "{engine}: replayed"
            );
        }
        let recovery = Proof::RecoveryCode(digest("recovery"));
        open("c", recovery).await.unwrap();
        assert!(
            matches!(open("d", recovery).await, Err(StoreError::Stale)),
            "{engine}: used up"
        );
        assert_eq!(store.recovery_codes_left(&ana.user).await.unwrap(), 0);
        assert!(
            store
                .knows_device(digest("browser"), &ana.user, at(3))
                .await
                .unwrap()
        );
        assert!(
            !store
                .knows_device(digest("browser"), &"eva".parse().unwrap(), at(3))
                .await
                .unwrap()
        );
        assert_eq!(
            store.open_sessions(at(0)).await.unwrap().len(),
            2,
            "{engine}"
        );

        let other = "eva".parse().unwrap();
        let stolen = store
            .end_session(digest("a"), &other, "test", "x", at(3))
            .await;
        assert!(
            matches!(stolen, Err(StoreError::Stale)),
            "{engine}: somebody else's session"
        );
        store
            .end_session(digest("a"), &ana.user, "test", "x", at(3))
            .await
            .unwrap();
        assert!(store.session(digest("a")).await.unwrap().is_none());
        store
            .disable_member(&ana.user, "test", "x", at(4))
            .await
            .unwrap();
        assert!(
            store.session(digest("c")).await.unwrap().is_none(),
            "{engine}: disabled"
        );
        assert!(
            matches!(open("e", Proof::Step(99)).await, Err(StoreError::Stale)),
            "{engine}: disabled"
        );
        assert!(matches!(
            store.disable_member(&ana.user, "test", "x", at(4)).await,
            Err(StoreError::Stale)
        ));
        store
            .enable_member(&ana.user, "test", "x", at(5))
            .await
            .unwrap();
        store
            .reset_member(&ana.user, &link("third"), "test", at(6))
            .await
            .unwrap();
        assert!(
            !store
                .knows_device(digest("browser"), &ana.user, at(7))
                .await
                .unwrap(),
            "{engine}: reset"
        );
        assert!(store.verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn many_attempts_at_once_gain_nothing() {
    fn wait_after(failures: i64) -> SignedDuration {
        SignedDuration::from_secs(if failures < 5 { 0 } else { 60 })
    }
    let databases = databases("people_attempts").await;
    for (engine, store) in &databases.stores {
        let attempt = |text: &str| Attempt {
            place: digest(text),
            wait_after,
        };
        let (own, shared) = (attempt("own"), attempt("shared"));
        let memory = SignedDuration::from_hours(1);
        let tries = (0..30).map(|_| async {
            store
                .begin_attempt(&[own, shared], memory, at(0))
                .await
                .unwrap()
                .is_ok()
        });
        let allowed = futures::future::join_all(tries)
            .await
            .into_iter()
            .filter(|ok| *ok)
            .count();
        assert_eq!(allowed, 5, "{engine}");
        let again = store
            .begin_attempt(&[own, shared], memory, at(59))
            .await
            .unwrap();
        assert_eq!(again, Err(at(60)), "{engine}");
        assert!(
            store
                .begin_attempt(&[own, shared], memory, at(60))
                .await
                .unwrap()
                .is_ok()
        );
        store.attempt_succeeded(&own, &[own, shared]).await.unwrap();
        assert!(
            store
                .begin_attempt(&[own], memory, at(61))
                .await
                .unwrap()
                .is_ok(),
            "{engine}: begins anew"
        );
        assert!(
            store
                .begin_attempt(&[shared], memory, at(61))
                .await
                .unwrap()
                .is_err(),
            "{engine}: goes on"
        );
        assert!(
            store
                .begin_attempt(&[shared], memory, at(61 + 3600))
                .await
                .unwrap()
                .is_ok(),
            "{engine}: forgotten"
        );
    }
}

#[tokio::test]
async fn an_alarm_reaches_every_supervisor_who_is_in_office() {
    let databases = databases("people_alarms").await;
    for (engine, store) in &databases.stores {
        for (user, role) in [
            ("ana", MemberRole::Supervisor),
            ("eva", MemberRole::Supervisor),
            ("luis", MemberRole::Supervisor),
            ("rosa", MemberRole::Reviewer),
        ] {
            let somebody = Member {
                role,
                email: Some(format!("{user}@oficina-ficticia.ec").parse().unwrap()),
                document: None,
                ..member(user)
            };
            store
                .add_member(&somebody, &link(user), "test")
                .await
                .unwrap();
        }
        store
            .disable_member(&"luis".parse().unwrap(), "test", "x", at(1))
            .await
            .unwrap();
        let number = PetitionNumber::new(2026, 1);
        let alarm = Alarm::about(AlarmKind::UndecidedDay, &number, at(0));
        let operator = "ana@oficina-ficticia.ec".parse().unwrap();
        assert!(
            store
                .raise_alarm(&alarm, Some(&operator), at(2))
                .await
                .unwrap()
        );
        assert!(
            !store
                .raise_alarm(&alarm, Some(&operator), at(3))
                .await
                .unwrap()
        );
        let told = store.messages(&number, MessageKind::Alarm).await.unwrap();
        assert_eq!(told.len(), 2, "{engine}: ana once, eva; {told:?}");
    }
}

/// Two decide where one person could err or be bribed: the same person must not be two of them.
#[tokio::test]
async fn one_person_comes_in_under_one_name_at_a_time() {
    let databases = databases("people_one_person").await;
    for (engine, store) in &databases.stores {
        let (ana, again) = (member("ana"), member("ana.s"));
        let somebody_else = Member {
            document: Some("2914662065".parse().unwrap()),
            ..member("eva")
        };
        let without = Member {
            document: None,
            ..member("luis")
        };
        let added = async |who: &Member, hash: &str| {
            store.add_member(who, &link(hash), "test").await.is_ok()
        };
        assert!(added(&ana, "ana").await, "{engine}");
        assert!(added(&somebody_else, "eva").await, "{engine}");
        let refused = store.add_member(&again, &link("again"), "test").await;
        assert!(
            matches!(&refused, Err(MemberError::SamePerson(other)) if *other == ana.user),
            "{engine}: {refused:?}"
        );
        assert!(added(&without, "luis").await, "{engine}");
        let nobody = Member {
            document: None,
            ..member("sara")
        };
        assert!(
            added(&nobody, "sara").await,
            "{engine}: no document is nobody's"
        );

        // Who left the office may come back under another name, and then not under the old one as well.
        let disabled = store.disable_member(&ana.user, "test", "test", at(1)).await;
        disabled.unwrap();
        assert!(added(&again, "again").await, "{engine}");
        let enabled = store.enable_member(&ana.user, "test", "test", at(2)).await;
        assert!(enabled.is_err(), "{engine}: she is in as {}", again.user);
        let row = store.member(&ana.user).await.unwrap().unwrap();
        assert!(row.member.disabled_at.is_some(), "{engine}");
        let gone = store.disable_member(&again.user, "test", "test", at(3));
        gone.await.unwrap();
        let enabled = store.enable_member(&ana.user, "test", "test", at(4)).await;
        assert!(enabled.is_ok(), "{engine}");
    }
}
