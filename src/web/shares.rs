//! Places of which each address may take only so many at a time: nobody takes those of all others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::limits::Client;

/// How many places each address has.
type Taken = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Who has how many places.
#[derive(Debug, Clone)]
pub(super) struct Shares {
    most: usize,
    taken: Taken,
}

/// A place that somebody has, for as long as this lives.
#[derive(Debug)]
pub(super) struct Share {
    /// Where it is counted, if its address has a share.
    counted: Option<(IpAddr, Taken)>,
}

impl Shares {
    /// Each address may have so many.
    pub(super) fn of(most: usize) -> Self {
        Self {
            most,
            taken: Arc::default(),
        }
    }

    /// A place of nobody's share.
    pub(super) fn uncounted() -> Share {
        Share { counted: None }
    }

    /// One more place for `client`; nothing when he has his share already.
    pub(super) fn take(&self, client: Client) -> Option<Share> {
        if client.is_local() {
            return Some(Self::uncounted());
        }
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let own = taken.entry(client.address).or_default();
        if *own >= self.most {
            return None;
        }
        *own += 1;
        Some(Share {
            counted: Some((client.address, Arc::clone(&self.taken))),
        })
    }

    #[cfg(test)]
    pub(super) fn is_unused(&self) -> bool {
        self.taken.lock().unwrap().is_empty()
    }

    #[cfg(test)]
    pub(super) fn most(&self) -> usize {
        self.most
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some((address, taken)) = &self.counted else {
            return;
        };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(address) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                taken.remove(address);
            }
        }
    }
}
