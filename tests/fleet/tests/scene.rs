//! A store with a namespace that no other test has. Knows no processes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lockwork::{Record, Worker};
use lockwork_test_support::RedisServer;
use tempfile::TempDir;

/// Where the members of a test's fleet meet.
pub(crate) struct Scene {
    pub(crate) url: String,
    pub(crate) namespace: String,
    /// For what the members write, and for the store if it is a file.
    pub(crate) directory: TempDir,
}

impl Scene {
    pub(crate) fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let url = format!("sqlite:{}", directory.path().join("jobs.db").display());
        Self { url, namespace: "fleet".to_owned(), directory }
    }

    pub(crate) fn redis() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let namespace = format!("fleet-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        Self { url: RedisServer::shared().url(), namespace, directory }
    }

    /// A worker of the test's own process.
    pub(crate) async fn worker(&self) -> Worker {
        let builder = Worker::builder(&self.url).namespace(&self.namespace).patience(Duration::from_secs(60));
        builder.connect().await.expect("the store is there")
    }

    /// All records.
    pub(crate) fn records(&self) -> Vec<(String, Record)> {
        pollster::block_on(async { self.worker().await.records("").await }).expect("the store is there")
    }
}
