//! PRODUCT §3.3, S17 to S27, S36 and S37: which test shows which scenario ([`TABLE`]), and those that are shown as a whole: one
//! service over HTTP, its mails over a real SMTP server.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clavero::fixture::{pdf, people, pki};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::ground::Ground;
use crate::running::{PATIENCE, Running, reset, signed};
use crate::smtp::{self, Arrived, unfolded};

/// Scenario, and the tests that show it: `module::test`.
const TABLE: &[(&str, &[&str])] = &[
    (
        "S17",
        &["scenarios::s17_a_clock_five_minutes_ahead_is_taken_and_more_goes_to_a_person"],
    ),
    (
        "S18",
        &[
            "scenarios::s18_the_same_bytes_again_and_a_used_number",
            "flow::the_same_bytes_get_the_same_receipt_and_a_used_number_takes_no_others",
        ],
    ),
    (
        "S19",
        &["scenarios::s19_another_employers_certificate_is_named"],
    ),
    (
        "S20",
        &[
            "resumable::s20_a_cut_upload_goes_on_where_it_was_even_after_the_service_was_killed",
            "resumable::s20_five_megabytes_that_were_cut_at_60_percent_end_with_their_digest",
            "browser::s20_an_upload_survives_its_line_its_tab_and_its_browser",
            "http::the_main_job_without_script",
        ],
    ),
    (
        "S21",
        &[
            "effects::s21_a_change_of_address_is_told_to_the_old_address_and_the_telephone",
            "flow::a_new_address_confirms_the_old_one_is_told_and_a_reset_through_it_waits",
        ],
    ),
    (
        "S22",
        &[
            "scenarios::s22_to_s24_links_live_their_time_survive_scanners_and_replace_each_other",
            "flow::a_link_is_alive_at_179_9_seconds_and_dead_at_180_1",
            "browser::a_company_gets_its_key_back",
        ],
    ),
    (
        "S23",
        &["scenarios::s22_to_s24_links_live_their_time_survive_scanners_and_replace_each_other"],
    ),
    (
        "S24",
        &[
            "scenarios::s22_to_s24_links_live_their_time_survive_scanners_and_replace_each_other",
            "flow::links_are_sent_three_an_hour_and_six_in_all_and_the_older_one_is_dead",
        ],
    ),
    (
        "S25",
        &[
            "scenarios::s25_to_s27_every_broken_rule_is_named_one_tab_wins_and_notices_go_out",
            "flow::of_many_tabs_exactly_one_sets_the_password",
            "browser::s25_of_two_tabs_one_sets_the_password",
        ],
    ),
    (
        "S26",
        &[
            "scenarios::s25_to_s27_every_broken_rule_is_named_one_tab_wins_and_notices_go_out",
            "browser::a_company_gets_its_key_back",
        ],
    ),
    (
        "S27",
        &["scenarios::s25_to_s27_every_broken_rule_is_named_one_tab_wins_and_notices_go_out"],
    ),
    (
        "S36",
        &["subject::s36_access_correction_and_deletion_each_with_proof_and_trace"],
    ),
    (
        "S37",
        &["effects::s37_a_signed_petition_opens_a_locked_account_and_brings_a_link"],
    ),
];

#[test]
fn every_scenario_has_tests_that_are_there() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it");
    for (scenario, tests) in TABLE {
        assert!(!tests.is_empty(), "{scenario}");
        for test in *tests {
            let (module, name) = test.split_once("::").expect("module::test");
            let files = sources(folder, module);
            assert!(
                files
                    .iter()
                    .any(|file| file.contains(&format!("fn {name}()"))),
                "{scenario}: {test}"
            );
        }
    }
}

/// The files of a module: its own, and those it is cut into.
fn sources(folder: &str, module: &str) -> Vec<String> {
    let parts = std::fs::read_dir(format!("{folder}/{module}")).into_iter();
    let parts = parts.flatten().map(|part| part.unwrap().path());
    let files = parts.chain([format!("{folder}/{module}.rs").into()]);
    files
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect()
}

type Mails = Arc<Mutex<Vec<Arrived>>>;

/// A demonstration on this ground whose mails travel by SMTP.
fn service(ground: Ground) -> (Running, Mails) {
    let (address, mails) = smtp::serve(&[], |_| ());
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let keys = [
        ("CLAVERO_MAIL__TRANSPORT", "smtp"),
        ("CLAVERO_MAIL__HOST", host.as_str()),
        ("CLAVERO_MAIL__PORT", port.as_str()),
        ("CLAVERO_MAIL__TLS", "none"),
    ];
    (Running::start_on(ground, &keys), mails)
}

async fn upload(running: &Running, number: &str, file: &[u8]) -> Response {
    let path = format!("/api/v1/petitions/{number}/document");
    let sent = running.client.post(running.at(&path)).body(file.to_vec());
    sent.send().await.unwrap()
}

/// A petition, its signed form sent and decided.
async fn decided(running: &Running, file: impl Fn(&[u8]) -> Vec<u8>) -> (String, String, Value) {
    let (number, secret) = running.petition(reset()).await;
    let file = file(&running.form(&number, &secret).await);
    let taken = upload(running, &number, &file).await;
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
    let status = running.decided(&number, &secret).await;
    (number, secret, status)
}

fn codes(status: &Value) -> Vec<&str> {
    let findings = status["findings"].as_array().unwrap();
    findings
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .collect()
}

fn signed_ahead(form: &[u8], minutes: i64) -> Vec<u8> {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(minutes);
    let identity = pki::identity("lucia").unwrap();
    pdf::sign_pdf(form, &identity, &pdf::SignOptions::at(at)).unwrap()
}

/// The mails of this petition that hold a link of this kind, once there are so many: the links, the oldest first.
async fn links(mails: &Mails, number: &str, kind: &str, many: usize) -> Vec<String> {
    let began = Instant::now();
    loop {
        let found: Vec<String> = mails
            .lock()
            .unwrap()
            .iter()
            .map(|mail| unfolded(&mail.data))
            .filter(|text| text.contains(number))
            .filter_map(|text| {
                let at = text.find(&format!("/{kind}/"))?;
                Some(text[at..at + kind.len() + 2 + 32].to_owned())
            })
            .collect();
        if found.len() >= many {
            return found;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "{} mails of {many}",
            found.len()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn s17_a_clock_five_minutes_ahead_is_taken_and_more_goes_to_a_person() {
    for ground in Ground::on_each_store("s17").await {
        let running = Running::start_on(ground, &[]);
        let (_, _, status) = decided(&running, |form| signed_ahead(form, 4)).await;
        assert_eq!(status["outcome"], "approved");
        // Ahead of any machine that is busy for minutes.
        let (_, _, status) = decided(&running, |form| signed_ahead(form, 60)).await;
        assert_eq!(status["outcome"], "in_review");
        assert!(codes(&status).contains(&"CLOCK_AHEAD"), "{status}");
    }
}

#[tokio::test]
async fn s18_the_same_bytes_again_and_a_used_number() {
    for ground in Ground::on_each_store("s18").await {
        let (running, mails) = service(ground);
        let (number, secret) = running.petition(reset()).await;
        let file = signed(&running.form(&number, &secret).await, "lucia");
        let first: Value = upload(&running, &number, &file).await.json().await.unwrap();
        let again: Value = upload(&running, &number, &file).await.json().await.unwrap();
        assert_eq!(
            (&first["sha256"], &first["received_at"]),
            (&again["sha256"], &again["received_at"])
        );
        running.decided(&number, &secret).await;
        // Another file under the same number: only the first counts.
        let other = signed(&running.form(&number, &secret).await, "andres");
        assert_eq!(
            upload(&running, &number, &other).await.status(),
            StatusCode::CONFLICT
        );
        let link = links(&mails, &number, "clave", 1).await.remove(0);
        assert_eq!(set(&running, &link, GOOD).await.status(), StatusCode::OK);
        let used = upload(&running, &number, &file).await;
        assert_eq!(used.status(), StatusCode::CONFLICT);
        let problem: Value = used.json().await.unwrap();
        assert_eq!(problem["code"], "ALREADY_USED");
    }
}

#[tokio::test]
async fn s19_another_employers_certificate_is_named() {
    for ground in Ground::on_each_store("s19").await {
        let running = Running::start_on(ground, &[]);
        let (_, _, status) = decided(&running, |form| signed(form, "andres")).await;
        assert_eq!(status["outcome"], "refused");
        assert!(codes(&status).contains(&"RUC_MISMATCH"), "{status}");
        let text = status["findings"].to_string();
        assert!(text.contains(people::CAFE), "{text}");
        assert!(text.contains("2990002025001"), "{text}");
    }
}

const GOOD: &str = "Tr3s*Gatos";

async fn set(running: &Running, link: &str, password: &str) -> Response {
    let body = json!({ "password": password });
    let sent = running.client.post(running.at(link)).json(&body);
    sent.send().await.unwrap()
}

#[tokio::test]
async fn s22_to_s24_links_live_their_time_survive_scanners_and_replace_each_other() {
    for ground in Ground::on_each_store("s22").await {
        let (running, mails) = service(ground);
        let (number, secret, status) = decided(&running, |form| signed(form, "lucia")).await;
        assert_eq!(status["outcome"], "approved");
        let first = links(&mails, &number, "clave", 1).await.remove(0);
        assert_eq!(first.len(), "/clave/".len() + 32, "192 bits in base64");

        // S23: programs that scan mail open everything, more than once.
        for method in [Method::GET, Method::HEAD, Method::GET, Method::OPTIONS] {
            let scanned = running.client.request(method, running.at(&first));
            let scanned = scanned.send().await.unwrap();
            assert!(scanned.status().as_u16() < 500);
            assert_eq!(scanned.headers()["referrer-policy"], "no-referrer");
        }
        assert_eq!(
            set(&running, &first, "weak").await.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "it lives"
        );

        // S22 and S24: the page names our sender; one click sends a new link, the older one is dead; three within the hour.
        let page = running
            .client
            .get(running.at(&format!("/solicitud/{number}")))
            .header("cookie", format!("recibo={secret}"))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(page.contains("no-responder@clavero.invalid"), "{page}");
        assert!(page.contains("data-seconds=\"1") && page.contains("¿No llegó? Enviar otro"));
        assert!(!page.contains("gerencia@cafe-ficticio.ec"));
        let send = async || {
            let path = format!("/api/v1/petitions/{number}/link");
            let asked = running.client.post(running.at(&path)).bearer_auth(&secret);
            asked.send().await.unwrap().status()
        };
        // While one waits to leave, another click sends none.
        running.mail_left(&number, &secret).await;
        assert_eq!(send().await, StatusCode::ACCEPTED);
        running.mail_left(&number, &secret).await;
        let all = links(&mails, &number, "clave", 2).await;
        assert_eq!(set(&running, &first, GOOD).await.status(), StatusCode::GONE);
        let mut sent = 2;
        while send().await == StatusCode::ACCEPTED {
            sent += 1;
            assert!(
                sent <= 4,
                "three within an hour, behind the one that came along"
            );
            running.mail_left(&number, &secret).await;
        }
        let all = links(&mails, &number, "clave", all.len().max(sent)).await;
        let last = all.last().unwrap();
        assert_eq!(set(&running, last, GOOD).await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn s25_to_s27_every_broken_rule_is_named_one_tab_wins_and_notices_go_out() {
    for ground in Ground::on_each_store("s25").await {
        let (running, mails) = service(ground);
        let (number, _, _) = decided(&running, |form| signed(form, "lucia")).await;
        let link = links(&mails, &number, "clave", 1).await.remove(0);

        // S26: all rules that a password breaks, at once; the link lives on.
        let vectors: &[(&str, &[&str])] = &[
            ("abc", &["length", "uppercase", "digit", "special"]),
            ("Tr3s*Gatos-en-casa", &["length"]),
            ("tr3s*gatos", &["uppercase"]),
            ("Aa*29900010", &["identity_digits"]),
            ("Aa*2901xyw", &["identity_digits"]),
            ("K7*ficticio", &["name_letters"]),
            ("Xw*1234zp", &["sequence"]),
            ("Xw7*qwerz", &["sequence"]),
            ("Xw7*aaaaz", &["repeat"]),
        ];
        for (password, rules) in vectors {
            let refused = set(&running, &link, password).await;
            assert_eq!(
                refused.status(),
                StatusCode::UNPROCESSABLE_ENTITY,
                "{password}"
            );
            let problem: Value = refused.json().await.unwrap();
            assert_eq!(problem["code"], "PASSWORD_POLICY");
            for rule in *rules {
                let failed = problem["failed_rules"].as_array().unwrap();
                assert!(failed.contains(&json!(rule)), "{password}: {problem}");
            }
        }

        // S25: eight tabs at once.
        let tabs = (0..8).map(|_| set(&running, &link, GOOD));
        let answers = futures::future::join_all(tabs).await;
        let won = answers.iter().filter(|a| a.status() == StatusCode::OK);
        assert_eq!(won.count(), 1);
        assert!(
            answers
                .iter()
                .all(|a| [StatusCode::OK, StatusCode::GONE].contains(&a.status()))
        );

        // S27: the key is kept as a hash and nowhere else; whoever is on file is told.
        let began = Instant::now();
        let told = || {
            let mails = mails.lock().unwrap();
            let text = |mail: &Arrived| unfolded(&mail.data);
            mails.iter().any(|mail| {
                text(mail).contains("creó una clave nueva")
                    || text(mail).contains("clave nueva de empleador")
            })
        };
        while !told() {
            assert!(began.elapsed() < PATIENCE, "nobody was told");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(
            mails
                .lock()
                .unwrap()
                .iter()
                .all(|mail| !unfolded(&mail.data).contains(GOOD))
        );
        for file in files(running.data()) {
            let bytes = std::fs::read(&file).unwrap_or_default();
            let found = bytes
                .windows(GOOD.len())
                .any(|part| part == GOOD.as_bytes());
            assert!(!found, "{} holds the password", file.display());
        }
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
