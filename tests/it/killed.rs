//! Nothing that got its receipt is lost, and nothing happens twice, though the process is killed with SIGKILL again and
//! again while it receives, decides and sends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clavero::domain::Sha256;
use clavero::fixture::people::CAFE;
use clavero::store::Store;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::running::{PATIENCE, Running, signed};
use crate::served::until;

/// How often the process is killed.
const ROUNDS: usize = 24;
/// Petitions begun in each round.
const PETITIONS: usize = 3;
/// What a company holds in its hands: its secret, the digest of what it sends, and that of what it got a receipt for.
#[derive(Debug, Clone)]
struct Held {
    secret: String,
    sent: Option<String>,
    receipt: Option<String>,
}

type Companies = Arc<Mutex<BTreeMap<String, Held>>>;

/// How many companies hold something.
fn count(companies: &Companies, what: impl Fn(&Held) -> bool) -> usize {
    let companies = companies.lock().unwrap();
    companies.values().filter(|held| what(held)).count()
}

fn has_receipt(held: &Held) -> bool {
    held.receipt.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_receipt_is_decided_once_though_the_process_is_killed_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let companies = Companies::default();
    let whole = whole_round(folder.path(), &companies).await;
    killed_while_one_arrives(folder.path(), &companies).await;
    for round in 0..ROUNDS {
        let is_kept = |held: &Held| {
            let sent = held.sent.as_ref();
            sent.is_some_and(|sent| document(folder.path(), sent).exists())
        };
        let (kept, receipts) = (count(&companies, is_kept), count(&companies, has_receipt));
        let service = Running::start_in(folder.path());
        let work = companies_at_work(&service, &companies);
        match round % 3 {
            // A document is there, and its receipt may be on its way.
            0 => {
                until("no document is kept", async || {
                    (count(&companies, is_kept) > kept).then_some(())
                })
                .await;
            }
            // A receipt is there, and its decision may be on its way.
            1 => {
                until("no receipt", async || {
                    (count(&companies, has_receipt) > receipts).then_some(())
                })
                .await;
            }
            _ => tokio::time::sleep(moment(round, whole)).await,
        }
        drop(service); // SIGKILL
        for company in work {
            let _ = company.await;
        }
    }

    let service = Running::start_in(folder.path());
    let companies = companies.lock().unwrap().clone();
    let receipts: BTreeMap<&String, &Held> = companies
        .iter()
        .filter(|(_, held)| held.receipt.is_some())
        .collect();
    // Those of the round that nobody interrupted, and one of every third round.
    assert!(receipts.len() >= PETITIONS + ROUNDS / 3);
    assert!(
        receipts.len() < companies.len(),
        "what came half has no receipt"
    );
    for (number, held) in &receipts {
        let status = service.decided(number, &held.secret).await;
        assert_eq!(status["outcome"], "approved", "{number}: {status}");
    }
    let mails = one_mail_each(&service, &receipts).await;
    // A number without a receipt may have been received all the same; it has one effect then, too.
    for (number, count) in &mails {
        assert!(
            companies.contains_key(number),
            "a mail about a number nobody holds"
        );
        assert_eq!(*count, 1, "{number}");
    }
    drop(service);
    the_log_is_whole(folder.path(), &receipts).await;
}

/// Lets the demonstration make its samples once, and measures how long a round takes that nobody interrupts: kills are
/// spread over that time, however quick or busy the machine is.
async fn whole_round(folder: &Path, companies: &Companies) -> Duration {
    let service = Running::start_in(folder);
    let began = Instant::now();
    while !folder.join("samples/index.json").exists() {
        assert!(began.elapsed() < PATIENCE, "no samples");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let began = Instant::now();
    for company in companies_at_work(&service, companies) {
        assert_eq!(company.await.unwrap(), Some(()), "a round without a kill");
    }
    let held = companies.lock().unwrap().clone();
    for (number, held) in &held {
        service.decided(number, &held.secret).await;
    }
    began.elapsed()
}

/// Kills it while it waits for the other half of a document, which never comes.
async fn killed_while_one_arrives(folder: &Path, companies: &Companies) {
    let service = Running::start_in(folder);
    let body = json!({ "ruc": CAFE, "action": "reset_password" });
    let (number, secret) = service.petition(body).await;
    let document = signed(&service.form(&number, &secret).await, "lucia");
    let held = Held {
        secret,
        sent: Some(Sha256::of(&document).to_string()),
        receipt: None,
    };
    companies.lock().unwrap().insert(number.clone(), held);
    let host = service.url.trim_start_matches("http://").to_owned();
    let mut line = TcpStream::connect(&host).await.unwrap();
    let head = format!(
        "POST /api/v1/petitions/{number}/document HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\n\r\n",
        document.len()
    );
    line.write_all(head.as_bytes()).await.unwrap();
    let half = document.len() / 2;
    line.write_all(&document[..half]).await.unwrap();
    drop(service); // SIGKILL
    let mut answer = Vec::new();
    // Cut off or closed: either way nothing was said.
    let _ = line.read_to_end(&mut answer).await;
    assert!(answer.is_empty(), "{}", String::from_utf8_lossy(&answer));
}

/// Where the service keeps a document.
fn document(folder: &Path, sha256: &str) -> PathBuf {
    let shelf = Path::new(&sha256[..2]).join(&sha256[2..4]);
    folder.join("documents").join(shelf).join(sha256)
}

/// Starts what a few companies do at the same time.
fn companies_at_work(service: &Running, companies: &Companies) -> Vec<JoinHandle<Option<()>>> {
    let company = || {
        petition_and_upload(
            service.client.clone(),
            service.url.clone(),
            Arc::clone(companies),
        )
    };
    (0..PETITIONS).map(|_| tokio::spawn(company())).collect()
}

/// Creates a petition, signs its form and uploads it, for as long as the service lives.
async fn petition_and_upload(client: Client, url: String, companies: Companies) -> Option<()> {
    let answer = client
        .post(format!("{url}/api/v1/petitions"))
        .json(&json!({ "ruc": CAFE, "action": "reset_password" }))
        .send()
        .await
        .ok()?;
    let issued: Value = answer.json().await.ok()?;
    let number = issued["number"].as_str()?.to_owned();
    let held = Held {
        secret: issued["secret"].as_str()?.to_owned(),
        sent: None,
        receipt: None,
    };
    companies.lock().unwrap().insert(number.clone(), held);
    let form = client
        .get(format!("{url}/api/v1/petitions/{number}/form.pdf"))
        .bearer_auth(issued["secret"].as_str()?)
        .send()
        .await
        .ok()?
        .bytes()
        .await
        .ok()?;
    let document = signed(&form, "lucia");
    let sha256 = Sha256::of(&document).to_string();
    companies.lock().unwrap().get_mut(&number)?.sent = Some(sha256);
    let answer = client
        .post(format!("{url}/api/v1/petitions/{number}/document"))
        .body(document)
        .send()
        .await
        .ok()?;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let receipt: Value = answer.json().await.ok()?;
    let sha256 = receipt["sha256"].as_str()?.to_owned();
    companies.lock().unwrap().get_mut(&number)?.receipt = Some(sha256);
    Some(())
}

/// How many mails there are about each number, once there is one about each receipt.
async fn one_mail_each(
    service: &Running,
    receipts: &BTreeMap<&String, &Held>,
) -> BTreeMap<String, usize> {
    let began = Instant::now();
    loop {
        let answer = service
            .client
            .get(service.at("/demo/mailbox.json"))
            .send()
            .await
            .unwrap();
        let mails: Vec<Value> = answer.json().await.unwrap();
        let mut about: BTreeMap<String, usize> = BTreeMap::new();
        for mail in &mails {
            let subject = mail["subject"].as_str().unwrap();
            let number = subject.rsplit('(').next().unwrap().trim_end_matches(')');
            *about.entry(number.to_owned()).or_default() += 1;
        }
        if receipts.keys().all(|number| about.contains_key(*number)) {
            return about;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "{} of {} mailed",
            about.len(),
            receipts.len()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The chain of the audit log holds, every document with a receipt was decided, and nothing waits any more.
async fn the_log_is_whole(folder: &Path, receipts: &BTreeMap<&String, &Held>) {
    let store = Store::sqlite(&folder.join("clavero.sqlite")).await.unwrap();
    assert!(store.verify_audit().await.unwrap().is_ok());
    assert_eq!(store.count_jobs().await.unwrap(), 0);
    for (number, held) in receipts {
        let number = number.parse().unwrap();
        let sha256 = held.receipt.as_ref().unwrap().parse().unwrap();
        assert!(
            store.decision(&number, sha256).await.unwrap().is_some(),
            "{number}"
        );
        assert_eq!(store.documents(&number).await.unwrap().len(), 1, "{number}");
    }
    store.close().await;
}

/// When to kill: at the same fractions of a whole round in every run (a multiplicative hash of the round).
fn moment(round: usize, whole: Duration) -> Duration {
    let thousandths = ((round + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33) % 1300;
    whole.mul_f64(f64::from(u32::try_from(thousandths).unwrap()) / 1000.0)
}
