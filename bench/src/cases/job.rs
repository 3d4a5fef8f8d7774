//! A job begun and completed on Redis.

use crate::bench::Bench;
use crate::load::{Flavour, Keys, Load};
use crate::redis_server::Redis;
use crate::rounds::{CLIENT, Contestant, P50, P99, RATE, SERVER, take_turns};
use crate::target;
use crate::ways::{limits, lockwork};

/// One caller, one job after the other, over loopback.
pub(crate) fn sequential(bench: &mut Bench) -> anyhow::Result<()> {
    let redis = Redis::start(bench.cores)?;
    let runtime = Flavour::CurrentThread.runtime()?;
    let load = Load { callers: 1, keys: Keys::Fresh, span: bench.span() };
    let (connection, worker) =
        runtime.block_on(async { anyhow::Ok((redis.connection().await?, lockwork::worker(&redis.url()).await?)) })?;
    let ways = [
        ("PING", limits::ping(&connection)),
        ("SET NX PX + SET", limits::pair(&connection)),
        ("lockwork", lockwork::run(&worker)),
    ];
    let contestants = ways.iter().map(|(name, way)| {
        Contestant::new(*name, |_| {
            redis.empty();
            load.drive(&runtime, way, || redis.processor_time())
        })
    });
    let series = take_turns(bench.rounds(), contestants.collect())?;
    bench.show(&series.table("A job, one caller", "SET NX PX + SET", P50, &[P50, P99, RATE, CLIENT, SERVER]));
    bench.note_ratio(target::LOOPBACK, &series, "lockwork", "SET NX PX + SET", P50);
    Ok(())
}
