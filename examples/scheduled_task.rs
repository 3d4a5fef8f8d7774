//! Three processes with the same timetable, and one report for each tick: `cargo run --example scheduled_task`. One of
//! them is killed while it writes. `--every 2s` is the time between two ticks, `--ticks 5` is how many there are.

#[path = "support/args.rs"]
mod args;
#[path = "support/child.rs"]
mod child;
#[path = "support/display.rs"]
mod display;
#[path = "support/fleet.rs"]
mod fleet;
#[path = "support/store.rs"]
mod store;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, ensure};
use lockwork::{Attempt, State, Worker, global_once};
use tokio::time::{interval_at, sleep};

use crate::args::Args;
use crate::fleet::{End, Ended, Fleet};

const PROCESSES: usize = 3;

const USAGE: &str = "scheduled_task [--every SECONDS] [--ticks N]";

/// How long a report takes, and how long the process that writes the second one is left to live.
const WORK: Duration = Duration::from_millis(800);
const LIFE: Duration = Duration::from_millis(200);

/// The report of one tick, as the one process wrote it that came first.
///
/// Each tick leaves a record. It is needed for as long as a late process may still ask, so it isn't kept for ever.
#[global_once(key = "report:{tick}", timeout = "1s", max_attempts = 3, retain = "1h")]
async fn report(tick: u64, #[attempt] attempt: &Attempt) -> anyhow::Result<String> {
    child::now(format!("writes the report of {tick}, in attempt {}", attempt.number()));
    sleep(WORK).await;
    Ok(format!("report of {tick}, which says {}", std::process::id()))
}

/// When there is a tick, in seconds since 1970. All processes have the same: what a tick is called depends on when it
/// should be and not on when it is looked at.
#[derive(Clone, Copy)]
struct Timetable {
    first: u64,
    every: u64,
    ticks: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = Args::new();
    let process: Option<usize> = args.value("--process")?;
    let every: String = args.value("--every")?.unwrap_or_else(|| "2s".to_owned());
    let every: u64 = every.trim_end_matches('s').parse().context("--every needs a number of seconds")?;
    ensure!((1..=3600).contains(&every), "--every can be 1 to 3600 seconds");
    let ticks = args.value("--ticks")?.unwrap_or(5);
    ensure!((2..=1000).contains(&ticks), "--ticks can be 2 to 1000");
    let first = args.value("--first")?.unwrap_or((since_1970()?.as_secs() / every + 1) * every);
    args.finish(USAGE)?;
    let timetable = Timetable { first, every, ticks };
    match process {
        Some(_) => run_process(timetable).await,
        None => run_fleet(timetable).await,
    }
}

/// One of the three.
async fn run_process(timetable: Timetable) -> anyhow::Result<()> {
    let mut completions = child::install_worker(child::tell).await?;
    let begin = Duration::from_secs(timetable.first).saturating_sub(since_1970()?);
    // A process that is late goes through the ticks that it missed, and learns that they are done.
    let mut interval = interval_at(display::now() + begin, Duration::from_secs(timetable.every));
    for tick in timetable.iter() {
        child::now(format!("waits for the tick at {tick}"));
        interval.tick().await;
        let report = report(tick).await?;
        let done = completions.recv().await.context("the worker didn't tell of the completion")?;
        child::say(format!("has the {report}, done by {} in attempt {}", done.holder, done.attempt));
        child::result(format!("report {report}"));
        if done.ran_here {
            child::result(format!("wrote {tick}"));
        }
    }
    Ok(())
}

/// The three, and whether each tick has one report.
async fn run_fleet(timetable: Timetable) -> anyhow::Result<()> {
    let (url, worker) = fleet::shared_store().await?;
    let Timetable { first, every, ticks } = timetable;
    println!("{PROCESSES} processes, {ticks} ticks, one every {every} s, the first at {first} s since 1970.");
    let numbers = [("--first", first), ("--every", every), ("--ticks", ticks)];
    let args: Vec<String> =
        numbers.into_iter().flat_map(|(name, number)| [name.to_owned(), number.to_string()]).collect();
    let mut doomed = Some(format!("writes the report of {},", first + every));
    let ended = Fleet::start(PROCESSES, &args, &url)?
        .watch(|doing| doomed.take_if(|doomed| doing.starts_with(&**doomed)).map(|_| LIFE))
        .await?;
    judge(&ended, timetable, &worker).await
}

async fn judge(ended: &[Ended], timetable: Timetable, worker: &Worker) -> anyhow::Result<()> {
    let living: Vec<&Ended> = ended.iter().filter(|process| process.end == End::Well).collect();
    ensure!(ended.iter().all(|process| process.end != End::Badly), "not all processes ended well");
    ensure!(living.len() == PROCESSES - 1, "{} of {PROCESSES} processes are left, one was to be killed", living.len());
    for process in &living {
        let reports = process.results("report");
        ensure!(reports == living[0].results("report"), "{} has other reports than {}", process.name, living[0].name);
        ensure!(reports.len() == timetable.iter().count(), "{} has {} reports", process.name, reports.len());
    }
    let records = worker.records("report:").await?;
    println!("Each tick, its record, and who wrote the report:");
    for tick in timetable.iter() {
        let key = format!("report:{tick}");
        let (_, record) = records.iter().find(|(found, _)| *found == key).context("a tick has no record")?;
        ensure!(matches!(record.state, State::Done { .. }), "{key} is not done");
        let wrote = |process: &&Ended| process.results("wrote").contains(&tick.to_string().as_str());
        let writers: Vec<&str> = ended.iter().filter(wrote).map(|process| process.name.as_str()).collect();
        ensure!(writers.len() == 1, "{key} was written by {} processes", writers.len());
        println!("  {key}  done in attempt {} by {}, {}", record.attempts, record.holder.label(), writers[0]);
    }
    println!("{} ticks, each done exactly once, although one process was killed.", timetable.ticks);
    Ok(())
}

impl Timetable {
    fn iter(self) -> impl Iterator<Item = u64> {
        (0..self.ticks).map(move |number| self.first + number * self.every)
    }
}

#[expect(clippy::disallowed_methods, reason = "a timetable needs a clock on the wall")]
fn since_1970() -> anyhow::Result<Duration> {
    SystemTime::now().duration_since(UNIX_EPOCH).context("this machine's clock is before 1970")
}
