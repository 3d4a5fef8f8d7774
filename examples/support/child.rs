//! What a process of a fleet tells its parent: lines on its standard output, of which `fleet.rs` makes one display.

#![allow(dead_code, reason = "no example needs all of it")]

use std::fmt::Display;
use std::io::Write;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use anyhow::Context;
use lockwork::{Event, Worker};
use tokio::sync::mpsc;

/// How a job was completed.
#[allow(dead_code, reason = "no example needs all of it")]
pub(crate) struct Completion {
    pub(crate) key: String,
    /// `HOST/PID` of the process that did it.
    pub(crate) holder: String,
    pub(crate) attempt: u32,
    pub(crate) ran_here: bool,
}

/// How often the parent has let this process go on, and the process has not gone on yet.
static LET_GO: (Mutex<u32>, Condvar) = (Mutex::new(0), Condvar::new());

/// Installs this process's worker, of which `tell` tells the parent. Each completion is also handed on here.
pub(crate) async fn install_worker(
    tell: impl Fn(&Event) + Send + Sync + 'static,
) -> anyhow::Result<mpsc::UnboundedReceiver<Completion>> {
    let url = std::env::var("LOCKWORK_URL").context("a process of a fleet gets LOCKWORK_URL from its parent")?;
    // The parent holds the other end, so this ends when the parent does, however that comes about.
    thread::spawn(|| {
        for _ in std::io::stdin().lines().map_while(Result::ok) {
            *LET_GO.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            LET_GO.1.notify_all();
        }
        std::process::exit(1);
    });
    let (sender, completions) = mpsc::unbounded_channel();
    let worker = Worker::builder(url)
        .on_event(move |event| {
            tell(event);
            if let Event::Completed { key, holder, attempt, ran_here, .. } = event {
                let (key, holder, attempt, ran_here) = (key.clone(), holder.clone(), *attempt, *ran_here);
                // One who does not listen need not know.
                let _ = sender.send(Completion { key, holder, attempt, ran_here });
            }
        })
        .connect()
        .await?;
    lockwork::install(worker)?;
    Ok(completions)
}

/// What this process is doing from now on.
pub(crate) fn now(text: impl Display) {
    write("now", text);
}

/// What this process is doing when it is stopped: as a whole, with SIGSTOP, until all others have ended or are stopped
/// too. Blocks, so it stops in the middle of what calls it.
pub(crate) fn stop(text: impl Display) {
    write("stop", text);
    let let_go = LET_GO.0.lock().unwrap_or_else(PoisonError::into_inner);
    // The signal may take its time; without this word of the parent the process could go on before.
    let mut let_go = LET_GO.1.wait_while(let_go, |let_go| *let_go == 0).unwrap_or_else(PoisonError::into_inner);
    *let_go -= 1;
}

/// Something that happened.
pub(crate) fn say(text: impl Display) {
    write("say", text);
}

/// Something that the parent reckons with. It is not shown.
pub(crate) fn result(text: impl Display) {
    write("result", text);
}

/// All that a worker tells.
pub(crate) fn tell(event: &Event) {
    match event {
        Event::Claimed { key, attempt, is_last, .. } => {
            let last = if *is_last { ", the last one" } else { "" };
            now(format!("claimed {key}: begins attempt {attempt}{last}"));
        }
        Event::Busy { key, attempt, is_pause: true, .. } => {
            now(format!("waits for {key}: the pause after attempt {attempt}"));
        }
        Event::Busy { key, attempt, holder, .. } => now(format!("waits for {key}: {holder} is at attempt {attempt}")),
        Event::TakenOver { key, attempt, holder, .. } => {
            say(format!("takes over {key}: no sign of life from {holder}, whose attempt {attempt} is given up"));
        }
        Event::LeaseLost { key, attempt, .. } => say(format!("lost the lease of {key}: attempt {attempt} is stopped")),
        Event::AttemptFailed { key, attempt, error, .. } => say(format!("attempt {attempt} at {key} failed: {error}")),
        Event::HandedBack { key, attempt, .. } => say(format!("gave attempt {attempt} at {key} back")),
        Event::Completed { key, attempt, ran_here: true, .. } => say(format!("completed {key} in attempt {attempt}")),
        Event::Completed { key, attempt, holder, .. } => {
            say(format!("learnt that {holder} completed {key} in attempt {attempt}"));
        }
        Event::Exhausted { key, attempts, .. } => {
            say(format!("learnt that all {attempts} attempts at {key} are spent"));
        }
        Event::StoreTrouble { error, .. } => say(format!("cannot reach the store: {error}")),
        Event::StoreRecovered => say("reaches the store again"),
        _ => {}
    }
}

/// One line, and one write, so that the lines of two threads never mix. It is short, and the parent reads all the time,
/// so it doesn't hold up the worker's thread.
fn write(kind: &str, text: impl Display) {
    let text: String = text.to_string().chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let line = format!("{kind} {text}\n");
    if std::io::stdout().lock().write_all(line.as_bytes()).is_err() {
        // Nobody is left to work for.
        std::process::exit(1);
    }
}
