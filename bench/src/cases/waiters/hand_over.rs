//! How soon a failed attempt is followed by the next one in another process, and a completion known to all who wait.

use std::time::Duration;

use crate::bench::Bench;
use crate::callers::{Answer, Lock};
use crate::cases::waiters::{Crew, FEW, MORE, WAIT, WAITERS};
use crate::clock;
use crate::load::Flavour;
use crate::redis_server::Redis;
use crate::rounds::{Contestant, Metric, Sample, WARM_UP, take_turns};
use crate::spread::{Spread, median};
use crate::target;

const ONE: Metric = Metric("1 waits: next attempt, µs");
const ALL: Metric = Metric("all wait: next attempt, µs");
const FIRST: Metric = Metric("first told, µs");
const LAST: Metric = Metric("last told, µs");
const COUNT: Metric = Metric("waiting processes");

const PING: &str = "PING after 2 ms of idleness";
const HURRIED_PING: &str = "PING back to back";
const COLD_PING: &str = "PING after as long as they have waited";

/// The pause before a PING. Who is woken was idle, and so was the server.
const IDLE: Duration = Duration::from_millis(2);

/// As long as those who wait for an attempt have waited, by the median.
const WAITED: Duration = Duration::from_micros(WAIT + MORE / 2);

/// How many PINGs are sent in a round, but for those that wait so long before.
const PINGS: usize = 200;

/// How soon others hear what has become of an attempt.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let redis = Redis::start(bench.cores)?;
    let (few, one, all) = bench.pick((7, 5, 3), (3, 2, 1));
    let mut crews = Crew::start_all(bench)?;
    crews.push(Crew::start_on_sqlite(bench.pick(WAITERS, FEW))?);
    let mut contestants = vec![
        Contestant::new(PING, |_| pings(&redis, PINGS, IDLE)),
        Contestant::new(HURRIED_PING, |_| pings(&redis, PINGS, Duration::ZERO)),
        Contestant::new(COLD_PING, |_| pings(&redis, few, WAITED)),
    ];
    contestants.extend(crews.iter_mut().map(|crew| {
        Contestant::new(crew.name, move |round| {
            // Once is enough to warm up: the server knows the scripts then.
            let (one, all) = if round == WARM_UP { (1, 1) } else { (one, all) };
            hear(crew, one, all)
        })
    }));
    let series = take_turns(bench.pick(5, 1), contestants)?;
    let mut table = series.table(
        "A failed attempt to the next one in another process, and a completion to all who wait",
        PING,
        ONE,
        &[COUNT, ONE, ALL, FIRST, LAST],
    );
    table.remark(format!(
        "A body ends in one process, which does not call again; the others have waited for 0.3 to 0.6 s. Counted is from \
         the end of the body, which for lockwork is a panic, to the beginning of the next one, the median of {one} or {all} \
         times in each round; and from the end of a body that did the job until the others know."
    ));
    bench.show(&table);
    let lockwork = Lock::Lockwork.name();
    bench.note_ratio(target::HAND_OVER, &series, lockwork, PING, ONE);
    if series.figures(lockwork, COUNT).is_some_and(|count| count.median == WAITERS as f64) {
        bench.note(target::HAND_OVER_50, series.figures(lockwork, ALL).map(Spread::in_millis));
    }
    Ok(())
}

fn hear(crew: &mut Crew, one: usize, all: usize) -> anyhow::Result<Sample> {
    let everybody = crew.waiters.len();
    let taken = |crew: &mut Crew, times: usize, waiters: usize| {
        (0..times).map(|_| hand_over(crew, waiters)).collect::<anyhow::Result<Vec<f64>>>()
    };
    let (to_one, to_all) = (taken(crew, one, 1)?, taken(crew, all, everybody)?);
    let told = (0..all).map(|_| tell(crew)).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Sample::default()
        .with(COUNT, everybody as f64)
        .with(ONE, median(to_one))
        .with(ALL, median(to_all))
        .with(FIRST, median(told.iter().map(|(first, _)| *first)))
        .with(LAST, median(told.iter().map(|(_, last)| *last))))
}

/// An attempt fails, and somebody makes the next one. Gives the microseconds between the two.
fn hand_over(crew: &mut Crew, waiters: usize) -> anyhow::Result<f64> {
    crew.hold(waiters)?;
    let failed = crew.holder.fail()?;
    let mut begun = Vec::new();
    for waiter in &crew.waiters[..waiters] {
        if let Answer::Ran(moment) = waiter.answer()? {
            begun.push(moment);
        }
    }
    let [begun] = begun[..] else { anyhow::bail!("the next attempt was begun {} times", begun.len()) };
    Ok(begun.saturating_sub(failed) as f64)
}

/// An attempt completes the job, and everybody hears of it. Gives after how many microseconds the first and the last.
fn tell(crew: &mut Crew) -> anyhow::Result<(f64, f64)> {
    crew.hold(crew.waiters.len())?;
    let finished = crew.holder.finish()?;
    let (mut first, mut last) = (u64::MAX, 0);
    for waiter in &crew.waiters {
        let Answer::Told(moment) = waiter.answer()? else { anyhow::bail!("the job was done twice") };
        (first, last) = (first.min(moment), last.max(moment));
    }
    Ok((first.saturating_sub(finished) as f64, last.saturating_sub(finished) as f64))
}

/// So many PINGs with a pause before each.
fn pings(redis: &Redis, count: usize, pause: Duration) -> anyhow::Result<Sample> {
    Flavour::CurrentThread.runtime()?.block_on(async {
        let mut connection = redis.connection().await?;
        let mut taken = Vec::new();
        for _ in 0..count {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            let sent = clock::now();
            redis::cmd("PING").exec_async(&mut connection).await?;
            taken.push((clock::now() - sent).as_secs_f64() * 1e6);
        }
        Ok(Sample::default().with(ONE, median(taken)))
    })
}
