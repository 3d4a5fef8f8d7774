//! What people test their jobs with: fleets on a test's own runtime, over a memory store whose clock is set. Knows no
//! driver.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::clock;
use crate::engine::Options;
use crate::health::{Health, Reading};
use crate::random::Jitter;
use crate::store::memory::MemoryStore;

mod faults;
mod process;
mod store;

pub use faults::{Fault, Faults, Request};
pub use process::Process;
pub(crate) use process::engine_here;
#[cfg(test)]
pub(crate) use store::FaultStore;

/// How often a process of a fleet asks for the store's clock: rarely, so that a test of a year is soon over. The clock goes on
/// with the runtime's, and when it is set the processes are told.
const PING_EVERY: Duration = Duration::from_secs(60 * 60);

/// Processes that share a store in the memory of a test.
///
/// The store is empty at first, and nobody else has it. Its clock begins at 2027-01-15 08:00 UTC and goes on with that of
/// the tokio runtime in which the fleet was made. With `#[tokio::test(start_paused = true)]` that is a clock which jumps to
/// the next timer when all tasks wait, so a test of hours takes milliseconds.
#[derive(Debug)]
pub struct Fleet {
    memory: Arc<MemoryStore>,
    links: Mutex<Vec<Arc<Link>>>,
    /// How many processes were asked for.
    asked_for: AtomicU64,
}

/// One process's connection to the store.
#[derive(Debug)]
struct Link {
    memory: Arc<MemoryStore>,
    faults: Arc<Faults>,
    health: Arc<Health>,
}

impl Link {
    /// Lets the process know what the store's clock says, if it has a way to it.
    fn hear_clock(&self) {
        if self.faults.is_through() {
            self.health.heard(Reading { store: self.memory.clock_now(), heard: clock::now() });
        }
    }
}

impl Fleet {
    /// A fleet without processes.
    #[must_use]
    pub fn new() -> Self {
        Self { memory: MemoryStore::new(), links: Mutex::default(), asked_for: AtomicU64::new(0) }
    }

    /// Starts another process, on the runtime in which this is called.
    ///
    /// Its worker has the defaults of [`Worker::builder`](crate::Worker::builder), and they cannot be changed: its patience
    /// is 10 s. In records and events it is `test/1` as a holder, the next one is `test/2`.
    ///
    /// # Panics
    ///
    /// When this is not polled in a tokio runtime that has timers.
    ///
    /// # Cancellation safety
    ///
    /// Dropping the future starts nothing. Nobody else gets its number.
    pub async fn process(&self) -> Process {
        let number = self.asked_for.fetch_add(1, Ordering::Relaxed) + 1;
        let label = format!("test/{number}");
        let jitter = Jitter::from_seed(number);
        let options = Options { label, jitter, ping_every: PING_EVERY, ..Options::default() };
        let process = Process::start(&self.memory, options).await;
        self.links().push(Arc::clone(&process.link));
        process
    }

    /// What the store's clock says.
    #[must_use]
    pub fn clock(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.memory.clock_now()
    }

    /// Sets the store's clock, from where it goes on as before. The processes' own clocks stay as they are.
    ///
    /// The store measures all time that a record is about: leases, pauses, cooldowns and `retain`, and its clock says when
    /// slots begin. Set forward, it lets them run out at once: somebody takes over while the holder before, who gave his
    /// last sign of life in time, still runs his body and does not know. Set back, it lets them last longer. Everybody who
    /// waits, for a slot too, looks again at once.
    ///
    /// Revisions and fences come from this clock, and the largest is 2^53 µs, in June 2255. With a clock that is set beyond
    /// it nothing can be claimed: calls have an error of kind [`Store`](crate::ErrorKind::Store).
    ///
    /// # Panics
    ///
    /// When `to` is before 1970.
    pub fn set_clock(&self, to: SystemTime) {
        let store = to.duration_since(SystemTime::UNIX_EPOCH).expect("a store's clock begins with 1970");
        self.memory.set_clock(store);
        for link in self.links().iter() {
            link.hear_clock();
        }
    }

    /// Sets the store's clock forward, as [`Fleet::set_clock`] does. To let time pass for the processes too, sleep.
    ///
    /// # Panics
    ///
    /// When the clock would come to a time that a [`SystemTime`] cannot say.
    pub fn advance_clock(&self, by: Duration) {
        self.set_clock(self.clock().checked_add(by).expect("the clock comes to a time that can be said"));
    }

    fn links(&self) -> MutexGuard<'_, Vec<Arc<Link>>> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Fleet {
    fn default() -> Self {
        Self::new()
    }
}

/// What a body of a test returns for an error.
#[cfg(test)]
pub(crate) type TestResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The lockwork error in `error`.
#[cfg(test)]
pub(crate) fn lockwork_error<'a>(error: &'a (dyn std::error::Error + Send + Sync + 'static)) -> &'a crate::Error {
    error.downcast_ref().expect("it is lockwork's own")
}

#[cfg(test)]
mod tests;
