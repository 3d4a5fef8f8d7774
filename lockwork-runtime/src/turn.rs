//! What a driver and the call that it makes tell each other: which slot is next, and what came of it. Knows no store.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::policy::Policy;
use crate::schedule::{Schedule, Slot};

thread_local! {
    /// The driver whose call this thread is polling, until the call has taken it.
    static CURRENT: RefCell<Option<Arc<Turn>>> = const { RefCell::new(None) };
}

/// With which slot a driver begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    /// With the first one that begins after the driver.
    Next,
    /// With the latest one that has begun.
    Latest,
}

/// A driver's place in its schedule, shared with the call that it makes.
#[derive(Debug)]
pub(crate) struct Turn {
    start: Start,
    place: Mutex<Place>,
}

#[derive(Debug, Default)]
struct Place {
    /// The slot behind which the next one comes.
    last: Option<Slot>,
    /// By whose clock.
    engine: Option<Engine>,
    call: Told,
}

/// What the call told of itself.
#[derive(Debug, Default)]
struct Told {
    is_scheduled: bool,
    slot: Option<(Slot, String)>,
    error: Option<Error>,
}

/// How a call ended that a driver made.
#[derive(Debug)]
pub(crate) enum Ended {
    /// It returned a value.
    Well,
    /// It returned an error.
    Failed {
        /// What the error says.
        text: String,
        /// The job's key with its slot, where that was known.
        key: Option<String>,
        by: Engine,
        /// The store could not be asked, so the slot is still to be done.
        is_open: bool,
    },
}

impl Turn {
    pub(crate) fn new(start: Start) -> Arc<Self> {
        Arc::new(Self { start, place: Mutex::default() })
    }

    /// The driver that waits for this call, if one does and no other call has been first.
    pub(crate) fn take() -> Option<Arc<Self>> {
        let turn = CURRENT.take()?;
        turn.place().call.is_scheduled = true;
        Some(turn)
    }

    /// The slot to be called. Waits until it begins.
    ///
    /// # Cancellation safety
    ///
    /// Dropping the future leaves the driver where it was.
    pub(crate) async fn next_slot(&self, engine: &Engine, schedule: &Schedule, policy: &Policy) -> Slot {
        self.place().engine = Some(engine.clone());
        let reach = policy.longest_series();
        loop {
            let now = engine.store_clock();
            if let Some(slot) = self.place().due(self.start, schedule, now, reach) {
                return slot;
            }
            match schedule.next_after(now) {
                Some(next) => engine.wait_until(next.begin()).await,
                None => std::future::pending().await,
            }
        }
    }

    /// The call is that of this slot.
    pub(crate) fn begin_slot(&self, slot: Slot, key: &str) {
        self.place().call.slot = Some((slot, key.to_owned()));
    }

    /// lockwork has an error for the call.
    pub(crate) fn note(&self, error: &Error) {
        self.place().call.error = Some(error.clone());
    }

    /// The call has returned, with this text if that is an error.
    ///
    /// # Errors
    ///
    /// What another call would not change.
    pub(crate) fn end(&self, failed: Option<String>) -> Result<Ended, Error> {
        let mut place = self.place();
        let Told { is_scheduled, slot, error } = std::mem::take(&mut place.call);
        if let Some(error) = &error
            && (place.engine.is_none() || !may_pass(error.kind()))
        {
            return Err(error.clone());
        }
        let is_open = !is_scheduled || error.is_some_and(|error| error.kind() == ErrorKind::Store);
        let key = match slot {
            Some((slot, key)) => {
                if !is_open {
                    place.last = Some(slot);
                }
                Some(key)
            }
            None => None,
        };
        match (failed, place.engine.clone()) {
            (Some(text), Some(by)) => Ok(Ended::Failed { text, key, by, is_open }),
            (None, _) if is_scheduled => Ok(Ended::Well),
            (Some(text), None) => Err(unscheduled(&format!("the call came to no job with slots, but failed: {text}"))),
            (None, _) => Err(unscheduled(
                "what is scheduled came to no job with slots: give its attribute `per` or `cron`, and call it here and \
                 not in a task of its own",
            )),
        }
    }

    /// Drives `call`, which finds this turn.
    pub(crate) async fn within<F: Future>(self: &Arc<Self>, call: F) -> F::Output {
        let mut call = pin!(call);
        let mut mine = Some(Arc::clone(self));
        std::future::poll_fn(|context| {
            let outer = CURRENT.replace(mine.take());
            let _restored = Restored { outer, inner: &mut mine };
            call.as_mut().poll(context)
        })
        .await
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The slot to be called now, if there is one.
    ///
    /// After a call that was long in waiting, as for the lease of a dead holder, the slots that began meanwhile come one
    /// after the other, as far as `reach` goes back. Of those before only the newest is called, if there is no later one.
    fn due(&mut self, start: Start, schedule: &Schedule, now: Duration, reach: Duration) -> Option<Slot> {
        let newest = schedule.slot_at(now);
        let Some(last) = self.last else {
            return match start {
                Start::Latest => Some(newest),
                Start::Next => {
                    self.last = Some(newest);
                    None
                }
            };
        };
        if newest <= last {
            return None;
        }
        let behind = last.begin().max(now.saturating_sub(reach));
        Some(schedule.next_after(behind).map_or(newest, |next| next.min(newest)))
    }
}

/// Puts the driver around back in its place, and takes this one out again if it was not taken.
struct Restored<'a> {
    outer: Option<Arc<Turn>>,
    inner: &'a mut Option<Arc<Turn>>,
}

impl Drop for Restored<'_> {
    fn drop(&mut self) {
        *self.inner = CURRENT.replace(self.outer.take());
    }
}

/// While this lives, no call on this thread is a driver's: a body's calls are its own.
pub(crate) struct Hidden(Option<Arc<Turn>>);

pub(crate) fn hide() -> Hidden {
    Hidden(CURRENT.take())
}

impl Drop for Hidden {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// Whether another call may end otherwise.
fn may_pass(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Busy
        | ErrorKind::Exhausted
        | ErrorKind::Store
        | ErrorKind::Unrecorded
        | ErrorKind::Value
        | ErrorKind::LeaseLost => true,
        ErrorKind::NoWorker
        | ErrorKind::AlreadyInstalled
        | ErrorKind::BadUrl
        | ErrorKind::BadKey
        | ErrorKind::BadJob
        | ErrorKind::Reentrant => false,
    }
}

fn unscheduled(why: &str) -> Error {
    Error::new(ErrorKind::BadJob, why)
}
