//! What a job asks of the server: which commands, and how many bytes there and back. Times do not come into it.

use std::ops::Range;

use lockwork_test_support::RedisServer;
use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::cases::job;
use crate::contest::{Entry, Server};
use crate::load::{Flavour, key};
use crate::redis_server::Redis;
use crate::spread::shown;
use crate::table::Table;

/// How many jobs are counted.
const JOBS: u64 = 1000;

/// Counts what each contestant's jobs ask for; lockwork's also when they are done already.
pub(crate) fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let runtime = Flavour::CurrentThread.runtime()?;
    let redis = Redis::start(bench.cores)?;
    let mut table = Table::new("What a job asks of Redis");
    table.head(["", "bytes there", "bytes back", "commands, with those of scripts"]);
    for entry in job::on_redis(&redis, &runtime)? {
        redis.empty(&runtime)?;
        // What is only sent once, as a script, does not count.
        do_jobs(&runtime, &entry, JOBS..JOBS + 1)?;
        table.row(count(&redis, &runtime, &entry, entry.name.to_owned())?);
        if entry.name == job::OURS {
            for what in ["already done", "seen to be done before"] {
                table.row(count(&redis, &runtime, &entry, format!("{}, {what}", entry.name))?);
            }
        }
    }
    bench.show(&table);
    Ok(())
}

/// A row of what so many jobs ask for, each.
fn count(redis: &Redis, runtime: &Runtime, entry: &Entry<'_>, name: String) -> anyhow::Result<Vec<String>> {
    let server = redis.server();
    server.reset_calls();
    let asked_in_vain = bytes(server);
    let before = bytes(server);
    do_jobs(runtime, entry, 0..JOBS)?;
    let after = bytes(server);
    // To ask for the bytes takes some too.
    let each = |place: usize| {
        let question = before[place] - asked_in_vain[place];
        (after[place] - before[place] - question) / JOBS as f64
    };
    let calls = server.calls().into_iter().filter(|(command, _)| command != "hello");
    let commands = calls.map(|(command, calls)| format!("{} {command}", shown(calls as f64 / JOBS as f64)));
    Ok(vec![name, shown(each(0)), shown(each(1)), commands.collect::<Vec<_>>().join(", ")])
}

fn do_jobs(runtime: &Runtime, entry: &Entry<'_>, numbers: Range<u64>) -> anyhow::Result<()> {
    runtime.block_on(async {
        for number in numbers {
            (entry.way)(key(number)).await?;
        }
        Ok(())
    })
}

/// How many bytes the server has been sent, and has sent.
fn bytes(server: &RedisServer) -> [f64; 2] {
    let stats = server.command(&["INFO", "stats"]).text();
    ["total_net_input_bytes:", "total_net_output_bytes:"].map(|name| {
        let figure = stats.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        figure.unwrap_or(f64::NAN)
    })
}
