//! The Postgres server of a case, on the servers' core, where there is one to start.

use std::sync::Arc;
use std::time::Duration;

use lockwork_test_support::PostgresServer;
use tokio::runtime::Runtime;

use crate::contest::Server;
use crate::cores::Cores;
use crate::processes;
use crate::ways::postgres::{Commit, Pool};

/// A server as it comes, and connections to it.
pub(crate) struct Postgres {
    server: PostgresServer,
    /// Over these a commit has reached the disk when it is answered.
    pub(crate) durable: Arc<Pool>,
    /// Over these it may be lost with the machine, as with a Redis that keeps nothing on disk.
    pub(crate) hasty: Arc<Pool>,
}

impl Postgres {
    /// A server, or why there is none.
    pub(crate) fn start(cores: Cores, runtime: &Runtime) -> anyhow::Result<Result<Self, String>> {
        let server = match cores.on_servers(PostgresServer::start)? {
            Ok(server) => server,
            Err(why) => return Ok(Err(why)),
        };
        let url = server.url();
        let connected = runtime.block_on(async {
            anyhow::Ok((Pool::connect(&url, Commit::OnDisk).await?, Pool::connect(&url, Commit::Later).await?))
        });
        let (durable, hasty) = connected?;
        Ok(Ok(Self { server, durable, hasty }))
    }

    /// What it says of its version.
    pub(crate) fn version(&self) -> &str {
        self.server.version()
    }
}

impl Server for Postgres {
    fn empty(&self, runtime: &Runtime) -> anyhow::Result<()> {
        runtime.block_on(self.durable.empty())
    }

    fn processor_time(&self) -> Duration {
        processes::processor_time(self.server.process())
    }
}
