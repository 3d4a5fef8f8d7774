//! One process of a fleet: its jobs, and the mishaps that it has in the middle of them.

use std::future::pending;
use std::time::Duration;

use anyhow::Context;
use lockwork::{Attempt, Event, Worker, global_once};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::sleep;

use crate::child::{self, Completion};
use crate::outside::Outside;
use crate::{EACH, Mode, PER_ROUND, Round};

/// How long it takes to see what is to be written.
const THINKING: Duration = Duration::from_millis(20);

/// What a process says when it has sent a mail, and nobody knows yet.
pub(crate) const SENT: &str = "has sent a mail";

/// Reads the ledger, thinks, and writes it back with one entry more.
///
/// The key is the same for every entry, and its record is forgotten when one is complete. So it is a lock, and the next
/// one's fence is higher all the same.
#[global_once(key = "ledger:{run}", timeout = "500ms", max_attempts = 1000, backoff = "20ms", retain = "1h")]
async fn enter(run: &str, entry: &str, at: &Round, #[attempt] attempt: &Attempt) -> anyhow::Result<()> {
    let outside = Outside::open(&at.file)?;
    let ledger = outside.ledger()?;
    sleep(THINKING).await;
    let entries = ledger.lines().filter(|line| line.starts_with(&at.entries())).count();
    if entries == at.mishap && outside.has_mishap(at.number)? {
        child::result("mishap stopped");
        // In here nothing notices that the lease ends, and nothing can stop what comes next.
        child::stop(format!("is about to write the ledger, with {entry} in it"));
    }
    let ledger = format!("{ledger}{entry}\n");
    match at.mode {
        Mode::Fenced => outside.write_fenced(&ledger, attempt.fence()),
        _ => outside.write(&ledger),
    }
}

/// Sends a mail.
#[global_once(key = "mail:{run}:{mail}", timeout = "500ms", backoff = "20ms", retain = "1h")]
async fn send(run: &str, mail: u32, at: &Round, #[attempt] attempt: &Attempt) -> anyhow::Result<()> {
    let outside = Outside::open(&at.file)?;
    match at.mode {
        Mode::Keyed => outside.send(mail, Some(&attempt.idempotency_key()))?,
        _ => outside.send(mail, None)?,
    }
    if at.mails().nth(at.mishap) == Some(mail) && outside.has_mishap(at.number)? {
        child::result("mishap killed");
        child::now(format!("{SENT}, {mail}, and has not said so"));
        pending::<()>().await;
    }
    Ok(())
}

/// What one process does in a round.
pub(crate) async fn run(process: usize, at: &Round) -> anyhow::Result<()> {
    let mut completions = child::install_worker(tell).await?;
    match at.mode {
        Mode::Unfenced | Mode::Fenced => enter_all(process, at, &mut completions).await,
        Mode::Plain | Mode::Keyed => {
            for mail in at.mails() {
                send(&at.run, mail, at).await?;
                child::result(format!("acknowledged {mail}"));
            }
            Ok(())
        }
    }
}

/// Makes this process's entries, one after the other.
async fn enter_all(process: usize, at: &Round, completions: &mut UnboundedReceiver<Completion>) -> anyhow::Result<()> {
    let worker = Worker::connect(std::env::var("LOCKWORK_URL")?).await?;
    for number in 1..=EACH {
        let entry = format!("{}{process}.{number}", at.entries());
        loop {
            enter(&at.run, &entry, at).await?;
            let done = completions.recv().await.context("the worker didn't tell of the completion")?;
            if done.ran_here {
                break;
            }
            // It was somebody else's turn, whose record is about to be forgotten.
            sleep(THINKING).await;
        }
        child::result(format!("acknowledged {entry}"));
        worker.forget(format!("ledger:{}", at.run)).await?;
    }
    Ok(())
}

impl Round {
    /// What the round's entries begin with.
    fn entries(&self) -> String {
        format!("{}/", self.number)
    }

    /// The round's mails.
    fn mails(&self) -> impl Iterator<Item = u32> {
        let first = self.number * PER_ROUND;
        first..first + PER_ROUND
    }
}

/// What happens is mostly the same, so only what does not is told.
fn tell(event: &Event) {
    match event {
        Event::TakenOver { key, attempt, holder, .. } => {
            child::say(format!("takes over {key}: no sign of life from {holder} in attempt {attempt}"));
        }
        Event::LeaseLost { key, attempt, .. } => child::say(format!("lost the lease of {key} in attempt {attempt}")),
        Event::AttemptFailed { error, .. } => child::say(format!("failed: {error}")),
        _ => {}
    }
}
