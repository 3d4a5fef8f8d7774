//! The history of a run as it is written, and how far the members have come by it. Knows no store.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::Context;
use lockwork_fleet::workload::Workload;
use lockwork_test_support::history::{CallEnd, Deed, Line};

/// Reads all that the members note, and writes it to a file.
pub(crate) struct Chronicle {
    /// As long as this is open, members may come and go without ending the history.
    anchor: File,
    reading: JoinHandle<anyhow::Result<Vec<Line>>>,
    progress: Arc<Mutex<Progress>>,
}

/// How far the members have come.
struct Progress {
    workload: Workload,
    slots: Vec<Pace>,
}

/// How far the members of one slot have come.
#[derive(Clone, Default)]
struct Pace {
    /// Its first job that has no fate yet.
    settled: u64,
    /// So have these.
    ahead: BTreeSet<u64>,
}

/// The slot of a process, by its number.
pub(crate) fn slot_of(process: u32, members: u64) -> usize {
    usize::try_from(u64::from(process) % members).unwrap_or(0)
}

impl Chronicle {
    pub(crate) fn open(directory: &Path, workload: Workload) -> anyhow::Result<Self> {
        let witness = directory.join("witness");
        // For both, as a pipe is only opened when both ends are.
        let anchor = OpenOptions::new().read(true).write(true).open(&witness)?;
        let lines = BufReader::new(File::open(&witness)?);
        let mut file = BufWriter::new(File::create(directory.join("history"))?);
        let members = usize::try_from(workload.members)?;
        let progress = Arc::new(Mutex::new(Progress { workload, slots: vec![Pace::default(); members] }));
        let told = Arc::clone(&progress);
        let reading = thread::spawn(move || {
            let mut history = Vec::new();
            for text in lines.lines() {
                let text = text?;
                writeln!(file, "{text}")?;
                let line: Line = text.parse().context("a member writes what no member writes")?;
                lock(&told).tell(&line);
                history.push(line);
            }
            file.flush()?;
            Ok(history)
        });
        Ok(Self { anchor, reading, progress })
    }

    /// The first job of this slot that has no fate yet.
    pub(crate) fn settled(&self, slot: usize) -> u64 {
        lock(&self.progress).slots[slot].settled
    }

    /// All jobs below this one have their fate, for all of their callers.
    pub(crate) fn settled_by_all(&self) -> u64 {
        lock(&self.progress).slots.iter().map(|pace| pace.settled).min().unwrap_or(0)
    }

    /// Whether nothing is read any more, as a line is none.
    pub(crate) fn has_ended(&self) -> bool {
        self.reading.is_finished()
    }

    /// The whole history, once nobody notes anything any more.
    pub(crate) fn close(self) -> anyhow::Result<Vec<Line>> {
        drop(self.anchor);
        self.reading.join().map_err(|_| anyhow::anyhow!("the reader of the history panicked"))?
    }
}

fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress {
    fn tell(&mut self, line: &Line) {
        let Line::Job { process, key, deed: Deed::Return { end, .. } } = line else { return };
        let is_settled = match end {
            CallEnd::Ok(_) => true,
            CallEnd::Error(kind) => kind == "Exhausted",
            CallEnd::Dropped => false,
        };
        let Some(index) = Workload::index(key).filter(|_| is_settled) else { return };
        let slot = slot_of(*process, self.workload.members);
        let pace = &mut self.slots[slot];
        pace.ahead.insert(index);
        while !self.workload.is_called_by(pace.settled, slot as u64) || pace.ahead.remove(&pace.settled) {
            pace.settled += 1;
        }
    }
}
