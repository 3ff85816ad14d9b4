//! Messages over a real SMTP server on loopback: what arrives, and what happens when the server refuses, or is away.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clavero::domain::Token;
use clavero::fixture::people::CAFE;
use clavero::mail::{Cause, Letter, MailError, Mailer, Patience, SmtpSettings, SmtpTls, Written};
use clavero::store::{MessageKind, MessageState};
use jiff::{SignedDuration, Timestamp};
use mailin_embedded::{AuthMechanism, Handler, Response, Server, SslConfig, response};

use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};

use crate::bench::{Bench, GOOD};
use crate::served::{clavero, until};

const FROM: &str = "Clavero <no-responder@clavero.test>";

/// A message as the server took it.
#[derive(Debug, Clone, Default)]
pub struct Arrived {
    /// Receivers.
    pub to: Vec<String>,
    /// Head and body.
    pub data: String,
}

/// What a server does once it has the data of a message: it waits, and answers with this status.
#[derive(Debug, Clone, Copy)]
struct Verdict {
    after: Duration,
    status: u16,
}

/// A server that answers the first messages with `refusals`, or with `verdicts` once it has their data, and takes the others.
#[derive(Clone)]
pub struct Mailbox {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    refusals: Arc<Vec<u16>>,
    seen: Arc<AtomicUsize>,
    verdicts: Arc<Vec<Verdict>>,
    judged: Arc<AtomicUsize>,
    coming: Arrived,
}

impl Handler for Mailbox {
    fn auth_plain(&mut self, _authorization: &str, name: &str, password: &str) -> Response {
        if (name, password) == ("clavero", "llave") {
            response::AUTH_OK
        } else {
            response::INVALID_CREDENTIALS
        }
    }

    fn data_start(&mut self, _domain: &str, _from: &str, _is8bit: bool, to: &[String]) -> Response {
        self.coming = Arrived {
            to: to.to_vec(),
            data: String::new(),
        };
        response::OK
    }

    fn data(&mut self, part: &[u8]) -> std::io::Result<()> {
        self.coming.data.push_str(&String::from_utf8_lossy(part));
        Ok(())
    }

    fn rcpt(&mut self, _to: &str) -> Response {
        let place = self.seen.fetch_add(1, Ordering::SeqCst);
        match self.refusals.get(place) {
            Some(code) => Response::custom(*code, "not this one".to_owned()),
            None => response::OK,
        }
    }

    fn data_end(&mut self) -> Response {
        let place = self.judged.fetch_add(1, Ordering::SeqCst);
        let verdict = self.verdicts.get(place).copied().unwrap_or(Verdict {
            after: Duration::ZERO,
            status: 250,
        });
        std::thread::sleep(verdict.after);
        if verdict.status == 250 {
            self.arrived.lock().unwrap().push(self.coming.clone());
        }
        Response::custom(verdict.status, "that is all".to_owned())
    }
}

/// Starts a server and returns a mailer that reaches it.
fn server(refusals: &[u16]) -> (Mailer, Arc<Mutex<Vec<Arrived>>>) {
    let (address, arrived) = serve(refusals, |_| ());
    (mailer(address), arrived)
}

/// A server that answers the first messages with `refusals`; what it takes stands in the list.
pub fn serve(
    refusals: &[u16],
    change: impl FnOnce(&mut Server<Mailbox>),
) -> (SocketAddr, Arc<Mutex<Vec<Arrived>>>) {
    serve_judging(refusals, &[], change)
}

/// A server that judges the first messages once it has their data.
fn judging(verdicts: &[(Duration, u16)]) -> (SocketAddr, Arc<Mutex<Vec<Arrived>>>) {
    serve_judging(&[], verdicts, |_| ())
}

fn serve_judging(
    refusals: &[u16],
    verdicts: &[(Duration, u16)],
    change: impl FnOnce(&mut Server<Mailbox>),
) -> (SocketAddr, Arc<Mutex<Vec<Arrived>>>) {
    let verdicts = verdicts
        .iter()
        .map(|(after, status)| Verdict {
            after: *after,
            status: *status,
        })
        .collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let arrived = Arc::new(Mutex::new(Vec::new()));
    let mailbox = Mailbox {
        arrived: Arc::clone(&arrived),
        refusals: Arc::new(refusals.to_vec()),
        seen: Arc::default(),
        verdicts: Arc::new(verdicts),
        judged: Arc::default(),
        coming: Arrived::default(),
    };
    let mut server = Server::new(mailbox);
    server.with_name("buzon.test").with_tcp_listener(listener);
    change(&mut server);
    std::thread::spawn(move || server.serve().map_err(|error| error.to_string()));
    (address, arrived)
}

fn mailer(address: SocketAddr) -> Mailer {
    Mailer::smtp(FROM, &in_the_open(address)).unwrap()
}

/// A message that says nothing.
fn any() -> Letter {
    let written = Written {
        subject: "Prueba".to_owned(),
        before: Vec::new(),
        button: None,
        english: Vec::new(),
        after: Vec::new(),
        beside: Vec::new(),
        operator: "Operador".to_owned(),
        contact: None,
    };
    Letter::new("x", "a@b.ec", &written, Timestamp::UNIX_EPOCH).unwrap()
}

fn in_the_open(address: SocketAddr) -> SmtpSettings {
    SmtpSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: SmtpTls::None,
        authority: None,
        credentials: None,
        patience: Patience::default(),
    }
}

/// A key and a certificate of its own for 127.0.0.1, PEM.
fn own_certificate() -> (Vec<u8>, Vec<u8>) {
    let key = PKey::from_ec_key(
        EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap(),
    )
    .unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "buzon.test").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder
        .set_not_before(&Asn1Time::days_from_now(0).unwrap())
        .unwrap();
    builder
        .set_not_after(&Asn1Time::days_from_now(2).unwrap())
        .unwrap();
    let context = builder.x509v3_context(None, None);
    let address = SubjectAlternativeName::new()
        .ip("127.0.0.1")
        .build(&context)
        .unwrap();
    builder.append_extension(address).unwrap();
    let authority = BasicConstraints::new().critical().ca().build().unwrap();
    builder.append_extension(authority).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (
        key.private_key_to_pem_pkcs8().unwrap(),
        builder.build().to_pem().unwrap(),
    )
}

/// The text of a quoted-printable body, as far as links need it.
pub fn unfolded(data: &str) -> String {
    data.replace("=\r\n", "").replace("=3D", "=")
}

/// The token of the last `/clave/` link that arrived.
fn token(arrived: &Mutex<Vec<Arrived>>) -> Token {
    let arrived = arrived.lock().unwrap();
    let text = unfolded(&arrived.last().expect("a message").data);
    let (_, rest) = text.split_once("/clave/").expect("a link");
    Token::presented(&rest[..32]).expect("a token")
}

#[tokio::test]
async fn a_link_that_came_by_smtp_sets_the_password() {
    let bench = Bench::new().await;
    let (mailer, arrived) = server(&[]);
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "lucia");
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work_with(&mailer).await;
    let message = arrived.lock().unwrap()[0].clone();
    assert_eq!(message.to, ["gerencia@cafe-ficticio.ec"]);
    for part in [
        "From: Clavero <no-responder@clavero.test>",
        "To: gerencia@cafe-ficticio.ec",
        "Date: ",
        "Message-ID: <",
        "multipart/alternative",
        "text/plain",
        "text/html",
    ] {
        assert!(
            message.data.contains(part),
            "{part} is missing in:\n{}",
            message.data
        );
    }
    // Neither the representative's name nor her document is anybody's business on the way.
    assert!(!message.data.contains("2901047296") && !message.data.contains("LUC"));
    let token = token(&arrived);
    bench
        .intake
        .set_password(&token, GOOD.into())
        .await
        .unwrap();
    bench.work_with(&mailer).await;
    assert_eq!(arrived.lock().unwrap().len(), 2, "the change is told");
}

#[tokio::test]
async fn not_now_is_tried_again_with_a_fresh_link() {
    let bench = Bench::new().await;
    let (busy, _) = server(&[451]);
    let refused = busy.send(&any()).await.unwrap_err();
    assert_eq!(refused.cause(), Cause::Status(451));
    let (mailer, arrived) = server(&[451]);
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "lucia");
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work_with(&mailer).await;
    assert!(arrived.lock().unwrap().is_empty());
    // The three minutes begin when the server takes the message, not when it was decided.
    bench.pass(SignedDuration::from_mins(10));
    bench.work_with(&mailer).await;
    assert_eq!(arrived.lock().unwrap().len(), 1);
    bench.pass(SignedDuration::from_secs(170));
    bench
        .intake
        .set_password(&token(&arrived), GOOD.into())
        .await
        .unwrap();
}

/// A send that is cut off, as a lost lease does, leaves an answer on its way; no other message may read it as its own.
#[tokio::test]
async fn a_refusal_after_a_late_answer_is_a_refusal() {
    let (late, refused) = (Duration::from_millis(600), (Duration::ZERO, 451));
    let (address, arrived) = judging(&[(late, 250), refused, refused]);
    let mailer = mailer(address);
    let cut = tokio::time::timeout(late / 3, mailer.send(&any())).await;
    assert!(cut.is_err(), "{cut:?}");
    for _ in 0..2 {
        let said = mailer.send(&any()).await;
        assert_eq!(said.unwrap_err().cause(), Cause::Status(451));
    }
    mailer.send(&any()).await.unwrap();
    until("the first and the last do not arrive", async || {
        (arrived.lock().unwrap().len() == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn nothing_but_success_after_the_data_is_success() {
    let (address, _) = judging(&[(Duration::ZERO, 354)]);
    let said = mailer(address).send(&any()).await;
    assert_eq!(said.unwrap_err().cause(), Cause::Protocol);
}

/// The server took a mail and its answer was not heard: what the mail says must go on being true when it is sent again.
#[tokio::test]
async fn a_link_that_may_have_arrived_lives_on_when_its_mail_is_sent_again() {
    let bench = Bench::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = mailer(listener.local_addr().unwrap());
    drop(listener);
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "lucia");
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work_with(&nobody).await;
    bench.pass(SignedDuration::from_mins(1));
    let late = Duration::from_secs(2);
    let (address, arrived) = judging(&[(late, 250)]);
    let mailer = mailer(address);
    let cut = tokio::time::timeout(late / 2, bench.work_with(&mailer)).await;
    assert!(cut.is_err());
    until("it does not arrive", async || {
        (arrived.lock().unwrap().len() == 1).then_some(())
    })
    .await;
    let first = token(&arrived);
    // The lease of whoever was cut off lapses.
    bench.pass(SignedDuration::from_secs(30));
    bench.work_with(&mailer).await;
    assert_eq!(arrived.lock().unwrap().len(), 2);
    let second = token(&arrived);
    assert_ne!(first.hash(), second.hash());
    for one in [&first, &second] {
        bench.intake.open_link(one).await.unwrap();
    }
    // Whoever asks for another one ends them both, and whoever uses one ends all.
    bench
        .intake
        .send_link(&petition.number, &petition.secret)
        .await
        .unwrap();
    bench.work_with(&mailer).await;
    let third = token(&arrived);
    for one in [&first, &second] {
        bench.intake.open_link(one).await.unwrap_err();
    }
    bench
        .intake
        .set_password(&third, GOOD.into())
        .await
        .unwrap();
    bench.intake.open_link(&third).await.unwrap_err();
}

/// A server that gives `answer` at `step` (the first word of a command, or the full stop behind the data), and takes the rest.
async fn refusing(step: &'static str, answer: &'static str) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut stream = BufStream::new(stream);
                let mut command = "(greeting)".to_owned();
                let mut in_data = false;
                loop {
                    let verb = command.split([' ', '\r']).next().unwrap_or_default();
                    let said = match verb {
                        _ if in_data && verb != "." => None,
                        verb if verb == step => Some(answer),
                        "(greeting)" => Some("220 hi"),
                        "DATA" => Some("354 go on"),
                        _ => Some("250 fine"),
                    };
                    in_data = match said {
                        None => true,
                        Some(said) => said.starts_with("354"),
                    };
                    if let Some(said) = said {
                        let line = format!("{said}\r\n");
                        let written = stream.write_all(line.as_bytes()).await;
                        if written.is_err() || stream.flush().await.is_err() {
                            return;
                        }
                    }
                    command.clear();
                    if !matches!(stream.read_line(&mut command).await, Ok(1..)) {
                        return;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn only_what_speaks_of_the_recipient_is_for_good() {
    let for_good = [
        ("RCPT", "550 no such user here"),
        ("RCPT", "553 5.1.3 bad address"),
        ("RCPT", "550 5.2.1 mailbox disabled"),
        (".", "550 5.1.1 unknown"),
        (".", "552 5.2.2 mailbox full"),
    ];
    let not_now = [
        ("(greeting)", "554 no service for you"),
        ("EHLO", "550 5.7.1 not from here"),
        ("MAIL", "550 5.1.8 sender domain not found"),
        (
            "MAIL",
            "554 5.7.1 Sender address rejected: daily quota exceeded",
        ),
        ("RCPT", "554 5.7.1 Relay access denied"),
        ("RCPT", "550 5.1.7 bad address of the sender"),
        ("DATA", "554 5.5.1 no valid recipients"),
        (".", "554 5.7.1 looks like spam"),
        (".", "554 5.3.0 out of order"),
        (".", "554 no"),
    ];
    for (cases, expected) in [(&for_good[..], true), (&not_now[..], false)] {
        for (step, answer) in cases {
            let refused = mailer(refusing(step, answer).await).send(&any()).await;
            let refused = refused.unwrap_err();
            let parks = matches!(refused, MailError::Permanent(..));
            assert_eq!(parks, expected, "{step}: {answer}: {refused:?}");
            let status: u16 = answer[..3].parse().unwrap();
            assert_eq!(refused.cause(), Cause::Status(status), "{answer}");
        }
    }
}

/// A relay that is out of order for an hour parks nothing, and what tells of it goes out too.
#[tokio::test]
async fn a_relay_that_refuses_everything_is_waited_for() {
    let mut bench = Bench::new().await;
    bench.alarms_go_to("turno@operador.ec").await;
    let quota = "554 5.7.1 Sender address rejected: daily quota exceeded";
    let full = mailer(refusing("MAIL", quota).await);
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "lucia");
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    for _ in 0..4 {
        bench.work_with(&full).await;
        bench.pass(SignedDuration::from_mins(30));
    }
    let store = bench.intake.store();
    let parked = store.count_messages(MessageState::Parked).await.unwrap();
    assert_eq!(parked, 0);
    let (well, arrived) = server(&[]);
    bench.work_with(&well).await;
    bench.work_with(&well).await;
    let arrived = arrived.lock().unwrap();
    let gone_to: Vec<&str> = arrived.iter().map(|it| it.to[0].as_str()).collect();
    for to in ["gerencia@cafe-ficticio.ec", "turno@operador.ec"] {
        assert!(gone_to.contains(&to), "{gone_to:?}");
    }
}

#[tokio::test]
async fn an_alarm_is_tried_again_whatever_is_said_of_its_recipient() {
    let mut bench = Bench::new().await;
    bench.alarms_go_to("turno@operador.ec").await;
    let unknown = mailer(refusing("RCPT", "550 5.1.1 unknown").await);
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "lucia");
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work_with(&unknown).await;
    bench.work_with(&unknown).await;
    let store = bench.intake.store();
    let known = store.messages_of(&petition.number).await.unwrap();
    for (kind, expected) in [
        (MessageKind::ResetLink, MessageState::Parked),
        (MessageKind::Alarm, MessageState::Pending),
    ] {
        let message = known.iter().find(|it| it.kind == kind).unwrap();
        assert_eq!(message.state, expected, "{message:?}");
    }
}

#[tokio::test]
async fn what_is_parked_goes_out_when_the_operator_says_so() {
    let bench = Bench::new().await;
    let unknown = mailer(refusing("RCPT", "550 5.1.1 unknown").await);
    let (well, arrived) = server(&[]);
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "lucia");
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work_with(&unknown).await;
    bench.pass(SignedDuration::from_mins(10));
    bench.work_with(&well).await;
    assert!(arrived.lock().unwrap().is_empty(), "parked");
    let (store, number) = (bench.intake.store(), &petition.number);
    let now = bench.intake.now();
    let retried = store.retry_parked(Some(number), "operator:ana", now);
    assert_eq!(retried.await.unwrap().len(), 1);
    bench.work_with(&well).await;
    bench.intake.open_link(&token(&arrived)).await.unwrap();

    let (secret, number) = (&petition.secret, number.as_str());
    bench
        .intake
        .send_link(&petition.number, secret)
        .await
        .unwrap();
    bench.work_with(&unknown).await;
    let said = |arguments: &[&str]| {
        let output = clavero(bench.folder(), arguments).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), said)
    };
    let (code, list) = said(&["mail", "retry", number]);
    assert_eq!(code, 0, "{list}");
    assert!(list.contains("1 is sent again"), "{list}");
    assert!(list.contains("reset_link"), "{list}");
    let newest = &store
        .messages(&petition.number, MessageKind::ResetLink)
        .await
        .unwrap()[0];
    assert_eq!(newest.state, MessageState::Pending);
    assert_eq!((newest.attempts, newest.failures), (0, 0));
    let (code, list) = said(&["mail", "retry"]);
    assert_eq!((code, list.trim()), (1, "none is parked"));
    assert!(store.verify_audit().await.unwrap().is_ok());
}

#[tokio::test]
async fn a_refusal_for_good_is_parked_for_a_person() {
    let bench = Bench::new().await;
    let (mailer, arrived) = server(&[550]);
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "lucia");
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work_with(&mailer).await;
    bench.pass(SignedDuration::from_hours(2));
    bench.work_with(&mailer).await;
    assert!(arrived.lock().unwrap().is_empty());
    let messages = bench
        .intake
        .store()
        .messages(&petition.number, MessageKind::ResetLink)
        .await
        .unwrap();
    assert_eq!(messages[0].state, MessageState::Parked);
}

#[tokio::test]
async fn a_server_that_is_away_loses_nothing() {
    let bench = Bench::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = mailer(listener.local_addr().unwrap());
    drop(listener);
    let away = nobody.send(&any()).await.unwrap_err();
    assert_eq!(away.cause(), Cause::Connection);
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "lucia");
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work_with(&nobody).await;
    // Each attempt makes a link, and whoever asks for another one while the first waits gets no second message.
    for _ in 0..5 {
        let status = bench.status(&petition).await;
        assert!(status.link.alive_until.is_some(), "made before the attempt");
        assert_eq!(status.link.mail, Some(MessageState::Pending));
        assert_eq!(status.link.left_this_hour, 3, "it came with the approval");
        let (number, secret) = (&petition.number, &petition.secret);
        bench.intake.send_link(number, secret).await.unwrap();
        bench.work_with(&nobody).await;
    }
    let (mailer, arrived) = server(&[]);
    bench.pass(SignedDuration::from_hours(1));
    bench.work_with(&mailer).await;
    assert_eq!(arrived.lock().unwrap().len(), 1);
    bench
        .intake
        .set_password(&token(&arrived), GOOD.into())
        .await
        .unwrap();
}

#[tokio::test]
async fn tls_is_required_the_server_is_known_and_a_wrong_password_parks_nothing() {
    let (key, certificate) = own_certificate();
    let files = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let ssl = SslConfig::SelfSigned {
        cert_path: file("certificate.pem", &certificate),
        key_path: file("key.pem", &key),
    };
    let (address, arrived) = serve(&[], |server| {
        server
            .with_auth(AuthMechanism::Plain)
            .with_ssl(ssl)
            .unwrap();
    });
    let with = |authority: Option<&[u8]>, password: &str| {
        let settings = SmtpSettings {
            tls: SmtpTls::Starttls,
            authority: authority.map(<[u8]>::to_vec),
            credentials: Some(("clavero".to_owned(), password.into())),
            ..in_the_open(address)
        };
        Mailer::smtp(FROM, &settings).unwrap()
    };
    let bench = Bench::new().await;
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "lucia");
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    for (what, mailer) in [
        (Cause::Tls, with(None, "llave")),
        (
            Cause::Authentication(535),
            with(Some(&certificate), "clave"),
        ),
    ] {
        // What may be logged: no word of the server's.
        assert_eq!(mailer.send(&any()).await.unwrap_err().cause(), what);
        bench.work_with(&mailer).await;
        assert!(arrived.lock().unwrap().is_empty(), "{what:?}");
        bench.pass(SignedDuration::from_hours(1));
    }
    bench.work_with(&with(Some(&certificate), "llave")).await;
    assert_eq!(arrived.lock().unwrap().len(), 1);

    // A server that offers no TLS gets nothing.
    let (address, arrived) = serve(&[], |_| ());
    let settings = SmtpSettings {
        tls: SmtpTls::Starttls,
        ..in_the_open(address)
    };
    let refused = Mailer::smtp(FROM, &settings).unwrap().send(&any()).await;
    assert_eq!(refused.unwrap_err().cause(), Cause::Protocol);
    bench
        .intake
        .send_link(&petition.number, &petition.secret)
        .await
        .unwrap();
    bench
        .work_with(&Mailer::smtp(FROM, &settings).unwrap())
        .await;
    assert!(arrived.lock().unwrap().is_empty());
}
