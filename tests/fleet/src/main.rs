//! A member of a fleet: a program like those of lockwork's users, that does what a test tells it. Knows no store.
//!
//! Its arguments are the store's URL, a namespace, a way to make a call, and what that way needs. It says on its
//! standard output what happens to it, and ends with its standard input.

mod jobs;
mod notes;
mod resource;
mod tell;
mod timed;
mod trouble;
mod ways;
mod work;

use std::path::Path;
use std::time::Duration;

use lockwork_fleet::talk;
use lockwork_fleet::workload::Workload;

use crate::work::Post;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let [url, namespace, way, rest @ ..] = &args[..] else { anyhow::bail!("URL NAMESPACE WAY [ARGUMENT…]") };
    talk::listen();
    match (*way, rest) {
        ("current-thread", [job]) => ways::current_thread(url, namespace, job),
        ("multi-thread", [job]) => ways::multi_thread(url, namespace, job),
        ("spawned", [job]) => ways::spawned(url, namespace, job),
        ("exit", [job]) => ways::exit(url, namespace, job),
        ("exit-elsewhere", [job]) => ways::exit_elsewhere(url, namespace, job),
        ("panic", [job]) => ways::panic(url, namespace, job),
        ("select", [job]) => ways::select(url, namespace, job),
        ("abort", [job]) => ways::abort(url, namespace, job),
        ("work", [directory, seed, members, slot, process, from]) => work::work(Post {
            url,
            namespace,
            directory: Path::new(directory),
            workload: Workload { seed: seed.parse()?, members: members.parse()? },
            slot: slot.parse()?,
            process: process.parse()?,
            from: from.parse()?,
        }),
        ("timed", [lease]) => timed::timed(url, namespace, Duration::from_millis(lease.parse()?)),
        ("slots", [witness, timeout, work]) => ways::slots(url, namespace, witness, timeout.parse()?, work.parse()?),
        ("uninstalled", []) => ways::uninstalled(),
        ("install-twice", []) => ways::install_twice(url),
        ("install-late", []) => ways::install_late(url),
        _ => anyhow::bail!("no way to make a call: {way} {rest:?}"),
    }
}
