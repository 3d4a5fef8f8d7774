//! Tests of your own jobs: what they do when they are retried, cancelled, cut off, killed or fenced out.
//!
//! ```toml
//! [dev-dependencies]
//! lockwork = { version = "0.1", features = ["testing"] }
//! tokio = { version = "1", features = ["macros", "rt", "test-util"] }
//! ```
//!
//! A [`Fleet`] is a store in the test's memory, and a [`Process`] stands for one of the processes that share it. What is
//! called in [`Process::call`] uses this process's worker, so the job needs no change and nothing is installed:
//!
//! ```
//! use std::time::Duration;
//!
//! use lockwork::testing::Fleet;
//! use lockwork::{Error, global_once};
//!
//! #[global_once(key = "nightly-report", timeout = "10s")]
//! async fn report() -> Result<String, Error> {
//!     tokio::time::sleep(Duration::from_secs(3600)).await; // hard work
//!     Ok("all is well".to_owned())
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Error> {
//! let fleet = Fleet::new();
//! let [first, second] = [fleet.process().await, fleet.process().await];
//! let (one, other) = tokio::join!(first.call(report()), second.call(report()));
//! assert_eq!(one?, other?);
//! # Ok(())
//! # }
//! ```
//!
//! This and all that follows is the body of a function with `#[tokio::test(start_paused = true)]`. On paused time the clock
//! jumps to the next timer whenever all tasks wait, so the hour above takes no time, and the order of what happens is the
//! same in each run. Two things do not go with it: a body that talks to a real database or network, because the clock also
//! jumps while that is waited for, and [`std::time::Instant`], which does not jump. Test such a body with `#[tokio::test]`,
//! in real time.
//!
//! # The job is retried
//!
//! All attempts of a series have the same idempotency key, so a bank that knows it pays once:
//!
//! ```
//! # use std::sync::Mutex;
//! # use lockwork::testing::Fleet;
//! # use lockwork::{Attempt, global_once};
//! #[global_once(key = "pay", max_attempts = 3)]
//! async fn pay(bank: &Mutex<Vec<String>>, #[attempt] attempt: &Attempt) -> anyhow::Result<u32> {
//!     bank.lock().unwrap().push(attempt.idempotency_key());
//!     anyhow::ensure!(attempt.number() == 2, "the bank did not answer");
//!     Ok(attempt.number())
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> anyhow::Result<()> {
//! let process = Fleet::new().process().await;
//! let bank = Mutex::default();
//! assert_eq!(process.call(pay(&bank)).await?, 2);
//! let asked = bank.into_inner()?;
//! assert_eq!(asked, [asked[0].clone(), asked[0].clone()]);
//! # Ok(())
//! # }
//! ```
//!
//! # The call is cancelled
//!
//! A call that is dropped drops its body and hands the attempt back. What the body had done until then, the next one finds:
//!
//! ```
//! # use std::sync::Mutex;
//! # use std::time::Duration;
//! # use lockwork::testing::Fleet;
//! # use lockwork::{Event, global_once};
//! # use tokio::time::{sleep, timeout};
//! #[global_once(key = "import")]
//! async fn import(table: &Mutex<Vec<u32>>) -> anyhow::Result<usize> {
//!     table.lock().unwrap().clear(); // what an attempt before this one left
//!     for row in 0..10 {
//!         sleep(Duration::from_secs(1)).await;
//!         table.lock().unwrap().push(row);
//!     }
//!     Ok(table.lock().unwrap().len())
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> anyhow::Result<()> {
//! let process = Fleet::new().process().await;
//! let table = Mutex::default();
//! assert!(timeout(Duration::from_millis(4500), process.call(import(&table))).await.is_err());
//! assert_eq!(table.lock().unwrap().len(), 4);
//! assert_eq!(process.call(import(&table)).await?, 10);
//! let events = process.take_events();
//! assert!(events.iter().any(|event| matches!(event, Event::HandedBack { attempt: 1, .. })));
//! # Ok(())
//! # }
//! ```
//!
//! # The holder is cut off
//!
//! Its body is dropped before the lease is over, and somebody else takes over. Only what it had sent off before may still
//! arrive; the fence is for that. The call goes on, and has an error when the store stays away for the patience of 10 s.
//!
//! ```
//! # use std::sync::Mutex;
//! # use std::time::Duration;
//! # use lockwork::testing::Fleet;
//! # use lockwork::{Attempt, global_once};
//! # use tokio::time::sleep;
//! /// A resource that refuses a fence which is lower than one that it has seen.
//! #[derive(Default)]
//! struct Ledger(Mutex<(u64, Vec<u32>)>);
//!
//! impl Ledger {
//!     fn write(&self, fence: u64, entry: u32) -> anyhow::Result<()> {
//!         let (highest, entries) = &mut *self.0.lock().unwrap();
//!         anyhow::ensure!(*highest <= fence, "this is not the latest attempt");
//!         *highest = fence;
//!         entries.push(entry);
//!         Ok(())
//!     }
//! }
//!
//! #[global_once(key = "book")]
//! async fn book(ledger: &Ledger, sent: &Mutex<Vec<u64>>, #[attempt] attempt: &Attempt) -> anyhow::Result<u32> {
//!     sent.lock().unwrap().push(attempt.fence());
//!     sleep(Duration::from_secs(6)).await; // the way to the ledger is long
//!     ledger.write(attempt.fence(), attempt.number())?;
//!     Ok(attempt.number())
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> anyhow::Result<()> {
//! let fleet = Fleet::new();
//! let [lonely, other] = [fleet.process().await, fleet.process().await];
//! let (ledger, sent) = (Ledger::default(), Mutex::default());
//! let take_over = async {
//!     sleep(Duration::from_secs(1)).await;
//!     lonely.cut_off();
//!     let taken_over = other.call(book(&ledger, &sent)).await;
//!     lonely.reconnect();
//!     taken_over
//! };
//! let (learnt, taken_over) = tokio::join!(lonely.call(book(&ledger, &sent)), take_over);
//! assert_eq!((taken_over?, learnt?), (2, 2)); // who was cut off learns the value of the other
//! assert!(ledger.write(sent.into_inner()?[0], 1).is_err()); // what it had sent before comes too late
//! # Ok(())
//! # }
//! ```
//!
//! # Two bodies run at once
//!
//! That takes a body which does not let go of its thread, a machine that was suspended, or a store whose clock jumps. A test
//! has [`Fleet::advance_clock`], after which the body of the holder before runs on until its next sign of life, a third of
//! a lease later at most, and does not know:
//!
//! ```
//! # use std::sync::Mutex;
//! # use std::time::Duration;
//! # use lockwork::testing::Fleet;
//! # use lockwork::{Attempt, global_once};
//! # use tokio::time::sleep;
//! #[global_once(key = "write", timeout = "10s")]
//! async fn write(file: &Mutex<(u64, String)>, #[attempt] attempt: &Attempt) -> anyhow::Result<u32> {
//!     sleep(Duration::from_secs(3 - u64::from(attempt.number()))).await; // the first is slower than the second
//!     let (highest, text) = &mut *file.lock().unwrap();
//!     anyhow::ensure!(*highest <= attempt.fence(), "this is not the latest attempt");
//!     (*highest, *text) = (attempt.fence(), format!("attempt {}", attempt.number()));
//!     Ok(attempt.number())
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> anyhow::Result<()> {
//! let fleet = Fleet::new();
//! let [before, after] = [fleet.process().await, fleet.process().await];
//! let file = Mutex::default();
//! let jump = async {
//!     sleep(Duration::from_millis(500)).await;
//!     fleet.advance_clock(Duration::from_secs(10));
//! };
//! let (first, second, ()) = tokio::join!(before.call(write(&file)), after.call(write(&file)), jump);
//! assert_eq!((first?, second?), (2, 2));
//! assert_eq!(file.into_inner()?.1, "attempt 2"); // without the fence attempt 1 would have written last
//! # Ok(())
//! # }
//! ```
//!
//! # The process dies
//!
//! The call of a [killed](Process::kill) process never returns, so it is spawned, or raced against what ends the test:
//!
//! ```
//! # use std::sync::Mutex;
//! # use std::time::Duration;
//! # use lockwork::testing::Fleet;
//! # use lockwork::{Attempt, global_once};
//! # use tokio::time::sleep;
//! #[global_once(key = "migrate", timeout = "10s")]
//! async fn migrate(tables: &Mutex<Vec<&'static str>>, #[attempt] attempt: &Attempt) -> anyhow::Result<u32> {
//!     for table in ["books", "members", "loans"] {
//!         if !tables.lock().unwrap().contains(&table) {
//!             sleep(Duration::from_secs(60)).await;
//!             tables.lock().unwrap().push(table);
//!         }
//!     }
//!     Ok(attempt.number())
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> anyhow::Result<()> {
//! let fleet = Fleet::new();
//! let [doomed, heir] = [fleet.process().await, fleet.process().await];
//! let tables = Mutex::default();
//! let take_over = async {
//!     sleep(Duration::from_secs(90)).await;
//!     doomed.kill();
//!     heir.call(migrate(&tables)).await
//! };
//! let attempt = tokio::select! {
//!     _ = doomed.call(migrate(&tables)) => unreachable!("it is dead"),
//!     taken_over = take_over => taken_over?,
//! };
//! assert_eq!(attempt, 2);
//! assert_eq!(tables.into_inner()?, ["books", "members", "loans"]);
//! # Ok(())
//! # }
//! ```
//!
//! # All attempts are spent
//!
//! Who made the last attempt gets its own error, and everybody else one of kind [`Exhausted`](crate::ErrorKind::Exhausted),
//! until the cooldown is over:
//!
//! ```
//! # use std::sync::atomic::{AtomicBool, Ordering};
//! # use std::time::Duration;
//! # use lockwork::testing::Fleet;
//! # use lockwork::{Error, ErrorKind, global_once};
//! #[global_once(key = "fetch", max_attempts = 3, cooldown = "1h")]
//! async fn fetch(is_up: &AtomicBool) -> anyhow::Result<String> {
//!     anyhow::ensure!(is_up.load(Ordering::Relaxed), "no route to host");
//!     Ok("news".to_owned())
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> anyhow::Result<()> {
//! let fleet = Fleet::new();
//! let [one, other] = [fleet.process().await, fleet.process().await];
//! let is_up = AtomicBool::new(false);
//! let own = one.call(fetch(&is_up)).await.unwrap_err();
//! assert_eq!(own.to_string(), "no route to host");
//!
//! is_up.store(true, Ordering::Relaxed);
//! let told = other.call(fetch(&is_up)).await.unwrap_err().downcast::<Error>()?;
//! assert_eq!((told.kind(), told.attempts()), (ErrorKind::Exhausted, 3));
//!
//! tokio::time::sleep(Duration::from_secs(3600)).await;
//! assert_eq!(other.call(fetch(&is_up)).await?, "news");
//! # Ok(())
//! # }
//! ```
//!
//! # The job has a schedule
//!
//! A schedule waits on the store's clock, so a year of it takes a moment. [`Fleet::set_clock`] goes to the slots in question:
//!
//! ```
//! # use std::sync::Mutex;
//! # use std::time::{Duration, SystemTime, UNIX_EPOCH};
//! # use lockwork::testing::Fleet;
//! # use lockwork::{Attempt, global_once};
//! # use tokio::time::timeout;
//! #[global_once(key = "report", cron = "30 2 * * *", tz = "Europe/Berlin")]
//! async fn report(written: &Mutex<Vec<SystemTime>>, #[attempt] attempt: &Attempt) -> anyhow::Result<()> {
//!     written.lock().unwrap().extend(attempt.slot());
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> anyhow::Result<()> {
//! let fleet = Fleet::new();
//! let process = fleet.process().await;
//! let written = Mutex::default();
//! let schedule = process.call(lockwork::schedule(|| report(&written)));
//! let year = Duration::from_secs(365 * 24 * 60 * 60);
//! assert!(timeout(year, schedule).await.is_err()); // it goes on for ever
//! assert_eq!(written.lock().unwrap().len(), 365); // although there is no 2:30 on one of these days
//!
//! let gap = UNIX_EPOCH + Duration::from_secs(1_837_645_200); // 2028-03-26, when 2:00 becomes 3:00
//! fleet.set_clock(gap - Duration::from_secs(1));
//! let schedule = process.call(lockwork::schedule(|| report(&written)));
//! assert!(timeout(Duration::from_secs(2), schedule).await.is_err());
//! assert_eq!(written.lock().unwrap().last(), Some(&gap)); // the first instant after it
//! # Ok(())
//! # }
//! ```
//!
//! # The store fails
//!
//! [`Process::faults`] are about single requests. A completion is a [`Request::Swap`]; when it cannot be recorded for the
//! worker's patience of 10 s, its caller is told so:
//!
//! ```
//! # use lockwork::testing::{Fault, Fleet, Request};
//! # use lockwork::{Error, ErrorKind, Job};
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() {
//! let process = Fleet::new().process().await;
//! let job = Job::new("job");
//! let outcome = process.worker().run(&job, async |_| {
//!     process.faults().each(Request::Swap, Fault::LoseRequest);
//!     Ok::<_, Error>(7)
//! });
//! assert_eq!(outcome.await.unwrap_err().kind(), ErrorKind::Unrecorded);
//! # }
//! ```
//!
//! With [`Faults::by_chance`] a test can try many ways to fail, each from its seed; then it asserts what must hold in all of
//! them.

pub use lockwork_runtime::testing::{Fault, Faults, Fleet, Process, Request};
