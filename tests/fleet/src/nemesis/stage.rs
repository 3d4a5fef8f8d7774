//! The store of a run, the ways to it, and the directory for its files. Knows no processes and no faults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use lockwork::{State, Value, Worker};
use lockwork_test_support::RedisServer;
use lockwork_test_support::history::Record;
use lockwork_test_support::proxy::Proxy;
use tempfile::TempDir;

use crate::args;

/// The namespace of all jobs.
pub(crate) const NAMESPACE: &str = "fleet";

pub(crate) struct Stage {
    directory: TempDir,
    pub(crate) store: Store,
}

pub(crate) enum Store {
    /// A server that loses nothing which it acknowledged, and the proxy before it for each of the slots.
    Redis {
        server: Box<RedisServer>,
        proxies: Vec<Proxy>,
    },
    Sqlite {
        file: PathBuf,
    },
}

/// A server that writes down what it does before it answers, and can be slow to load and to be bored by scripts.
const SERVER: [&str; 12] = [
    "--appendonly",
    "yes",
    "--appendfsync",
    "always",
    "--enable-debug-command",
    "local",
    "--loading-process-events-interval-bytes",
    "1024",
    "--busy-reply-threshold",
    "50",
    "--auto-aof-rewrite-percentage",
    "0",
];

impl Stage {
    pub(crate) fn new(run: &args::Run) -> anyhow::Result<Self> {
        let directory = tempfile::Builder::new().prefix("nemesis-").tempdir()?;
        std::fs::create_dir(directory.path().join("resource"))?;
        // A pipe: all that is noted comes out in the order in which it was noted, and limits on files do not concern it.
        let witness = directory.path().join("witness");
        ensure!(Command::new("mkfifo").arg(&witness).status()?.success(), "mkfifo {witness:?} failed");
        let store = match run.store {
            args::Store::Redis => {
                let server = Box::new(RedisServer::start_with(&SERVER));
                let proxies = (0..run.members).map(|slot| Proxy::start(server.port(), run.seed ^ slot)).collect();
                Store::Redis { server, proxies }
            }
            args::Store::Sqlite => Store::Sqlite { file: directory.path().join("jobs.db") },
        };
        Ok(Self { directory, store })
    }

    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The member's own way to the store.
    pub(crate) fn url(&self, slot: usize) -> String {
        match &self.store {
            Store::Redis { proxies, .. } => format!("redis://127.0.0.1:{}", proxies[slot].port()),
            Store::Sqlite { file } => format!("sqlite:{}", file.display()),
        }
    }

    /// What the store says of all jobs in the end.
    pub(crate) fn records(&self) -> anyhow::Result<BTreeMap<String, Record>> {
        let url = match &self.store {
            Store::Redis { server, .. } => server.url(),
            Store::Sqlite { .. } => self.url(0),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let records = runtime.block_on(async {
            let worker = Worker::builder(url).namespace(NAMESPACE).connect().await?;
            worker.records("").await
        });
        let records = records.context("the store must be there in the end")?;
        Ok(records.into_iter().map(|(key, record)| (key, judged(record))).collect())
    }

    /// Leaves the files where they are, and says where that is.
    pub(crate) fn keep(self) -> PathBuf {
        self.directory.keep()
    }
}

fn judged(record: lockwork::Record) -> Record {
    let attempts = record.attempts;
    match record.state {
        State::Done { value: Value::Json(value) } => Record::Completed { attempts, value: value.into() },
        State::Exhausted { .. } => Record::Exhausted { attempts },
        _ => Record::Unfinished { attempts },
    }
}
