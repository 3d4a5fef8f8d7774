//! A job begun and completed, beside the peers in other languages.

use crate::bench::Bench;
use crate::callers::Lock;
use crate::contest::{Entry, contestants};
use crate::foreign::{self, Work};
use crate::load::{self, Flavour, Keys, Load};
use crate::redis_server::Redis;
use crate::rounds::{CLIENT, P50, P99, RATE, SERVER, take_turns};
use crate::target;
use crate::ways::{limits, lockwork};

const PAIR: &str = "SET NX PX + SET";

/// With one caller, and with many.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    for callers in [1, 64, 256] {
        measure_with(bench, callers)?;
    }
    Ok(())
}

fn measure_with(bench: &mut Bench, callers: usize) -> anyhow::Result<()> {
    let redis = Redis::start(bench.cores)?;
    let runtime = Flavour::CurrentThread.runtime()?;
    let load = Load { callers, keys: Keys::Fresh, span: bench.span() };
    let (connection, worker) =
        runtime.block_on(async { anyhow::Ok((redis.connection().await?, lockwork::worker(&redis.url()).await?)) })?;
    let name = Lock::Lockwork.name();
    let ways = [(PAIR, limits::pair(&connection)), (name, lockwork::run(&worker))];
    let entries = ways.map(|(name, way)| Entry { name, way, server: &redis });
    let ours = contestants(&runtime, load, &entries);
    let series = take_turns(bench.pick(5, 2), ours.chain(foreign::contestants(&redis, callers, load.span)?).collect())?;
    let title = format!("A job, {}, beside other languages", load::callers(callers));
    let mut table = series.table(title, PAIR, RATE, &[RATE, P50, P99, CLIENT, SERVER]);
    table.remark(
        "Each in one process; in Python callers are threads. Once is: acquire, look whether it is done, note that it is, \
         release.",
    );
    bench.show(&table);
    let npm = foreign::name(Lock::Redlock, Work::Lock);
    match callers {
        64 => bench.note_ratio(target::NPM_64, &series, name, &npm, RATE),
        256 => bench.note_ratio(target::NPM_256, &series, name, &npm, RATE),
        _ => {}
    }
    Ok(())
}
