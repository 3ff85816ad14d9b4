//! Work that occupies a thread: computing, waiting for a disk. The few threads of the runtime stay free for those who ask
//! something, so such work is done on threads beside it. Handing it over and being woken afterwards costs more than judging a
//! usual form, so a loop that does little else has a thread of its own, and does its work right there.

use std::cell::Cell;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn_blocking};

thread_local! {
    /// Whether nobody else waits for this thread.
    static OWN: Cell<bool> = const { Cell::new(false) };
}

/// Work that did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work panicked, or the program ends")]
pub struct Unfinished;

/// Does work that occupies a thread: on this one if it is the caller's own ([`on_its_own`]), and beside the runtime otherwise.
/// Dropped, it goes on and nobody hears of it.
///
/// # Errors
/// [`Unfinished`] when the work panicked.
///
/// # Panics
/// Outside a runtime.
pub async fn occupy<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unfinished> {
    if OWN.get() {
        // Whoever panics has broken only what he was given, as on another thread.
        return catch_unwind(AssertUnwindSafe(work)).map_err(|_| Unfinished);
    }
    spawn_blocking(work).await.map_err(|_| Unfinished)
}

/// Places for work that occupies a thread: whoever finds none free waits. Those who must not keep each other waiting have places
/// of their own.
#[derive(Debug)]
pub struct Places(Arc<Semaphore>);

impl Places {
    /// So many.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// As many as there are processors.
    #[must_use]
    pub fn for_each_processor() -> Self {
        Self::new(std::thread::available_parallelism().map_or(2, NonZero::get))
    }

    /// [`occupy`], once there is a place; it is taken until the work has ended, whether or not somebody still waits for it.
    ///
    /// # Errors
    /// [`Unfinished`] when the work panicked.
    ///
    /// # Panics
    /// Outside a runtime.
    pub async fn occupy<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Unfinished> {
        let place = Arc::clone(&self.0).acquire_owned().await;
        // Nobody closes them.
        let place = place.map_err(|_| Unfinished)?;
        occupy(move || {
            let _place = place;
            work()
        })
        .await
    }
}

/// Runs a loop on a thread of its own, within the same runtime. It can't be aborted: it must see by itself when to end.
///
/// # Panics
/// Outside a runtime.
pub fn on_its_own<F: Future>(begin: impl FnOnce() -> F + Send + 'static) -> JoinHandle<F::Output>
where
    F::Output: Send + 'static,
{
    let runtime = Handle::current();
    spawn_blocking(move || {
        let _own = Own::now();
        runtime.block_on(begin())
    })
}

/// A thread is somebody's own until this is dropped: it serves others afterwards.
struct Own;

impl Own {
    fn now() -> Self {
        OWN.set(true);
        Self
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        OWN.set(false);
    }
}

#[cfg(test)]
mod tests {
    use std::thread::current;

    use super::*;

    #[test]
    fn a_loop_on_its_own_thread_works_there_and_everybody_else_beside_the_runtime() {
        // With one thread that may block, whoever comes next gets the one that the loop had.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build();
        runtime.unwrap().block_on(async {
            let here = current().id();
            assert_ne!(occupy(|| current().id()).await, Ok(here));
            let own = on_its_own(async move || {
                let own = current().id();
                assert_ne!(own, here);
                assert_eq!(occupy(|| current().id()).await, Ok(own));
                // What waits is woken as anywhere else.
                tokio::task::yield_now().await;
                own
            });
            let own = own.await.unwrap();
            // The thread serves others afterwards: on it, others hand their work over again.
            let again = spawn_blocking(move || (current().id(), OWN.get()));
            assert_eq!(again.await.unwrap(), (own, false));
        });
    }

    #[tokio::test]
    async fn a_place_is_taken_until_its_work_has_ended_and_others_have_theirs() {
        let (one, other) = (Places::new(1), Places::new(1));
        let (let_go, held) = std::sync::mpsc::channel::<()>();
        let mut first = Box::pin(one.occupy(move || held.recv().is_err()));
        assert!(futures::poll!(&mut first).is_pending());
        // Nobody waits for it any more.
        drop(first);
        let mut second = Box::pin(one.occupy(|| 2));
        assert!(futures::poll!(&mut second).is_pending());
        assert_eq!(other.occupy(|| 1).await, Ok(1));
        assert!(futures::poll!(&mut second).is_pending());
        drop(let_go);
        assert_eq!(second.await, Ok(2));
    }

    #[tokio::test]
    async fn a_panic_is_told_and_the_loop_goes_on() {
        let panics = || -> u8 { panic!("as it should") };
        assert_eq!(occupy(panics).await, Err(Unfinished));
        let own = on_its_own(async move || (occupy(panics).await, occupy(|| 1).await));
        assert_eq!(own.await.unwrap(), (Err(Unfinished), Ok(1)));
    }
}
