//! When to look for what other processes wrote, and whom to wake. Does nothing while nobody watches.

use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock;
use crate::store::watch::Watches;

use super::ear::Ear;
use super::notes::Note;
use super::table::Table;

/// The pauses between looks after something stirred. A stir comes when a writer begins its commit and nothing comes
/// when the commit can be seen, so the looks follow it, each as late again, and end in the poll behind the notices.
const WITH_EAR: Pauses = Pauses { first: Duration::from_micros(250), longest: Duration::from_millis(250) };

/// The pauses where the operating system grants no notices.
const WITHOUT_EAR: Pauses = Pauses { first: Duration::from_millis(5), longest: Duration::from_millis(25) };

#[derive(Clone, Copy, Debug)]
struct Pauses {
    first: Duration,
    longest: Duration,
}

/// Looks out for the wake-ups of other processes.
pub(super) struct Lookout {
    path: PathBuf,
    desk: Sender<Note>,
    watches: Watches,
    /// `None` while nobody watches.
    watch: Option<Standing>,
}

/// What a lookout knows while somebody watches.
struct Standing {
    ear: Option<Ear>,
    /// As the table's version was before the last look.
    version: i64,
    /// The newest mark of which the watches were told.
    mark: i64,
    pause: Duration,
    next: Instant,
}

impl Lookout {
    pub(super) fn new(path: &Path, desk: Sender<Note>, watches: Watches) -> Self {
        Self { path: path.to_owned(), desk, watches, watch: None }
    }

    /// Begins to look out, if it does not yet. What is marked after this is found.
    pub(super) fn begin(&mut self, table: &Table) -> rusqlite::Result<()> {
        if self.watch.is_none() {
            // First the ear, then the mark: what comes between is heard.
            let ear = Ear::open(&self.path, self.desk.clone());
            let mut standing = Standing {
                ear,
                version: table.version()?,
                mark: table.newest_mark()?,
                pause: Duration::ZERO,
                next: clock::now(),
            };
            standing.start_over();
            self.watch = Some(standing);
        }
        Ok(())
    }

    /// When the next look is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.watch.as_ref().map(|standing| standing.next)
    }

    /// Something stirred: the next looks come soon.
    pub(super) fn stirred(&mut self) {
        if let Some(standing) = &mut self.watch {
            standing.start_over();
        }
    }

    /// Wakes those whose keys were marked since the last look.
    pub(super) fn look(&mut self, table: &Table) -> rusqlite::Result<()> {
        let Some(standing) = &mut self.watch else {
            return Ok(());
        };
        if self.watches.is_empty() {
            self.watch = None;
            return Ok(());
        }
        standing.next = clock::now() + jittered(standing.pause);
        standing.pause = (standing.pause * 2).min(standing.pauses().longest);
        let found = standing.find(table, &self.watches);
        if found.is_err() {
            // Something may have been missed; those who are woken will meet the trouble themselves.
            standing.pause = WITH_EAR.longest;
            standing.next = clock::now() + jittered(standing.pause);
            self.watches.wake_all();
        }
        found
    }
}

impl Standing {
    fn pauses(&self) -> Pauses {
        if self.ear.is_some() { WITH_EAR } else { WITHOUT_EAR }
    }

    fn start_over(&mut self) {
        self.pause = self.pauses().first;
        self.next = self.next.min(clock::now() + self.pause);
    }

    fn find(&mut self, table: &Table, watches: &Watches) -> rusqlite::Result<()> {
        if let Some(ear) = &self.ear {
            ear.listen_again();
        }
        let version = table.version()?;
        if version == self.version {
            return Ok(());
        }
        let marked = table.marked_since(self.mark)?;
        if let Some((_, newest)) = marked.last() {
            self.mark = *newest;
            for (key, _) in &marked {
                watches.wake(key, None);
            }
            if self.ear.is_none() {
                self.pause = WITHOUT_EAR.first;
            }
        } else {
            let newest = table.newest_mark()?;
            if newest < self.mark {
                // Somebody emptied the table by hand, so the marks begin anew.
                self.mark = newest;
                watches.wake_all();
            }
        }
        self.version = version;
        Ok(())
    }
}

/// Up to a tenth more or less, so that many processes do not look at once.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(rand::random_range(0.9..1.1))
}

#[cfg(test)]
mod tests;
