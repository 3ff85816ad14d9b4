//! What an operator configures is what people read, and what an operator sees of the service tells of nobody.

use reqwest::StatusCode;

use crate::running::{Running, reset};

#[tokio::test]
async fn what_is_said_about_personal_data_is_what_is_configured() {
    let contact = "Delegada de datos: datos@operador.test";
    let demo = Running::start_with(&[
        ("CLAVERO_OPERATOR__DATA_CONTACT", contact),
        ("CLAVERO_RETENTION__UNUSED_DAYS", "45"),
        ("CLAVERO_RETENTION__MESSAGES_DAYS", "0"),
    ]);
    let html = demo
        .client
        .get(demo.at("/datos-personales"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for said in [
        contact,
        "<dd>45 días desde que vence su número</dd>",
        "<dt>Los mensajes enviados y su destinatario</dt><dd>sin plazo</dd>",
        "<dd>5 años desde la última decisión</dd>",
    ] {
        assert!(html.contains(said), "{said} is missing in:\n{html}");
    }
}

#[tokio::test]
async fn operators_can_see_that_it_lives() {
    let demo = Running::start();
    for path in ["/salud/viva", "/salud/lista"] {
        assert_eq!(
            demo.client
                .get(demo.at(path))
                .send()
                .await
                .unwrap()
                .status(),
            StatusCode::OK,
            "{path}"
        );
    }
    let (number, secret) = demo.petition(reset()).await;
    demo.client
        .get(demo.at(&format!("/api/v1/petitions/{number}")))
        .bearer_auth(&secret)
        .send()
        .await
        .unwrap();
    let metrics = demo
        .client
        .get(demo.at("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(metrics.contains("clavero_http_requests_total{method=\"POST\",route=\"/api/v1/petitions\",status=\"201\"} 1"), "{metrics}");
    assert!(
        !metrics.contains(&number)
            && !metrics.contains(&secret)
            && !metrics.contains(clavero::fixture::people::CAFE)
    );
}
