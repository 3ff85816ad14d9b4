//! The connector to a portal that is another system: a real HTTP server on loopback that fails, stays silent, hangs up and
//! answers twice. Whatever it does, one change takes effect.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clavero::domain::{Action, ReviewReason, State};
use clavero::fixture::people::CAFE;
use clavero::portal::{Keeping, Portal};
use clavero::protection::Keyring;
use clavero::store::{AlarmKind, DeliveryState};
use clavero::webhook::{self, Webhook, WebhookSettings};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::Value;
use sqlx::{AnyConnection, Connection, Row};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::bench::{Bench, GOOD, Petition};
use crate::review::{ana, decide, luis};
use crate::running::PATIENCE;
use crate::served::until;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const SECOND: &str = "Cuatr0*Ojo";

/// What the portal does with one call.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// Answers this status, without having done anything.
    Fail(u16),
    /// Does it, and answers.
    Take,
    /// Does it, and answers twice.
    TakeTwice,
    /// Does it, and never answers.
    TakeSilently,
    /// Does it, and hangs up without an answer.
    TakeAndHangUp,
    /// Hangs up without having done anything.
    HangUp,
}

/// One call as it came.
#[derive(Debug, Clone)]
struct Call {
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Call {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// Whether it was signed by who holds the secret.
    fn is_signed(&self) -> bool {
        let timestamp = self.headers["clavero-timestamp"].parse().expect("seconds");
        let secret: SecretString = SECRET.into();
        let expected = webhook::signature(&secret, timestamp, &self.body).unwrap();
        self.headers["clavero-signature"] == format!("v1={expected}")
    }
}

/// A portal: what it was told, and what it did because of it, once per idempotency key and never backwards.
#[derive(Clone, Default)]
struct FakePortal {
    script: Arc<Mutex<Vec<Act>>>,
    calls: Arc<Mutex<Vec<Call>>>,
    done: Arc<Mutex<Vec<Value>>>,
    /// The event that it can't do for now, whatever the script says.
    stuck: Arc<Mutex<Option<&'static str>>>,
}

impl FakePortal {
    /// Starts one that follows the script, and takes everything once it has ended.
    async fn start(script: &[Act]) -> (Self, SocketAddr) {
        let portal = Self::default();
        portal.then(script);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = portal.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        (portal, address)
    }

    /// What it does with the next calls.
    fn then(&self, script: &[Act]) {
        let mut acts: Vec<Act> = script.to_vec();
        acts.reverse();
        *self.script.lock().unwrap() = acts;
    }

    /// Which event it can't do from now on.
    fn is_stuck_at(&self, event: Option<&'static str>) {
        *self.stuck.lock().unwrap() = event;
    }

    /// What it did, in order.
    fn events(&self) -> Vec<String> {
        let done = self.done();
        let events = done.iter().map(|told| told["event"].as_str().unwrap());
        events.map(str::to_owned).collect()
    }

    fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    fn done(&self) -> Vec<Value> {
        self.done.lock().unwrap().clone()
    }

    async fn serve(self, mut stream: TcpStream) {
        let Some(call) = read(&mut stream).await else {
            return;
        };
        let stuck = *self.stuck.lock().unwrap();
        let act = match stuck {
            Some(event) if call.json()["event"] == event => Act::Fail(500),
            _ => self.script.lock().unwrap().pop().unwrap_or(Act::Take),
        };
        if !matches!(act, Act::Fail(_) | Act::HangUp) {
            self.take(&call);
        }
        self.calls.lock().unwrap().push(call);
        let answer = |status: u16| {
            format!("HTTP/1.1 {status} -\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        };
        match act {
            Act::Fail(status) => drop(stream.write_all(answer(status).as_bytes()).await),
            Act::Take => drop(stream.write_all(answer(200).as_bytes()).await),
            Act::TakeTwice => drop(stream.write_all(answer(200).repeat(2).as_bytes()).await),
            // Until the caller loses its patience and closes the line.
            Act::TakeSilently => drop(stream.read(&mut [0]).await),
            Act::TakeAndHangUp | Act::HangUp => {}
        }
    }

    fn take(&self, call: &Call) {
        let told = call.json();
        let mut done = self.done.lock().unwrap();
        let known = done.iter().any(|one| one["id"] == told["id"]);
        let overtaken = done.iter().any(|one| {
            one["ruc"] == told["ruc"]
                && one["event"] == told["event"]
                && one["sequence"].as_i64() > told["sequence"].as_i64()
        });
        if !known && !overtaken {
            done.push(told);
        }
    }
}

/// Reads one request.
async fn read(stream: &mut TcpStream) -> Option<Call> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.ok()?;
        if count == 0 {
            return None;
        }
        bytes.extend_from_slice(&part[..count]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let headers: BTreeMap<String, String> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        let mut part = [0; 4096];
        let count = stream
            .read(&mut part)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        body.extend_from_slice(&part[..count]);
    }
    Some(Call { headers, body })
}

/// A bench whose portal is at `address`.
async fn connect(bench: &mut Bench, address: SocketAddr, keeping: Keeping) {
    connect_for(bench, address, keeping, Duration::from_secs(2)).await;
}

/// The same, with so much patience for one call.
async fn connect_for(bench: &mut Bench, address: SocketAddr, keeping: Keeping, patience: Duration) {
    let settings = WebhookSettings {
        url: format!("http://{address}/clave"),
        secret: SECRET.into(),
        authority: None,
        patience,
    };
    let portal = Portal::new(Webhook::new(&settings).unwrap(), keeping);
    bench
        .restart_with(|settings| settings.portal = keeping)
        .await;
    bench.change_carriers(|carriers| carriers.portal = Some(portal));
}

/// Lets half an hour pass so often, and does what is due each time.
async fn for_hours(bench: &Bench, hours: usize) {
    for _ in 0..hours * 2 {
        bench.work().await;
        bench.pass(SignedDuration::from_mins(30));
    }
    bench.work().await;
}

/// A petition whose new password was chosen, and is on its way.
async fn chosen(bench: &Bench, password: &'static str) -> Petition {
    let petition = bench.signed_petition(CAFE, "lucia", None).await;
    bench
        .intake
        .set_password(&bench.token("clave"), password.into())
        .await
        .unwrap();
    petition
}

#[tokio::test]
async fn s27_one_change_takes_effect_whatever_the_portal_does() {
    use Act::{Fail, HangUp, Take, TakeAndHangUp, TakeSilently, TakeTwice};
    let scripts: &[&[Act]] = &[
        &[Take],
        &[TakeTwice],
        &[
            Fail(500),
            HangUp,
            Fail(503),
            Fail(401),
            Fail(302),
            Fail(409),
            Take,
        ],
        &[TakeAndHangUp, Take],
        &[TakeSilently, Fail(429), TakeTwice],
    ];
    for (place, script) in scripts.iter().enumerate() {
        for mut bench in Bench::on_each_store(&format!("portal_script_{place}")).await {
            let (portal, address) = FakePortal::start(script).await;
            connect(&mut bench, address, Keeping::Argon2id).await;
            let petition = chosen(&bench, GOOD).await;
            let status = bench.status(&petition).await;
            assert_eq!(
                status.state,
                State::Approved,
                "not completed before the portal has it"
            );
            assert_eq!(status.portal, Some(DeliveryState::Pending));
            assert!(!status.link.can_send, "one key at a time");
            let letters = bench.letters().len();

            for_hours(&bench, 4).await;
            assert_eq!(portal.calls().len(), script.len(), "{script:?}");
            let done = portal.done();
            assert_eq!(done.len(), 1, "{script:?}: {done:?}");
            assert_eq!(done[0]["event"], "set_password");
            assert_eq!(done[0]["ruc"], CAFE);
            // A database that was restored must not count again what the portal has seen: the clock goes on without it.
            let began = bench.intake.now() - SignedDuration::from_hours(24);
            let sequence = done[0]["sequence"].as_i64().unwrap();
            assert!(sequence > began.as_millisecond(), "{sequence}");
            let kept = done[0]["argon2id"]
                .as_str()
                .expect("the string that the portal stores");
            assert!(clavero::argon::matches(&GOOD.into(), kept), "{kept}");
            let contract = include_str!("../../README.md");
            let (_, contract) = contract.split_once("**The portal's contract.**").unwrap();
            for call in portal.calls() {
                let told = call.json();
                let fields = told.as_object().unwrap().keys().map(String::as_str);
                for name in
                    fields.chain(["Idempotency-Key", "Clavero-Timestamp", "Clavero-Signature"])
                {
                    let known = contract.contains(&format!("`{name}`"));
                    assert!(known, "README does not tell of {name}");
                }
                assert!(call.is_signed());
                let id = call.json()["id"].as_str().unwrap().to_owned();
                assert_eq!(
                    id,
                    done[0]["id"].as_str().unwrap(),
                    "duplicates carry the same key"
                );
                assert_eq!(call.headers["idempotency-key"], format!("\"{id}\""));
            }
            let status = bench.status(&petition).await;
            assert_eq!(
                (status.state, status.portal),
                (State::Completed, Some(DeliveryState::Delivered))
            );
            assert_eq!(bench.letters().len(), letters + 1, "and it is told once");
            let delivery = &bench
                .intake
                .store()
                .deliveries_of(&petition.number)
                .await
                .unwrap()[0];
            assert_eq!(delivery.payload, None, "wiped");
            let (ruc, branch) = (CAFE.parse().unwrap(), "0001".parse().unwrap());
            let here = bench
                .intake
                .store()
                .password_hash(&ruc, &branch)
                .await
                .unwrap();
            assert_eq!(here, None, "nothing of it stays here");
            assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
        }
    }
}

#[tokio::test]
async fn a_process_that_dies_between_the_call_and_its_note_calls_again_with_the_same_key() {
    for mut bench in Bench::on_each_store("portal_dies").await {
        let (portal, address) = FakePortal::start(&[]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        let petition = chosen(&bench, GOOD).await;
        let now = bench.intake.now();
        let lease = SignedDuration::from_secs(90);
        let taken = bench
            .intake
            .store()
            .claim_delivery(now, now + lease)
            .await
            .unwrap()
            .unwrap();
        let settings = WebhookSettings {
            url: format!("http://{address}/clave"),
            secret: SECRET.into(),
            authority: None,
            patience: Duration::from_secs(2),
        };
        let dying = Portal::new(Webhook::new(&settings).unwrap(), Keeping::Argon2id);
        dying.deliver(&taken, now).await.unwrap();
        bench.restart().await;
        for_hours(&bench, 1).await;
        assert_eq!((portal.calls().len(), portal.done().len()), (2, 1));
        assert_eq!(bench.outcome(&petition).await.0, State::Completed);
    }
}

#[tokio::test]
async fn a_key_that_the_portal_refuses_is_told_and_another_link_costs_one_click() {
    for mut bench in Bench::on_each_store("portal_refused").await {
        let (portal, address) = FakePortal::start(&[Act::Fail(422)]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        bench
            .restart_with(|settings| {
                settings.alarm_email = Some("turno@operador.ec".parse().unwrap())
            })
            .await;
        bench
            .changes_employer(CAFE, "mobile", |employer| {
                employer.phone = Some("099 123 4567".to_owned());
            })
            .await;
        let petition = chosen(&bench, GOOD).await;
        // Long after the approval would have ended: the delay is nobody's fault here.
        bench.pass(SignedDuration::from_hours(30));
        bench.work().await;
        let status = bench.status(&petition).await;
        assert_eq!(
            (status.state, status.portal),
            (State::Approved, Some(DeliveryState::Parked))
        );
        assert_eq!(
            bench
                .intake
                .store()
                .count_alarms(AlarmKind::DeliveryParked)
                .await
                .unwrap(),
            1
        );
        let delivery = &bench
            .intake
            .store()
            .deliveries_of(&petition.number)
            .await
            .unwrap()[0];
        assert_eq!(
            delivery.payload, None,
            "a key that nobody takes does not lie about"
        );
        assert!(portal.done().is_empty());
        let letters = bench.letters();
        let told = letters
            .iter()
            .find(|letter| letter.subject.contains("no pudo activarse"))
            .expect("whoever chose the key hears that it does not work");
        assert_eq!(told.to, "gerencia@cafe-ficticio.ec");
        assert!(told.text.contains("Enviar enlace"), "{}", told.text);
        assert!(
            bench
                .short_messages()
                .iter()
                .any(|message| message.text.contains("no pudo activarse")),
            "{:?}",
            bench.short_messages()
        );
        let alarm = letters
            .iter()
            .find(|letter| letter.subject.contains("el portal no aceptó"))
            .expect("an alarm");
        assert!(alarm.text.contains("422"), "{}", alarm.text);

        bench
            .intake
            .send_link(&petition.number, &petition.secret)
            .await
            .unwrap();
        bench.work().await;
        bench
            .intake
            .set_password(&bench.token("clave"), SECOND.into())
            .await
            .unwrap();
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Completed);
        let done = portal.done();
        assert_eq!(done.len(), 1);
        assert!(clavero::argon::matches(
            &SECOND.into(),
            done[0]["argon2id"].as_str().unwrap()
        ));
    }
}

/// A portal that does it and never says so: nobody is told that the key of before still opens the account, and whoever asked for
/// nothing hears of it within the hour, with what stops it.
#[tokio::test]
async fn a_key_of_which_the_portal_says_nothing_is_not_told_as_refused() {
    for mut bench in Bench::on_each_store("portal_silent").await {
        let (portal, address) = FakePortal::start(&[Act::TakeSilently; 4]).await;
        let patience = Duration::from_millis(300);
        connect_for(&mut bench, address, Keeping::Argon2id, patience).await;
        bench
            .changes_employer(CAFE, "mobile", |employer| {
                employer.phone = Some("099 123 4567".to_owned());
            })
            .await;
        let petition = chosen(&bench, GOOD).await;
        let told = |word: &str| {
            let letters = bench.letters();
            let found = letters.into_iter().filter(|it| it.subject.contains(word));
            found.collect::<Vec<_>>()
        };
        bench.work().await;
        assert_eq!(told("puede haber cambiado").len(), 0, "it may be late");
        for _ in 0..2 {
            bench.pass(SignedDuration::from_mins(61));
            bench.work().await;
            let early = told("puede haber cambiado");
            assert_eq!(early.len(), 1, "once");
            let stops = |link: &String| link.contains("/no-fui-yo/");
            assert!(early[0].links.iter().any(stops), "{:?}", early[0].links);
        }
        bench.pass(SignedDuration::from_hours(5 * 24));
        bench.work().await;
        let status = bench.status(&petition).await;
        assert_eq!(status.portal, Some(DeliveryState::Parked));
        assert_eq!(portal.done().len(), 1, "it has it since the first call");
        let last = told("No sabemos si la clave nueva");
        assert_eq!(last.len(), 1);
        assert!(!last[0].text.contains("la de antes sigue como estaba"));
        assert!(
            last[0]
                .links
                .iter()
                .any(|link| link.contains("/no-fui-yo/")),
            "{:?}",
            last[0].links
        );
        assert!(told("no pudo activarse").is_empty());
        let short = bench.short_messages();
        let refused = |text: &str| text.contains("la de antes sigue igual");
        assert!(!short.iter().any(|it| refused(&it.text)), "{short:?}");
        let unsure = |text: &str| text.contains("No sabemos si la clave nueva");
        assert!(short.iter().any(|it| unsure(&it.text)), "{short:?}");
    }
}

/// Whoever chose again does not want the first key any more: it is not called for, and holds nothing up.
#[tokio::test]
async fn an_older_key_never_overtakes_a_newer_one() {
    for mut bench in Bench::on_each_store("portal_order").await {
        let (portal, address) = FakePortal::start(&[Act::Fail(500), Act::Fail(500)]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        let first = chosen(&bench, GOOD).await;
        bench.work().await;
        let second = chosen(&bench, SECOND).await;
        let overtaken = bench.status(&first).await;
        assert_eq!(overtaken.portal, Some(DeliveryState::Withdrawn));
        for_hours(&bench, 2).await;
        assert_eq!(bench.outcome(&second).await.0, State::Completed);
        let done = portal.done();
        assert_eq!(done.len(), 1, "{done:?}");
        assert!(clavero::argon::matches(
            &SECOND.into(),
            done[0]["argon2id"].as_str().unwrap()
        ));
        let (store, number) = (bench.intake.store(), &first.number);
        let withdrawn = &store.deliveries_of(number).await.unwrap()[0];
        assert_eq!(withdrawn.payload, None, "wiped");
        assert_eq!(
            store.count_alarms(AlarmKind::DeliveryParked).await.unwrap(),
            0
        );
        assert!(store.verify_audit().await.unwrap().is_ok());
    }
}

/// A key that is on the line can't be taken back: the newer one comes behind it.
#[tokio::test]
async fn a_key_on_the_line_is_waited_for() {
    for mut bench in Bench::on_each_store("portal_on_the_line").await {
        let (portal, address) = FakePortal::start(&[]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        chosen(&bench, GOOD).await;
        let (store, now) = (bench.intake.store(), bench.intake.now());
        let life = SignedDuration::from_secs(20);
        let taken = store.claim_delivery(now, now + life).await.unwrap();
        assert!(taken.is_some());
        let second = chosen(&bench, SECOND).await;
        bench.work().await;
        assert!(portal.calls().is_empty(), "the first may end any moment");
        bench.pass(life);
        bench.work().await;
        assert_eq!(bench.outcome(&second).await.0, State::Completed);
        let done = portal.done();
        assert_eq!(done.len(), 1, "its caller is dead: nobody calls again");
        assert!(clavero::argon::matches(
            &SECOND.into(),
            done[0]["argon2id"].as_str().unwrap()
        ));
    }
}

#[tokio::test]
async fn an_unblocking_that_is_stuck_holds_no_key_up() {
    for mut bench in Bench::on_each_store("portal_stuck").await {
        let (portal, address) = FakePortal::start(&[]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        portal.is_stuck_at(Some("unblock"));
        let unblock = bench.petition_for(CAFE, Action::Unblock, None).await;
        bench.sign_and_upload(&unblock, "lucia").await;
        bench.sets_password(GOOD).await;
        bench.work().await;
        assert_eq!(portal.events(), ["set_password"]);
        let newer = chosen(&bench, SECOND).await;
        bench.work().await;
        assert_eq!(bench.outcome(&newer).await.0, State::Completed);
        // It is of another kind than what was done since, so its number is not too low.
        portal.is_stuck_at(None);
        for_hours(&bench, 1).await;
        assert_eq!(portal.events(), ["set_password", "set_password", "unblock"]);
    }
}

/// Nobody asked the portal for days, because it was not connected: that rings, and the five days begin when it is asked.
#[tokio::test]
async fn what_was_never_called_for_rings_and_is_not_given_up() {
    for mut bench in Bench::on_each_store("portal_unasked").await {
        let (portal, address) = FakePortal::start(&[]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        bench
            .restart_with(|settings| {
                settings.alarm_email = Some("turno@operador.ec".parse().unwrap())
            })
            .await;
        let petition = chosen(&bench, GOOD).await;
        let mut connected = None;
        bench.change_carriers(|carriers| connected = carriers.portal.take());
        let rung = async |bench: &Bench| {
            let store = bench.intake.store();
            store.count_alarms(AlarmKind::DeliveryLate).await.unwrap()
        };
        bench.work().await;
        assert_eq!(rung(&bench).await, 0);
        bench.pass(SignedDuration::from_hours(6 * 24));
        bench.work().await;
        bench.work().await;
        assert_eq!(rung(&bench).await, 1, "once");
        portal.then(&[Act::Fail(500)]);
        bench.change_carriers(|carriers| carriers.portal = connected);
        bench.work().await;
        let status = bench.status(&petition).await;
        assert_eq!(status.portal, Some(DeliveryState::Pending), "tried again");
        for_hours(&bench, 1).await;
        assert_eq!(bench.outcome(&petition).await.0, State::Completed);
    }
}

/// The first call may have done it: what the portal says to the second one is no news of the first.
#[tokio::test]
async fn a_refusal_behind_silence_is_not_told_as_one() {
    for mut bench in Bench::on_each_store("portal_refused_late").await {
        let script = [Act::TakeAndHangUp, Act::Fail(500), Act::Fail(422)];
        let (portal, address) = FakePortal::start(&script).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        bench
            .changes_employer(CAFE, "mobile", |employer| {
                employer.phone = Some("099 123 4567".to_owned());
            })
            .await;
        let petition = chosen(&bench, GOOD).await;
        for_hours(&bench, 1).await;
        let status = bench.status(&petition).await;
        assert_eq!(status.portal, Some(DeliveryState::Parked));
        assert_eq!((portal.calls().len(), portal.done().len()), (3, 1));
        let letters = bench.letters();
        let told = |word: &str| {
            letters
                .iter()
                .filter(|it| it.subject.contains(word))
                .count()
        };
        assert_eq!(told("No sabemos si la clave nueva"), 1);
        assert_eq!(told("no pudo activarse"), 0);
        let short = bench.short_messages();
        let refused = |text: &str| text.contains("la de antes sigue igual");
        assert!(!short.iter().any(|it| refused(&it.text)), "{short:?}");
    }
}

/// Whatever a message says, it does not say that the account is open before the portal said so.
#[tokio::test]
async fn an_account_is_told_to_be_open_once_the_portal_has_opened_it() {
    for mut bench in Bench::on_each_store("portal_opens").await {
        let (portal, address) = FakePortal::start(&[]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        portal.is_stuck_at(Some("unblock"));
        bench
            .changes_employer(CAFE, "mobile", |employer| {
                employer.phone = Some("099 123 4567".to_owned());
            })
            .await;
        let unblock = bench.petition_for(CAFE, Action::Unblock, None).await;
        bench.sign_and_upload(&unblock, "lucia").await;
        let said = || {
            let letters = bench.letters().into_iter();
            let letters = letters.map(|it| format!("{} {}", it.subject, it.text));
            let short = bench.short_messages().into_iter().map(|it| it.text);
            letters.chain(short).collect::<Vec<String>>()
        };
        let open = |text: &&String| {
            ["desbloqueada", "se desbloqueó", "is unblocked"]
                .iter()
                .any(|word| text.contains(word))
        };
        assert_eq!(said().iter().find(open), None);
        let under_way = |text: &String| text.contains("estamos desbloqueando");
        assert!(said().iter().any(under_way), "{:?}", said());
        portal.is_stuck_at(None);
        for_hours(&bench, 1).await;
        assert_eq!(portal.events(), ["unblock"]);
        assert_eq!(said().iter().filter(open).count(), 2, "{:?}", said());
    }
}

#[tokio::test]
async fn an_unblocking_that_the_portal_refuses_is_told() {
    for mut bench in Bench::on_each_store("portal_stays_locked").await {
        let (portal, address) = FakePortal::start(&[Act::Fail(422)]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        bench
            .restart_with(|settings| {
                settings.alarm_email = Some("turno@operador.ec".parse().unwrap())
            })
            .await;
        bench
            .changes_employer(CAFE, "mobile", |employer| {
                employer.phone = Some("099 123 4567".to_owned());
            })
            .await;
        let unblock = bench.petition_for(CAFE, Action::Unblock, None).await;
        bench.sign_and_upload(&unblock, "lucia").await;
        assert!(portal.done().is_empty());
        let letters = bench.letters();
        let told: Vec<_> = letters
            .iter()
            .filter(|it| it.subject.contains("no se pudo desbloquear"))
            .collect();
        assert_eq!(told.len(), 1, "{letters:?}");
        assert_eq!(told[0].to, "gerencia@cafe-ficticio.ec");
        let short = bench.short_messages();
        let same = |text: &str| text.contains("no se pudo desbloquear");
        assert!(short.iter().any(|it| same(&it.text)), "{short:?}");
        let alarm = letters
            .iter()
            .find(|it| it.to == "turno@operador.ec")
            .expect("an alarm");
        assert!(alarm.text.contains("422"), "{}", alarm.text);
        assert!(!alarm.text.contains("clave nueva"), "{}", alarm.text);
    }
}

#[tokio::test]
async fn a_portal_that_wants_the_key_itself_gets_it_and_the_database_never_holds_it() {
    let keys = Keyring::from_base64(["WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo="]).unwrap();
    let mut bench = Bench::protected(keys).await;
    let (portal, address) = FakePortal::start(&[Act::Fail(500)]).await;
    connect(&mut bench, address, Keeping::Password).await;
    let petition = chosen(&bench, GOOD).await;
    bench.work().await;
    let waiting = &bench
        .intake
        .store()
        .deliveries_of(&petition.number)
        .await
        .unwrap()[0];
    assert!(waiting.payload.is_some(), "it waits");
    assert!(
        !holds(bench.folder(), GOOD.as_bytes()),
        "not even in the log of the database"
    );
    for_hours(&bench, 1).await;
    let done = portal.done();
    assert_eq!(done.len(), 1);
    assert_eq!(done[0]["password"], GOOD);
    assert_eq!(done[0]["argon2id"], Value::Null);
    assert!(!holds(bench.folder(), GOOD.as_bytes()));

    // What was kept before the operator chose the other way waits for him, and rings.
    let waiting = chosen(&bench, SECOND).await;
    connect(&mut bench, address, Keeping::Argon2id).await;
    for_hours(&bench, 2).await;
    assert_eq!(
        bench.status(&waiting).await.portal,
        Some(DeliveryState::Pending)
    );
    assert_eq!(
        bench
            .intake
            .store()
            .count_alarms(AlarmKind::DeliveryLate)
            .await
            .unwrap(),
        1
    );
    connect(&mut bench, address, Keeping::Password).await;
    for_hours(&bench, 1).await;
    assert_eq!(bench.outcome(&waiting).await.0, State::Completed);
    assert_eq!(portal.done()[1]["password"], SECOND);
}

/// Whether any file of a folder holds these bytes.
fn holds(folder: &std::path::Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        let read = std::fs::read(&path).unwrap();
        read.windows(bytes.len()).any(|part| part == bytes)
    })
}

#[tokio::test]
async fn it_was_not_me_takes_back_a_key_that_is_on_its_way() {
    for mut bench in Bench::on_each_store("portal_not_me").await {
        let (portal, address) = FakePortal::start(&[Act::Fail(500)]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let freeze = bench.token("no-fui-yo");
        let petition = chosen(&bench, GOOD).await;
        bench.work().await;
        bench.intake.freeze(&freeze).await.unwrap();
        for_hours(&bench, 2).await;
        assert!(portal.done().is_empty());
        assert_eq!(
            bench.status(&petition).await.portal,
            Some(DeliveryState::Withdrawn)
        );
    }
}

#[tokio::test]
async fn it_was_not_me_takes_back_an_unblocking_that_is_on_its_way() {
    for on_the_line in [false, true] {
        for mut bench in Bench::on_each_store(&format!("portal_not_me_{on_the_line}")).await {
            let (portal, address) = FakePortal::start(&[]).await;
            connect(&mut bench, address, Keeping::Argon2id).await;
            portal.is_stuck_at(Some("unblock"));
            let petition = bench.petition_for(CAFE, Action::Unblock, None).await;
            bench.sign_and_upload(&petition, "lucia").await;
            bench.pass(SignedDuration::from_hours(1));
            let store = bench.intake.store();
            if on_the_line {
                // By a process that dies with it.
                let now = bench.intake.now();
                let until = now + SignedDuration::from_secs(20);
                assert!(store.claim_delivery(now, until).await.unwrap().is_some());
            }
            let freeze = bench.token("no-fui-yo");
            bench.intake.freeze(&freeze).await.unwrap();
            portal.is_stuck_at(None);
            for_hours(&bench, 2).await;
            assert!(portal.done().is_empty(), "{:?}", portal.done());
            let known = store.deliveries_of(&petition.number).await.unwrap();
            assert_eq!(known[0].state, DeliveryState::Withdrawn);
        }
    }
}

/// The same when a process had taken it that died, and two people freed the account before another one takes it.
#[tokio::test]
async fn a_key_that_was_stopped_is_not_delivered_once_the_account_is_free() {
    for mut bench in Bench::on_each_store("portal_freed").await {
        let (portal, address) = FakePortal::start(&[]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        bench
            .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
            .await;
        let freeze = bench.token("no-fui-yo");
        let petition = chosen(&bench, GOOD).await;
        let (store, now) = (bench.intake.store(), bench.intake.now());
        let until = now + SignedDuration::from_hours(1);
        let taken = store.claim_delivery(now, until).await.unwrap();
        assert!(taken.is_some());
        bench.intake.freeze(&freeze).await.unwrap();
        bench.pass(SignedDuration::from_secs(1));
        let freeing = bench.signed_petition(CAFE, "lucia", None).await;
        for officer in [ana(), luis()] {
            let reason = ReviewReason::OwnerConfirmed;
            decide(&bench, &freeing.number, &officer, reason)
                .await
                .unwrap();
        }
        assert_eq!(bench.outcome(&freeing).await.0, State::Approved);
        for_hours(&bench, 2).await;
        assert!(portal.done().is_empty(), "{:?}", portal.done());
        assert_eq!(
            bench.status(&petition).await.portal,
            Some(DeliveryState::Withdrawn)
        );
    }
}

#[tokio::test]
async fn the_portal_is_told_that_an_account_is_open_again() {
    for mut bench in Bench::on_each_store("portal_unblock").await {
        let (portal, address) = FakePortal::start(&[Act::Fail(502)]).await;
        connect(&mut bench, address, Keeping::Argon2id).await;
        let unblock = bench.petition_for(CAFE, Action::Unblock, None).await;
        bench.sign_and_upload(&unblock, "lucia").await;
        assert_eq!(bench.outcome(&unblock).await.0, State::Approved);
        // The new password, chosen while the portal is away, does not wait for it.
        bench.sets_password(GOOD).await;
        for_hours(&bench, 1).await;
        assert_eq!(portal.events(), ["set_password", "unblock"]);
        assert_eq!(bench.outcome(&unblock).await.0, State::Completed);
    }
}

#[tokio::test]
async fn a_call_that_takes_long_stays_in_one_hand_and_is_dropped_once_it_is_lost() {
    for mut bench in Bench::on_each_store("portal_lease").await {
        let (portal, address) = FakePortal::start(&[Act::TakeSilently]).await;
        connect_for(&mut bench, address, Keeping::Argon2id, PATIENCE).await;
        let petition = chosen(&bench, GOOD).await;
        sqlx::any::install_default_drivers();
        let mut database = AnyConnection::connect(bench.database()).await.unwrap();
        let mut lease = async || -> i64 {
            let row = sqlx::query("select lease_until_ms from portal_deliveries")
                .fetch_one(&mut database)
                .await
                .unwrap();
            row.try_get(0).unwrap()
        };
        let store = bench.intake.store();
        let life = SignedDuration::from_secs(20);
        let claim = async || {
            let now = bench.intake.now();
            store.claim_delivery(now, now + life).await.unwrap()
        };
        let others = async {
            until("no call", async || portal.calls().pop()).await;
            let first = lease().await;
            bench.pass(life / 2);
            until("the lease is not renewed", async || {
                (lease().await > first).then_some(())
            })
            .await;
            bench.pass(life * 3 / 4);
            assert!(claim().await.is_none(), "it would have lapsed by now");
            // Then nobody hears of its holder for a minute.
            until("it can't be taken over", async || {
                bench.pass(SignedDuration::from_mins(1));
                claim().await
            })
            .await
        };
        // Whoever works notices it, and goes on with something else.
        let ((), taken) = tokio::join!(bench.work(), others);
        let known = store.deliveries_of(&petition.number).await.unwrap();
        assert_eq!(known[0].state, DeliveryState::Pending);
        assert_eq!((known[0].attempts, known[0].failures), (2, 0));
        drop(taken);
        for_hours(&bench, 1).await;
        assert_eq!((portal.calls().len(), portal.done().len()), (2, 1));
        assert_eq!(bench.outcome(&petition).await.0, State::Completed);
    }
}
