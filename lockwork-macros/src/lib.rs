//! The attribute of lockwork. Use it through the crate `lockwork`; its output calls that crate's hidden module.

mod args;
mod boxed;
mod call;
mod captures;
mod errors;
mod expand;
mod function;
mod job;
mod key;
mod misuse;
mod params;
mod pipeline;
mod policy;
mod receiver;
mod returns;
mod schedule;
mod shape;
mod value;
#[cfg(feature = "cron")]
mod zone;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Runs an `async fn` once for a whole fleet: one process does it, and every caller gets its value.
///
/// ```
/// # use lockwork::{Worker, global_once};
/// #[global_once(key = "migrate", worker = worker)]
/// async fn migrate(worker: &Worker) -> anyhow::Result<u32> {
///     // Of all processes that call it, one is in here.
///     Ok(3)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let worker = Worker::connect("memory:").await?;
/// assert_eq!(migrate(&worker).await?, 3);
/// # Ok(())
/// # }
/// ```
///
/// A call returns when the job's fate is settled: `Ok` with the value that the fleet agreed on, or `Err` when all attempts
/// are spent or the store cannot be asked. The body may begin more than once, as processes die and bodies fail, but at
/// most one completion is ever accepted.
///
/// # Arguments
///
/// | argument | value | default |
/// |---|---|---|
/// | `key` | a string, in which `{name}` is a parameter as in `format!`; or any expression that is `AsRef<str>`. 1 to 512 bytes, no control characters; with slots at most 491, or 487 where the period is not in whole seconds | required |
/// | `per_ms`, `per` | a [slot](#slots) for each period: the job is done once in each. At most 365 days | none: one job for all time |
/// | `cron` | a [slot](#slots) for each time that a cron expression names, as a literal string. Needs the Cargo feature `cron` | none |
/// | `tz` | the time zone of `cron`, by its name in the IANA database, as a literal string | `"UTC"` |
/// | `timeout_ms`, `timeout` | the lease: how long a silent process counts as alive, so how long the others wait after a crash. It does not bound the body. At least 100 ms | 5 s |
/// | `max_attempts` | `u32`: how often the body may begin before the job is given up. At least 1 | 5 |
/// | `backoff_ms`, `backoff` | the pause after the first failed attempt, doubled after each, at most a minute (or itself, where that is longer). 0 is none | 100 ms |
/// | `retain_ms`, `retain` | how long the record, and so the value, is kept; then the job may run again. At least the timeout and the period, or `"forever"` | for ever for a plain string; with slots 7 days, or until the second next slot, where that is longer; otherwise **required**, as each value of the key leaves a record |
/// | `cooldown_ms`, `cooldown` | after all attempts are spent, the time until a new series may begin. 0 is none | twice the timeout |
/// | `wait_ms`, `wait` | how long to wait for somebody else's attempt. 0 is not at all: the error is `Busy` | as long as it takes |
/// | `max_run_ms`, `max_run` | the bound on one attempt; a body that runs longer is dropped, and its attempt has failed | none |
/// | `worker` | an expression for a `&Worker`, evaluated once per call | the installed worker |
/// | `crate` | the path of the crate `lockwork`, for one that is renamed or re-exported | `::lockwork` |
///
/// Every duration has two spellings, of which a function uses one. With `_ms` it is a `u64` of milliseconds. Without, it is
/// a string such as `"5s"`, `"1h 30min"` or `"7d"`, or a `Duration`. The values are literals or constant expressions, and
/// all of them are checked when the crate is compiled, in generic functions too; those that name `Self` or a generic
/// parameter are checked when the function is used.
///
/// In a `key`, `{{` and `}}` are braces. `{self}`, formats (`{day:?}`, `{price:>width$}`) and constant parameters work; for
/// anything else there is `key = format!(..)`. The key is made once per call, before the first attempt.
///
/// # Slots
///
/// With `per` or `cron` the job is done once in each slot. A slot begins at a time of the schedule and ends where the next
/// one begins; a call belongs to the latest that has begun by the *store's* clock, so processes whose own clocks are wrong
/// agree on it. The slot is a part of the record's key: `report` becomes `report@2026-11-23T02:00:00Z`. Calls in one slot
/// are one job, and get one value; a call in the next slot is the next job. Nothing is called by itself: `lockwork::schedule`
/// calls the function in each slot, and so may any scheduler.
///
/// `per = "10m"` counts its periods from 1970 in UTC, whatever the time zone, so a slot of ten minutes begins at a whole ten
/// minutes and one of a day at midnight UTC. It is a whole number of milliseconds.
///
/// `cron` has five fields, in this order:
///
/// | field | numbers | names | also |
/// |---|---|---|---|
/// | minute | 0 to 59 | | |
/// | hour | 0 to 23 | | |
/// | day of the month | 1 to 31 | | `L` the last day, `LW` the last from monday to friday, `15W` of those days the one nearest to the 15th in the month |
/// | month | 1 to 12 | `jan` to `dec` | |
/// | day of the week | 0 to 7; 0 and 7 are sunday | `sun` to `sat` | `fri#2` the month's second friday, `friL` its last |
///
/// Each is `*`, or a list of numbers and ranges: `0,30`, `mon-fri`, `8-18/2` for every second hour from 8 to 18, `*/15`.
/// Letters may be large or small, and `?` is `*` for a day. Where both the day of the month and that of the week are named
/// one of them is enough: `0 3 1 * mon` is each first and each monday. With a `+`, as in `0 3 1-7 * +mon`, it takes both.
///
/// `tz` makes them local times. When the clock is put forward there are times that do not exist, and when it is put back
/// some that exist twice:
///
/// - An expression that names its minutes and hours names times of the day. One that does not exist is taken for the first
///   instant after the gap, and one that exists twice for the first of the two. So `30 2 * * *` is done once on every day.
/// - An expression with a `*` in its minutes or hours says how often, and goes with the clock on the wall. What falls into
///   the gap is left out, and the repeated hour has its slots again. So `*/15 * * * *` is done every fifteen minutes; with
///   one slot for each local time it would pause for an hour when the clock is put back.
///
/// Vixie's cron, and Debian's after it, has the same rule. Where it does not suit, a list or a range in place of the `*`
/// names times: `0-59/15 2 * * *` is done at least once on every day, and `*/15 2 * * *` not at all on the one without a
/// 2 o'clock.
///
/// The expression and the zone are checked when the crate is compiled. Dates that never come (`0 0 31 2 *`), steps that
/// never come to a second time (`*/90`) and ranges that run backwards are mistakes. What is only known when the program
/// runs goes to `Job::cron`, which takes the same.
///
/// A slot's record is kept at least until the slot is over, whatever `retain` says, as the slot would run again otherwise.
/// `Worker::records` lists them, when it is asked for `report@`. No other job's key should begin like this, as that of a job
/// `report@eu` does: its records would be listed too.
///
/// # What it goes on
///
/// Any `async fn` that returns a `Result`: free or associated, generic, `unsafe`, with any receiver, with patterns, `mut`,
/// `impl Trait` and `#[cfg]`d parameters, in traits and their implementations, under `#[async_trait]`. The signature stays
/// as it is, and the future is `Send` whenever the plain function's is.
///
/// - The value, `T` of `Result<T, E>`, is read back from the store: `T: Serialize + DeserializeOwned`, so it owns what it
///   has. `()` is free.
/// - The error holds a `lockwork::Error` too, and is told in words: `E: From<lockwork::Error> + Display`.
/// - Each attempt gets its own arguments: a clone of what is taken by value, the same of what is behind `&`, and what is
///   behind `&mut` as the last attempt left it. `self` is treated the same way.
/// - A parameter `#[attempt] attempt: &Attempt` is given to the body and is not in the signature. Under `#[async_trait]`
///   there is `lockwork::attempt()` instead.
///
/// Other attributes: `#[tokio::main]` and `#[tokio::test]` go below. `#[instrument]` below makes one span for the call, above
/// one for each attempt.
///
/// # Examples
///
/// A migration at startup. Whoever comes first does it, the others wait; whoever starts next week gets the number at once.
///
/// ```
/// use lockwork::{Worker, global_once};
///
/// #[global_once(key = "migrate:v2", timeout = "10s", max_attempts = 3, retain = "forever", worker = worker)]
/// async fn migrate(worker: &Worker, files: &[&str]) -> anyhow::Result<usize> {
///     let mut applied = 0;
///     for file in files {
///         anyhow::ensure!(file.ends_with(".sql"), "{file} is no migration");
///         applied += 1;
///     }
///     Ok(applied)
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let worker = Worker::connect("memory:").await?;
/// assert_eq!(migrate(&worker, &["1_users.sql", "2_jobs.sql"]).await?, 2);
/// # Ok(())
/// # }
/// ```
///
/// A scheduled task. All processes of a fleet have this `main`, and in each slot one of them writes the report.
///
/// ```no_run
/// use lockwork::{Worker, global_once};
///
/// #[global_once(key = "report", per = "10min", max_run = "30s", worker = worker)]
/// async fn report(worker: &Worker) -> anyhow::Result<String> {
///     Ok("ten minutes more".to_owned())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let worker = Worker::connect("redis://127.0.0.1/").await?;
/// lockwork::schedule(|| report(&worker)).await?;
/// # Ok(())
/// # }
/// ```
///
/// A method that does something outside, and lets the outside know which attempt it is.
///
/// ```
/// use lockwork::{Attempt, Worker, global_once};
///
/// #[derive(Debug, thiserror::Error)]
/// enum Failure {
///     #[error("the bank said no")]
///     Refused,
///     #[error(transparent)]
///     Job(#[from] lockwork::Error),
/// }
///
/// struct Billing {
///     worker: Worker,
///     sent: Vec<String>,
/// }
///
/// impl Billing {
///     #[global_once(key = "invoice:{invoice}", retain = "365d", backoff_ms = 0, worker = &self.worker)]
///     async fn charge(&mut self, invoice: u64, #[attempt] attempt: &Attempt) -> Result<u32, Failure> {
///         self.sent.push(format!("invoice {invoice}, attempt {}", attempt.number()));
///         if attempt.number() == 1 {
///             return Err(Failure::Refused);
///         }
///         Ok(attempt.number())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Failure> {
/// let worker = Worker::connect("memory:").await?;
/// let mut billing = Billing { worker, sent: Vec::new() };
/// assert_eq!(billing.charge(7).await?, 2);
/// assert_eq!(billing.sent, ["invoice 7, attempt 1", "invoice 7, attempt 2"]);
/// # Ok(())
/// # }
/// ```
///
/// # What it becomes
///
/// ```text
/// #[global_once(key = "report:{day}", retain = "1d")]
/// async fn report(day: u32, log: &mut Log, #[attempt] attempt: &Attempt) -> Result<u64, Error> { BODY }
/// ```
///
/// becomes, but for the paths and the hidden names,
///
/// ```text
/// async fn report(day: u32, log: &mut Log) -> Result<u64, Error> {
///     let mut call = begin::<Result<u64, Error>>({ static POLICY: Policy = ..; &POLICY }, None, &format!("report:{day}"));
///     loop {
///         let attempt = match call.next().await {
///             Step::Run(attempt) => attempt,                      // this caller's turn
///             Step::Return(result) => return result,              // the fate is settled
///         };
///         let driven = {
///             let day = day.clone();
///             let log = &mut *log;
///             drive(&attempt, async move { BODY }).await          // dropped when the lease is lost
///         };
///         if let Some(result) = call.settle(driven) {
///             return result;
///         }
///     }
/// }
/// ```
///
/// `BODY` is there once, and its tokens are untouched but for one thing: where each attempt has a `self` of its own (`&mut
/// self`, `self`), that is another variable, which `dbg!(self)` shows.
///
/// # Common errors
///
/// | the compiler says | what to do |
/// |---|---|
/// | each value of this key leaves a record | say how long to keep it: `retain = "30d"` |
/// | `T` cannot be the value | derive `Serialize` and `Deserialize` for it and what is in it; a generic one is `T: lockwork::Shared` |
/// | the value is decoded from the store, so it cannot borrow | return `String` for `&str`, `Vec<T>` for `&[T]` |
/// | implementation of `Deserialize` is not general enough | the same: a type in the value borrows, as a `struct V<'a>(&'a str)` does |
/// | the error type `E` cannot hold a `lockwork::Error` | with thiserror a variant `#[error(transparent)] Job(#[from] lockwork::Error)`; or `anyhow::Error`; a generic one is `E: lockwork::FromError` |
/// | `T` is not `Clone` | take `&T`, `&mut T` or `Arc<T>`; of an `Option<&mut T>`, take the `&mut Option<T>`; a generic one is `T: lockwork::RetryArg` |
/// | cannot borrow `*log` as mutable more than once at a time | the `Result` borrows from a `&mut` argument, which the next attempt needs; let it own what it says |
/// | an attribute such as `#[tokio::main]` stands above | write `#[global_once]` above it |
/// | `cron` needs lockwork's Cargo feature `cron` | `cargo add lockwork --features cron` |
/// | `cron` takes a string .. and no expression | write it as a literal; a constant is not known yet when the attribute is read |
/// | an `async fn` that calls itself | `Box::pin(f(n - 1)).await`, as in every `async fn` |
/// | evaluation panicked: `timeout` must be .. | the constant that is underlined has a value that cannot be |
#[proc_macro_attribute]
pub fn global_once(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::run(args.into(), item.into()).into()
}
