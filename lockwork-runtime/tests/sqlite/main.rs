//! What only the SQLite store promises: of its file, and of the processes that share it.
#![cfg(feature = "sqlite")]

mod files;
#[cfg(target_os = "linux")]
mod harm;
mod processes;
mod sharing;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lockwork_runtime::store::sqlite::SqliteStore;
use lockwork_runtime::store::{ConnectError, Store, StoreError, Swap, Swapped, Wake};
use tempfile::TempDir;

/// Far longer than anything takes, so that a test that would hang fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A directory of the test's own, and a file name in it.
fn scene() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("the system has room for a temporary directory");
    let path = directory.path().join("jobs.db");
    (directory, path)
}

async fn connect(path: &Path) -> Result<Arc<SqliteStore>, ConnectError> {
    SqliteStore::connect(path.to_str().expect("temporary paths are Unicode")).await
}

async fn open(path: &Path) -> Arc<SqliteStore> {
    connect(path).await.expect("the file can be used")
}

/// The words of a refusal that asking again would not change.
async fn refused(path: &Path) -> String {
    match connect(path).await {
        Err(ConnectError::Store(StoreError::Refused(why))) => why,
        other => panic!("{other:?}"),
    }
}

async fn swap(store: &SqliteStore, key: &str, expected: Option<&[u8]>, next: &[u8]) -> Result<Swapped, StoreError> {
    store.swap(Swap { key, expected, next, keep: None, wake: Wake::All }).await
}

async fn bytes(store: &SqliteStore, key: &str) -> Option<Vec<u8>> {
    store.load(key).await.expect("the file can be read").map(|seen| seen.bytes)
}

/// Asks again and again until the answer is yes.
async fn until(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let asked = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("in vain waited until {what}"));
}
