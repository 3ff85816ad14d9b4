//! The long bad day: companies ask, sign, upload and follow their links while the process is killed with SIGKILL again and
//! again, the mail server refuses, delays and drops connections, and the disk fills once. Afterwards every receipt has
//! exactly one decision, every approval exactly one effect, no mail is lost, and the audit log is whole.
//!
//! Kills come when so much has been done, not when so much time has passed, and every choice is drawn from a seed: a slow
//! machine lives through the same day, only longer. `CLAVERO_TEST_CHAOS="1000 50"` is the day of the issue: a thousand
//! petitions and fifty kills; without it the day is shorter.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clavero::fixture::people::person;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Row};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::bench::GOOD;
use crate::running::{PATIENCE, signed};
use crate::served::{Served, clavero, write_trust};

/// Petitions and kills of an ordinary test run.
const SHORT_DAY: (usize, usize) = (90, 10);
/// Companies at work at the same time.
const LANES: usize = 6;
/// Who signs for all of them: a natural person, so that the certificate names no company.
const SIGNER: &str = "rosa";
/// Requests of one petition when nothing goes wrong: number, form, document, link.
const STEPS: usize = 4;
/// The longest time for one step of one company. A message that the process died over stays leased for a minute and a half,
/// and on a day with many kills one message meets several of them, with growing pauses between.
const STILL: Duration = Duration::from_mins(15);
/// How long a company waits before it tries again.
const BREATH: Duration = Duration::from_millis(50);

/// A number below `limit` that is always the same for the same `what` and `place`.
fn drawn(what: &str, place: usize, limit: usize) -> usize {
    let digest = clavero::domain::Sha256::of(format!("{what} {place}").as_bytes());
    let number = digest
        .as_bytes()
        .iter()
        .take(6)
        .fold(0_usize, |number, byte| number * 256 + usize::from(*byte));
    number % limit
}

// -- companies --------------------------------------------------------------------------------------------------------------

/// One of the companies, each with a petition of its own.
#[derive(Debug, Clone, Copy)]
struct Company(usize);

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

    fn asks(self) -> Value {
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

/// The registry: every company, all represented by the same person.
fn import_companies(data: &Path, count: usize) {
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
    let done = clavero(data, &arguments).output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

/// What a company holds in its hands.
#[derive(Debug, Clone)]
struct Receipt {
    company: Company,
    number: String,
    sha256: String,
}

/// What all companies share.
#[derive(Clone)]
struct Day {
    client: Client,
    /// Where the service is, while it is.
    place: watch::Receiver<Option<String>>,
    mailbox: Mailbox,
    /// Answers so far.
    answers: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
}

impl Day {
    /// Asks until there is an answer that says something: neither a lost line nor a service in trouble.
    async fn ask(&self, request: impl Fn(&Client, &str) -> RequestBuilder) -> Response {
        let began = Instant::now();
        loop {
            let place = self.place.borrow().clone();
            if let Some(place) = place
                && let Ok(answer) = request(&self.client, &place).send().await
                && !answer.status().is_server_error()
                && answer.status() != StatusCode::TOO_MANY_REQUESTS
            {
                self.answers.fetch_add(1, Ordering::SeqCst);
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
        let issued: Value = serde_json::from_slice(&issued).unwrap();
        let number = issued["number"].as_str().unwrap().to_owned();
        let secret = issued["secret"].as_str().unwrap().to_owned();
        let petition = format!("/api/v1/petitions/{number}");
        let form = self
            .get(StatusCode::OK, |client, place| {
                client.get(format!("{place}{petition}/form.pdf"))
            })
            .await;
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
        let receipt: Value = serde_json::from_slice(&receipt).unwrap();
        self.follow_link(company, &number, &secret).await;
        Receipt {
            company,
            number,
            sha256: receipt["sha256"].as_str().unwrap().to_owned(),
        }
    }

    /// Follows the newest link that arrived, until the petition has had its effect. A newer mail makes an older link dead,
    /// and an answer that was lost may have been a good one.
    async fn follow_link(&self, company: Company, number: &str, secret: &str) {
        let began = Instant::now();
        let mut tried = BTreeSet::new();
        loop {
            assert!(began.elapsed() < STILL, "{number} has no effect");
            let token = self.mailbox.token(number, company.link());
            let Some(token) = token.filter(|token| !tried.contains(token)) else {
                if self.state(number, secret).await == "completed" {
                    return;
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

// -- the mail server --------------------------------------------------------------------------------------------------------

/// A mail as it arrived.
#[derive(Debug, Clone)]
struct Mail {
    to: String,
    /// What stands before the `@` of its Message-ID.
    key: String,
    text: String,
}

/// What a bad server does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Takes,
    NotNow,
    /// Hangs up before it has taken anything.
    Drops,
    /// Takes it, and hangs up without saying so: it will come twice.
    TakesAndDrops,
    Delays,
}

/// A mail server in many moods; after two bad ones a recipient gets the message.
#[derive(Clone, Default)]
struct Mailbox {
    arrived: Arc<Mutex<Vec<Mail>>>,
    attempts: Arc<Mutex<BTreeMap<String, usize>>>,
    /// Whether nobody may connect for a while.
    away: Arc<AtomicBool>,
}

impl Mailbox {
    /// Serves for as long as the test runs; the port.
    async fn serve(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mailbox = self.clone();
        tokio::spawn(async move {
            for connection in 0.. {
                let (line, _) = listener.accept().await.unwrap();
                if mailbox.away.load(Ordering::SeqCst) || drawn("connection", connection, 12) == 0 {
                    continue;
                }
                let mailbox = mailbox.clone();
                tokio::spawn(async move {
                    // A client that is killed hangs up in the middle.
                    let _ = mailbox.converse(line).await;
                });
            }
        });
        port
    }

    fn mood(&self, recipient: &str) -> Mood {
        let mut attempts = self.attempts.lock().unwrap();
        let attempt = attempts.entry(recipient.to_owned()).or_default();
        *attempt += 1;
        if attempt.is_multiple_of(3) {
            return Mood::Takes;
        }
        match drawn(recipient, *attempt, 10) {
            0 => Mood::NotNow,
            1 => Mood::Drops,
            2 => Mood::TakesAndDrops,
            3 => Mood::Delays,
            _ => Mood::Takes,
        }
    }

    /// One conversation (RFC 5321), as far as a client that sends one message after another needs it.
    async fn converse(&self, line: TcpStream) -> std::io::Result<()> {
        let (read, mut write) = line.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(b"220 buzon.test\r\n").await?;
        let (mut to, mut mood) = (String::new(), Mood::Takes);
        while let Some(command) = lines.next_line().await? {
            let verb = command.get(..4).unwrap_or_default().to_ascii_uppercase();
            let answer: &[u8] = match verb.as_str() {
                "RCPT" => {
                    to = between(&command, '<', '>');
                    mood = self.mood(&to);
                    if mood == Mood::NotNow {
                        b"451 not now\r\n"
                    } else {
                        b"250 good\r\n"
                    }
                }
                "DATA" => {
                    write.write_all(b"354 go on\r\n").await?;
                    let mut text = String::new();
                    while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                        text += &line;
                        text += "\r\n";
                    }
                    if mood == Mood::Drops {
                        return Ok(());
                    }
                    if mood == Mood::Delays {
                        tokio::time::sleep(Duration::from_millis(700)).await;
                    }
                    self.take(&to, &text);
                    if mood == Mood::TakesAndDrops {
                        return Ok(());
                    }
                    b"250 taken\r\n"
                }
                "QUIT" => {
                    write.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                _ => b"250 good\r\n",
            };
            write.write_all(answer).await?;
        }
        Ok(())
    }

    fn take(&self, to: &str, text: &str) {
        let text = text.replace("=\r\n", "").replace("=3D", "=");
        let (_, id) = text.split_once("Message-ID: <").expect("a Message-ID");
        let mail = Mail {
            to: to.to_owned(),
            key: id.split('@').next().unwrap_or_default().to_owned(),
            text,
        };
        self.arrived.lock().unwrap().push(mail);
    }

    /// The token of the newest link of this kind about a petition.
    fn token(&self, number: &str, path: &str) -> Option<String> {
        let arrived = self.arrived.lock().unwrap();
        let newest = arrived
            .iter()
            .rev()
            .find(|mail| mail.text.contains(number) && mail.text.contains(path))?;
        let (_, rest) = newest.text.split_once(path)?;
        rest.get(..32).map(str::to_owned)
    }
}

fn between(text: &str, begin: char, end: char) -> String {
    let rest = text.split_once(begin).map_or("", |(_, rest)| rest);
    rest.split(end).next().unwrap_or_default().to_owned()
}

// -- the service, killed again and again ------------------------------------------------------------------------------------

/// The service on `data`. Beyond the limit of a file's size a write fails, and does not end the process.
fn service(data: &Path, mail_port: u16) -> Command {
    let inner = clavero(data, &["serve"]);
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(inner.get_program())
        .args(inner.get_args())
        .env_clear();
    for (name, value) in inner.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
        .env("CLAVERO_MAIL__TRANSPORT", "smtp")
        .env("CLAVERO_MAIL__HOST", "127.0.0.1")
        .env("CLAVERO_MAIL__PORT", mail_port.to_string())
        .env("CLAVERO_MAIL__TLS", "none")
        // The day is long, the machine may be slow, and nobody clicks late on purpose.
        .env("CLAVERO_LINKS__LIFE_SECONDS", "86400")
        .env("CLAVERO_PASSWORD__ARGON2_MEMORY_KIB", "8")
        .env("CLAVERO_PASSWORD__ARGON2_PASSES", "1");
    command
}

/// Kills the service, so often, each time when enough has been done since; and lets the disk fill once, in between.
struct Misfortune<'a> {
    data: &'a Path,
    mail_port: u16,
    place: watch::Sender<Option<String>>,
    day: Day,
    kills: usize,
}

impl Misfortune<'_> {
    /// Ends with a service that runs.
    async fn strike(self, petitions: usize) -> Served {
        let mut served = self.start().await;
        for kill in 1..=self.kills {
            let enough = kill * petitions * STEPS / (self.kills + 1);
            self.wait_for(enough).await;
            if kill == self.kills / 2 {
                self.fill_disk(&served).await;
            }
            self.day.mailbox.away.store(kill % 7 == 3, Ordering::SeqCst);
            let pause = Duration::from_millis(drawn("pause", kill, 40).try_into().unwrap());
            tokio::time::sleep(pause).await;
            self.place.send_replace(None);
            tokio::task::spawn_blocking(move || drop(served)) // SIGKILL
                .await
                .unwrap();
            if kill % 5 == 0 {
                self.kill_while_it_starts(kill).await;
            }
            served = self.start().await;
        }
        self.day.mailbox.away.store(false, Ordering::SeqCst);
        served
    }

    async fn start(&self) -> Served {
        let command = service(self.data, self.mail_port);
        let served = tokio::task::spawn_blocking(move || Served::start_as(command))
            .await
            .unwrap();
        self.place.send_replace(Some(served.url.clone()));
        served
    }

    /// One more: what the next start finds is what this one left of its own beginning.
    async fn kill_while_it_starts(&self, kill: usize) {
        let mut process = service(self.data, self.mail_port)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pause = Duration::from_millis(drawn("start", kill, 400).try_into().unwrap());
        tokio::time::sleep(pause).await;
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Until the companies have got so many answers, or are done.
    async fn wait_for(&self, answers: usize) {
        let began = Instant::now();
        while self.day.answers.load(Ordering::SeqCst) < answers
            && !self.day.over.load(Ordering::SeqCst)
        {
            assert!(began.elapsed() < STILL, "the day stands still");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// From now on no file grows, and what is asked is refused with a word of ours; then there is room again, and the same
    /// process goes on.
    async fn fill_disk(&self, served: &Served) {
        let full = Rlimit {
            current: Some(0),
            maximum: None,
        };
        let before = prlimit(Some(served.pid()), Resource::Fsize, full).unwrap();
        let asked = self
            .day
            .client
            .post(format!("{}/api/v1/petitions", served.url))
            .json(&Company(0).asks())
            .send()
            .await
            .unwrap();
        assert!(asked.status().is_server_error(), "{}", asked.status());
        let seen = self.day.answers.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_secs(1)).await;
        prlimit(Some(served.pid()), Resource::Fsize, before).unwrap();
        self.wait_for(seen + 2 * STEPS).await;
    }
}

// -- afterwards -------------------------------------------------------------------------------------------------------------

/// The database as it is on the disk.
struct Remains(AnyConnection);

impl Remains {
    async fn open(data: &Path) -> Self {
        sqlx::any::install_default_drivers();
        let file = format!("sqlite://{}", data.join("clavero.sqlite").display());
        Self(AnyConnection::connect(&file).await.unwrap())
    }

    async fn rows(&mut self, statement: &str) -> Vec<AnyRow> {
        sqlx::query(AssertSqlSafe(statement.to_owned()))
            .fetch_all(&mut self.0)
            .await
            .unwrap()
    }

    async fn count(&mut self, statement: &str) -> i64 {
        self.rows(statement).await[0].try_get(0).unwrap()
    }

    /// The two columns of a statement.
    async fn pairs(&mut self, statement: &str) -> Vec<(String, String)> {
        let rows = self.rows(statement).await;
        rows.iter()
            .map(|row| (row.try_get(0).unwrap(), row.try_get(1).unwrap()))
            .collect()
    }
}

async fn every_receipt_has_one_decision_and_one_effect(
    remains: &mut Remains,
    receipts: &[Receipt],
) {
    let decided: Vec<(String, String)> = remains
        .pairs("select number || ' ' || sha256, outcome from decisions")
        .await;
    let decisions: BTreeMap<String, String> = decided.iter().cloned().collect();
    assert_eq!(decided.len(), decisions.len());
    let completed = remains
        .pairs("select subject, event from audit where event = 'petition.completed'")
        .await;
    let accounts: BTreeSet<String> = remains
        .pairs("select ruc, branch from accounts")
        .await
        .into_iter()
        .map(|(ruc, _)| ruc)
        .collect();
    let addresses: BTreeMap<String, String> = remains
        .pairs("select ruc, email from employers")
        .await
        .into_iter()
        .collect();
    for Receipt {
        company,
        number,
        sha256,
    } in receipts
    {
        let outcome = decisions.get(&format!("{number} {sha256}"));
        assert_eq!(outcome.map(String::as_str), Some("approved"), "{number}");
        let of_number = decided
            .iter()
            .filter(|(key, _)| key.starts_with(number.as_str()));
        assert_eq!(of_number.count(), 1, "{number}");
        let effects = completed.iter().filter(|(subject, _)| subject == number);
        assert_eq!(effects.count(), 1, "{number}");
        let expected = if company.changes_address() {
            company.new_address()
        } else {
            company.address()
        };
        assert_eq!(addresses[&company.ruc()], expected, "{number}");
        assert_eq!(
            accounts.contains(&company.ruc()),
            !company.changes_address(),
            "{number}"
        );
    }
    assert_eq!(
        completed.len(),
        receipts.len(),
        "nothing had an effect but these"
    );
    assert_eq!(remains.count("select count(*) from jobs").await, 0);
}

async fn no_mail_is_lost_and_twice_is_the_same(
    remains: &mut Remains,
    mails: &[Mail],
    receipts: &[Receipt],
) {
    let outbox = remains.pairs("select id, state from outbox").await;
    let mut arrived: BTreeMap<&str, Vec<&Mail>> = BTreeMap::new();
    for mail in mails {
        arrived.entry(&mail.key).or_default().push(mail);
    }
    let keys: BTreeSet<String> = outbox.iter().map(|(id, _)| id.replace(':', ".")).collect();
    for (key, copies) in &arrived {
        assert!(keys.contains(*key), "{key}: nobody decided to send it");
        let to: BTreeSet<&String> = copies.iter().map(|mail| &mail.to).collect();
        assert_eq!(to.len(), 1, "{key}");
    }
    for (id, state) in &outbox {
        match state.as_str() {
            "sent" => assert!(
                arrived.contains_key(id.replace(':', ".").as_str()),
                "{id} is lost"
            ),
            // Overtaken: the link of a mail that had arrived in spite of all was followed before it was sent again.
            "withdrawn" => assert!(id.contains("reset_link") || id.contains("confirm"), "{id}"),
            other => panic!("{id}: {other}"),
        }
    }
    assert!(
        arrived.values().any(|copies| copies.len() > 1),
        "the day was not bad enough: no mail came twice"
    );
    for Receipt {
        company, number, ..
    } in receipts
    {
        let kinds: &[&str] = if company.changes_address() {
            &["confirm_email", "email_change_notice", "email_changed"]
        } else {
            &["reset_link", "password_changed"]
        };
        for kind in kinds {
            let about = outbox
                .iter()
                .filter(|(id, _)| id.starts_with(&format!("{number}:{kind}:")));
            assert_eq!(about.count(), 1, "{number} {kind}");
        }
    }
}

fn plan() -> (usize, usize) {
    let Ok(text) = std::env::var("CLAVERO_TEST_CHAOS") else {
        return SHORT_DAY;
    };
    let mut numbers = text
        .split_whitespace()
        .map(|number| number.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_every_petition_has_its_one_effect() {
    let (petitions, kills) = plan();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    import_companies(data, petitions);
    let mailbox = Mailbox::default();
    let mail_port = mailbox.serve().await;
    let (place, seen) = watch::channel(None);
    let day = Day {
        client: Client::builder().timeout(PATIENCE).build().unwrap(),
        place: seen,
        mailbox: mailbox.clone(),
        answers: Arc::default(),
        over: Arc::default(),
    };
    let began = Instant::now();
    let lanes: Vec<_> = (0..LANES)
        .map(|lane| {
            let day = day.clone();
            tokio::spawn(async move {
                let mut receipts = Vec::new();
                for company in (lane..petitions).step_by(LANES).map(Company) {
                    receipts.push(day.live(company).await);
                }
                receipts
            })
        })
        .collect();
    let companies = {
        let over = Arc::clone(&day.over);
        tokio::spawn(async move {
            let mut receipts = Vec::new();
            for lane in lanes {
                receipts.extend(lane.await.unwrap());
            }
            over.store(true, Ordering::SeqCst);
            receipts
        })
    };
    let misfortune = Misfortune {
        data,
        mail_port,
        place,
        day,
        kills,
    };
    let served = misfortune.strike(petitions).await;
    let receipts = companies.await.unwrap();
    assert_eq!(receipts.len(), petitions);

    // What is still to be told is told.
    let mut remains = Remains::open(data).await;
    let still = Instant::now();
    while remains
        .count("select count(*) from outbox where state = 'pending'")
        .await
        > 0
    {
        assert!(still.elapsed() < STILL, "some mail is never sent");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    served.tell_to_stop();
    tokio::task::spawn_blocking(move || served.ended())
        .await
        .unwrap();
    println!(
        "{petitions} petitions, {kills} kills, {} mails, {} s",
        mailbox.arrived.lock().unwrap().len(),
        began.elapsed().as_secs()
    );

    every_receipt_has_one_decision_and_one_effect(&mut remains, &receipts).await;
    let mails = mailbox.arrived.lock().unwrap().clone();
    no_mail_is_lost_and_twice_is_the_same(&mut remains, &mails, &receipts).await;
    let audit = clavero(data, &["audit", "verify"]).output().unwrap();
    assert!(audit.status.success(), "{audit:?}");
}
