//! The one-page report on a petition's document: for whoever has the secret, and for nobody else.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE};

use crate::running::{Running, reset, signed};

#[tokio::test]
async fn the_report_is_for_whoever_has_the_secret() {
    let demo = Running::start();
    let (number, secret) = demo.petition(reset()).await;
    let base = format!("/api/v1/petitions/{number}");
    let ask = |path: String, secret: String| {
        let request = demo.client.get(demo.at(&path)).bearer_auth(secret);
        async move { request.send().await.unwrap() }
    };
    let early = ask(format!("{base}/report.pdf"), secret.clone()).await;
    assert_eq!(early.status(), StatusCode::NOT_FOUND, "nothing was judged");

    let form = demo.form(&number, &secret).await;
    let upload = demo.client.post(demo.at(&format!("{base}/document")));
    let answer = upload.body(signed(&form, "lucia")).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    demo.decided(&number, &secret).await;

    let pdf = ask(format!("{base}/report.pdf"), secret.clone()).await;
    assert_eq!(pdf.status(), StatusCode::OK);
    assert_eq!(pdf.headers()[CONTENT_TYPE], "application/pdf");
    let name = pdf.headers()[CONTENT_DISPOSITION].to_str().unwrap();
    assert_eq!(
        name,
        format!("attachment; filename=\"{number}-informe.pdf\"")
    );
    assert!(pdf.bytes().await.unwrap().starts_with(b"%PDF-"));

    let page = ask(format!("{base}/report.html"), secret.clone()).await;
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    assert!(page.contains("Informe de validación de firma electrónica"));
    assert!(page.contains(&number) && !page.contains(&secret));
    // A valid signature is not the end of a petition.
    assert!(
        page.contains("Este informe trata de la firma.") && !page.contains("nada más que hacer")
    );

    for ending in ["pdf", "html"] {
        let path = format!("{base}/report.{ending}");
        let nobody = demo.client.get(demo.at(&path)).send().await.unwrap();
        assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED, "{ending}");
        let wrong = ask(path, "A".repeat(43)).await;
        assert_eq!(wrong.status(), StatusCode::NOT_FOUND, "{ending}");
    }

    // The person's own page offers it, to the browser that holds the secret and to no other.
    let place = demo.at(&format!("/solicitud/{number}"));
    let mine = |address: String| {
        let cookie = format!("recibo={secret}");
        let request = demo.client.get(address).header(COOKIE, cookie);
        async move { request.send().await.unwrap() }
    };
    let shown = mine(place.clone()).await.text().await.unwrap();
    let link = format!("/solicitud/{number}/informe.pdf");
    assert!(shown.contains(&link), "{shown}");
    let pdf = mine(demo.at(&link)).await;
    assert!(pdf.bytes().await.unwrap().starts_with(b"%PDF-"));
    let stranger = demo.client.get(demo.at(&link)).send().await.unwrap();
    assert!(!stranger.bytes().await.unwrap().starts_with(b"%PDF-"));
}
