//! What stands for the application's services in its tests. Knows nothing of lockwork.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::invoices::{Ledger, Mailer};

/// How long a mailer takes to answer about a letter that is new, unless it is told otherwise.
pub(crate) const MAILING: Duration = Duration::from_secs(2);

/// A mailer that delivers a letter at once, and takes its time to say so.
pub(crate) struct FakeMailer {
    letters: Mutex<BTreeMap<String, String>>,
    is_down: Mutex<bool>,
    asked: watch::Sender<usize>,
    /// How long it takes to answer about a letter that is new.
    mailing: Duration,
}

impl FakeMailer {
    pub(crate) fn new() -> Self {
        Self::answering_after(MAILING)
    }

    pub(crate) fn answering_after(mailing: Duration) -> Self {
        Self { letters: Mutex::default(), is_down: Mutex::new(false), asked: watch::Sender::new(0), mailing }
    }

    pub(crate) fn break_down(&self) {
        *lock(&self.is_down) = true;
    }

    pub(crate) fn mend(&self) {
        *lock(&self.is_down) = false;
    }

    /// The letters that were delivered.
    pub(crate) fn letters(&self) -> Vec<String> {
        lock(&self.letters).values().cloned().collect()
    }

    /// How often it was asked to send something.
    pub(crate) fn asked(&self) -> usize {
        *self.asked.borrow()
    }

    /// Waits until it is asked for the first time.
    pub(crate) async fn first_asked(&self) {
        self.asked.subscribe().wait_for(|asked| *asked > 0).await.expect("the mailer is there");
    }
}

impl Mailer for FakeMailer {
    async fn send(&self, idempotency_key: &str, letter: String) -> Result<()> {
        self.asked.send_modify(|asked| *asked += 1);
        if *lock(&self.is_down) {
            bail!("the mailer is down");
        }
        if lock(&self.letters).insert(idempotency_key.to_owned(), letter).is_none() {
            sleep(self.mailing).await;
        }
        Ok(())
    }
}

/// A ledger that refuses who comes too late.
#[derive(Default)]
pub(crate) struct FakeLedger {
    entries: Mutex<Vec<(u64, u32)>>,
    refused: Mutex<Vec<u64>>,
}

impl FakeLedger {
    /// The fences and the invoices that were booked.
    pub(crate) fn entries(&self) -> Vec<(u64, u32)> {
        lock(&self.entries).clone()
    }

    /// The fences that came too late.
    pub(crate) fn refused(&self) -> Vec<u64> {
        lock(&self.refused).clone()
    }
}

impl Ledger for FakeLedger {
    async fn book(&self, fence: u64, invoice: u32) -> Result<()> {
        let mut entries = lock(&self.entries);
        if entries.last().is_some_and(|(highest, _)| fence < *highest) {
            lock(&self.refused).push(fence);
            bail!("fence {fence} is too low");
        }
        entries.push((fence, invoice));
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics under the lock")
}
