//! The SQLite store: records in a file that the processes of one host share. Knows no records and no SQL.

mod batch;
mod ear;
mod file;
mod lookout;
mod notes;
pub(crate) mod path;
mod patience;
#[cfg(test)]
mod spoil;
pub(crate) mod table;
mod thread;
mod trouble;
mod write;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::store::watch::Watches;
use crate::store::{Answer, ConnectError, Scan, Seen, Store, StoreError, Swap, Swapped, Watch};

use notes::Note;
use thread::Desk;
use write::Write;

/// Records in a SQLite file, for all processes of one host.
///
/// An acknowledged write survives a crash of the process and a loss of power. The records are the table
/// `lockwork_records`; the file may hold other tables, and is kept with a write-ahead log from then on. A transaction
/// that writes to the same file, whatever to, holds up every claim and renewal for as long as it takes, so work with
/// long ones belongs in a file of its own. The file must be on a local disk, as SQLite shares memory between the
/// processes that have it open.
///
/// The store runs on a thread of its own, which ends when the store is dropped.
pub struct SqliteStore {
    path: PathBuf,
    desk: Sender<Note>,
    watches: Watches,
}

impl SqliteStore {
    /// Opens the file at `path`, which is what follows `sqlite:` in a URL, or makes it, readable by its owner only.
    ///
    /// The path is taken as it is, without percent-decoding; two slashes in front of it are not part of it. Its
    /// directory must exist. A file that cannot be used is left as it is.
    ///
    /// # Errors
    ///
    /// [`ConnectError::BadUrl`] if `path` cannot be that of a file; [`StoreError::Refused`] if the file cannot be
    /// used; [`StoreError::Unavailable`] if it cannot be now: locked, the disk full.
    pub async fn connect(path: &str) -> Result<Arc<Self>, ConnectError> {
        Self::open(path::parse(path)?).await
    }

    /// Opens the file at `path`, or makes it.
    pub(crate) async fn open(path: PathBuf) -> Result<Arc<Self>, ConnectError> {
        let watches = Watches::default();
        let desk = thread::start(path.clone(), watches.clone()).await?;
        Ok(Arc::new(Self { path, desk, watches }))
    }

    /// Has `work` done on the store's thread, after all that was asked before.
    ///
    /// # Cancellation safety
    ///
    /// What was once polled is done, also if nobody waits for the answer any more.
    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk) -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<'_, T> {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let call = Note::Call(Box::new(move |desk| {
                // Who asked may have gone; the work is done all the same.
                let _ = reply.send(work(desk));
            }));
            self.desk.send(call).map_err(|_| self.thread_is_gone())?;
            answer.await.map_err(|_| self.thread_is_gone())?
        })
    }

    /// Has `write` made on the store's thread, in one transaction with others that wait there.
    ///
    /// # Cancellation safety
    ///
    /// What was once polled is written, also if nobody waits for the answer any more.
    async fn write(&self, write: Write) -> Result<Swapped, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.desk.send(Note::Write((write, reply))).map_err(|_| self.thread_is_gone())?;
        answer.await.map_err(|_| self.thread_is_gone())?
    }

    fn thread_is_gone(&self) -> StoreError {
        let path = &self.path;
        StoreError::Refused(format!("the thread of the SQLite store {path:?} has panicked: restart the process"))
    }
}

impl Store for SqliteStore {
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Seen>> {
        let key = key.to_owned();
        self.ask(move |desk| desk.load(&key))
    }

    fn swap<'a>(&'a self, swap: Swap<'a>) -> Answer<'a, Swapped> {
        Box::pin(self.write(swap.into()))
    }

    fn watch<'a>(&'a self, key: &'a str) -> Answer<'a, Watch> {
        Box::pin(async move {
            // Listed before the lookout begins, or it could find that there is nobody to look out for.
            let watch = self.watches.join(key);
            self.ask(Desk::begin_watch).await?;
            Ok(watch)
        })
    }

    fn clock(&self) -> Answer<'_, Duration> {
        self.ask(|desk| desk.clock())
    }

    fn scan<'a>(&'a self, scan: Scan<'a>) -> Answer<'a, Vec<(String, Seen)>> {
        let Scan { limit, order, .. } = scan;
        let (prefix, behind) = (scan.prefix.to_owned(), scan.behind.map(str::to_owned));
        self.ask(move |desk| desk.scan(&Scan { prefix: &prefix, behind: behind.as_deref(), limit, order }))
    }

    fn remove<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        let write = Write::removal(key, expected);
        Box::pin(async { Ok(self.write(write).await? == Swapped::Written) })
    }

    fn ask_here(&self, ask: &mut dyn FnMut()) -> bool {
        // What is asked lies on the desk at once, and who asks does not wait for what becomes of it.
        ask();
        true
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // Comes behind all that was asked. The thread is not waited for: this may be an executor's.
        let _ = self.desk.send(Note::Close);
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}
