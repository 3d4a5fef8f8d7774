//! What the measurements have in common: a store of their own, and members that say when things happen.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use lockwork_fleet::member::Member;
use lockwork_test_support::RedisServer;
use lockwork_test_support::proxy::{Direction, Fault, Proxy};
use tempfile::TempDir;

/// The namespace of all jobs.
const NAMESPACE: &str = "figures";

/// The store's file, where it is one.
pub(crate) const FILE: &str = "jobs.db";

/// Where the members meet.
pub(crate) enum Store {
    /// A server, at the end of a longer way if there is a proxy.
    Redis(Box<RedisServer>, Option<Proxy>),
    Sqlite(TempDir),
}

impl Store {
    /// A server to which each way takes this much longer than over loopback.
    pub(crate) fn redis(latency: Duration) -> Self {
        let server = Box::new(RedisServer::start());
        if latency.is_zero() {
            return Self::Redis(server, None);
        }
        let proxy = Proxy::start(server.port(), 0);
        for direction in [Direction::Requests, Direction::Replies] {
            proxy.set(direction, Fault::Delay { fixed: latency, jitter: Duration::ZERO });
        }
        Self::Redis(server, Some(proxy))
    }

    pub(crate) fn sqlite() -> anyhow::Result<Self> {
        Ok(Self::Sqlite(tempfile::tempdir()?))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Redis(_, Some(proxy)) => format!("redis://127.0.0.1:{}", proxy.port()),
            Self::Redis(server, None) => server.url(),
            Self::Sqlite(directory) => format!("sqlite:{}", directory.path().join(FILE).display()),
        }
    }

    /// A member that is connected, and waits for its orders.
    pub(crate) fn member(&self, lease: Duration) -> anyhow::Result<Member> {
        let lease = lease.as_millis().to_string();
        let member = Member::start(&program()?, &[&self.url(), NAMESPACE, "timed", &lease], None);
        member.hears("ready ");
        Ok(member)
    }
}

/// The member's program, which is built beside this one.
fn program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("member");
    if !program.exists() {
        bail!("{program:?} is missing: run `cargo build -p lockwork-fleet --bins` with the same profile first");
    }
    Ok(program)
}

/// This moment, as members say it.
pub(crate) fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "when things happen is what is measured, across processes")]
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// When something was said to happen, from the rest of a member's line: microseconds since 1970.
pub(crate) fn moment(said: &str) -> anyhow::Result<u64> {
    said.parse().with_context(|| format!("{said:?} is no moment"))
}
