//! The thread that owns the file, as SQLite blocks: it takes what lies on its desk. Knows neither SQL nor executors.

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::clock;
use crate::store::watch::Watches;
use crate::store::{Scan, Seen, StoreError, Swapped};

use super::batch;
use super::file::File;
use super::lookout::Lookout;
use super::notes::{MOST_NOTES, Note, Request, Round};
use super::patience;
use super::table::{self, Table};

/// After how many writes the table is swept. A transaction may bring more at once, and still a sweep deletes as many.
const SWEEP_EVERY: usize = 512;
const _: () = assert!(SWEEP_EVERY + MOST_NOTES <= table::SWEEP as usize, "the sweeps would not keep up");

/// All that the thread owns.
pub(super) struct Desk {
    file: File,
    table: Table,
    watches: Watches,
    lookout: Lookout,
    writes: usize,
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
                Ok(note) => {
                    let round = Round::take(note, notes);
                    let is_last = round.is_last;
                    self.serve(round);
                    if is_last {
                        return;
                    }
                }
                // Trouble with looking wakes those who watch, and they are told of it when they ask.
                Err(RecvTimeoutError::Timeout) => drop(self.lookout.look(&self.table)),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn serve(&mut self, round: Round) {
        self.write(round.writes);
        for call in round.calls {
            call(self);
        }
        if round.is_stirred {
            self.lookout.stirred();
        }
        if self.writes >= SWEEP_EVERY {
            self.sweep();
        }
    }

    /// Has all that is wanted written, and then tells everybody. Nobody is woken for what is not on the disk.
    fn write(&mut self, requests: Vec<Request>) {
        if requests.is_empty() {
            return;
        }
        let (writes, replies): (Vec<_>, Vec<_>) = requests.into_iter().unzip();
        let outcomes = match self.file.check() {
            Ok(()) => batch::write(&mut self.table, &writes)
                .into_iter()
                .map(|outcome| outcome.map_err(|error| self.file.explain(&error)))
                .collect(),
            Err(error) => vec![Err(error); writes.len()],
        };
        for ((write, reply), outcome) in writes.iter().zip(replies).zip(outcomes) {
            if outcome == Ok(Swapped::Written) {
                self.writes += 1;
                if write.wake {
                    self.watches.wake(&write.key, None);
                }
            }
            // Who asked may have gone; it is written all the same.
            let _ = reply.send(outcome);
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

#[cfg(test)]
mod tests;
