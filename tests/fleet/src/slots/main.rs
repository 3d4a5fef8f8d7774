//! Lets three processes whose clocks do not agree do the slots of one schedule, and judges what they did.

mod fleet;
mod verdict;
mod wrong_clocks;

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use lockwork_test_support::RedisServer;

use crate::fleet::Run;

const HELP: &str = "\
Lets three processes, whose clocks are an hour late, right, and an hour early, do a job of a millisecond in every second.

usage: slots --store redis|sqlite [--slots N] [--kill-every N]

  --store       redis (a server of its own) or sqlite (a file of its own)
  --slots       how many slots there are to be done; default 65
  --kill-every  kills one of the processes after every so many slots, right after one has begun, and starts it again

Ends well only if each slot was done exactly once and none was left out. The clocks are wrong by libfaketime, which the
program `faketime` has to have been installed with.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    if let [] | ["--help" | "-h", ..] = args[..] {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let (mut store, mut slots, mut kill_every) = (None, 65, None);
    for pair in args.chunks(2) {
        match pair {
            ["--store", name @ ("redis" | "sqlite")] => store = Some(*name),
            ["--slots", number] => slots = number.parse().context("--slots is a number")?,
            ["--kill-every", number] => kill_every = Some(number.parse().context("--kill-every is a number")?),
            other => bail!("not understood: {other:?}; see --help"),
        }
    }
    ensure!(0 < slots && kill_every != Some(0), "it takes a slot at least");
    let store = store.context("which store? See --help")?;
    let directory = tempfile::tempdir()?;
    let server = (store == "redis").then(RedisServer::start);
    let url = match &server {
        Some(server) => server.url(),
        None => format!("sqlite:{}", directory.path().join("jobs.db").display()),
    };
    let run = Run { url: &url, notes: &directory.path().join("notes"), slots, kill_every };
    let done = fleet::run(&run).await?;
    let faults = verdict::faults(&done.records, &done.notes, &done.killed);
    println!("{store}: {}", verdict::summary(&done.records, &done.notes, &done.killed));
    for (clock, count) in done.by_clock() {
        println!("  {count} by processes whose clock was {clock}");
    }
    faults.iter().for_each(|fault| println!("  {fault}"));
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
