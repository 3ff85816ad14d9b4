//! The day of many companies, whatever happens to the service meanwhile: each asks for a petition, signs it, uploads it and
//! follows the link of its mail, over and over until it has an answer; afterwards every receipt has exactly one decision and
//! one effect, and no mail is lost. What happens meanwhile is each test's own affair (`chaos`, `cluster`).

mod mailbox;
mod remains;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clavero::fixture::people::person;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::bench::GOOD;
use crate::running::{PATIENCE, signed};

pub use mailbox::Mailbox;
pub use remains::{
    Remains, every_receipt_has_one_decision_and_one_effect, no_mail_is_lost_and_twice_is_the_same,
};

/// Who signs for all of them: a natural person, so that the certificate names no company.
const SIGNER: &str = "rosa";
/// Requests of one petition when nothing goes wrong: number, form, document, link.
pub const STEPS: usize = 4;
/// The longest time for one step of one company, with leases that must lapse and messages that wait ever longer.
pub const STILL: Duration = Duration::from_mins(15);
/// For how long the mail server goes away now and then.
pub const NO_MAILS: Duration = Duration::from_secs(5);
/// How long a company waits before it tries again.
const BREATH: Duration = Duration::from_millis(50);
/// How long it waits before it asks again where its petition stands: what it waits for is a mail, and it looks into its
/// mailbox without asking the service.
const QUIET: Duration = Duration::from_secs(2);

/// A number below `limit` that is always the same for the same `what` and `place`.
pub fn drawn(what: &str, place: usize, limit: usize) -> usize {
    let digest = clavero::domain::Sha256::of(format!("{what} {place}").as_bytes());
    let number = digest
        .as_bytes()
        .iter()
        .take(6)
        .fold(0_usize, |number, byte| number * 256 + usize::from(*byte));
    number % limit
}

/// Petitions and kills: those of the environment, or an ordinary run's.
pub fn plan(variable: &str, ordinary: (usize, usize)) -> (usize, usize) {
    let Ok(text) = std::env::var(variable) else {
        return ordinary;
    };
    let mut numbers = text
        .split_whitespace()
        .map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

/// Companies at work at the same time; more of them on a long day, most of which is waiting for mails.
fn lanes(petitions: usize) -> usize {
    (petitions / 15).clamp(6, 60)
}

/// What the service is told for such a day: its mail server, and not to be in a hurry. The day is long, the machine may be
/// slow, and nobody clicks late on purpose.
pub fn settings(mail_port: u16) -> [(&'static str, String); 7] {
    [
        ("CLAVERO_MAIL__TRANSPORT", "smtp".to_owned()),
        ("CLAVERO_MAIL__HOST", "127.0.0.1".to_owned()),
        ("CLAVERO_MAIL__PORT", mail_port.to_string()),
        ("CLAVERO_MAIL__TLS", "none".to_owned()),
        ("CLAVERO_LINKS__LIFE_SECONDS", "86400".to_owned()),
        ("CLAVERO_PASSWORD__ARGON2_MEMORY_KIB", "8".to_owned()),
        ("CLAVERO_PASSWORD__ARGON2_PASSES", "1".to_owned()),
    ]
}

/// One of the companies, each with a petition of its own.
#[derive(Debug, Clone, Copy)]
pub struct Company(pub usize);

impl Company {
    fn ruc(self) -> String {
        format!("2991{:06}001", self.0)
    }

    /// Every third one wants another address, the others a new password.
    fn changes_address(self) -> bool {
        self.0.is_multiple_of(3)
    }

    fn address(self) -> String {
        format!("buzon{}@empresa.test", self.0)
    }

    fn new_address(self) -> String {
        format!("nueva{}@empresa.test", self.0)
    }

    /// What it asks for.
    pub fn asks(self) -> Value {
        if self.changes_address() {
            json!({ "ruc": self.ruc(), "action": "change_email", "new_email": self.new_address() })
        } else {
            json!({ "ruc": self.ruc(), "action": "reset_password" })
        }
    }

    /// The path that its link begins with.
    fn link(self) -> &'static str {
        if self.changes_address() {
            "/correo/"
        } else {
            "/clave/"
        }
    }
}

/// The registry: every company, all represented by the same person. `command` is the program for a list of arguments.
pub fn import_companies(data: &Path, count: usize, command: impl Fn(&[&str]) -> Command) {
    let signer = person(SIGNER).unwrap();
    let mut table = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source\n"
        .to_owned();
    for company in (0..count).map(Company) {
        writeln!(
            table,
            "{},0001,EMPRESA {},company,active,{},,{},{},Gerente,2024-01-01,,sole,1,muestra",
            company.ruc(),
            company.0,
            company.address(),
            signer.document,
            signer.full_name(),
        )
        .unwrap();
    }
    let file = data.join("companies.csv");
    fs::write(&file, table).unwrap();
    let arguments = [
        "registry",
        "import",
        "--kind",
        "representatives",
        file.to_str().unwrap(),
    ];
    let done = command(&arguments).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

/// What a company holds in its hands.
#[derive(Debug, Clone)]
pub struct Receipt {
    company: Company,
    number: String,
    sha256: String,
}

/// What all companies share.
#[derive(Clone)]
pub struct Day {
    /// Asks for everybody.
    pub client: Client,
    /// Where the service is, as many places as there are at this moment.
    places: watch::Receiver<Vec<String>>,
    turn: Arc<AtomicUsize>,
    mailbox: Mailbox,
    steps: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Day {
    /// A day with this mailbox, and the service at these places.
    pub fn new(places: watch::Receiver<Vec<String>>, mailbox: Mailbox) -> Self {
        Self {
            client: Client::builder().timeout(PATIENCE).build().unwrap(),
            places,
            turn: Arc::default(),
            mailbox,
            steps: Arc::default(),
            over: Arc::default(),
        }
    }

    /// So many companies go about their petitions, some at a time.
    pub fn begin(&self, petitions: usize) -> JoinHandle<Vec<Receipt>> {
        let count = lanes(petitions);
        let lanes: Vec<_> = (0..count)
            .map(|lane| {
                let day = self.clone();
                tokio::spawn(async move {
                    let mut receipts = Vec::new();
                    for company in (lane..petitions).step_by(count).map(Company) {
                        receipts.push(day.live(company).await);
                    }
                    receipts
                })
            })
            .collect();
        let over = Arc::clone(&self.over);
        tokio::spawn(async move {
            let mut receipts = Vec::new();
            for lane in lanes {
                receipts.extend(lane.await.unwrap());
            }
            over.store(true, Ordering::SeqCst);
            receipts
        })
    }

    /// Steps of petitions that are done: [`STEPS`] of each. Questions where one stands are none, or the day would run ahead
    /// of what it is about.
    pub fn steps(&self) -> usize {
        self.steps.load(Ordering::SeqCst)
    }

    fn step(&self) {
        self.steps.fetch_add(1, Ordering::SeqCst);
    }

    /// Until the companies have done so many steps, or everything.
    pub async fn wait_for(&self, steps: usize) {
        let began = Instant::now();
        while self.steps() < steps && !self.over.load(Ordering::SeqCst) {
            assert!(began.elapsed() < STILL, "the day stands still");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// One of the places, each in its turn, as a proxy in front of them would choose.
    fn place(&self) -> Option<String> {
        let places = self.places.borrow();
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        places.get(turn % places.len().max(1)).cloned()
    }

    /// Asks until there is an answer that says something: neither a lost line nor a service in trouble.
    async fn ask(&self, request: impl Fn(&Client, &str) -> RequestBuilder) -> Response {
        let began = Instant::now();
        loop {
            if let Some(place) = self.place()
                && let Ok(answer) = request(&self.client, &place).send().await
                && !answer.status().is_server_error()
                && answer.status() != StatusCode::TOO_MANY_REQUESTS
            {
                return answer;
            }
            assert!(began.elapsed() < STILL, "nobody answers");
            tokio::time::sleep(BREATH).await;
        }
    }

    /// The same, until the answer is this one and its body is whole.
    async fn get(
        &self,
        expected: StatusCode,
        request: impl Fn(&Client, &str) -> RequestBuilder,
    ) -> Vec<u8> {
        let began = Instant::now();
        loop {
            let answer = self.ask(&request).await;
            let status = answer.status();
            // A kill may cut an answer in the middle.
            if let Ok(body) = answer.bytes().await {
                assert_eq!(status, expected, "{}", String::from_utf8_lossy(&body));
                return body.to_vec();
            }
            assert!(began.elapsed() < STILL, "no answer is whole");
        }
    }

    /// One company's day, up to the effect of its petition.
    async fn live(&self, company: Company) -> Receipt {
        let issued = self
            .get(StatusCode::CREATED, |client, place| {
                client
                    .post(format!("{place}/api/v1/petitions"))
                    .json(&company.asks())
            })
            .await;
        self.step();
        let issued: Value = serde_json::from_slice(&issued).unwrap();
        let number = issued["number"].as_str().unwrap().to_owned();
        let secret = issued["secret"].as_str().unwrap().to_owned();
        let petition = format!("/api/v1/petitions/{number}");
        let form = self
            .get(StatusCode::OK, |client, place| {
                client
                    .get(format!("{place}{petition}/form.pdf"))
                    .bearer_auth(&secret)
            })
            .await;
        self.step();
        let document = tokio::task::spawn_blocking(move || signed(&form, SIGNER))
            .await
            .unwrap();
        let receipt = self
            .get(StatusCode::ACCEPTED, |client, place| {
                client
                    .post(format!("{place}{petition}/document"))
                    .body(document.clone())
            })
            .await;
        self.step();
        let receipt: Value = serde_json::from_slice(&receipt).unwrap();
        self.follow_link(company, &number, &secret).await;
        self.step();
        Receipt {
            company,
            number,
            sha256: receipt["sha256"].as_str().unwrap().to_owned(),
        }
    }

    /// Follows the links that arrived, the newest first, until the petition has had its effect. A newer mail makes an older
    /// link dead, but mails overtake each other on their way; and an answer that was lost may have been a good one.
    async fn follow_link(&self, company: Company, number: &str, secret: &str) {
        let began = Instant::now();
        let mut tried = BTreeSet::new();
        let mut asked = Instant::now();
        loop {
            assert!(began.elapsed() < STILL, "{number} has no effect");
            let arrived = self.mailbox.tokens(number, company.link());
            let Some(token) = arrived.into_iter().find(|token| !tried.contains(token)) else {
                if asked.elapsed() > QUIET {
                    if self.state(number, secret).await == "completed" {
                        return;
                    }
                    asked = Instant::now();
                }
                tokio::time::sleep(BREATH).await;
                continue;
            };
            let answer = self
                .ask(|client, place| {
                    client
                        .post(format!("{place}{}{token}", company.link()))
                        .json(&json!({ "password": GOOD }))
                })
                .await;
            match answer.status() {
                StatusCode::OK => return,
                StatusCode::GONE => tried.insert(token),
                other => panic!("{number}: {other}"),
            };
        }
    }

    async fn state(&self, number: &str, secret: &str) -> String {
        let status = self
            .get(StatusCode::OK, |client, place| {
                client
                    .get(format!("{place}/api/v1/petitions/{number}"))
                    .bearer_auth(secret)
            })
            .await;
        let status: Value = serde_json::from_slice(&status).unwrap();
        status["state"].as_str().unwrap().to_owned()
    }
}
