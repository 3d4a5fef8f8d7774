//! The Redis server of a case, on the servers' core, if wanted at the end of a longer way. Knows no contestant.

use std::time::Duration;

use anyhow::Context;
use lockwork_test_support::RedisServer;
use lockwork_test_support::proxy::{Direction, Fault, Proxy};
use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::{AsyncConnectionConfig, Client, IntoConnectionInfo, ProtocolVersion};
use tokio::runtime::Runtime;

use crate::contest::Server;
use crate::cores::Cores;
use crate::processes;

/// How long an answer is waited for. It only has to be there, as lockwork's store has one too: on a busy machine a limit
/// is not to fail.
const ANSWERING: Duration = Duration::from_secs(30);

/// A server that keeps nothing on disk.
#[derive(Debug)]
pub(crate) struct Redis {
    server: RedisServer,
    link: Option<Proxy>,
}

impl Redis {
    /// A server next door.
    pub(crate) fn start(cores: Cores) -> anyhow::Result<Self> {
        let server = cores.on_servers(RedisServer::start)?;
        Ok(Self { server, link: None })
    }

    /// A server to which each way takes this much longer than over loopback. The relay in between is on the servers' core.
    pub(crate) fn start_behind(cores: Cores, latency: Duration) -> anyhow::Result<Self> {
        cores.on_servers(|| {
            let server = RedisServer::start();
            let proxy = Proxy::start(server.port(), 0);
            for direction in [Direction::Requests, Direction::Replies] {
                proxy.set(direction, Fault::Delay { fixed: latency, jitter: Duration::ZERO });
            }
            Self { server, link: Some(proxy) }
        })
    }

    /// The server itself, for what it says of itself.
    pub(crate) fn server(&self) -> &RedisServer {
        &self.server
    }

    /// Where clients find it.
    pub(crate) fn url(&self) -> String {
        match &self.link {
            Some(proxy) => format!("redis://127.0.0.1:{}", proxy.port()),
            None => self.server.url(),
        }
    }

    /// Forgets all keys. Scripts stay.
    pub(crate) fn clear(&self) {
        self.server.command(&["FLUSHALL"]);
    }

    /// A client with the options of lockwork's own store.
    pub(crate) fn client(&self) -> anyhow::Result<Client> {
        client(&self.url())
    }

    /// A connection of such a client, which all callers share.
    pub(crate) async fn connection(&self) -> anyhow::Result<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new().set_response_timeout(Some(ANSWERING));
        Ok(self.client()?.get_multiplexed_async_connection_with_config(&config).await?)
    }
}

impl Server for Redis {
    fn empty(&self, _: &Runtime) -> anyhow::Result<()> {
        self.clear();
        Ok(())
    }

    fn processor_time(&self) -> Duration {
        processes::processor_time(self.server.process())
    }
}

/// A client with the options of lockwork's own store, for the server at `url`.
pub(crate) fn client(url: &str) -> anyhow::Result<Client> {
    let info = url.into_connection_info()?;
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    // Off by default, and a small request waits for the answer to the one before it.
    let tcp = TcpSettings::default().set_nodelay(true);
    Client::open(info.set_redis_settings(settings).set_tcp_settings(tcp)).context("the URL is our own")
}
