//! The main job as a person does it, in headless Chromium on a telephone of 360 px, driven through chromedriver.
//! Needs `chromium` and `chromedriver` (`tests/run` installs them).

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::running::{PATIENCE, Running, signed};

/// chromedriver on a port of its own.
struct Driver {
    process: Child,
    url: String,
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Driver {
    fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (apt-get install chromium chromium-driver)");
        let mut lines = BufReader::new(process.stdout.take().expect("stdout is piped")).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let port = line.split("started successfully on port ").nth(1)?;
                Some(port.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver says its port");
        // Read to the end, or it would stop at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
        }
    }
}

/// A browser window and the person before it.
struct Person {
    client: Client,
    downloads: TempDir,
    _profile: TempDir,
    _driver: Driver,
}

impl Person {
    async fn sit_down() -> Self {
        let driver = Driver::start();
        let (downloads, profile) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let options = json!({ "goog:chromeOptions": {
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", format!("--user-data-dir={}", profile.path().display()),
            ],
            "prefs": { "download.default_directory": downloads.path(), "download.prompt_for_download": false,
                "plugins.always_open_pdf_externally": true },
            "mobileEmulation": { "deviceMetrics": { "width": 360, "height": 760, "pixelRatio": 1.0 } },
        }});
        let Value::Object(capabilities) = options else {
            unreachable!("an object is written above")
        };
        let client = ClientBuilder::native()
            .capabilities(capabilities)
            .connect(&driver.url)
            .await
            .expect("a browser window");
        Self {
            client,
            downloads,
            _profile: profile,
            _driver: driver,
        }
    }

    /// Waits until `css` is there, and checks that the page fits the telephone.
    async fn sees(&self, css: &str) -> fantoccini::elements::Element {
        let found = self
            .client
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css(css))
            .await;
        let found = match found {
            Ok(found) => found,
            Err(error) => panic!("{css}: {error}\n{}", self.reads().await),
        };
        let wide = self
            .client
            .execute("return document.documentElement.scrollWidth", vec![])
            .await
            .unwrap();
        assert!(
            wide.as_u64().is_some_and(|wide| wide <= 360),
            "{css}: the page is {wide} px wide"
        );
        found
    }

    async fn clicks(&self, css: &str) {
        self.sees(css)
            .await
            .click()
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    async fn types(&self, css: &str, text: &str) {
        let field = self.sees(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn reads(&self) -> String {
        let text = self
            .client
            .execute("return document.body.innerText", vec![])
            .await
            .unwrap_or_default();
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The file that the last click downloaded.
    async fn downloaded(&self, name: &str) -> Vec<u8> {
        let (path, began) = (self.downloads.path().join(name), Instant::now());
        loop {
            // Chromium writes under another name and renames when it is whole.
            if let Ok(bytes) = std::fs::read(&path) {
                return bytes;
            }
            assert!(began.elapsed() < PATIENCE, "{name} was not downloaded");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    fn keeps(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.downloads.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

#[tokio::test]
async fn a_company_gets_its_key_back() {
    let demo = Running::start();
    let person = Person::sit_down().await;

    // A new petition; a typing error first.
    person.client.goto(&demo.url).await.unwrap();
    person.clicks("a[href='/solicitud']").await;
    person.types("#ruc", "299000").await;
    person.clicks("button[type=submit]").await;
    assert_eq!(
        person.sees("#ruc-error").await.text().await.unwrap(),
        "El RUC tiene 13 dígitos, sin letras."
    );
    assert!(
        !person
            .sees("#new_email")
            .await
            .is_displayed()
            .await
            .unwrap(),
        "not asked for a new key"
    );
    person.types("#ruc", clavero::fixture::people::CAFE).await;
    person.clicks("button[type=submit]").await;

    // The form, signed at home.
    person.sees("h1[data-state=issued]").await;
    let number = person.sees("[data-number]").await.text().await.unwrap();
    let address = person.client.current_url().await.unwrap();
    assert_eq!(
        address.path(),
        format!("/solicitud/{number}"),
        "the secret is not in the address"
    );
    person.clicks("a[href$='formulario.pdf']").await;
    let form = person.downloaded(&format!("{number}.pdf")).await;

    // First by mistake the unsigned one, then the signed one.
    let unsigned = person.keeps("sin-firma.pdf", &form);
    person
        .sees("#file")
        .await
        .send_keys(unsigned.to_str().unwrap())
        .await
        .unwrap();
    person.clicks("form[data-upload] button[type=submit]").await;
    person.sees("h1[data-state=refused]").await;
    person.sees("[data-code=UNSIGNED]").await;
    let signed = person.keeps("firmada.pdf", &signed(&form, "lucia"));
    person
        .sees("#file")
        .await
        .send_keys(signed.to_str().unwrap())
        .await
        .unwrap();
    person.clicks("form[data-upload] button[type=submit]").await;
    person.sees("h1[data-state=approved]").await;
    assert_eq!(
        person
            .client
            .find_all(Locator::Css(".checks .yes"))
            .await
            .unwrap()
            .len(),
        // All but the timestamp, which need not be there.
        9,
        "{}",
        person.reads().await
    );

    // The link, from the mailbox.
    person.client.goto(&demo.at("/demo/mailbox")).await.unwrap();
    demo.link("clave").await;
    person.client.refresh().await.unwrap();
    person.clicks("article a[href^='/clave/']").await;
    let link = person.client.current_url().await.unwrap();
    person.sees("[data-seconds] b").await;

    // A bad password is answered rule by rule, twice: while typing and after sending.
    person.types("#password", "abcd").await;
    assert_eq!(
        person
            .sees("[data-rule=lowercase]")
            .await
            .attr("class")
            .await
            .unwrap()
            .as_deref(),
        Some("met")
    );
    assert_ne!(
        person
            .sees("[data-rule=sequence]")
            .await
            .attr("class")
            .await
            .unwrap()
            .as_deref(),
        Some("met")
    );
    person.types("#password_again", "abcd").await;
    person
        .clicks("form[data-password] button[type=submit]")
        .await;
    for rule in ["length", "uppercase", "digit", "special", "sequence"] {
        person.sees(&format!("[data-failed={rule}]")).await;
    }
    person.types("#password", "Tr3s*Gatos").await;
    person.types("#password_again", "Tr3s*Gatos").await;
    person
        .clicks("form[data-password] button[type=submit]")
        .await;
    person.sees(".card.ok").await;
    assert!(
        person
            .reads()
            .await
            .contains("La clave nueva está guardada")
    );

    // The link is dead, the petition is done.
    person.client.goto(link.as_str()).await.unwrap();
    person.sees("[data-code=LINK_EXPIRED]").await;
    person.client.goto(address.as_str()).await.unwrap();
    person.sees("h1[data-state=completed]").await;
    person.client.clone().close().await.unwrap();
}
