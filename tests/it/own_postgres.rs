//! A PostgreSQL of one's own, to be stopped and started: its own folder, its own port, removed at the end.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// How PostgreSQL is stopped (`pg_ctl stop -m`).
#[derive(Debug, Clone, Copy)]
pub enum Stop {
    /// Transactions under way are rolled back, connections closed.
    Fast,
    /// As if the power failed: the next start recovers from the log.
    Immediate,
}

/// A running server.
pub struct OwnPostgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        self.stop(Stop::Immediate);
    }
}

impl OwnPostgres {
    /// Makes an empty server and starts it.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let data = folder.path().join("pg");
        fs::create_dir(&data).unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&data));
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let server = Self {
            programs: programs(),
            folder,
            port,
        };
        let options = [
            "-U",
            "clavero",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ];
        run(server.program("initdb").args(options));
        server.start_again();
        server
    }

    /// The address of its only database.
    pub fn url(&self) -> String {
        format!("postgres://clavero@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops it, whoever is connected.
    pub fn stop(&self, how: Stop) {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        // It may be stopped already.
        let _ = self
            .program("pg_ctl")
            .args(["-m", mode, "-w", "stop"])
            .output();
    }

    /// Starts it on what it left behind.
    pub fn start_again(&self) {
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=60",
            self.port
        );
        let log = self.data().join("log");
        run(self
            .program("pg_ctl")
            .args(["-w", "-t", "120", "-o", &options, "-l"])
            .arg(log)
            .arg("start"));
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("pg")
    }

    /// One of its programs, as somebody who may run it: PostgreSQL refuses to run as root.
    fn program(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.arg("-D").arg(self.data()).current_dir("/");
        command
    }
}

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

/// Where Debian puts the programs of the newest PostgreSQL.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed");
    let newest = versions
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|folder| folder.join("initdb").is_file())
        .max_by_key(|folder| version(folder));
    newest.expect("PostgreSQL is installed")
}

fn version(programs: &Path) -> u32 {
    let folder = programs.parent().and_then(Path::file_name);
    let number = folder.and_then(|name| name.to_str()?.parse().ok());
    number.unwrap_or_default()
}

/// What it says goes into a file: a server that it starts would keep a pipe open.
fn run(command: &mut Command) {
    let said = tempfile::NamedTempFile::new().unwrap();
    let status = command
        .stdout(said.reopen().unwrap())
        .stderr(said.reopen().unwrap())
        .status()
        .unwrap();
    assert!(
        status.success(),
        "{command:?}: {}",
        fs::read_to_string(said.path()).unwrap_or_default()
    );
}
