//! What stands between the processes of a fleet and their store for a while. Knows no requests.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::store::StoreError;

/// What happens to requests for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sky {
    /// They, or their replies, are lost.
    Fails,
    /// The store refuses them.
    Refuses,
    /// They, or their replies, wait until it is over.
    Hangs,
}

/// The sky over each process of a fleet.
#[derive(Debug, Default)]
pub(super) struct Weather {
    /// By the number of its fault: whose requests it is about, or whether it is about all, and what happens to them.
    skies: Mutex<Vec<(u32, Option<u32>, Sky)>>,
    /// Wakes in the order of those who wait, as nothing here may happen by a chance that is not drawn.
    changes: Notify,
}

impl Weather {
    pub(super) fn begin(&self, fault: u32, process: Option<u32>, sky: Sky) {
        self.skies().push((fault, process, sky));
        self.changes.notify_waiters();
    }

    pub(super) fn end(&self, fault: u32) {
        self.skies().retain(|(number, ..)| *number != fault);
        self.changes.notify_waiters();
    }

    /// Lets a request through, when it can go.
    pub(super) async fn let_request_through(&self, process: u32) -> Result<(), StoreError> {
        match self.wait(process, |sky| sky != Sky::Hangs).await {
            Some(Sky::Refuses) => Err(StoreError::Refused("the store refuses for a while".to_owned())),
            Some(_) => Err(StoreError::Unavailable("there is no way to the store".to_owned())),
            None => Ok(()),
        }
    }

    /// Lets a reply through, when it can go.
    pub(super) async fn let_reply_through(&self, process: u32) -> Result<(), StoreError> {
        match self.wait(process, |sky| sky != Sky::Hangs).await {
            Some(Sky::Fails) => Err(StoreError::Unavailable("there is no way back from the store".to_owned())),
            _ => Ok(()),
        }
    }

    /// Lets a wake-up through, when there is a way. After a break everybody is woken, so none is lost.
    pub(super) async fn let_wake_up_through(&self, process: u32) {
        self.wait(process, |sky| sky == Sky::Refuses).await;
    }

    /// Waits until the sky over the process is clear, or as it is wanted.
    async fn wait(&self, process: u32, is_wanted: impl Fn(Sky) -> bool) -> Option<Sky> {
        loop {
            let changes = self.changes.notified();
            let sky = self.sky(process);
            if sky.is_none_or(&is_wanted) {
                return sky;
            }
            changes.await;
        }
    }

    /// The first that came of what hangs over the process; what hangs, hangs first.
    fn sky(&self, process: u32) -> Option<Sky> {
        let skies = self.skies();
        let mut over = skies.iter().filter(|(_, whose, _)| whose.is_none_or(|whose| whose == process));
        let hangs = over.clone().find(|(.., sky)| *sky == Sky::Hangs);
        hangs.or_else(|| over.next()).map(|(.., sky)| *sky)
    }

    fn skies(&self) -> MutexGuard<'_, Vec<(u32, Option<u32>, Sky)>> {
        self.skies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
