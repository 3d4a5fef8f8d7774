//! What this program is when it is started as a member of a case: another process. Members say lines on their standard
//! output, take orders from their standard input, and end with it.

#[cfg(not(test))]
mod counted;
mod crowd;
mod jobs;
mod lockwork;
mod orders;
mod profiled;
mod rslock;

use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use lockwork_fleet::talk;

use crate::cores::pin;
use crate::load::Flavour;

/// Runs the member that `args` name.
pub(crate) fn run(args: &[String]) -> anyhow::Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["awake", cores @ ..] => stay_awake(cores),
        ["lockwork", url, lease] => call_jobs(lockwork::run(url, millis(lease)?)),
        ["rslock", url, lease] => call_jobs(rslock::run(url, millis(lease)?)),
        ["crowd", url, key, count] => crowd::run(url, key, count),
        #[cfg(not(test))]
        ["counted", what, times] => counted::run(what, times),
        ["profiled", way, url, callers, jobs] => profiled::run(way, url, callers, jobs),
        ["jobs", kind, file] => jobs::run(kind, file),
        _ => bail!("there is no member {args:?}"),
    }
}

/// Takes orders, and calls jobs as they say.
fn call_jobs(run: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    talk::listen();
    Flavour::CurrentThread.runtime()?.block_on(run)
}

fn millis(word: &str) -> anyhow::Result<Duration> {
    Ok(Duration::from_millis(word.parse().context("a lease is in milliseconds")?))
}

/// Spins on these cores until the standard input ends.
fn stay_awake(cores: &[&str]) -> anyhow::Result<()> {
    for core in cores {
        let core = core.parse().context("a core is a number")?;
        thread::spawn(move || {
            // Where it cannot be put there it would only be in the way.
            if pin(core).is_ok() {
                loop {
                    std::hint::spin_loop();
                }
            }
        });
    }
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink()).context("its input can be read")?;
    Ok(())
}
