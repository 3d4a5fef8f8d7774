//! Jobs in memory: a thread is asked, and what it says is all that there is.

use std::sync::Arc;
use std::time::Duration;

use ::lockwork::Worker;
use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::cases::settled;
use crate::load::{self, Flavour, Keys, Load, SETTLED, Way};
use crate::rounds::{CLIENT, Contestant, P50, P99, RATE, Series, take_turns};
use crate::target;
use crate::ways::{lockwork, threads};

const QUESTION: &str = "a question to a thread";
const QUESTIONS: &str = "two questions to a thread";
const OURS: &str = "lockwork";
const OURS_BY_ATTRIBUTE: &str = "lockwork, attribute";

/// The store of jobs that are done or being done, for the workers of this process.
const SHARED: &str = "memory:settled";

/// Where callers and the thread that is asked are.
#[derive(Clone, Copy)]
enum Place {
    OneCore,
    TwoCores,
}

/// Jobs that are begun and completed.
pub(crate) fn jobs(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    // Each round begins with an empty store, as it does where there is a server.
    let afresh = |way: fn(&Arc<Worker>) -> Way| {
        let runtime = &runtime;
        move || anyhow::Ok(way(&runtime.block_on(lockwork::worker("memory:"))?))
    };
    for place in [Place::OneCore, Place::TwoCores] {
        // What is started on the servers' core stays there: the thread that is asked.
        let questions = match place {
            Place::OneCore => threads::questions(2),
            Place::TwoCores => bench.cores.on_servers(|| threads::questions(2))?,
        };
        let questions = questions?;
        let all: &[usize] = bench.pick(&[1, 64, 256, 1024], &[1, 256]);
        for &callers in all {
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

fn reached(bench: &mut Bench, callers: usize, series: &Series) {
    match callers {
        1 => bench.note(target::ENGINE_P50, series.figures(OURS, P50)),
        256 => bench.note(target::ENGINE_RATE, series.figures(OURS, RATE)),
        _ => {}
    }
}

/// Jobs that are done already.
pub(crate) fn done(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let worker = runtime.block_on(lockwork::worker(SHARED))?;
    let ours = lockwork::run(&worker);
    runtime.block_on(settled::do_all(&ours, SETTLED))?;
    compare(bench, &runtime, "Already done in memory", ours)
}

/// Jobs that another worker is doing, for callers who do not wait.
pub(crate) fn busy(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let (holder, worker) =
        runtime.block_on(async { anyhow::Ok((lockwork::worker(SHARED).await?, lockwork::worker(SHARED).await?)) })?;
    runtime.block_on(settled::hold(&holder))?;
    compare(bench, &runtime, "Busy in memory, without waiting", lockwork::busy(&worker))
}

/// What it takes to be told of one of the jobs that are settled or held.
fn compare(bench: &mut Bench, runtime: &Runtime, what: &str, ours: Way) -> anyhow::Result<()> {
    let question = threads::questions(1)?;
    let all: &[usize] = bench.pick(&[1, 64], &[64]);
    for &callers in all {
        let load = Load { callers, keys: Keys::Known(SETTLED), span: bench.span() };
        let contestants = [(QUESTION, &question), (OURS, &ours)]
            .map(|(name, way)| Contestant::new(name, move |_| load.drive(runtime, way, || Duration::ZERO)));
        let series = take_turns(bench.rounds(), contestants.into())?;
        let title = format!("{what}, {} on one core with lockwork's thread", load::callers(callers));
        bench.show(&series.table(title, QUESTION, RATE, &[RATE, P50, P99, CLIENT]));
    }
    Ok(())
}
