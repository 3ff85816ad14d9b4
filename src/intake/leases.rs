//! Working on what is held: the lease is renewed for as long as the work goes on, and the work is dropped once it is lost.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::Intake;
use crate::store::{Held, Lease, StoreError};

/// How long what a killed process held lies still: long enough for a busy machine to renew it several times.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_secs(20);
/// The same by the clock that never jumps.
const LEASE_LASTS: Duration = Duration::from_secs(20);
/// How often a lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(5);

impl Intake {
    /// Works on what is held. `None` when the lease was lost meanwhile, or could not be renewed in time: somebody else may have
    /// taken it over, so the work stops where it stands.
    pub(crate) async fn while_held<W, T>(
        &self,
        held: &Held<W>,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        // In a task of its own: the work may occupy this thread (`threads`).
        let (intake, lease) = (self.clone(), Arc::clone(held.lease()));
        let mut keeping = JoinSet::new();
        keeping.spawn(async move { intake.keep(&lease).await });
        tokio::select! {
            // Whoever wakes after a long standstill must notice that first.
            biased;
            _ = keeping.join_next() => {
                tracing::warn!(lease = ?held.lease(), "a lease was lost, and its work was dropped");
                None
            }
            done = work => Some(done),
        }
    }

    /// Renews a lease; returns when it is lost.
    async fn keep(&self, lease: &Lease) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(RENEW_EVERY).await;
            let asked = Instant::now();
            let until = self.now() + LEASE;
            let renewal = self.store().renew(lease, until);
            match tokio::time::timeout_at(renewed + LEASE_LASTS, renewal).await {
                Ok(Ok(())) => renewed = asked,
                Ok(Err(StoreError::Stale)) => return,
                // Without an answer it holds until its end, and no longer.
                Ok(Err(_)) if renewed.elapsed() < LEASE_LASTS => {}
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }
}
