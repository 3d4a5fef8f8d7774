//! The thread that owns the file, as SQLite blocks: one note after the other. Knows neither SQL nor executors.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::clock;
use crate::store::watch::Watches;
use crate::store::{Scan, Seen, StoreError, Swap, Swapped};

use super::file::File;
use super::lookout::Lookout;
use super::patience;
use super::table::Table;

/// After how many writes the table is swept. Less than a sweep deletes, so the sweeps keep up.
const SWEEP_EVERY: u32 = 128;

/// What can be put on the desk.
pub(super) enum Note {
    /// Somebody asks for something.
    Call(Box<dyn FnOnce(&mut Desk) + Send>),
    /// The log of the file has changed.
    Stirred,
    /// The store is gone, so nobody can ask any more.
    Close,
}

/// All that the thread owns.
pub(super) struct Desk {
    file: File,
    table: Table,
    watches: Watches,
    lookout: Lookout,
    writes: u32,
}

/// Starts the thread, and waits until it has opened the file.
pub(super) async fn start(path: PathBuf, watches: Watches) -> Result<Sender<Note>, StoreError> {
    let (desk, notes) = mpsc::channel();
    let (opened, answer) = oneshot::channel();
    let own_desk = desk.clone();
    let work = move || match Desk::open(path, own_desk, watches) {
        Ok(desk) => {
            if opened.send(Ok(())).is_ok() {
                desk.work(&notes);
            }
        }
        Err(error) => {
            // Who wanted to open it may have gone.
            let _ = opened.send(Err(error));
        }
    };
    let thread = thread::Builder::new().name("lockwork-sqlite".to_owned()).spawn(work);
    thread.map_err(|error| {
        StoreError::Unavailable(format!("no thread for the SQLite store could be started: {error}"))
    })?;
    answer.await.map_err(|_| StoreError::Refused("the thread of the SQLite store has panicked".to_owned()))??;
    Ok(desk)
}

impl Desk {
    fn open(path: PathBuf, desk: Sender<Note>, watches: Watches) -> Result<Self, StoreError> {
        let (file, mut table) = File::open(&path)?;
        table.set_patience(patience::WRITING).map_err(|error| file.explain(&error))?;
        let lookout = Lookout::new(file.path(), desk, watches.clone());
        let mut desk = Self { file, table, watches, lookout, writes: 0 };
        desk.sweep();
        Ok(desk)
    }

    fn work(mut self, notes: &Receiver<Note>) {
        loop {
            let note = match self.lookout.next() {
                None => notes.recv().map_err(RecvTimeoutError::from),
                Some(next) => match next.checked_duration_since(clock::now()) {
                    Some(pause) => notes.recv_timeout(pause),
                    // Also when there is always something on the desk, those who watch have their turn.
                    None => Err(RecvTimeoutError::Timeout),
                },
            };
            match note {
                Ok(Note::Call(work)) => work(&mut self),
                Ok(Note::Stirred) => self.lookout.stirred(),
                // Trouble with looking wakes those who watch, and they are told of it when they ask.
                Err(RecvTimeoutError::Timeout) => drop(self.lookout.look(&self.table)),
                Ok(Note::Close) | Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.writes >= SWEEP_EVERY {
                self.sweep();
            }
        }
    }

    /// Deletes what is long over, if nobody else writes just now. It can wait, so its troubles are nobody's.
    fn sweep(&mut self) {
        self.writes = 0;
        if self.table.set_patience(patience::NONE).is_ok() {
            let _ = self.table.sweep();
        }
        let _ = self.table.set_patience(patience::WRITING);
    }

    pub(super) fn load(&self, key: &str) -> Result<Option<Seen>, StoreError> {
        self.table.load(key).map_err(|error| self.file.explain(&error))
    }

    pub(super) fn swap(&mut self, swap: &Swap<'_>) -> Result<Swapped, StoreError> {
        self.file.check()?;
        let swapped = self.table.swap(swap).map_err(|error| self.file.explain(&error))?;
        if swapped == Swapped::Written {
            self.written(swap.key, swap.wake);
        }
        Ok(swapped)
    }

    pub(super) fn remove(&mut self, key: &str, expected: &[u8]) -> Result<bool, StoreError> {
        self.file.check()?;
        let removed = self.table.remove(key, expected).map_err(|error| self.file.explain(&error))?;
        if removed {
            self.written(key, true);
        }
        Ok(removed)
    }

    fn written(&mut self, key: &str, wake: bool) {
        self.writes += 1;
        if wake {
            self.watches.wake(key, None);
        }
    }

    pub(super) fn scan(&self, scan: &Scan<'_>) -> Result<Vec<(String, Seen)>, StoreError> {
        self.table.scan(scan).map_err(|error| self.file.explain(&error))
    }

    pub(super) fn begin_watch(&mut self) -> Result<(), StoreError> {
        self.file.check()?;
        self.lookout.begin(&self.table).map_err(|error| self.file.explain(&error))
    }

    pub(super) fn clock(&self) -> Result<Duration, StoreError> {
        self.file.check()?;
        self.table.version().map_err(|error| self.file.explain(&error))?;
        Ok(clock::wall())
    }
}
