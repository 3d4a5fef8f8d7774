//! Four processes start at once, and one of them migrates the database: `cargo run --example startup_migrations`.
//! With `--crash` that one is killed in the middle. `--fresh` begins anew.

mod library;

#[path = "../support/args.rs"]
mod args;
#[path = "../support/child.rs"]
mod child;
#[path = "../support/display.rs"]
mod display;
#[path = "../support/fleet.rs"]
mod fleet;
#[path = "../support/store.rs"]
mod store;

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use lockwork::{Attempt, Worker, global_once};
use tokio::task::spawn_blocking;

use crate::args::Args;
use crate::fleet::{End, Ended, Fleet};

const PROCESSES: usize = 4;

const USAGE: &str = "startup_migrations [--crash] [--fresh]";

/// All keys of this application begin so.
const PREFIX: &str = "library:";

/// The file that takes long, and how long after beginning it the first holder is killed by `--crash`.
const SLOW: &str = "0004_borrowed_together";
const LIFE: Duration = Duration::from_millis(300);

/// Brings the database to `version`, and returns how many migrations are in place then: all of them, whether one
/// attempt applied them or a second one went on where the first had died.
///
/// The version is in the key, so a release that brings a further file is a job of its own.
#[global_once(key = "library:migrate-to-{version}", timeout = "3s", max_attempts = 5, retain = "forever")]
async fn migrate(database: &Path, version: usize, #[attempt] attempt: &Attempt) -> anyhow::Result<u32> {
    // SQLite blocks its thread. The lease would live through that, but this process's other tasks would not run.
    child::now(format!("looks what is in place, in attempt {} of {}", attempt.number(), attempt.max_attempts()));
    let path = database.to_owned();
    let missing = spawn_blocking(move || library::missing(&path, version)).await??;
    for migration in missing {
        child::now(format!("applies {}, in attempt {}", migration.name, attempt.number()));
        let (path, number) = (database.to_owned(), attempt.number());
        spawn_blocking(move || library::apply(&path, &migration, number)).await??;
    }
    let path = database.to_owned();
    spawn_blocking(move || library::in_place(&path)).await?
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = Args::new();
    let process: Option<usize> = args.value("--process")?;
    let (crash, fresh) = (args.flag("--crash"), args.flag("--fresh"));
    args.finish(USAGE)?;
    match process {
        Some(_) => run_process().await,
        None => run_fleet(crash, fresh).await,
    }
}

/// One of the four.
async fn run_process() -> anyhow::Result<()> {
    let mut completions = child::install_worker(child::tell).await?;
    let database = library::path();
    let version = library::migrations()?.len();

    let migrated = migrate(&database, version).await?;

    let done = completions.recv().await.context("the worker didn't tell of the completion")?;
    let proof = library::proof(&database)?;
    child::say(format!("got the answer {migrated} from {}, and sees {proof}", done.holder));
    child::result(format!("answer {migrated} migrations in place, by {} in attempt {}", done.holder, done.attempt));
    child::result(format!("proof {proof}"));
    if done.ran_here {
        child::result(format!("ran {migrated}"));
    }
    Ok(())
}

/// The four, and whether they agree.
async fn run_fleet(crash: bool, fresh: bool) -> anyhow::Result<()> {
    let (url, worker) = fleet::shared_store().await?;
    let database = library::path();
    println!("The application's database is {}.", database.display());
    prepare(&worker, &database, crash || fresh).await?;

    let mut is_to_crash = crash;
    let ended = Fleet::start(PROCESSES, &[], &url)?
        .watch(|doing| {
            let begins = is_to_crash && doing.contains(SLOW);
            is_to_crash &= !begins;
            begins.then_some(LIFE)
        })
        .await?;
    judge(&ended, &database, crash)
}

/// Forgets that the job was done, if it is to be done anew, or if what it made is not there any more.
async fn prepare(worker: &Worker, database: &Path, fresh: bool) -> anyhow::Result<()> {
    if fresh && remove(database)? {
        println!("That of an earlier run was removed.");
    }
    if database.exists() {
        return Ok(());
    }
    for (key, _) in worker.records(PREFIX).await? {
        worker.forget(&key).await?;
        println!("It is new, so the record of {key} was forgotten.");
    }
    Ok(())
}

/// Removes the database, and what SQLite keeps beside it. Says whether there was one.
fn remove(database: &Path) -> anyhow::Result<bool> {
    let was_there = database.exists();
    for end in ["", "-journal"] {
        let mut file = database.as_os_str().to_owned();
        file.push(end);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("{} cannot be removed", database.display()));
            }
            _ => {}
        }
    }
    Ok(was_there)
}

/// What must be true, whoever was killed: one answer, one who ran it, one database.
fn judge(ended: &[Ended], database: &Path, crash: bool) -> anyhow::Result<()> {
    let living: Vec<&Ended> = ended.iter().filter(|process| process.end == End::Well).collect();
    ensure!(ended.iter().all(|process| process.end != End::Badly), "not all processes ended well");
    ensure!(living.len() == PROCESSES - usize::from(crash), "{} of {PROCESSES} processes are left", living.len());
    for process in &living {
        let same = ["answer", "proof"].iter().all(|kind| process.results(kind) == living[0].results(kind));
        ensure!(same, "{} saw something else than {}", process.name, living[0].name);
    }
    let answer = living[0].results("answer").pop().context("no process told an answer")?;
    let runners: Vec<&str> = living
        .iter()
        .filter(|process| !process.results("ran").is_empty())
        .map(|process| process.name.as_str())
        .collect();
    ensure!(runners.len() <= 1, "{} ran it", runners.join(" and "));
    let (in_place, files) = (library::in_place(database)?, library::migrations()?.len());
    ensure!(usize::try_from(in_place)? == files, "{in_place} of {files} migrations are in place");

    let runner = runners.first().copied().unwrap_or("nobody");
    println!("In the database: {}.", library::history(database)?.join(", "));
    println!("{} processes, one answer: {answer}. In this run {runner} ran it.", living.len());
    Ok(())
}
