//! Lets what stands for a process stand still in a test: its tasks are not polled meanwhile. Knows no keepers.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use pin_project_lite::pin_project;

use crate::random;

thread_local! {
    /// With what the task stands still that this thread is polling.
    static CURRENT: RefCell<Option<Standstill>> = const { RefCell::new(None) };
}

/// With what tasks stand still together. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standstill(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    /// How many of those who made it begin have not made it end.
    holds: u32,
    /// Who was to be polled meanwhile.
    wakers: Vec<Waker>,
}

impl Standstill {
    /// From here on nobody is polled, until it has ended as often as it began.
    pub(crate) fn begin(&self) {
        self.inside().holds += 1;
    }

    /// Ends it. Those who were to be polled are polled now, in any order.
    pub(crate) fn end(&self) {
        let mut inside = self.inside();
        inside.holds -= 1;
        if inside.holds == 0 {
            let mut wakers = std::mem::take(&mut inside.wakers);
            drop(inside);
            while !wakers.is_empty() {
                let chosen = random::draw::<u32>() as usize % wakers.len();
                wakers.swap_remove(chosen).wake();
            }
        }
    }

    /// `future`, which stands still with this. So do the keepers of an engine that it is.
    pub(crate) fn halts<F: Future>(&self, future: F) -> Halting<F> {
        Halting { future, with: Some(self.clone()) }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// With what the task stands still that is being polled.
pub(crate) fn current() -> Option<Standstill> {
    CURRENT.with_borrow(Clone::clone)
}

/// `future`, which stands still with this, if with anything.
pub(crate) fn halts_if<F: Future>(with: Option<&Standstill>, future: F) -> Halting<F> {
    Halting { future, with: with.cloned() }
}

pin_project! {
    /// A future that stands still with others.
    pub(crate) struct Halting<F> {
        #[pin]
        future: F,
        with: Option<Standstill>,
    }
}

impl<F: Future> Future for Halting<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(with) = this.with {
            let mut inside = with.inside();
            if 0 < inside.holds {
                inside.wakers.push(context.waker().clone());
                return Poll::Pending;
            }
        }
        let _outer = Outer(CURRENT.replace(this.with.clone()));
        this.future.poll(context)
    }
}

/// With what stood still what this thread was polling before. It is back when this is dropped, so after a panic too.
struct Outer(Option<Standstill>);

impl Drop for Outer {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::poll;
    use tokio::time::sleep;

    use super::*;
    use crate::clock::now;

    #[tokio::test]
    async fn what_is_polled_after_a_panic_does_not_stand_still_with_it() {
        let standstill = Standstill::default();
        let task = tokio::spawn(standstill.halts(async { panic!("as the test wants it") }));
        assert!(task.await.expect_err("it panics").is_panic());
        standstill.begin();
        assert!(poll!(halts_if(current().as_ref(), std::future::ready(()))).is_ready());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_polled_until_the_last_hold_has_ended() {
        let standstill = Standstill::default();
        let start = now();
        let task = tokio::spawn(standstill.halts(async {
            sleep(Duration::from_secs(1)).await;
            let spawned = halts_if(current().as_ref(), sleep(Duration::from_secs(1)));
            tokio::spawn(spawned).await.expect("it does not panic");
        }));
        // Before the task is polled, while it sleeps, and while the task that it spawned sleeps.
        for _ in 0..3 {
            standstill.begin();
            standstill.begin();
            sleep(Duration::from_secs(3)).await;
            standstill.end();
            sleep(Duration::from_secs(3)).await;
            assert!(!task.is_finished());
            standstill.end();
            sleep(Duration::from_millis(1)).await;
        }
        assert!(task.is_finished(), "what was due meanwhile is done at once");
        assert_eq!(now() - start, Duration::from_millis(18_003));
    }
}
