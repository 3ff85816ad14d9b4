//! Remembers what was brought: good answers in a folder that survives restarts and may be shared by several processes,
//! failures for a short while in memory. Nothing in the folder is believed because it is there: whoever reads an answer
//! out of it judges it again.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::FetchError;
use crate::domain::Sha256;
use crate::verify::{Crl, OcspResponse};

/// Which of the two kinds an answer is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Crl,
    Ocsp,
}

/// An answer as it was read.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    Crl(Crl),
    Ocsp(OcspResponse),
}

impl Answer {
    pub(super) fn parse(kind: Kind, bytes: Vec<u8>) -> Option<Self> {
        match kind {
            Kind::Crl => Crl::parse(bytes).ok().map(Self::Crl),
            Kind::Ocsp => OcspResponse::parse(bytes).ok().map(Self::Ocsp),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::Crl(_) => Kind::Crl,
            Self::Ocsp(_) => Kind::Ocsp,
        }
    }

    fn der(&self) -> &[u8] {
        match self {
            Self::Crl(list) => list.der(),
            Self::Ocsp(answer) => answer.der(),
        }
    }

    /// When it was given: of two answers the younger one counts.
    pub(super) fn given_at(&self) -> Timestamp {
        match self {
            Self::Crl(list) => list.this_update(),
            Self::Ocsp(answer) => answer.produced_at(),
        }
    }

    fn next_update(&self) -> Option<Timestamp> {
        match self {
            Self::Crl(list) => list.next_update(),
            Self::Ocsp(answer) => answer.next_update(),
        }
    }
}

/// How much is remembered, and for how long.
#[derive(Debug, Clone)]
pub struct CacheLimits {
    /// Bytes in the folder; the oldest go first.
    pub bytes: u64,
    /// Longest life of a list, however far away its `nextUpdate` is: a CA that loses a key publishes early.
    pub crl_life: SignedDuration,
    /// Longest life of an OCSP answer.
    pub ocsp_life: SignedDuration,
    /// How long an address that failed is left alone.
    pub failure_life: SignedDuration,
}

impl Default for CacheLimits {
    fn default() -> Self {
        Self {
            bytes: 256 * 1024 * 1024,
            crl_life: SignedDuration::from_hours(1),
            ocsp_life: SignedDuration::from_mins(10),
            failure_life: SignedDuration::from_mins(1),
        }
    }
}

/// Bytes of answers that are kept in memory, read and with their signatures verified: a few of the largest lists.
const MEMORY_BYTES: usize = 64 * 1024 * 1024;
/// Failures that are remembered: far more addresses than all CAs have.
const MAX_FAILURES: usize = 1024;
/// A header line is never longer.
const MAX_HEADER_BYTES: usize = 1024;

/// The cache.
#[derive(Debug)]
pub(super) struct Cache {
    folder: Option<PathBuf>,
    limits: CacheLimits,
    memory: Mutex<HashMap<Sha256, Remembered>>,
    failures: Mutex<HashMap<Sha256, (Timestamp, FetchError)>>,
}

/// An answer of earlier.
#[derive(Debug, Clone)]
pub(super) struct Remembered {
    pub(super) answer: Answer,
    until: Timestamp,
}

impl Remembered {
    /// Whether it is used without asking again. One that is not still serves when nobody answers: whether it is too old
    /// is for the judgement to say.
    pub(super) fn is_current(&self, now: Timestamp) -> bool {
        self.until > now
    }
}

/// First line of a file; the answer follows.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    kind: Kind,
    until_ms: i64,
    sha256: Sha256,
}

impl Cache {
    /// A cache in `folder`, which is made when it is missing; without one it lasts as long as the process.
    pub(super) fn new(folder: Option<PathBuf>, limits: CacheLimits) -> io::Result<Self> {
        if let Some(folder) = &folder {
            fs::create_dir_all(folder)?;
        }
        Ok(Self {
            folder,
            limits,
            memory: Mutex::default(),
            failures: Mutex::default(),
        })
    }

    /// The answer under this key, current or not.
    pub(super) fn find(&self, key: Sha256, now: Timestamp) -> Option<Remembered> {
        let known = locked(&self.memory).get(&key).cloned();
        if let Some(known) = known.as_ref().filter(|known| known.is_current(now)) {
            return Some(known.clone());
        }
        // Another process may have brought a newer one.
        let Some(read) = self.read(key) else {
            return known;
        };
        self.remember(key, read.clone());
        Some(read)
    }

    /// Why this key gave nothing a moment ago.
    pub(super) fn failure(&self, key: Sha256, now: Timestamp) -> Option<FetchError> {
        let failures = locked(&self.failures);
        let (until, error) = failures.get(&key)?;
        (*until > now).then(|| error.clone())
    }

    /// Keeps a believed answer until its time is over. Failing to write costs a question later and nothing else.
    pub(super) fn keep(&self, key: Sha256, answer: &Answer, now: Timestamp) {
        let life = match answer.kind() {
            Kind::Crl => self.limits.crl_life,
            Kind::Ocsp => self.limits.ocsp_life,
        };
        let longest = now.checked_add(life).unwrap_or(now);
        let until = answer
            .next_update()
            .map_or(longest, |next| next.min(longest));
        if let Err(error) = self.write(key, answer, until) {
            tracing::warn!(%error, "an answer about revocation could not be kept");
        }
        let answer = answer.clone();
        self.remember(key, Remembered { answer, until });
    }

    /// Leaves an address alone for a while.
    pub(super) fn keep_failure(&self, key: Sha256, error: &FetchError, now: Timestamp) {
        let mut failures = locked(&self.failures);
        failures.retain(|_, (until, _)| *until > now);
        if failures.len() < MAX_FAILURES {
            let until = now.checked_add(self.limits.failure_life).unwrap_or(now);
            failures.insert(key, (until, error.clone()));
        }
    }

    fn remember(&self, key: Sha256, remembered: Remembered) {
        let mut memory = locked(&self.memory);
        let total: usize = memory.values().map(|one| one.answer.der().len()).sum();
        if total + remembered.answer.der().len() > MEMORY_BYTES {
            memory.clear();
        }
        memory.insert(key, remembered);
    }

    fn read(&self, key: Sha256) -> Option<Remembered> {
        let bytes = fs::read(self.folder.as_ref()?.join(key.to_string())).ok()?;
        let end = bytes
            .iter()
            .take(MAX_HEADER_BYTES)
            .position(|byte| *byte == b'\n')?;
        let (header, body) = bytes.split_at(end + 1);
        let header: Header = serde_json::from_slice(header).ok()?;
        // A write that a crash cut off is no answer.
        if Sha256::of(body) != header.sha256 {
            return None;
        }
        Some(Remembered {
            answer: Answer::parse(header.kind, body.to_vec())?,
            until: Timestamp::from_millisecond(header.until_ms).ok()?,
        })
    }

    /// Under another name first, so that nobody ever reads half a file.
    fn write(&self, key: Sha256, answer: &Answer, until: Timestamp) -> io::Result<()> {
        static WRITTEN: AtomicU64 = AtomicU64::new(0);
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let der = answer.der();
        let header = Header {
            kind: answer.kind(),
            until_ms: until.as_millisecond(),
            sha256: Sha256::of(der),
        };
        let place = folder.join(key.to_string());
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let draft = folder.join(format!(".{key}.{}.{number}", std::process::id()));
        let written = (|| {
            let mut file = fs::File::create(&draft)?;
            serde_json::to_writer(&mut file, &header)?;
            file.write_all(b"\n")?;
            file.write_all(der)?;
            fs::rename(&draft, &place)
        })();
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        written?;
        make_room(folder, self.limits.bytes)
    }
}

/// Removes the oldest files until the folder holds at most `limit` bytes, drafts of processes that died included. Others
/// may be doing the same: what is gone already was not needed.
fn make_room(folder: &Path, limit: u64) -> io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = fs::read_dir(folder)?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let facts = entry.metadata().ok()?;
            let is_ours = facts.is_file();
            is_ours.then(|| (facts.modified().ok(), facts.len(), entry.path()))
        })
        .map(|(modified, bytes, path)| (modified.unwrap_or(SystemTime::UNIX_EPOCH), bytes, path))
        .collect();
    let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
    files.sort();
    for (_, bytes, path) in files {
        if total <= limit {
            break;
        }
        let _ = fs::remove_file(path);
        total = total.saturating_sub(bytes);
    }
    Ok(())
}

/// A holder that panicked left a map that is still whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One question at a time for each key: who comes second finds the answer of the first.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<Sha256, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    pub(super) async fn take(&self, key: Sha256) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = locked(&self.0);
            // Turns that nobody waits for are held by this map alone.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(key).or_default())
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::pki;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn lists() -> Vec<Answer> {
        let lists = pki::crls(at(-3600));
        lists
            .into_iter()
            .map(|list| Answer::parse(Kind::Crl, list.der).unwrap())
            .collect()
    }

    fn key(n: u8) -> Sha256 {
        Sha256::of(&[n])
    }

    #[test]
    fn an_answer_lives_as_long_as_it_may_and_survives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Cache::new(Some(folder.path().to_owned()), CacheLimits::default()).unwrap();
        let list = &lists()[0];
        let first = open();
        assert!(first.find(key(1), at(0)).is_none());
        first.keep(key(1), list, at(0));
        for cache in [&first, &open()] {
            let found = cache.find(key(1), at(3599)).unwrap();
            assert_eq!(found.answer.der(), list.der());
            assert!(found.is_current(at(3599)) && !found.is_current(at(3600)));
            assert!(cache.find(key(2), at(0)).is_none());
        }
        // However long its life in the cache: its own time counts too.
        let next = list.next_update().unwrap();
        first.keep(key(3), list, next - SignedDuration::from_secs(1));
        let found = first.find(key(3), at(0)).unwrap();
        assert!(!found.is_current(next));
    }

    #[test]
    fn a_damaged_file_is_as_if_it_were_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Cache::new(Some(folder.path().to_owned()), CacheLimits::default()).unwrap();
        open().keep(key(1), &lists()[0], at(0));
        let file = folder.path().join(key(1).to_string());
        let good = fs::read(&file).unwrap();
        for cut in [0, 1, 50, good.len() / 2, good.len() - 1] {
            fs::write(&file, &good[..cut]).unwrap();
            assert!(open().find(key(1), at(0)).is_none(), "{cut} bytes");
        }
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        fs::write(&file, flipped).unwrap();
        assert!(open().find(key(1), at(0)).is_none());
        fs::write(&file, good).unwrap();
        assert!(open().find(key(1), at(0)).is_some());
    }

    #[test]
    fn the_folder_is_bounded_and_the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let lists = lists();
        let bytes = 2 * (lists[0].der().len() as u64 + 400);
        let limits = CacheLimits {
            bytes,
            ..CacheLimits::default()
        };
        let cache = Cache::new(Some(folder.path().to_owned()), limits).unwrap();
        for n in 0..5 {
            cache.keep(key(n), &lists[0], at(0));
            let age = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(n) + 1);
            let file = fs::File::open(folder.path().join(key(n).to_string())).unwrap();
            file.set_modified(age).unwrap();
        }
        let again = Cache::new(Some(folder.path().to_owned()), CacheLimits::default()).unwrap();
        let kept: Vec<bool> = (0..5)
            .map(|n| again.find(key(n), at(0)).is_some())
            .collect();
        assert_eq!(kept, [false, false, false, true, true]);
    }

    #[test]
    fn failures_are_remembered_for_a_while() {
        let cache = Cache::new(None, CacheLimits::default()).unwrap();
        cache.keep_failure(key(1), &FetchError::TimedOut, at(0));
        assert_eq!(cache.failure(key(1), at(59)), Some(FetchError::TimedOut));
        assert_eq!(cache.failure(key(1), at(60)), None);
        assert_eq!(cache.failure(key(2), at(0)), None);
    }
}
