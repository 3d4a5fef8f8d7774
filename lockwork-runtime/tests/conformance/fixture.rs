//! A fresh place for records per case, on each store. A store that cannot be had fails the case.

use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lockwork_runtime::store::memory::MemoryStore;
use lockwork_runtime::store::{Seen, Store, Swap, Swapped, Wake, Watch};

/// Far longer than anything takes, so that a case that would hang fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

type Connect = dyn Fn() -> Pin<Box<dyn Future<Output = Arc<dyn Store>> + Send>> + Send + Sync;

/// Where a case finds its store, and keys that nobody else uses.
pub(crate) struct Fixture {
    /// One handle to the store.
    pub(crate) store: Arc<dyn Store>,
    /// Whether a wake-up comes at once, and for nothing but a swap that asked for it.
    pub(crate) wakes_exactly: bool,
    connect: Box<Connect>,
    prefix: String,
    _needed: Box<dyn Any + Send + Sync>,
}

impl Fixture {
    /// A fixture whose handles are made by `connect`, and which lives on what is `needed`.
    async fn new<F>(connect: impl Fn() -> F + Send + Sync + 'static, needed: impl Any + Send + Sync) -> Self
    where
        F: Future<Output = Arc<dyn Store>> + Send + 'static,
    {
        Self {
            store: connect().await,
            wakes_exactly: false,
            connect: Box::new(move || Box::pin(connect())),
            prefix: fresh_prefix(),
            _needed: Box::new(needed),
        }
    }

    /// Another handle to the same records, with a connection of its own where the store has connections.
    pub(crate) async fn another(&self) -> Arc<dyn Store> {
        (self.connect)().await
    }

    /// A key of this case.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// The memory store.
pub(crate) async fn memory() -> Fixture {
    let name = fresh_prefix();
    let connect = move || {
        let store = MemoryStore::named(&name);
        async move { store as Arc<dyn Store> }
    };
    Fixture { wakes_exactly: true, ..Fixture::new(connect, ()).await }
}

/// The SQLite store, in a file of its own; each handle has its own connection and thread.
#[cfg(feature = "sqlite")]
pub(crate) async fn sqlite() -> Fixture {
    use lockwork_runtime::store::sqlite::SqliteStore;

    let directory = tempfile::tempdir().expect("the system has room for a temporary directory");
    let path = directory.path().join("jobs.db").to_str().expect("temporary paths are Unicode").to_owned();
    let connect = move || {
        let path = path.clone();
        async move { SqliteStore::connect(&path).await.expect("the file can be made") as Arc<dyn Store> }
    };
    Fixture::new(connect, directory).await
}

/// The Redis store, on the server that all cases share; each handle has its own connection.
#[cfg(feature = "redis")]
pub(crate) async fn redis() -> Fixture {
    use lockwork_runtime::store::redis::RedisStore;
    use lockwork_test_support::RedisServer;

    let connect = || async {
        let url = RedisServer::shared().url();
        RedisStore::connect(&url).await.expect("the server lets us in") as Arc<dyn Store>
    };
    Fixture::new(connect, ()).await
}

/// What no other case in no other run uses.
fn fresh_prefix() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("conformance-{}-{}/", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A swap that keeps for ever and wakes nobody.
pub(crate) async fn swap(store: &dyn Store, key: &str, expected: Option<&[u8]>, next: &[u8]) -> Swapped {
    let swap = Swap { key, expected, next, keep: None, wake: Wake::Nobody };
    store.swap(swap).await.expect("the store answers")
}

/// A swap that keeps for a time and wakes nobody.
pub(crate) async fn swap_for(
    store: &dyn Store,
    key: &str,
    expected: Option<&[u8]>,
    next: &[u8],
    keep: Duration,
) -> Swapped {
    let swap = Swap { key, expected, next, keep: Some(keep), wake: Wake::Nobody };
    store.swap(swap).await.expect("the store answers")
}

/// A swap that keeps for ever and wakes.
pub(crate) async fn swap_and_wake(store: &dyn Store, key: &str, expected: Option<&[u8]>, next: &[u8]) -> Swapped {
    let swap = Swap { key, expected, next, keep: None, wake: Wake::All };
    store.swap(swap).await.expect("the store answers")
}

/// What is there.
pub(crate) async fn load(store: &dyn Store, key: &str) -> Option<Seen> {
    store.load(key).await.expect("the store answers")
}

/// The bytes that are there.
pub(crate) async fn bytes(store: &dyn Store, key: &str) -> Option<Vec<u8>> {
    store.peek(key).await.expect("the store answers")
}

/// A watch that stands.
pub(crate) async fn watch(store: &dyn Store, key: &str) -> Watch {
    store.watch(key).await.expect("the store answers")
}

/// Waits for the wake-up.
pub(crate) async fn woken(watch: &mut Watch) {
    tokio::time::timeout(PATIENCE, watch.changed()).await.expect("the watch is woken");
}

/// Asks again and again until the answer is yes.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let asked = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("in vain waited until {what}"));
}

/// Waits until the record's time is over.
pub(crate) async fn over(store: &dyn Store, key: &str) {
    until("the record is over", async || load(store, key).await.is_none()).await;
}
