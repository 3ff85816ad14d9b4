//! The text of a PDF, read in a child process of our own binary (DESIGN N): `lopdf` checks too little and a small file
//! can make it abort, so it works where its death costs nothing (`sandbox`). Its death is an answer («documento demasiado
//! complejo»), not an outage.

mod paint;
mod walk;

use std::path::PathBuf;
use std::process::ExitCode;

use crate::letter::PageText;
use crate::sandbox::{self, Limits, OwnBinary, SandboxError};

/// Name of the hidden command under which the binary runs as the child.
pub const CHILD_COMMAND: &str = "extract-text";

/// The worst honest letters need a tenth of the memory (CRATES §2.2), and milliseconds.
const LIMITS: Limits = Limits {
    memory: 1 << 30,
    processor: 5,
};
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

/// Starts children of our own binary.
#[derive(Debug, Clone)]
pub struct Extractor {
    program: OwnBinary,
}

impl Extractor {
    /// An extractor that runs `program`; tests give the path of the built binary.
    #[must_use]
    pub fn new(program: PathBuf) -> Self {
        Self {
            program: OwnBinary::at(program),
        }
    }

    /// An extractor that runs the binary we are.
    pub fn own_binary() -> std::io::Result<Self> {
        let program = OwnBinary::current()?;
        Ok(Self { program })
    }

    /// The binary it runs.
    #[must_use]
    pub fn binary(&self) -> &OwnBinary {
        &self.program
    }

    /// The text of `pdf`. Blocks until the child has answered or died.
    pub fn text(&self, pdf: &[u8]) -> Result<PageText, ExtractError> {
        let answer = self.program.ask(&[CHILD_COMMAND], pdf, ANSWER_LIMIT);
        let answer = answer.map_err(|error| match error {
            SandboxError::Start(error) => ExtractError::Start(error),
            SandboxError::Died => ExtractError::TooComplex,
        })?;
        serde_json::from_slice(&answer).map_err(|_| ExtractError::TooComplex)
    }
}

/// What the child does: limits itself, reads a PDF from standard input, writes its text as JSON.
#[must_use]
pub fn child() -> ExitCode {
    sandbox::child(LIMITS, |pdf| serde_json::to_vec(&read_here(&pdf)?).ok())
}

/// What the child does with its input, without limits and in the process of whoever asks. Public for the fuzzer, which gives
/// it pages of its own making; nothing else may hand it a document.
#[must_use]
pub fn read_here(pdf: &[u8]) -> Option<PageText> {
    walk::text(pdf)
}
