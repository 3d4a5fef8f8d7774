//! The Redis store: commands and scripts over one connection. Moves bytes, and knows neither records nor workers.
//!
//! For Redis 7.0 or newer and for Valkey; one server, no cluster.
//!
//! # The URL
//!
//! - `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, without a user `redis://:PASSWORD@HOST`
//! - `rediss://…`, the same over TLS, with the Cargo feature `tls`
//! - `redis+unix:///SOCKET[?db=DB&user=USER&pass=PASSWORD]`
//!
//! Characters that have a meaning in a URL are percent-encoded in user and password. Over TLS the certificate is
//! always checked. The authorities that the host trusts are trusted (those in `SSL_CERT_FILE` and `SSL_CERT_DIR`
//! instead, where these are set); for an authority of one's own there is `rediss://HOST?ca=FILE`, which trusts those
//! in the PEM file alone. A server that wants a certificate of its clients, as Redis does unless told otherwise, is
//! shown one with `cert=FILE&key=FILE`.
//!
//! # In the server
//!
//! The record of a key is the string at that key. Who watches it is subscribed to the channel of the same name, and to that
//! of its seat: one of 64 in each database. A connection draws one, which stands behind the name and a control character.
//! A record can only be relied upon where none is evicted: `maxmemory-policy noeviction`, Redis's default.
//!
//! # The rights that are needed
//!
//! A user with these can do all that the store does, for the namespace `lockwork` (whose keys begin with `lockwork:`):
//!
//! ```text
//! ACL SETUSER lockwork on >PASSWORD resetkeys ~lockwork:* resetchannels &lockwork:* -@all
//!     +get +pttl +set +del +evalsha +script|load +publish +pubsub|numsub +subscribe
//!     +unsubscribe +time +scan
//! ```
//!
//! A wake-up has the new record in it, where that is short. So who may subscribe to these channels, from whichever
//! database, may read records.
//!
//! Another database than 0 needs `+select` too.
//!
//! Completions of several jobs may be one command. So workers that share a store need the rights to all their namespaces: a
//! user without those to one key is refused such a command as a whole.
//!
//! Without `+pubsub|numsub` all works, if not as well. With it a wake-up for what only one can have goes to a few of the
//! processes that wait, if they are more than three: to those on some of the seats; and of completions that are one command
//! none is published to nobody. Without it all are woken, and each such wake-up or command is an entry in the server's
//! `ACL LOG`.

mod address;
mod answer;
mod batch;
mod connection;
mod dial;
mod fault;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod multiplexer;
mod script;
mod seat;
mod sending;
mod swaps;
mod upkeep;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Value};
use tokio::task::AbortHandle;

pub(crate) use crate::store::redis::address::Address;
use crate::store::redis::connection::Link;
use crate::store::redis::fault::Fault;
use crate::store::redis::swaps::{SMALL_ARGUMENTS, millis};
use crate::store::{Answer, ConnectError, Order, Scan, Seen, Store, StoreError, Swap, Swapped, Wake, Watch};

/// How many keys a `SCAN` looks at in one go.
const PAGE: usize = 500;

/// How many records are read in one go. Each may have a megabyte, and the others who use the connection wait for all
/// of them; and a server closes a connection with subscriptions that has 32 MiB of answers before it.
const BITE: usize = 8;

/// Records in a Redis or Valkey server.
///
/// It has one connection and, in the runtime that it was connected in, one task that keeps it up; both end with it.
/// A command that finds no connection waits a second for one. One that is not answered within one and a half is
/// given up, and the connection with it.
pub struct RedisStore {
    link: Arc<Link>,
    upkeep: AbortHandle,
}

impl RedisStore {
    /// Connects to the server of `url`; one try, which ends within about two seconds. To be called in the tokio
    /// runtime that is to keep the connection.
    ///
    /// # Errors
    ///
    /// As [`ConnectError`] says; never with the password. The URL is malformed, the server does not answer, is older
    /// than 7.0, or does not let us in.
    pub async fn connect(url: &str) -> Result<Arc<Self>, ConnectError> {
        Self::dial(Address::parse(url)?).await
    }

    /// Connects to the server at `address`.
    pub(crate) async fn dial(address: Address) -> Result<Arc<Self>, ConnectError> {
        let (link, orders) = Link::new(address)?;
        let first = link.dial(0).await?;
        let upkeep = tokio::spawn(upkeep::keep_up(Arc::clone(&link), first, orders)).abort_handle();
        Ok(Arc::new(Self { link, upkeep }))
    }

    /// The answers to `GET` and to `PTTL` for each of the `keys`, in one round trip.
    async fn read(&self, keys: &[&str]) -> Result<Vec<(Value, Value)>, StoreError> {
        // In this order the time that is left is never that of an older record than the bytes.
        let commands = keys.iter().flat_map(|key| ["GET", "PTTL"].map(|name| redis::cmd(name).arg(key).take()));
        let answers = self.link.commands(commands.collect()).await?;
        self.told(answer::pairs(answers, keys.len()))
    }

    async fn read_one(&self, key: &str) -> Result<Option<Seen>, StoreError> {
        let read = self.read(&[key]).await?;
        read.into_iter().next().map_or(Ok(None), |(bytes, left)| self.told(answer::seen(bytes, left)))
    }

    /// All keys that `scan` is about, in order.
    async fn keys(&self, scan: &Scan<'_>) -> Result<Vec<String>, StoreError> {
        let pattern = pattern(scan.prefix);
        let mut keys = Vec::new();
        let mut cursor = b"0".to_vec();
        loop {
            let mut command = redis::cmd("SCAN");
            command.arg(&cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(PAGE);
            let (next, page) = self.link.command(|| command.clone(), answer::page).await?;
            keys.extend(page.into_iter().filter(|key| scan.is_behind(key)));
            cursor = next;
            if cursor == b"0" {
                // The server may name a key more than once.
                keys.sort_unstable();
                keys.dedup();
                if scan.order == Order::Descending {
                    keys.reverse();
                }
                return Ok(keys);
            }
        }
    }

    async fn list(&self, scan: Scan<'_>) -> Result<Vec<(String, Seen)>, StoreError> {
        let (keys, limit) = (self.keys(&scan).await?, scan.limit);
        let mut found = Vec::new();
        let mut rest = &keys[..];
        while found.len() < limit && !rest.is_empty() {
            let (page, behind) = rest.split_at(rest.len().min(limit - found.len()).min(BITE));
            rest = behind;
            let names: Vec<&str> = page.iter().map(String::as_str).collect();
            for (key, (bytes, left)) in page.iter().zip(self.read(&names).await?) {
                // What is no string is no record.
                if answer::is_wrong_type(&bytes) {
                    continue;
                }
                if let Some(seen) = self.told(answer::seen(bytes, left))? {
                    found.push((key.clone(), seen));
                }
            }
        }
        Ok(found)
    }

    /// What an answer told, or the fault in it as an error of this server.
    fn told<T>(&self, told: Result<T, Fault>) -> Result<T, StoreError> {
        told.map_err(|fault| self.link.error(&fault))
    }
}

impl Store for RedisStore {
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Seen>> {
        Box::pin(self.read_one(key))
    }

    fn peek<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Vec<u8>>> {
        Box::pin(self.link.command(move || reading(key), answer::peeked))
    }

    fn swap<'a>(&'a self, swap: Swap<'a>) -> Answer<'a, Swapped> {
        match swap {
            // What need not be there before needs no script.
            Swap { expected: None, wake: Wake::Nobody, .. } => {
                Box::pin(self.link.command(move || beginning(&swap), answer::begun))
            }
            _ => Box::pin(self.link.script(move |asking| asking.swap(&swap, self.link.seat), answer::replaced)),
        }
    }

    fn watch<'a>(&'a self, key: &'a str) -> Answer<'a, Watch> {
        Box::pin(self.link.watch(key))
    }

    fn clock(&self) -> Answer<'_, Duration> {
        Box::pin(self.link.command(|| redis::cmd("TIME"), answer::time))
    }

    fn scan<'a>(&'a self, scan: Scan<'a>) -> Answer<'a, Vec<(String, Seen)>> {
        Box::pin(self.list(scan))
    }

    fn remove<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        Box::pin(self.link.script(move |asking| asking.command(script::removing(key, expected)), answer::removed))
    }

    fn ask_here(&self, ask: &mut dyn FnMut()) -> bool {
        self.link.ask_here(ask)
    }

    fn answers_within(&self) -> Option<Duration> {
        Some(connection::LONGEST)
    }
}

impl Drop for RedisStore {
    fn drop(&mut self) {
        self.upkeep.abort();
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisStore").field(&self.link).finish()
    }
}

/// The command that writes `swap.next` if nothing is there.
fn beginning(swap: &Swap<'_>) -> Cmd {
    let mut command = Cmd::with_capacity(7, swap.key.len() + swap.next.len() + SMALL_ARGUMENTS);
    command.arg("SET").arg(swap.key).arg(swap.next).arg("NX").arg("GET");
    if let Some(millis) = millis(swap.keep) {
        command.arg("PX").arg(millis);
    }
    command
}

/// The command that reads the record of `key`.
fn reading(key: &str) -> Cmd {
    let mut command = Cmd::with_capacity(2, key.len() + SMALL_ARGUMENTS);
    command.arg("GET").arg(key);
    command
}

/// A pattern of the server for what begins with `prefix`.
pub(crate) fn pattern(prefix: &str) -> String {
    let mut pattern = String::with_capacity(prefix.len() + 1);
    for character in prefix.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('*');
    pattern
}
