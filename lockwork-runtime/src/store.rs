//! What a store is: a compare-and-swap register per key. It moves bytes, and must know neither records nor workers.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

pub mod memory;
pub(crate) mod open;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod watch;

pub use watch::Watch;

/// The answer of a store, boxed so that a worker can hold any store; the I/O behind it dwarfs the box.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A compare-and-swap register per key, with a clock of its own and wake-ups.
///
/// Keys are given whole, the namespace included. A method may be called from several tasks at once. Dropping a
/// future leaves the store sound, but its command may or may not have been carried out.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// Reads the record of `key`, and how long it is still kept.
    ///
    /// # Behavior
    ///
    /// The bytes are read no later than the time that is left. (The other way round the time could be that of an
    /// older record, and a fresh one would look old.) A record whose time is over is absent.
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Seen>>;

    /// Reads the record of `key`, and not how long it is still kept. By default this is a [`load`](Self::load).
    fn peek<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        let load = self.load(key);
        Box::pin(async { Ok(load.await?.map(|seen| seen.bytes)) })
    }

    /// Writes a record if what is there is exactly what was expected.
    ///
    /// # Behavior
    ///
    /// Atomic. `Written` means that the store has it; a conflict changes nothing and wakes nobody.
    fn swap<'a>(&'a self, swap: Swap<'a>) -> Answer<'a, Swapped>;

    /// Begins to listen for wake-ups on `key`.
    ///
    /// # Behavior
    ///
    /// When it answers, the watch stands: any later swap that wakes all, by any process, wakes it, and any removal; one
    /// that wakes a few may. A wake-up is a hint, there may be more of them than swaps; after a break in the connection
    /// every watch is woken. It may tell what was written, as a guess.
    fn watch<'a>(&'a self, key: &'a str) -> Answer<'a, Watch>;

    /// Reads the store's clock, as the time since the Unix epoch. The worker's sign that the store is well.
    fn clock(&self) -> Answer<'_, Duration>;

    /// Reads the records that `scan` asks for, in its order.
    fn scan<'a>(&'a self, scan: Scan<'a>) -> Answer<'a, Vec<(String, Seen)>>;

    /// Removes the record of `key` if it is exactly `expected`, and wakes its watches. Says whether it did.
    fn remove<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool>;

    /// Calls `ask`, which asks it something, on this thread, if what is asked is then answered or at least sent before this
    /// returns, so that it need not wait for another thread. Says whether it did. By default it does not.
    fn ask_here(&self, ask: &mut dyn FnMut()) -> bool {
        let _ = ask;
        false
    }

    /// Within what time it answers a load, a peek, a swap, a watch or a removal, be it with an error.
    ///
    /// # Behavior
    ///
    /// A promise: who has as much time waits without a timer of its own. `None`, the default, promises nothing.
    fn answers_within(&self) -> Option<Duration> {
        None
    }
}

/// A record as a store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The record, in the form in which it was written.
    pub bytes: Vec<u8>,
    /// For how long the store still keeps it; `None` is for ever.
    pub left: Option<Duration>,
}

/// A compare and swap.
#[derive(Clone, Copy, Debug)]
pub struct Swap<'a> {
    /// Whose record, the namespace included.
    pub key: &'a str,
    /// What must be there; `None` is "nothing".
    pub expected: Option<&'a [u8]>,
    /// What is to be there.
    pub next: &'a [u8],
    /// For how long from now it is kept, in whole milliseconds, at least one; `None` is for ever.
    pub keep: Option<Duration>,
    /// Who of those who watch the key is told.
    pub wake: Wake,
}

/// Whom a swap tells of what it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Nobody.
    Nobody,
    /// A few of those who watch the key, one at least if anybody does; where the store cannot choose, all. For what only
    /// one of them can have.
    ///
    /// Those who are told may be dead, frozen or about to leave, and the others hear nothing of it. So who relies on a
    /// wake-up of this kind has a time at which it looks by itself.
    Few,
    /// All who watch the key.
    All,
}

/// Which records are to be listed.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// With what their keys begin, the namespace included.
    pub prefix: &'a str,
    /// Behind which key they come in the order; `None` is from its beginning on.
    pub behind: Option<&'a str>,
    /// How many, at most.
    pub limit: usize,
    /// In which order, by key (bytewise).
    pub order: Order,
}

/// An order of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The least key first.
    #[default]
    Ascending,
    /// The greatest key first.
    Descending,
}

impl<'a> Scan<'a> {
    /// The first records, in ascending order, whose keys begin with `prefix`.
    #[must_use]
    pub const fn of(prefix: &'a str, limit: usize) -> Self {
        Self { prefix, behind: None, limit, order: Order::Ascending }
    }

    /// Whether a key comes behind what was seen already.
    #[cfg_attr(not(feature = "redis"), expect(dead_code, reason = "the other stores begin there"))]
    pub(crate) fn is_behind(&self, key: &str) -> bool {
        self.behind.is_none_or(|behind| match self.order {
            Order::Ascending => behind < key,
            Order::Descending => key < behind,
        })
    }
}

/// What became of a swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Swapped {
    /// The record is written.
    Written,
    /// Something else was there, which this is; nothing was written.
    Conflict(Option<Vec<u8>>),
}

/// Why a store did not answer, in words for a person. Never holds a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// It may answer when asked again: no connection, a time-out, busy. Whether a write was applied is not known.
    Unavailable(String),
    /// Asking again does not help: wrong password, no permission, read-only, corrupt.
    Refused(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) | Self::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for StoreError {}

/// Why a URL did not become a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectError {
    /// The URL is malformed, or names what is not there; in words, without its password.
    BadUrl(String),
    /// The store behind it does not let us in, or does not answer.
    Store(StoreError),
}

impl From<StoreError> for ConnectError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
