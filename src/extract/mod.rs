//! The text of a PDF, read in a child process of our own binary (DESIGN N): `lopdf` checks too little and a small file
//! can make it abort, so it works where its death costs nothing. The child limits its own memory, CPU time, files and
//! sockets before it looks at the first byte; its death is an answer («documento demasiado complejo»), not an outage.

mod walk;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::letter::PageText;

/// Name of the hidden command under which the binary runs as the child.
pub const CHILD_COMMAND: &str = "extract-text";

/// Address space of the child in bytes: the worst honest letters need a tenth (CRATES §2.2).
const MEMORY_LIMIT: u64 = 1 << 30;
/// CPU time of the child in seconds; a letter takes milliseconds.
const CPU_LIMIT: u64 = 5;
/// Standard input, output and error; with these three open no file and no socket can be opened.
const OPEN_FILES_LIMIT: u64 = 3;
/// Longest answer that is read back, in bytes.
const ANSWER_LIMIT: u64 = 4 << 20;

/// Why no text came back.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The child could not be started.
    #[error("the text extractor can't be started: {0}")]
    Start(#[source] std::io::Error),
    /// The child died or gave no answer: the document is too complex or damaged.
    #[error("the document is too complex to be read")]
    TooComplex,
}

/// Starts children of `program`, which is our own binary.
#[derive(Debug, Clone)]
pub struct Extractor {
    program: PathBuf,
}

impl Extractor {
    /// An extractor that runs `program`; tests give the path of the built binary.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// An extractor that runs the binary we are.
    pub fn own_binary() -> std::io::Result<Self> {
        std::env::current_exe().map(Self::new)
    }

    /// The text of `pdf`. Blocks until the child has answered or died.
    pub fn text(&self, pdf: &[u8]) -> Result<PageText, ExtractError> {
        let mut child = Command::new(&self.program)
            .arg(CHILD_COMMAND)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(ExtractError::Start)?;
        let mut input = child.stdin.take().ok_or(ExtractError::TooComplex)?;
        let output = child.stdout.take().ok_or(ExtractError::TooComplex)?;
        let answer = std::thread::scope(|scope| {
            // Written from a thread of its own: the child may answer, or die, before it has read everything.
            scope.spawn(move || {
                let _ = input.write_all(pdf);
            });
            let mut answer = Vec::new();
            output
                .take(ANSWER_LIMIT)
                .read_to_end(&mut answer)
                .map(|_| answer)
        });
        let status = child.wait().map_err(ExtractError::Start)?;
        match answer {
            Ok(answer) if status.success() => {
                serde_json::from_slice(&answer).map_err(|_| ExtractError::TooComplex)
            }
            _ => Err(ExtractError::TooComplex),
        }
    }
}

/// What the child does: limits itself, reads a PDF from standard input, writes its text as JSON.
#[must_use]
pub fn child() -> ExitCode {
    if limit_ourselves().is_err() {
        return ExitCode::FAILURE;
    }
    let mut pdf = Vec::new();
    if std::io::stdin().lock().read_to_end(&mut pdf).is_err() {
        return ExitCode::FAILURE;
    }
    let Some(text) = read_here(&pdf) else {
        return ExitCode::FAILURE;
    };
    match serde_json::to_writer(std::io::stdout().lock(), &text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// What the child does with its input, without limits and in the process of whoever asks. Public for the fuzzer, which gives
/// it pages of its own making; nothing else may hand it a document.
#[must_use]
pub fn read_here(pdf: &[u8]) -> Option<PageText> {
    walk::text(pdf)
}

fn limit_ourselves() -> rustix::io::Result<()> {
    let limits = [
        (Resource::As, MEMORY_LIMIT),
        (Resource::Cpu, CPU_LIMIT),
        (Resource::Nofile, OPEN_FILES_LIMIT),
        (Resource::Fsize, 0),
        (Resource::Core, 0),
    ];
    limits.into_iter().try_for_each(|(resource, most)| {
        setrlimit(
            resource,
            Rlimit {
                current: Some(most),
                maximum: Some(most),
            },
        )
    })
}
