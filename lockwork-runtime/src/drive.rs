//! Drives a body for as long as its attempt counts, on the caller's executor. Knows no store and no engine.

use std::any::Any;
use std::cell::RefCell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::attempt::Attempt;
use crate::job::Key;
use crate::turn::{self, Hidden};

thread_local! {
    /// The attempts whose bodies this thread is polling, the innermost last.
    static CURRENT: RefCell<Vec<Attempt>> = const { RefCell::new(Vec::new()) };
}

/// The attempt in whose body this is called; `None` outside of one, and in a task that the body spawned.
#[must_use]
pub fn attempt() -> Option<Attempt> {
    CURRENT.with_borrow(|current| current.last().cloned())
}

/// Whether this is called in the body of `key` under this engine.
pub(crate) fn is_inside(engine: u64, key: &Key) -> bool {
    CURRENT.with_borrow(|current| {
        current.iter().map(Attempt::identity).any(|identity| identity.engine == engine && identity.key == *key)
    })
}

/// What became of a body.
#[derive(Debug)]
pub enum Driven<R> {
    /// It returned.
    Returned(R),
    /// It panicked, with this, which is to go on when that is settled.
    Panicked(Box<dyn Any + Send>),
    /// Its attempt did not count any more, so it is not polled again.
    Cut,
}

/// Drives `body`; it may run only while `attempt` counts.
pub fn drive<F: Future>(attempt: &Attempt, body: F) -> Drive<F> {
    Drive::new(attempt.clone(), body)
}

pin_project! {
    /// The future of [`drive`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Drive<F> {
        #[pin]
        body: F,
        // Made when the body first waits; many never do.
        cut: Option<Cut>,
        attempt: Attempt,
    }
}

/// Waits until an attempt is cut.
type Cut = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

impl<F> Drive<F> {
    /// As [`drive`], for who has the attempt for nothing else.
    pub(crate) fn new(attempt: Attempt, body: F) -> Self {
        Self { body, cut: None, attempt }
    }
}

impl<F> std::fmt::Debug for Drive<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Drive").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

impl<F: Future> Future for Drive<F> {
    type Output = Driven<F::Output>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // The deadline is asked before every poll of the body: a process that was stopped and goes on may be here
        // before the engine's thread has noticed that the lease is over.
        if this.attempt.is_over() {
            this.attempt.cut();
            return Poll::Ready(Driven::Cut);
        }
        let inside = Inside::enter(this.attempt.clone());
        let polled = catch_unwind(AssertUnwindSafe(|| this.body.poll(context)));
        drop(inside);
        match polled {
            Ok(Poll::Ready(returned)) => return Poll::Ready(Driven::Returned(returned)),
            Ok(Poll::Pending) => {}
            Err(panic) => return Poll::Ready(Driven::Panicked(panic)),
        }
        let cut = this.cut.get_or_insert_with(|| {
            let attempt = this.attempt.clone();
            Box::pin(async move { attempt.cancelled().await })
        });
        cut.as_mut().poll(context).map(|()| Driven::Cut)
    }
}

/// While this lives, the thread is inside a body.
struct Inside {
    _hidden: Hidden,
}

impl Inside {
    fn enter(attempt: Attempt) -> Self {
        CURRENT.with_borrow_mut(|current| current.push(attempt));
        Self { _hidden: turn::hide() }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(Vec::pop);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, advance};

    use super::*;
    use crate::attempt::Identity;
    use crate::clock::{self, Clock};
    use crate::record::{Nonce, Series};

    fn attempt_until(deadline: Instant) -> Attempt {
        let key = Key::parse("job").expect("it can be one");
        let (nonce, series) = (Nonce(1), Series(2));
        let identity = Identity { engine: u64::MAX, key, nonce, number: 1, max_attempts: 1, fence: 1, series };
        Attempt::new(identity, Clock::Runtime, clock::now(), deadline)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_not_polled_at_its_deadline_even_if_nobody_has_told_it() {
        let attempt = attempt_until(clock::now() + Duration::from_secs(1));
        let mut polls = 0;
        let body = std::future::poll_fn(|_| {
            polls += 1;
            Poll::<()>::Pending
        });
        let mut drive = Box::pin(drive(&attempt, body));
        assert!(futures_util::poll!(&mut drive).is_pending());
        advance(Duration::from_millis(999)).await;
        assert!(futures_util::poll!(&mut drive).is_pending());
        advance(Duration::from_millis(1)).await;
        assert!(matches!(futures_util::poll!(&mut drive), Poll::Ready(Driven::Cut)));
        drop(drive);
        assert_eq!(polls, 2);
        assert!(attempt.is_cut(), "what the body spawned is told");
        assert_eq!(attempt.lease_left(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_body_returns_after_its_deadline_is_not_thrown_away() {
        let attempt = attempt_until(clock::now() + Duration::from_secs(1));
        // It does not let go of its thread while the deadline passes.
        let driven = drive(
            &attempt,
            std::future::poll_fn(|_| {
                attempt.extend(clock::now());
                Poll::Ready(7)
            }),
        );
        assert!(matches!(driven.await, Driven::Returned(7)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_knows_where_it_is_only_while_it_is_polled() {
        let attempt = attempt_until(clock::now() + Duration::from_secs(1));
        let key = attempt.identity().key.clone();
        let body = async {
            assert!(is_inside(u64::MAX, &key) && !is_inside(0, &key));
            tokio::task::yield_now().await;
            super::attempt().map(|attempt| attempt.number())
        };
        let mut drive = Box::pin(drive(&attempt, body));
        assert!(futures_util::poll!(&mut drive).is_pending());
        assert!(!is_inside(u64::MAX, &key));
        assert!(matches!(drive.await, Driven::Returned(Some(1))));
    }
}
