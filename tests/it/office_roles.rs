//! Every role, nobody, a disabled member and an expired session try every place of the back office. The table that is
//! walked is the one that makes the router; what it should say stands here once more, written by hand.

use axum::http::StatusCode;
use clavero::domain::{DossierItem, MemberRole, PetitionNumber};
use clavero::store::Store;
use clavero::web::office::{Place, Verb, Who, places};
use jiff::SignedDuration;

use crate::bench::Bench;
use crate::office::{Browser, Office};

const USERS: [(&str, MemberRole); 3] = [
    ("ana", MemberRole::Reviewer),
    ("sara", MemberRole::Supervisor),
    ("aura", MemberRole::Auditor),
];

/// An address with something in each of its gaps that nobody has.
fn address(place: &Place) -> String {
    let number = PetitionNumber::new(2026, 1).to_string();
    let parts: Vec<&str> = place
        .path
        .split('/')
        .map(|part| match part {
            "{token}" => "abcdefghijklmnopqrstuvwxyz012345",
            "{user}" => "nadie",
            "{session}" | "{sha256}" | "{hash}" => {
                "0000000000000000000000000000000000000000000000000000000000000000"
            }
            "{ruc}" => "1790000000001",
            "{number}" => &number,
            "{item}" => DossierItem::ALL[0].as_str(),
            gap if gap.starts_with('{') => "1",
            part => part,
        })
        .collect();
    parts.join("/")
}

async fn tries(
    office: &Office,
    browser: &mut Browser,
    place: &Place,
    word: &str,
) -> crate::office::Answer {
    let path = address(place);
    match place.method {
        Verb::Get => office.sees(browser, &path).await,
        Verb::Post => office.sends(browser, &path, &[("csrf", word)]).await,
    }
}

/// Somebody tries a place in a session of their own, because some places end it; and what came of it, in words.
async fn enters(office: &Office, user: &str, place: &Place) -> (crate::office::Answer, String) {
    let mut browser = office.signed_in(user).await;
    let word = office.word(&mut browser).await;
    let answer = tries(office, &mut browser, place, &word).await;
    let what = format!(
        "{user} at {:?} {}: {}",
        place.method, place.path, answer.status
    );
    (answer, what)
}

#[tokio::test]
async fn every_role_tries_every_place() {
    let office = Office::with(false).await;
    for (user, role) in USERS {
        office.member(user, role).await;
    }
    let mut wrong = Vec::new();
    for (user, role) in USERS {
        for place in places() {
            let (answer, what) = enters(&office, user, place).await;
            let may = match place.who {
                Who::Anybody => true,
                Who::Roles(roles) => roles.contains(&role),
            };
            let let_in =
                !answer.refuses() && (place.path == "/oficina/salir" || !answer.asks_to_sign_in());
            if let_in != may || answer.status.is_server_error() {
                wrong.push(what);
                continue;
            }
            if !may
                && !answer.html.contains("NOT_ALLOWED")
                && !answer.html.contains("no corresponde a su función")
            {
                wrong.push(format!("{what}: not told why"));
            }
            if may && place.method == Verb::Post && place.who != Who::Anybody {
                let mut browser = office.signed_in(user).await;
                if !tries(&office, &mut browser, place, "").await.refuses() {
                    wrong.push(format!("{what}: without the word"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn nobody_the_disabled_and_the_expired_get_nowhere() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Supervisor).await;
    office.member("eva", MemberRole::Supervisor).await;
    let mut expired = office.signed_in("eva").await;
    let expired_word = office.word(&mut expired).await;
    office.bench.pass(SignedDuration::from_hours(11));
    let mut disabled = office.signed_in("ana").await;
    let disabled_word = office.word(&mut disabled).await;
    office
        .people
        .disable(&"ana".parse().unwrap(), "test", "test")
        .await
        .unwrap();
    let visitors = [
        ("nobody", Browser::new(), String::new()),
        ("expired", expired, expired_word),
        ("disabled", disabled, disabled_word),
    ];
    for (who, browser, word) in visitors {
        for place in places().filter(|place| place.who != Who::Anybody) {
            let answer = tries(&office, &mut browser.clone(), place, &word).await;
            assert!(
                answer.asks_to_sign_in(),
                "{who} at {:?} {}: {}",
                place.method,
                place.path,
                answer.status
            );
        }
    }
    let back = office
        .enters(&mut Browser::new(), "ana", crate::office::PASSWORD, "")
        .await;
    assert_eq!(
        back.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the disabled don't get in again"
    );
}

/// `method path: roles`, as a person checks it; a change of the table shows up here.
#[test]
fn the_table_says_what_was_decided() {
    let said: Vec<String> = places()
        .map(|place| {
            let who = match place.who {
                Who::Anybody => "anybody".to_owned(),
                Who::Roles(roles) => roles
                    .iter()
                    .map(|role| role.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
            };
            format!("{:?} {}: {who}", place.method, place.path)
        })
        .collect();
    insta::assert_snapshot!("places", said.join("\n"));
    // Whatever else changes: an auditor changes nothing but their own account.
    for place in places().filter(|place| place.method == Verb::Post) {
        let auditors =
            matches!(place.who, Who::Roles(roles) if roles.contains(&MemberRole::Auditor));
        let own = place.path.starts_with("/oficina/cuenta/") || place.path == "/oficina/salir";
        assert!(!auditors || own, "an auditor at {}", place.path);
    }
}

/// A database that is away for a moment says nothing about what was asked for: nobody is told that it does not exist, and nobody
/// that the service is broken.
#[tokio::test]
async fn whoever_asks_while_the_database_is_away_is_told_to_come_back() {
    let bench = Bench::new().await;
    let people = Store::open(bench.database()).await.unwrap();
    let office = Office::with_people_in(people, bench, false);
    for (user, role) in USERS {
        office.member(user, role).await;
    }
    office.bench.intake.store().close().await;
    // Certificates are in a folder, people and their sessions behind connections that live on.
    let elsewhere = |place: &Place| {
        ["confianza", "personas", "cuenta"]
            .iter()
            .any(|part| place.path.starts_with(&format!("/oficina/{part}/")))
    };
    let (mut wrong, mut put_off) = (Vec::new(), 0);
    for (user, _) in USERS {
        for place in places() {
            let (answer, what) = enters(&office, user, place).await;
            match answer.status {
                StatusCode::SERVICE_UNAVAILABLE => put_off += 1,
                StatusCode::NOT_FOUND if elsewhere(place) => {}
                StatusCode::NOT_FOUND | StatusCode::INTERNAL_SERVER_ERROR => wrong.push(what),
                _ => {}
            }
        }
    }
    assert!(put_off > 60 && wrong.is_empty(), "{put_off}, {wrong:#?}");
}
