//! Messages over a real SMTP server on loopback: what arrives, and what happens when the server refuses, or is away.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use clavero::domain::Token;
use clavero::fixture::people::CAFE;
use clavero::mail::{Mailer, SmtpSettings, SmtpTls};
use clavero::store::{MessageKind, MessageState};
use jiff::SignedDuration;
use mailin_embedded::{Handler, Response, Server, response};

use crate::bench::{Bench, GOOD};

/// A message as the server took it.
#[derive(Debug, Clone, Default)]
struct Arrived {
    to: Vec<String>,
    data: String,
}

/// A server that answers the first messages with `refusals`, and takes the others.
#[derive(Clone)]
struct Mailbox {
    arrived: Arc<Mutex<Vec<Arrived>>>,
    refusals: Arc<Vec<u16>>,
    seen: Arc<AtomicUsize>,
    coming: Arrived,
}

impl Handler for Mailbox {
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
        self.arrived.lock().unwrap().push(self.coming.clone());
        response::OK
    }
}

/// Starts a server and returns a mailer that reaches it.
fn server(refusals: &[u16]) -> (Mailer, Arc<Mutex<Vec<Arrived>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let arrived = Arc::new(Mutex::new(Vec::new()));
    let mailbox = Mailbox {
        arrived: Arc::clone(&arrived),
        refusals: Arc::new(refusals.to_vec()),
        seen: Arc::default(),
        coming: Arrived::default(),
    };
    let mut server = Server::new(mailbox);
    server.with_name("buzon.test").with_tcp_listener(listener);
    std::thread::spawn(move || server.serve().map_err(|error| error.to_string()));
    (mailer(address), arrived)
}

fn mailer(address: SocketAddr) -> Mailer {
    let settings = SmtpSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: SmtpTls::None,
        credentials: None,
    };
    Mailer::smtp("Clavero <no-responder@clavero.test>", &settings).unwrap()
}

/// The text of a quoted-printable body, as far as links need it.
fn unfolded(data: &str) -> String {
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
    // Each attempt asks twice, because a pooled connection may have gone stale.
    let (mailer, arrived) = server(&[451, 451]);
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
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "lucia");
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work_with(&nobody).await;
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
