//! Measures what a fleet of real processes takes for a takeover and for a wake-up.

mod round_trip;
mod sample;
mod share;
mod takeover;
mod wake;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::sample::Store;

const HELP: &str = "\
Measures real processes on a real store of their own. Run it with --release, on a machine that does nothing else.

usage: figures takeover|wake --store redis|sqlite [--samples N] [--latency-ms N]

--latency-ms  puts a proxy before the Redis server, so that each way takes so much longer than over loopback.

takeover  A process that runs a body is killed at a random moment; another one waits. Counted is from the last sign of
          life that the killed one heard to be recorded, its claim or its last renewal, until the other one's body
          begins; and from the kill, which comes up to a third of the lease later. Both as shares of the lease.
          Where the holder lost its lease before it was killed, as the machine stood still, that is no takeover: it is
          thrown away and tried again, and it is said how often that was.
wake      An attempt fails in one process, which does not want the next one, and there is no backoff; another one
          waits. Counted is from the end of the failing body until the other one's begins, in round trips. A round trip
          is a PING over a connection like lockwork's, or on SQLite a transaction that replaces a row of a record's
          size: after a moment of idleness, as a wake-up is, and back to back. On Redis it also says what the server was
          asked for in that time, in the middle one of all samples: to record the failure and to claim; there nobody
          polls, and nobody reads. On SQLite nobody counts it: who waits reads when the file changes.";

fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (what, rest) = match args[..] {
        [] | ["--help" | "-h", ..] => {
            println!("{HELP}");
            return Ok(ExitCode::SUCCESS);
        }
        [what, ref rest @ ..] => (what, rest),
    };
    let (mut store, mut samples, mut latency) = (None, 100, 0);
    for pair in rest.chunks(2) {
        match pair {
            ["--store", name @ ("redis" | "sqlite")] => store = Some(*name),
            ["--samples", number] => samples = number.parse().context("--samples is a number")?,
            ["--latency-ms", number] => latency = number.parse().context("--latency-ms is a number")?,
            other => bail!("not understood: {other:?}; see --help"),
        }
    }
    let store = match store.context("which store? See --help")? {
        "redis" => Store::redis(Duration::from_millis(latency)),
        _ if latency == 0 => Store::sqlite()?,
        _ => bail!("there is no way to a file that could take longer"),
    };
    match what {
        "takeover" => takeover::measure(&store, samples, Duration::from_secs(1))?,
        "wake" => wake::measure(&store, samples)?,
        other => bail!("not understood: {other:?}; see --help"),
    }
    Ok(ExitCode::SUCCESS)
}
