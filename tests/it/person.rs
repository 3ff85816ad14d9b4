//! A person before a browser: headless Chromium, driven through chromedriver, on a telephone or at a desk, with script or
//! without. Needs `chromium` and `chromedriver` (`tests/run` installs them).

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::WindowHandle;
use fantoccini::{Client, ClientBuilder, Locator};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::axe;
use crate::running::PATIENCE;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// Width and height of a telephone, in px.
pub const PHONE: (u32, u32) = (360, 760);
/// Width and height of an office's screen, in px.
pub const DESK: (u32, u32) = (1366, 768);

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

/// A new browser window.
async fn window(driver: &Driver, profile: &TempDir, downloads: &TempDir) -> Client {
    let options = json!({ "goog:chromeOptions": {
        "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", format!("--user-data-dir={}", profile.path().display()),
        ],
        "prefs": { "download.default_directory": downloads.path(), "download.prompt_for_download": false,
            "profile.default_content_setting_values.automatic_downloads": 1,
            "plugins.always_open_pdf_externally": true },
    }});
    let Value::Object(capabilities) = options else {
        unreachable!("an object is written above")
    };
    ClientBuilder::native()
        .capabilities(capabilities)
        .connect(&driver.url)
        .await
        .expect("a browser window")
}

/// The processes that were started with this word among their arguments.
fn processes_with(word: &str) -> Vec<Pid> {
    let entries = std::fs::read_dir("/proc").unwrap();
    let started_with = |pid: &i32| {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        arguments
            .split(|byte| *byte == 0)
            .any(|it| it == word.as_bytes())
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(started_with)
        .filter_map(Pid::from_raw)
        .collect()
}

/// A browser window and the person before it.
pub struct Person {
    /// The window.
    pub client: Client,
    /// Width and height.
    window: (u32, u32),
    /// Whether pages may run scripts.
    script: bool,
    downloads: TempDir,
    profile: TempDir,
    driver: Driver,
}

impl Person {
    /// Somebody with a telephone.
    pub async fn sit_down() -> Self {
        let driver = Driver::start();
        let (downloads, profile) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let client = window(&driver, &profile, &downloads).await;
        let mut person = Self {
            client,
            window: PHONE,
            script: true,
            downloads,
            profile,
            driver,
        };
        person.looks_through(PHONE).await;
        person
    }

    /// Opens another tab and turns to it.
    pub async fn opens_a_tab(&mut self) -> WindowHandle {
        let tab = self.client.new_window(true).await.unwrap().handle;
        self.client.switch_to_window(tab.clone()).await.unwrap();
        // What a window is told concerns its tab only.
        self.looks_through(self.window).await;
        tab
    }

    /// Closes the tab and opens another one.
    pub async fn loses_her_tab(&mut self) {
        let lost = self.client.window().await.unwrap();
        let new = self.opens_a_tab().await;
        self.client.switch_to_window(lost).await.unwrap();
        self.client.close_window().await.unwrap();
        self.client.switch_to_window(new).await.unwrap();
    }

    /// The browser dies at once and is started again. It writes down what pages ask it to remember some seconds later:
    /// `remembered` is what has to be on its disk before.
    pub async fn loses_her_browser(&mut self, remembered: &str) {
        let began = Instant::now();
        while !self.has_on_disk(remembered) {
            assert!(
                began.elapsed() < PATIENCE,
                "{remembered} is not written down"
            );
            tokio::time::sleep(PAUSE).await;
        }
        let own = format!("--user-data-dir={}", self.profile.path().display());
        let browser = processes_with(&own);
        assert!(!browser.is_empty(), "no browser runs");
        for process in browser {
            // One that has just ended by itself is as dead.
            let _ = kill_process(process, Signal::KILL);
        }
        self.client = window(&self.driver, &self.profile, &self.downloads).await;
        self.looks_through(self.window).await;
        self.lets_scripts_run(self.script).await;
    }

    /// Whether the browser's storage for pages holds this text.
    fn has_on_disk(&self, text: &str) -> bool {
        let folder = self.profile.path().join("Default/Local Storage/leveldb");
        let Ok(files) = std::fs::read_dir(folder) else {
            return false;
        };
        files.flatten().any(|file| {
            let bytes = std::fs::read(file.path()).unwrap_or_default();
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        })
    }

    /// From now on the window is this wide and high.
    pub async fn looks_through(&mut self, window: (u32, u32)) {
        self.window = window;
        let (width, height) = window;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.tells("Emulation.setDeviceMetricsOverride", metrics)
            .await;
    }

    /// From the next page on scripts run, or don't.
    pub async fn lets_scripts_run(&mut self, run: bool) {
        self.script = run;
        self.turns_scripts(run).await;
    }

    async fn turns_scripts(&self, on: bool) {
        let command = "Emulation.setScriptExecutionDisabled";
        self.tells(command, json!({ "value": !on })).await;
    }

    /// A command of Chromium's own protocol.
    pub async fn tells(&self, command: &str, parameters: Value) -> Value {
        let session = self.client.session_id().await.unwrap().expect("a session");
        let url = format!("{}/session/{session}/goog/cdp/execute", self.driver.url);
        let answer = reqwest::Client::new()
            .post(url)
            .json(&json!({ "cmd": command, "params": parameters }))
            .send()
            .await
            .expect("chromedriver answers");
        let answer: Value = answer.json().await.expect("JSON");
        assert!(answer["value"]["error"].is_null(), "{command}: {answer}");
        answer["value"].clone()
    }

    /// Goes to an address.
    pub async fn goes_to(&self, url: &str) {
        self.client
            .goto(url)
            .await
            .unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Sends the first form of a page twice, comes back to the page, and sends it again: the second time nothing leaves. The
    /// page is of no use afterwards.
    pub async fn sends_once(&self) {
        let sent = "const form = document.querySelector('form[method=post]'); form.noValidate = true; let sent = []; \
                    addEventListener('submit', (event) => { sent.push(!event.defaultPrevented); event.preventDefault(); }); \
                    const send = () => form.requestSubmit(); send(); send(); \
                    dispatchEvent(new PageTransitionEvent('pageshow')); send(); return sent";
        let sent = self.client.execute(sent, vec![]).await.unwrap();
        assert_eq!(sent, serde_json::json!([true, false, true]));
    }

    /// Asks axe-core about the page that is shown: nothing may be wrong with it.
    pub async fn finds_no_barrier(&self) {
        // A page that was read without script stays as it is; axe itself needs it.
        self.turns_scripts(true).await;
        let found = axe::violations(&self.client).await;
        self.turns_scripts(self.script).await;
        let url = self.client.current_url().await.unwrap();
        assert!(
            found.is_empty(),
            "{} at {} px:\n{}",
            url.path(),
            self.window.0,
            found.join("\n")
        );
    }

    /// Waits until `css` is there, and checks that the page fits the window.
    pub async fn sees(&self, css: &str) -> fantoccini::elements::Element {
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
            wide.as_u64()
                .is_some_and(|wide| wide <= u64::from(self.window.0)),
            "{css}: the page is {wide} px wide"
        );
        found
    }

    /// Clicks on `css`.
    pub async fn clicks(&self, css: &str) {
        self.sees(css)
            .await
            .click()
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Types into the field `css`, instead of what was there.
    pub async fn types(&self, css: &str, text: &str) {
        let field = self.sees(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses a file in the page's first upload form and sends it.
    pub async fn uploads(&self, name: &str, bytes: &[u8]) {
        let path = self.keeps(name, bytes);
        self.sees("#file")
            .await
            .send_keys(path.to_str().expect("a path in UTF-8"))
            .await
            .unwrap();
        self.clicks("form[data-upload] button[type=submit]").await;
    }

    /// All text of the page, as soon as it says `words`.
    pub async fn reads_soon(&self, words: &str) -> String {
        let began = Instant::now();
        loop {
            let text = self.reads().await;
            if text.contains(words) {
                return text;
            }
            assert!(began.elapsed() < PATIENCE, "«{words}» is not in:\n{text}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// All text of the page.
    pub async fn reads(&self) -> String {
        let text = self
            .client
            .execute("return document.body.innerText", vec![])
            .await
            .unwrap_or_default();
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The file that the last click downloaded.
    pub async fn downloaded(&self, name: &str) -> Vec<u8> {
        let (path, began) = (self.downloads.path().join(name), Instant::now());
        loop {
            // Chromium writes under another name and renames when it is whole.
            if let Ok(bytes) = std::fs::read(&path) {
                return bytes;
            }
            let there = || std::fs::read_dir(self.downloads.path()).unwrap();
            let there = || there().map(|entry| entry.unwrap().file_name());
            assert!(
                began.elapsed() < PATIENCE,
                "{name} was not downloaded: {:?}\n{}",
                there().collect::<Vec<_>>(),
                self.reads().await
            );
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// With `CLAVERO_TEST_SHOTS=folder` what she sees is kept there, to be looked at.
    pub async fn leaves_picture(&self, name: &str) {
        if let Ok(folder) = std::env::var("CLAVERO_TEST_SHOTS") {
            let picture = self.client.screenshot().await.unwrap();
            let file = PathBuf::from(folder).join(format!("{name}.png"));
            std::fs::write(file, picture).unwrap();
        }
    }

    /// A file of hers, to upload.
    pub fn keeps(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.downloads.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}
