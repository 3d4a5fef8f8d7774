//! What happens to jobs, told as it happens: to a listener and to `tracing`. Knows no store and no worker.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing::{debug, info, warn};

/// Something that happened, in this process or to what it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// This process begins an attempt.
    #[non_exhaustive]
    Claimed {
        /// The job's key.
        key: String,
        /// The attempt's number.
        attempt: u32,
        /// Whether it is the last one of the series.
        is_last: bool,
        /// The attempt's fencing token.
        fence: u64,
        /// `HOST/PID` of this process.
        holder: String,
    },
    /// Somebody else's attempt, or the pause after it, is waited for.
    ///
    /// Not every attempt is told of: where many processes wait, most of them hear nothing of what begins and fails again
    /// before the lease ends that they know.
    #[non_exhaustive]
    Busy {
        /// The job's key.
        key: String,
        /// The number of the attempt that is waited for.
        attempt: u32,
        /// `HOST/PID` of the process whose attempt it is.
        holder: String,
        /// When the store is asked again at the latest.
        retry_in: Duration,
        /// Whether the attempt failed and its pause is waited for.
        is_pause: bool,
    },
    /// The holder before has given no sign of life for a lease; the attempt that is claimed next takes its place.
    #[non_exhaustive]
    TakenOver {
        /// The job's key.
        key: String,
        /// The number of the attempt that is given up.
        attempt: u32,
        /// `HOST/PID` of the process that is taken for dead.
        holder: String,
    },
    /// The lease of this process's attempt was renewed.
    #[non_exhaustive]
    Renewed {
        /// The job's key.
        key: String,
        /// The attempt's number.
        attempt: u32,
        /// The attempt's fencing token.
        fence: u64,
        /// `HOST/PID` of this process.
        holder: String,
    },
    /// This process's attempt does not count any more; its body is dropped.
    #[non_exhaustive]
    LeaseLost {
        /// The job's key.
        key: String,
        /// The attempt's number.
        attempt: u32,
        /// The attempt's fencing token.
        fence: u64,
        /// `HOST/PID` of this process.
        holder: String,
    },
    /// This process's attempt failed.
    #[non_exhaustive]
    AttemptFailed {
        /// The job's key.
        key: String,
        /// The attempt's number.
        attempt: u32,
        /// The attempt's fencing token.
        fence: u64,
        /// `HOST/PID` of this process.
        holder: String,
        /// The error that the body returned.
        error: String,
    },
    /// This process gave its attempt back, uncounted, because nobody waits for it here any more.
    #[non_exhaustive]
    HandedBack {
        /// The job's key.
        key: String,
        /// The attempt's number, which the next attempt has again.
        attempt: u32,
        /// The attempt's fencing token.
        fence: u64,
        /// `HOST/PID` of this process.
        holder: String,
    },
    /// The job is done.
    #[non_exhaustive]
    Completed {
        /// The job's key.
        key: String,
        /// The number of the attempt that did it.
        attempt: u32,
        /// `HOST/PID` of the process that did it.
        holder: String,
        /// Whether this process did it just now.
        ran_here: bool,
    },
    /// All attempts are spent.
    #[non_exhaustive]
    Exhausted {
        /// The job's key.
        key: String,
        /// How many attempts were begun.
        attempts: u32,
        /// Why the last one failed.
        error: String,
    },
    /// A call that [`schedule`](crate::schedule) made for a slot returned an error; the next slot is called all the same.
    #[non_exhaustive]
    SlotFailed {
        /// The job's key, with its slot.
        key: String,
        /// What the call returned.
        error: String,
    },
    /// The store does not answer; it is asked again.
    #[non_exhaustive]
    StoreTrouble {
        /// What is wrong with it.
        error: String,
    },
    /// The store answers again.
    StoreRecovered,
}

/// Who is told of events.
#[derive(Clone, Default)]
pub(crate) struct Listener(Option<Arc<Listen>>);

type Listen = dyn Fn(&Event) + Send + Sync;

impl Listener {
    pub(crate) fn new(listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    /// Tells `tracing`, and the listener. What nobody listens to is not even made.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if self.0.is_none() && LevelFilter::current() == LevelFilter::OFF {
            return;
        }
        let event = event();
        event.trace();
        if let Some(listener) = &self.0 {
            // A listener that panics must not take the engine with it; the panic hook has told of it already.
            let _ = catch_unwind(AssertUnwindSafe(|| listener(&event)));
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Listener(..)" } else { "Listener(none)" })
    }
}

impl Event {
    /// Outcomes are INFO, steps are DEBUG, trouble is WARN. Text that others wrote is shown escaped.
    fn trace(&self) {
        match self {
            Self::Claimed { key, attempt, is_last, fence, holder } => {
                debug!(target: "lockwork", ?key, attempt, is_last, fence, holder, "claimed");
            }
            Self::Busy { key, attempt, holder, retry_in, is_pause } => {
                debug!(target: "lockwork", ?key, attempt, holder, ?retry_in, is_pause, "busy");
            }
            Self::TakenOver { key, attempt, holder } => {
                warn!(target: "lockwork", ?key, attempt, holder, "taken over from a silent holder");
            }
            Self::Renewed { key, attempt, fence, holder } => {
                debug!(target: "lockwork", ?key, attempt, fence, holder, "renewed");
            }
            Self::LeaseLost { key, attempt, fence, holder } => {
                warn!(target: "lockwork", ?key, attempt, fence, holder, "lease lost");
            }
            Self::AttemptFailed { key, attempt, fence, holder, error } => {
                warn!(target: "lockwork", ?key, attempt, fence, holder, ?error, "attempt failed");
            }
            Self::HandedBack { key, attempt, fence, holder } => {
                debug!(target: "lockwork", ?key, attempt, fence, holder, "handed back");
            }
            Self::Completed { key, attempt, holder, ran_here } => {
                info!(target: "lockwork", ?key, attempt, holder, ran_here, "completed");
            }
            Self::Exhausted { key, attempts, error } => {
                info!(target: "lockwork", ?key, attempts, ?error, "exhausted");
            }
            Self::SlotFailed { key, error } => warn!(target: "lockwork", ?key, ?error, "slot failed"),
            Self::StoreTrouble { error } => warn!(target: "lockwork", ?error, "store trouble"),
            Self::StoreRecovered => info!(target: "lockwork", "store recovered"),
        }
    }
}
