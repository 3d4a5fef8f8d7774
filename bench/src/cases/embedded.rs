//! Jobs without a server: in memory, and in an SQLite file that one or more processes share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::lockwork::Worker;
use lockwork_fleet::member::Member;

use crate::bench::Bench;
use crate::load::{self, Flavour, Keys, Load, Way};
use crate::processes;
use crate::rounds::{CLIENT, Contestant, P50, P99, RATE, Sample, Series, take_turns};
use crate::target;
use crate::ways::{lockwork, threads};

const QUESTIONS: &str = "two questions to a thread";
const TRANSACTIONS: &str = "two transactions";
const OURS: &str = "lockwork";
const OURS_BY_ATTRIBUTE: &str = "lockwork, attribute";

/// Jobs in memory: a thread is asked, and what it says is all that there is.
pub(crate) fn memory(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    // Each round begins with an empty store, as it does where there is a server.
    let afresh = |way: fn(&Arc<Worker>) -> Way| {
        let runtime = &runtime;
        move || anyhow::Ok(way(&runtime.block_on(lockwork::worker("memory:"))?))
    };
    for place in [Place::OneCore, Place::TwoCores] {
        // What is started on the servers' core stays there: the thread that is asked.
        let questions = match place {
            Place::OneCore => threads::two_questions(),
            Place::TwoCores => bench.cores.on_servers(threads::two_questions)?,
        };
        let questions = questions?;
        for callers in [1, 256] {
            let load = Load { callers, keys: Keys::Fresh, span: bench.span() };
            let compare = || {
                let measure = |way: &Way| load.drive(&runtime, way, || Duration::ZERO);
                let ours = |name, way| {
                    let way = afresh(way);
                    Contestant::new(name, move |_| measure(&way()?))
                };
                let limit = Contestant::new(QUESTIONS, |_| measure(&questions));
                let contestants = vec![limit, ours(OURS, lockwork::run), ours(OURS_BY_ATTRIBUTE, lockwork::attribute)];
                take_turns(bench.rounds(), contestants)
            };
            let (series, place) = match place {
                Place::OneCore => (compare()?, "on one core"),
                Place::TwoCores => (bench.cores.apart(compare)??, "on two cores"),
            };
            let title = format!("A job in memory, {}, they and lockwork's thread {place}", load::callers(callers));
            bench.show(&series.table(title, QUESTIONS, RATE, &[RATE, P50, P99, CLIENT]));
            reached(bench, callers, &series);
        }
    }
    Ok(())
}

/// Where callers and the thread that is asked are.
#[derive(Clone, Copy)]
enum Place {
    OneCore,
    TwoCores,
}

fn reached(bench: &mut Bench, callers: usize, series: &Series) {
    if callers == 1 {
        bench.note(target::ENGINE_P50, series.figures(OURS, P50));
    } else {
        bench.note(target::ENGINE_RATE, series.figures(OURS, RATE));
    }
}

/// Jobs in a file.
pub(crate) fn sqlite(bench: &mut Bench) -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    for processes in [1, 8] {
        let kinds = [(TRANSACTIONS, "transactions"), (OURS, "lockwork")];
        let mut fleets = Vec::new();
        for (name, kind) in kinds {
            let file = directory.path().join(format!("{kind}-{processes}.db"));
            fleets.push((name, fleet(bench, kind, &file, processes)?));
        }
        for callers in [1, 64] {
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
            let title = format!("A job in an SQLite file, {who}");
            let mut table = series.table(title, TRANSACTIONS, RATE, &[RATE, P50, P99, CLIENT]);
            table.remark("Both reach the disk twice with each job. p50 and p99 are those of the slowest process.");
            bench.show(&table);
        }
    }
    Ok(())
}

/// Processes that do jobs in the same file, on all cores in turns. They come up one after the other.
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
