//! An attribute for exactly-once jobs: of a whole fleet one process runs the function, and all get its answer.
//!
//! ```
//! use lockwork::{Error, Worker, global_once, install};
//!
//! #[global_once(key = "answer", timeout_ms = 5000, max_attempts = 5)]
//! async fn answer(question: &str) -> Result<usize, Error> {
//!     Ok(question.len())
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     install(Worker::connect("memory:").await?)?; // in a fleet: "redis://HOST/"
//!     assert_eq!(answer("What is it?").await?, 11);
//!     assert_eq!(answer("And now?").await?, 11); // it is done: the body does not run again
//!     Ok(())
//! }
//! ```
//!
//! Every process of a fleet calls `answer`. One of them runs the body, under a lease in a store that all share. `Ok` is
//! recorded as the job's completion; `Err` as a failed attempt, on which somebody else may follow. Everybody else
//! waits, wakes at once, and returns the same value. [`global_once`] is the reference of the attribute: its arguments,
//! the functions that it takes, and what it makes of them.
//!
//! # What happens
//!
//! The store keeps one record for each key. A call looks at it and does what it says:
//!
//! | the record says | what a call does |
//! |---|---|
//! | nothing: never begun, or forgotten | claims attempt 1 and runs the body |
//! | running, with a sign of life within the lease | waits |
//! | running, but silent for the whole lease | takes over with the next attempt; if none is left, gives up |
//! | waiting: an attempt failed or was handed back | waits for the pause to end, then claims the next attempt |
//! | exhausted: all attempts are spent | returns [`ErrorKind::Exhausted`] until the cooldown is over, then begins anew |
//! | done | returns the value |
//!
//! - While a body runs, a thread of lockwork's own renews its lease every third of it. So the lease is not a bound on
//!   the body; it is how long the others wait after a crash. `max_run` is the bound.
//! - When the lease cannot be renewed the body is dropped, before anybody else can begin.
//! - A process whose attempt failed stays in, and may take a later attempt. If the last attempt was its own it returns
//!   its own error, and the others [`ErrorKind::Exhausted`] with the text of that error.
//! - A call that is dropped, as by a time-out around it, hands its attempt back, uncounted. A panic in the body is a
//!   failed attempt, and goes on in its own process.
//! - The process that ran the body also returns the value as decoded from the record, so nobody's differs.
//!
//! # Choosing a store
//!
//! | store | URL | Cargo feature | for | an acknowledged write survives |
//! |---|---|---|---|---|
//! | Redis 7 or later, Valkey | `redis://HOST/`, `rediss://HOST/`, `redis+unix:///SOCKET` | `redis` (default), `tls` | fleets | what the server's own persistence survives |
//! | SQLite | `sqlite:PATH` | `sqlite` | the processes of one host | a crash and a loss of power |
//! | memory | `memory:`, `memory:NAME` | | tests, one process | nothing |
//!
//! The URL is given to [`Worker::connect`]; a process that installs no worker uses that of the environment variable
//! `LOCKWORK_URL`. There is no silent default, as it would run the job once on each machine.
//!
//! # Without the attribute
//!
//! [`Worker::run`] is what the attribute calls, for keys and policies that are only known when the program runs:
//!
//! ```
//! # use std::time::Duration;
//! use lockwork::{Attempt, Error, Job, Worker};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Error> {
//! let worker = Worker::connect("memory:").await?;
//! let job = Job::new("answer").timeout(Duration::from_secs(5)).max_attempts(5);
//! let outcome = worker.run(&job, |attempt: Attempt| async move { Ok::<_, Error>(attempt.number()) }).await?;
//! assert_eq!((outcome.value, outcome.ran_here), (1, true));
//! # Ok(())
//! # }
//! ```
//!
//! # Scheduled tasks
//!
//! With `per` or `cron` a function is a job anew in each [slot](global_once#slots), and [`schedule`] calls it once in each. All
//! processes of a fleet have this `main`:
//!
//! ```no_run
//! use lockwork::{Worker, global_once, install, schedule};
//!
//! #[global_once(key = "sweep", per = "10m", max_attempts = 3)]
//! async fn sweep() -> anyhow::Result<u64> {
//!     Ok(7) // files less
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> anyhow::Result<()> {
//!     install(Worker::connect("redis://HOST/").await?)?;
//!     schedule(sweep).await?;
//!     Ok(())
//! }
//! ```
//!
//! The slot is a part of the key, as in `sweep@2026-11-23T02:10:00Z`, by the store's clock. [`Records`] tell who did the last
//! ones, [`Event::SlotFailed`] which went wrong.
//!
//! # What is promised, and what is not
//!
//! Per key, at most one completion is ever accepted, and every caller that gets `Ok` gets that completion's value. In
//! one series the body is begun at most `max_attempts` times, attempts that were handed back not counted. This needs of
//! the store an atomic compare-and-swap, and that no acknowledged write is lost. It needs no synchronised clocks:
//! clocks only decide when a silent holder is taken for dead, and of them only the store's.
//!
//! *Completed* exactly once is not *executed* exactly once. A process can die between what the body did and the record
//! of it, and the next attempt does it again. A body closes that gap in one of these ways:
//!
//! - its effect is idempotent; or it is told [`Attempt::idempotency_key`], the same for all attempts of a series;
//! - its effect is fenced: the resource refuses an [`Attempt::fence`] that is lower than one it has seen. That also
//!   stops a body that was taken for dead while it only slept: one that holds on to its thread past its lease, or one on
//!   a machine that was suspended, whose clock stood still meanwhile.
//!
//! The error of a last attempt is returned before it is recorded. The thread that returned it waits for the record when it
//! ends, a second at most, so the others learn of it at once also when `main` ends right after. A process that ends without
//! its threads ending, as by `process::exit` on another thread, leaves the others to find out when the lease is over.
//!
//! A store that loses acknowledged writes (Redis without persistence that restarts, a failover to a replica that was
//! behind) forgets with them what was done; then the job may run again.
//!
//! # Tests of one's own
//!
//! With the Cargo feature `testing`, the module `testing` tests what *your* job does when it is retried, cancelled, cut off,
//! killed or fenced out: whole fleets on the runtime of a test, whose hours take milliseconds, and a store whose clock and
//! whose faults the test chooses. It has an example of each.
//!
//! Without it: `Worker::connect("memory:")` is a new, empty store each time, so a test that gives its own worker to the
//! attribute (`worker = &worker`) shares nothing with the others. `memory:NAME` is shared by the workers of one process.
//!
//! # Cargo features
//!
//! None changes behaviour.
//!
//! - `redis` (default): Redis and Valkey.
//! - `tls`: `rediss://`.
//! - `sqlite`: SQLite, bundled.
//! - `cron`: slots by cron expressions, and the time zones.
//! - `testing`: the module `testing`, for your tests.
//!
//! The minimum supported Rust version is 1.88.

pub use lockwork_macros::global_once;
pub use lockwork_runtime::{
    Attempt, Error, ErrorKind, Event, FromError, Holder, Job, Outcome, Policy, Record, Records, RetryArg, Series,
    Shared, State, Value, Worker, WorkerBuilder, attempt, install, schedule, schedule_from_latest, slot_of,
};

#[doc(hidden)]
pub use lockwork_runtime::__private;

#[cfg(feature = "testing")]
pub mod testing;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
