//! What browsers are told beside the page, how style and script are kept, and whose posts are taken.

use reqwest::StatusCode;
use reqwest::header::CACHE_CONTROL;

use crate::running::{Running, Typed as _, reset};

#[tokio::test]
async fn browsers_are_told_to_be_careful() {
    let demo = Running::start();
    let (number, _) = demo.petition(reset()).await;
    for path in [
        "/",
        "/solicitud",
        "/documento",
        "/consulta",
        "/datos-personales",
        "/clave/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "/nothing",
        "/demo",
        "/demo/mailbox",
    ] {
        let answer = demo.client.get(demo.at(path)).send().await.unwrap();
        let headers = answer.headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'self'")
                && policy.contains("frame-ancestors 'none'")
                && !policy.contains("unsafe"),
            "{path}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        assert!(headers.contains_key("x-request-id"), "{path}");
        let html = answer.text().await.unwrap();
        assert!(
            html.contains("<html lang=\"es-EC\">"),
            "{path} answers with a page, whatever happens"
        );
    }

    // Style and script: named by content, kept for ever, 304 when known.
    let html = demo
        .client
        .get(demo.at("/"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let style = html
        .split('"')
        .find(|part| part.starts_with("/assets/app.") && part.contains(".css"))
        .unwrap();
    let answer = demo.client.get(demo.at(style)).send().await.unwrap();
    assert!(
        answer.headers()[CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let etag = answer.headers()["etag"].clone();
    let known = demo
        .client
        .get(demo.at(style))
        .header("if-none-match", etag)
        .send()
        .await
        .unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    // Compressed for whoever takes that; a cache keeps the two apart.
    let asks = demo.client.get(demo.at(style));
    let packed = asks.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["vary"], "accept-encoding");
    assert_ne!(packed.headers()["etag"], answer.headers()["etag"]);
    let (packed, plain) = (packed.bytes().await.unwrap(), answer.bytes().await.unwrap());
    assert!(packed.len() * 2 < plain.len(), "{}", packed.len());

    // Posts from another site are refused, by either header; our own pass.
    let form = [("number", number.as_str()), ("secret", "short")];
    let from = |name: &str, value: &str| {
        demo.client
            .post(demo.at("/consulta"))
            .header(name, value)
            .typed(&form)
            .send()
    };
    assert_eq!(
        from("origin", "https://elsewhere.example")
            .await
            .unwrap()
            .status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        from("sec-fetch-site", "cross-site").await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        from("sec-fetch-site", "same-site").await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        from("sec-fetch-site", "same-origin")
            .await
            .unwrap()
            .status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        from("origin", &demo.url).await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
}
