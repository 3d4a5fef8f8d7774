//! Whether a store answers, and what its clock says. Knows no keys.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::event::{Event, Listener};
use crate::store::StoreError;

/// What is known of a store's well-being.
#[derive(Debug)]
pub(crate) struct Health {
    listener: Listener,
    is_troubled: AtomicBool,
    clock: Mutex<Reading>,
}

/// What the store's clock said, and when that was heard. The store's clock has gone on since it was read, so what is
/// derived from this never runs ahead of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) store: Duration,
    pub(crate) heard: Instant,
}

impl Health {
    pub(crate) fn new(listener: Listener, reading: Reading) -> Self {
        Self { listener, is_troubled: AtomicBool::new(false), clock: Mutex::new(reading) }
    }

    /// The store did not answer.
    pub(crate) fn trouble(&self, error: &StoreError) {
        if !self.is_troubled.swap(true, Ordering::Relaxed) {
            self.listener.tell(&Event::StoreTrouble { error: error.to_string() });
        }
    }

    /// The store answered.
    pub(crate) fn recovered(&self) {
        if self.is_troubled.swap(false, Ordering::Relaxed) {
            self.listener.tell(&Event::StoreRecovered);
        }
    }

    /// Its clock was read.
    pub(crate) fn heard(&self, reading: Reading) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = reading;
    }

    /// What the store's clock says about `now`, in microseconds since the Unix epoch.
    pub(crate) fn store_clock(&self, now: Instant) -> u64 {
        let Reading { store, heard } = *self.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let estimate = store.saturating_add(now.saturating_duration_since(heard));
        u64::try_from(estimate.as_micros()).unwrap_or(u64::MAX)
    }
}
