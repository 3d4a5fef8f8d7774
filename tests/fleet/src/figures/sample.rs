//! What the measurements have in common: a store of their own, and members that say when things happen.

use std::time::Duration;

use anyhow::Context;
use lockwork_fleet::member::{self, Member};
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
        let member = Member::start(&member::program()?, &[&self.url(), NAMESPACE, "timed", &lease], None);
        member.hears("ready ");
        Ok(member)
    }
}

/// When something was said to happen, from the rest of a member's line: microseconds since 1970.
pub(crate) fn moment(said: &str) -> anyhow::Result<u64> {
    said.parse().with_context(|| format!("{said:?} is no moment"))
}
