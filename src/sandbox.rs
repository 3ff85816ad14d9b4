//! Work on strangers' bytes in a child process of our own binary (DESIGN N, PRODUCT threat 12): what parses loosely, or
//! draws, works where its death costs nothing. The child inherits no environment and no secret, limits its own memory,
//! processor time, files and sockets before it looks at the first byte, and can only answer over its standard output.
//! Its death, its silence and its delay are one answer: the document was too much for it.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};

/// Standard input, output and error; with these three open no file and no socket can be opened.
const OPEN_FILES_LIMIT: u64 = 3;

/// Until a child must have answered, whatever else the machine is doing: far beyond its processor time, so that it is the
/// limit on that which ends a child that works, and this one only ends a child that does not.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a child may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Address space in bytes.
    pub memory: u64,
    /// Processor time in seconds.
    pub processor: u64,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The child could not be started.
    #[error("a child process can't be started: {0}")]
    Start(#[source] std::io::Error),
    /// The child died, said too much, or said nothing in time.
    #[error("the document is too complex to be read")]
    Died,
}

/// Starts children of one binary, which is our own.
#[derive(Debug, Clone)]
pub struct OwnBinary(PathBuf);

impl OwnBinary {
    /// Children of `program`; tests give the path of the built binary.
    #[must_use]
    pub fn at(program: PathBuf) -> Self {
        Self(program)
    }

    /// Children of the binary we are.
    pub fn current() -> std::io::Result<Self> {
        std::env::current_exe().map(Self::at)
    }

    /// Runs a hidden command with `input` on its standard input; what it wrote, at most `most` bytes. Blocks until the
    /// child has answered or is dead.
    ///
    /// # Errors
    /// When the child can't be started, or ends in any other way than with an answer.
    pub fn ask(&self, command: &[&str], input: &[u8], most: u64) -> Result<Vec<u8>, SandboxError> {
        self.ask_within(PATIENCE, command, input, most)
    }

    fn ask_within(
        &self,
        patience: Duration,
        command: &[&str],
        input: &[u8],
        most: u64,
    ) -> Result<Vec<u8>, SandboxError> {
        let mut child = Command::new(&self.0)
            .args(command)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(SandboxError::Start)?;
        let answer = converse(&mut child, patience, input, most);
        if answer.is_none() {
            // It may be dead already.
            let _ = child.kill();
        }
        let status = child.wait().map_err(SandboxError::Start)?;
        answer
            .filter(|_| status.success())
            .ok_or(SandboxError::Died)
    }
}

/// Gives the child its input and waits for the end of its output.
fn converse(child: &mut Child, patience: Duration, input: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut to_child = child.stdin.take()?;
    let from_child = child.stdout.take()?;
    let (told, answered) = mpsc::channel();
    std::thread::scope(|scope| {
        // Written from a thread of its own: the child may answer, or die, before it has read everything.
        scope.spawn(move || {
            let _ = to_child.write_all(input);
        });
        scope.spawn(move || {
            let mut answer = Vec::new();
            // One byte more than is taken: who says too much has said nothing.
            let read = from_child
                .take(most.saturating_add(1))
                .read_to_end(&mut answer);
            let whole = read.is_ok() && u64::try_from(answer.len()).is_ok_and(|len| len <= most);
            let _ = told.send(whole.then_some(answer));
        });
        let answer = answered.recv_timeout(patience).ok().flatten();
        if answer.is_none() {
            // Both threads end with the child.
            let _ = child.kill();
        }
        answer
    })
}

/// What the child does: limits itself, reads standard input, works, writes its answer.
#[must_use]
pub fn child(limits: Limits, work: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> ExitCode {
    let done = limit_ourselves(limits).ok().and_then(|()| {
        let mut input = Vec::new();
        std::io::stdin().lock().read_to_end(&mut input).ok()?;
        let answer = work(input)?;
        std::io::stdout().lock().write_all(&answer).ok()
    });
    match done {
        Some(()) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}

fn limit_ourselves(limits: Limits) -> rustix::io::Result<()> {
    let limits = [
        (Resource::As, limits.memory),
        (Resource::Cpu, limits.processor),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(patience: Duration, script: &str, input: &[u8]) -> Option<Vec<u8>> {
        let shell = OwnBinary::at("/bin/sh".into());
        shell.ask_within(patience, &["-c", script], input, 10).ok()
    }

    #[test]
    fn only_a_whole_answer_of_a_child_that_ended_well_counts() {
        let much = vec![b'x'; 1 << 20];
        let says = |script| shell(PATIENCE, script, &much);
        assert_eq!(says("echo hola").as_deref(), Some(&b"hola\n"[..]));
        assert_eq!(
            says("cat >/dev/null; echo hola").as_deref(),
            Some(&b"hola\n"[..])
        );
        assert_eq!(says("echo hola; exit 1"), None);
        assert_eq!(says("echo hola; kill -9 $$"), None);
        assert_eq!(says("echo 'más de diez bytes'"), None);
        assert_eq!(says("cat"), None);
    }

    #[test]
    fn a_child_that_says_nothing_is_ended() {
        // `exec`: the pipes must not live on in a grandchild.
        let silent = shell(Duration::from_millis(50), "exec sleep 600", b"");
        assert_eq!(silent, None);
    }

    #[test]
    fn a_child_inherits_no_environment() {
        let shell = OwnBinary::at("/usr/bin/env".into());
        // The variables of this test run are many.
        assert!(std::env::vars_os().next().is_some());
        assert_eq!(shell.ask(&[], b"", 1000).unwrap(), b"");
    }
}
