//! The demonstration keeps its promises: every sample document gets the answer that the index says it will.

use std::time::Instant;

use reqwest::StatusCode;
use serde_json::Value;

use crate::running::{PATIENCE, Running, text};

/// The index, as soon as the samples are made.
async fn index(demo: &Running) -> Value {
    let path = demo.data().join("samples/index.json");
    let began = Instant::now();
    loop {
        if let Ok(read) = std::fs::read(&path) {
            return serde_json::from_slice(&read).expect("JSON");
        }
        assert!(began.elapsed() < PATIENCE, "no samples");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn every_sample_gets_the_answer_of_the_index() {
    let demo = Running::start();
    let index = index(&demo).await;
    let documents = index["documents"].as_array().expect("documents");
    assert!(documents.len() >= 30);
    let mut wrong = Vec::new();
    let mut mailed = Vec::new();
    for document in documents {
        let file = text(&document["file"]);
        let body = std::fs::read(demo.data().join("samples").join(&file)).expect("the sample");
        let answer = demo
            .client
            .post(demo.at("/api/v1/documents"))
            .body(body)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{file}");
        let receipt: Value = answer.json().await.expect("JSON");
        let (number, secret) = (text(&receipt["number"]), text(&receipt["secret"]));
        let status = demo.decided(&number, &secret).await;
        let codes: Vec<&Value> = status["findings"]
            .as_array()
            .expect("findings")
            .iter()
            .map(|finding| &finding["code"])
            .collect();
        let expected: Vec<&Value> = document["expected_codes"]
            .as_array()
            .expect("codes")
            .iter()
            .collect();
        if status["outcome"] != document["expected_outcome"] || codes != expected {
            wrong.push(format!("{file}: {} {codes:?}", status["outcome"]));
        }
        // S08: the employer hears that somebody who left the office has signed.
        let left = codes.iter().any(|code| *code == "REPRESENTATION_ENDED");
        if status["outcome"] == "approved" || status["outcome"] == "refused" && left {
            let form = document["number"].as_str().unwrap_or_default();
            mailed.push([number, form.to_owned()]);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    nothing_is_mailed_but_for(&demo, &mailed).await;
}

/// All of these are mailed, and no message is about anything else: what was refused or waits for a person stays silent.
async fn nothing_is_mailed_but_for(demo: &Running, mailed: &[[String; 2]]) {
    let began = Instant::now();
    loop {
        let answer = demo
            .client
            .get(demo.at("/demo/mailbox.json"))
            .send()
            .await
            .expect("an answer");
        let mails: Vec<Value> = answer.json().await.expect("JSON");
        let subjects: Vec<String> = mails.iter().map(|mail| text(&mail["subject"])).collect();
        let about = |subject: &String, numbers: &[String; 2]| {
            numbers
                .iter()
                .any(|number| !number.is_empty() && subject.contains(number.as_str()))
        };
        for subject in &subjects {
            assert!(
                mailed.iter().any(|numbers| about(subject, numbers)),
                "{subject}"
            );
        }
        let missing = mailed
            .iter()
            .any(|numbers| !subjects.iter().any(|subject| about(subject, numbers)));
        if !missing {
            return;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "one without its message: {subjects:#?}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn every_employer_has_its_certificates() {
    let demo = Running::start();
    let index = index(&demo).await;
    let employers = index["employers"].as_array().expect("employers");
    assert!(employers.len() >= 12);
    for employer in employers {
        for person in employer["representatives"]
            .as_array()
            .expect("representatives")
        {
            let path = demo.data().join("samples").join(text(&person["p12"]));
            let archive =
                openssl::pkcs12::Pkcs12::from_der(&std::fs::read(path).expect("the .p12"))
                    .expect("PKCS #12");
            let opened = archive
                .parse2(&text(&person["password"]))
                .expect("its password");
            assert!(opened.pkey.is_some() && opened.cert.is_some());
        }
    }
}
