//! What a simulated fleet notes of itself: its history, and when its holders were last heard of. Knows no workers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lockwork_test_support::history::{Deed, Line, Scope, Turn};
use tokio::time::Instant;

use crate::clock::now;

/// The history of one fleet. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder(Arc<Mutex<Told>>);

#[derive(Debug, Default)]
struct Told {
    lines: Vec<(Instant, Line)>,
    faults: u32,
    /// The highest fence that the outside resource of each job has taken.
    written: HashMap<String, u64>,
    /// When the store took something about a job, and from which process.
    heard: Vec<Heard>,
}

/// The store took something about a job from a process.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    pub(super) at: Instant,
    pub(super) process: u32,
    pub(super) key: String,
}

impl Told {
    fn push(&mut self, line: Line) {
        self.lines.push((now(), line));
    }
}

impl Recorder {
    pub(super) fn note(&self, process: u32, key: &str, deed: Deed) {
        self.told().push(Line::Job { process, key: key.to_owned(), deed });
    }

    pub(super) fn died(&self, process: u32) {
        self.told().push(Line::Process { process, turn: Turn::Died("killed".to_owned()) });
    }

    /// A fault is in force. Says its number.
    pub(super) fn fault_begins(&self, process: Option<u32>, kind: &str) -> u32 {
        let mut told = self.told();
        told.faults += 1;
        let (number, scope) = (told.faults, Scope { process, key: None });
        told.push(Line::FaultBegins { number, scope, kind: kind.to_owned() });
        number
    }

    pub(super) fn fault_ends(&self, number: u32) {
        self.told().push(Line::FaultEnds { number });
    }

    pub(super) fn struck(&self, process: u32, key: &str, kind: &str) {
        let scope = Scope { process: Some(process), key: Some(key.to_owned()) };
        self.told().push(Line::FaultStrikes { scope, kind: kind.to_owned() });
    }

    /// Something is written to the job's outside resource, which takes no lower fence than it has taken.
    pub(super) fn write(&self, process: u32, key: &str, fence: u64) {
        let mut told = self.told();
        let highest = told.written.entry(key.to_owned()).or_default();
        let is_taken = *highest <= fence;
        *highest = fence.max(*highest);
        told.push(Line::Job { process, key: key.to_owned(), deed: Deed::Write { fence, is_taken } });
    }

    /// The store took something about the job from this process.
    pub(super) fn hear(&self, process: u32, key: &str) {
        self.told().heard.push(Heard { at: now(), process, key: key.to_owned() });
    }

    /// The history up to here, with its times, and what the store took. What is noted afterwards is lost.
    pub(super) fn take(&self) -> (Vec<(Instant, Line)>, Vec<Heard>) {
        let told = std::mem::take(&mut *self.told());
        (told.lines, told.heard)
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
