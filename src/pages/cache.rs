//! Remembers images, and that there are none, within a limit of bytes; what was not asked for the longest goes first.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::frame::Asked;
use super::{PageError, PageImage};
use crate::domain::Sha256;

/// What an entry without an image counts.
const SMALLEST: usize = 1024;

/// Which image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// Digest of the bytes that are drawn.
    pub(super) sha256: Sha256,
    /// Page and width.
    pub(super) asked: Asked,
}

type Known = Result<PageImage, PageError>;

#[derive(Debug)]
pub(super) struct Cache {
    most: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// Each with the count of questions when it was last asked for.
    entries: HashMap<Key, (u64, Known)>,
    questions: u64,
    bytes: usize,
}

impl Cache {
    /// A cache of at most so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            held: Mutex::default(),
        }
    }

    pub(super) fn get(&self, key: Key) -> Option<Known> {
        let mut held = self.held();
        held.questions += 1;
        let now = held.questions;
        let (asked, known) = held.entries.get_mut(&key)?;
        *asked = now;
        Some(known.clone())
    }

    pub(super) fn put(&self, key: Key, known: Known) {
        let size = size(&known);
        if size > self.most {
            return;
        }
        let mut held = self.held();
        held.forget(key);
        while held.bytes + size > self.most {
            let entries = held.entries.iter();
            let Some(oldest) = entries.min_by_key(|(_, (asked, _))| *asked) else {
                break;
            };
            let oldest = *oldest.0;
            held.forget(oldest);
        }
        let now = held.questions;
        held.bytes += size;
        held.entries.insert(key, (now, known));
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Whoever panicked left whole entries behind.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn forget(&mut self, key: Key) {
        if let Some((_, known)) = self.entries.remove(&key) {
            self.bytes -= size(&known);
        }
    }
}

fn size(known: &Known) -> usize {
    SMALLEST + known.as_ref().map_or(0, |image| image.png.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(page: u32) -> Key {
        Key {
            sha256: Sha256::of(b"x"),
            asked: Asked { page, width: 200 },
        }
    }

    fn image(bytes: usize) -> PageImage {
        PageImage {
            png: vec![0; bytes].into(),
            width: 1,
            height: 1,
            pages: 9,
            incomplete: false,
        }
    }

    #[test]
    fn what_was_not_asked_for_the_longest_goes_first() {
        let cache = Cache::new(3 * SMALLEST + 30);
        for page in 1..=3 {
            cache.put(key(page), Ok(image(10)));
            assert!(cache.get(key(page)).is_some());
        }
        assert!(cache.get(key(1)).is_some());
        cache.put(key(4), Err(PageError::Undrawable));
        let there: Vec<bool> = (1..=4).map(|page| cache.get(key(page)).is_some()).collect();
        assert_eq!(there, [true, false, true, true]);
        // Larger than everything: not kept, and nothing is lost for it.
        cache.put(key(5), Ok(image(4 * SMALLEST)));
        assert!(cache.get(key(5)).is_none() && cache.get(key(4)).is_some());
        // Known again, counted once.
        for _ in 0..10 {
            cache.put(key(4), Ok(image(10)));
        }
        assert!(cache.get(key(1)).is_some());
    }
}
