//! The long bad day: companies ask, sign, upload and follow their links while the process is killed with SIGKILL again and
//! again, the mail server refuses, delays and drops connections, and the disk fills once. Afterwards every receipt has
//! exactly one decision, every approval exactly one effect, no mail is lost, and the audit log is whole.
//!
//! Kills come when so much has been done, not when so much time has passed, and every choice is drawn from a seed: a slow
//! machine lives through the same day, only longer. `CLAVERO_TEST_CHAOS="1000 50"` is the day of the issue: a thousand
//! petitions and fifty kills; without it the day is shorter.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, prlimit};
use tokio::sync::watch;

use crate::day::{
    self, Company, Day, Mailbox, Remains, STEPS, drawn,
    every_receipt_has_one_decision_and_one_effect, no_mail_is_lost_and_twice_is_the_same,
};
use crate::served::{Served, clavero, write_trust};

/// Petitions and kills of an ordinary test run.
const SHORT_DAY: (usize, usize) = (90, 10);

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
    command.envs(day::settings(mail_port));
    command
}

/// Kills the service, so often, each time when enough has been done since; and lets the disk fill once, in between.
struct Misfortune<'a> {
    data: &'a Path,
    mail_port: u16,
    places: watch::Sender<Vec<String>>,
    day: Day,
    mailbox: Mailbox,
    kills: usize,
}

impl Misfortune<'_> {
    /// Ends with a service that runs.
    async fn strike(self, petitions: usize) -> Served {
        let mut served = self.start().await;
        for kill in 1..=self.kills {
            let enough = kill * petitions * STEPS / (self.kills + 1);
            self.day.wait_for(enough).await;
            if kill == self.kills / 2 {
                self.fill_disk(&served).await;
            }
            if kill % 7 == 3 {
                self.mailbox.go_away(day::NO_MAILS);
            }
            let pause = Duration::from_millis(drawn("pause", kill, 40).try_into().unwrap());
            tokio::time::sleep(pause).await;
            self.places.send_replace(Vec::new());
            tokio::task::spawn_blocking(move || drop(served)) // SIGKILL
                .await
                .unwrap();
            if kill % 5 == 0 {
                self.kill_while_it_starts(kill).await;
            }
            served = self.start().await;
        }
        served
    }

    async fn start(&self) -> Served {
        let command = service(self.data, self.mail_port);
        let served = tokio::task::spawn_blocking(move || Served::start_as(command))
            .await
            .unwrap();
        self.places.send_replace(vec![served.url.clone()]);
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
        let seen = self.day.steps();
        tokio::time::sleep(Duration::from_secs(1)).await;
        prlimit(Some(served.pid()), Resource::Fsize, before).unwrap();
        self.day.wait_for(seen + 2 * STEPS).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_every_petition_has_its_one_effect() {
    let (petitions, kills) = day::plan("CLAVERO_TEST_CHAOS", SHORT_DAY);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    day::import_companies(data, petitions, |arguments| clavero(data, arguments));
    let mailbox = Mailbox::default();
    let mail_port = mailbox.serve().await;
    let (places, seen) = watch::channel(Vec::new());
    let day = Day::new(seen, mailbox.clone());
    let began = Instant::now();
    let companies = day.begin(petitions);
    let misfortune = Misfortune {
        data,
        mail_port,
        places,
        day,
        mailbox: mailbox.clone(),
        kills,
    };
    let served = misfortune.strike(petitions).await;
    let receipts = companies.await.unwrap();
    assert_eq!(receipts.len(), petitions);

    // What is still to be told is told.
    let database = format!("sqlite://{}", data.join("clavero.sqlite").display());
    let mut remains = Remains::open(&database).await;
    remains.all_is_told().await;
    served.tell_to_stop();
    tokio::task::spawn_blocking(move || served.ended())
        .await
        .unwrap();
    println!(
        "{petitions} petitions, {kills} kills, {} mails, {} s",
        mailbox.arrived().len(),
        began.elapsed().as_secs()
    );

    every_receipt_has_one_decision_and_one_effect(&mut remains, &receipts).await;
    no_mail_is_lost_and_twice_is_the_same(&mut remains, &mailbox.arrived(), &receipts).await;
    let audit = clavero(data, &["audit", "verify"]).output().unwrap();
    assert!(audit.status.success(), "{audit:?}");
}
