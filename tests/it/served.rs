//! A `clavero serve` that runs as its own process, the way an operator runs it: a folder, the environment, a log.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clavero::fixture::pki;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::redaction::{self, ServiceLog};
use crate::running::{PATIENCE, text};

/// How often is looked whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A release build that is tried instead of this build's binary (`CLAVERO_TEST_BINARY`), as whoever installs it gets it.
pub fn release() -> Option<PathBuf> {
    std::env::var_os("CLAVERO_TEST_BINARY").map(PathBuf::from)
}

/// The binary that is tried.
pub fn binary() -> PathBuf {
    release().unwrap_or_else(|| env!("CARGO_BIN_EXE_clavero").into())
}

/// The command with the test profile on `data`, and nothing of the environment that could change it.
pub fn clavero(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env_clear()
        .env("CLAVERO_LANG", "en")
        .env("CLAVERO_PROFILE", "test")
        .env("CLAVERO_DATA_DIR", data)
        .env("CLAVERO_LISTEN", "127.0.0.1:0");
    command
}

/// Writes the fixtures' roots, intermediates and fresh revocation lists where the configuration looks for them.
pub fn write_trust(data: &Path) {
    let crls = pki::crls(jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1));
    for (folder, files) in [
        ("roots", pki::roots()),
        ("intermediates", pki::intermediates()),
        ("crls", crls),
    ] {
        let folder = data.join("trust").join(folder);
        fs::create_dir_all(&folder).unwrap();
        for file in files {
            fs::write(folder.join(file.name), file.der).unwrap();
        }
    }
}

/// A registry with one company, imported by the command.
pub fn import_registry(data: &Path) {
    import_registry_with(data, &[]);
}

/// The same with these keys of the configuration.
pub fn import_registry_with(data: &Path, keys: &[(&str, &str)]) {
    let table = data.join("registry.csv");
    let rows = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source\n\
                2990001015001,0001,CAFÉ DE ALTURA FICTICIO CÍA. LTDA.,company,active,gerencia@cafe-ficticio.ec,,\
                2901047296,LUCÍA ESTEFANÍA ÑAUTA CÁRDENAS,Gerente General,2024-03-01,,sole,1,muestra\n";
    fs::write(&table, rows).unwrap();
    let file = table.to_str().unwrap();
    let done = clavero(
        data,
        &["registry", "import", "--kind", "representatives", file],
    )
    .envs(keys.iter().copied())
    .output()
    .unwrap();
    assert!(done.status.success(), "{done:?}");
}

/// A running `clavero serve`. Its log is looked through at the end: nothing personal, no secret.
pub struct Served {
    process: Child,
    /// Where it listens, without a slash at the end.
    pub url: String,
    log: ServiceLog,
    reader: BufReader<File>,
    line: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Served {
    /// Starts it on `data` and waits until it serves.
    pub fn start(data: &Path) -> Self {
        Self::start_as(clavero(data, &["serve"]))
    }

    /// Starts a command that serves, and waits until it does.
    pub fn start_as(command: Command) -> Self {
        let mut served = Self::spawn(command);
        served.url = served.address();
        served
    }

    fn spawn(mut command: Command) -> Self {
        let (log, stderr) = ServiceLog::new();
        let process = command
            .env(redaction::LEVEL.0, redaction::LEVEL.1)
            .stderr(stderr)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let reader = BufReader::new(File::open(log.path()).unwrap());
        Self {
            process,
            url: String::new(),
            log,
            reader,
            line: String::new(),
        }
    }

    /// Starts the first of these commands that gets as far as serving: who gives up before is started again, as whatever
    /// supervises a service would. The database may be away, or busy with others.
    pub fn start_one_of(commands: Vec<Command>) -> Self {
        for command in commands {
            let mut served = Self::spawn(command);
            while served.process.try_wait().unwrap().is_none() {
                if served.log.text().contains("\"message\":\"serving\"") {
                    served.url = served.address();
                    return served;
                }
                std::thread::sleep(LOOK_EVERY);
            }
        }
        panic!("none of them serves");
    }

    fn address(&mut self) -> String {
        let address = self.wait_for("serving")["fields"]["address"].clone();
        format!("http://{}", text(&address))
    }

    /// Waits until it says this.
    pub fn wait_for(&mut self, message: &str) -> Value {
        let began = Instant::now();
        loop {
            // A line that is being written is read in parts.
            self.reader.read_line(&mut self.line).unwrap();
            if self.line.ends_with('\n') {
                let line: Value = serde_json::from_str(&self.line).expect("JSON");
                self.line.clear();
                if line["fields"]["message"] == message {
                    return line;
                }
                continue;
            }
            assert!(began.elapsed() < PATIENCE, "it does not say: {message}");
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    /// Tells it to stop.
    pub fn tell_to_stop(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// Waits for its end, which must be a good one, and returns everything it said.
    pub fn ended(mut self) -> Vec<String> {
        self.wait_for("stopped");
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{status}");
        self.log.text().lines().map(str::to_owned).collect()
    }
}

/// Asks until the answer is there.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
