//! Jobs in an SQLite file that one or more processes share.

use std::path::Path;
use std::time::Duration;

use lockwork_fleet::member::Member;

use crate::bench::Bench;
use crate::callers::{Caller, Lock};
use crate::cases::settled;
use crate::load::{self, Flavour, SETTLED, key};
use crate::processes;
use crate::rounds::{CLIENT, Contestant, P50, P99, RATE, Sample, take_turns};
use crate::sqlite_file::SqliteFile;
use crate::ways::lockwork;

const TRANSACTIONS: &str = "two transactions";
const READ: &str = "a read of the record";
const OURS: &str = "lockwork";

/// Longer than all of this takes.
const LEASE: Duration = Duration::from_secs(600);

/// What processes do in a file, and in which one.
struct Work<'a> {
    what: &'static str,
    /// The least that it can cost: as the table names it, and as a member does.
    limit: (&'static str, &'static str),
    /// How a member does it by lockwork.
    ours: &'static str,
    /// With the same records for all; without one each fleet has a file of its own.
    file: Option<&'a SqliteFile>,
    callers: &'static [usize],
    remark: &'static str,
}

/// Jobs that are begun and completed.
pub(crate) fn jobs(bench: &mut Bench) -> anyhow::Result<()> {
    let work = Work {
        what: "A job in an SQLite file",
        limit: (TRANSACTIONS, "transactions"),
        ours: "jobs",
        file: None,
        callers: bench.pick(&[1, 64, 256, 1024], &[64]),
        remark: "Both reach the disk twice with each job.",
    };
    compare(bench, &work)
}

/// Jobs that are done already.
pub(crate) fn done(bench: &mut Bench) -> anyhow::Result<()> {
    let file = SqliteFile::make()?;
    Flavour::CurrentThread.runtime()?.block_on(async {
        let worker = lockwork::worker(&file.url()).await?;
        settled::do_all(&lockwork::run(&worker), SETTLED).await
    })?;
    compare_settled(bench, "Already done in an SQLite file", "done", &file)
}

/// Jobs that another process is doing, for callers who do not wait.
pub(crate) fn busy(bench: &mut Bench) -> anyhow::Result<()> {
    let file = SqliteFile::make()?;
    let mut holder = Caller::start(Lock::Lockwork, &file.url(), LEASE)?;
    holder.is_ready();
    for number in 0..SETTLED {
        holder.hold(&key(number))?;
    }
    compare_settled(bench, "Busy in an SQLite file, without waiting", "busy", &file)
}

/// Jobs that are settled in `file`, which a read can tell.
fn compare_settled(bench: &mut Bench, what: &'static str, ours: &'static str, file: &SqliteFile) -> anyhow::Result<()> {
    let work = Work {
        what,
        limit: (READ, "reads"),
        ours,
        file: Some(file),
        callers: bench.pick(&[1, 64], &[64]),
        remark: "A read is on the caller's own thread.",
    };
    compare(bench, &work)
}

/// Measures one process and several, each with so many callers.
fn compare(bench: &mut Bench, work: &Work<'_>) -> anyhow::Result<()> {
    for processes in [1, 8] {
        // They are there for as long as the fleets.
        let (for_limit, for_ours) = (SqliteFile::make()?, SqliteFile::make()?);
        let (limit, kind) = work.limit;
        let kinds = [(limit, kind, &for_limit), (OURS, work.ours, &for_ours)];
        let mut fleets = Vec::new();
        for (name, kind, own) in kinds {
            let file = work.file.unwrap_or(own);
            fleets.push((name, fleet(bench, kind, file.path(), processes)?));
        }
        for &callers in work.callers {
            let go = format!("go {callers} {}", bench.span().as_millis());
            let contestants =
                fleets.iter_mut().map(|(name, fleet)| Contestant::new(*name, |_| Ok(all_at_once(fleet, &go))));
            let series = take_turns(bench.rounds(), contestants.collect())?;
            let callers = load::callers(callers);
            let who = if processes == 1 {
                format!("one process with {callers}")
            } else {
                format!("{processes} processes with {callers} each")
            };
            let title = format!("{}, {who}", work.what);
            let mut table = series.table(title, limit, RATE, &[RATE, P50, P99, CLIENT]);
            table.remark(format!("{} p50 and p99 are those of the slowest process.", work.remark));
            bench.show(&table);
        }
    }
    Ok(())
}

/// Processes that do the same in a file, on all cores in turns. They come up one after the other.
fn fleet(bench: &Bench, kind: &str, file: &Path, processes: usize) -> anyhow::Result<Vec<Member>> {
    let file = file.display().to_string();
    let start = || {
        let member = processes::member(&["jobs", kind, &file])?;
        member.hears("ready");
        anyhow::Ok(member)
    };
    (0..processes).map(|number| if number % 2 == 0 { start() } else { bench.cores.on_servers(start)? }).collect()
}

/// What all of them do together.
fn all_at_once(fleet: &mut [Member], go: &str) -> Sample {
    fleet.iter_mut().for_each(|member| member.order(go));
    let said: Vec<Vec<f64>> = fleet
        .iter()
        .map(|member| member.hears("did ").split(' ').map(|figure| figure.parse().unwrap_or(f64::NAN)).collect())
        .collect();
    let column = |number: usize| said.iter().map(move |figures| figures[number]);
    let rate: f64 = column(0).sum();
    // The processor time of a job is that of all jobs, shared among them.
    let time: f64 = column(0).zip(column(3)).map(|(rate, each)| rate * each).sum();
    Sample::default()
        .with(RATE, rate)
        .with(P50, column(1).fold(0.0, f64::max))
        .with(P99, column(2).fold(0.0, f64::max))
        .with(CLIENT, time / rate)
}
