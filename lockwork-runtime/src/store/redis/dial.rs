//! Makes a connection to the server at an address. Knows no command.

use std::io;
use std::pin::Pin;

use redis::aio::{AsyncStream, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::SockRef;
use redis::{AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, RedisResult};
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinSet;

use crate::store::redis::multiplexer::Driver;

type Stream = Pin<Box<dyn AsyncStream + Send + Sync>>;

/// A connection, and what drives it. Over TLS the client makes it itself, and lets a task of its own drive it.
pub(super) async fn dial(
    info: &ConnectionInfo,
    client: &Client,
    config: AsyncConnectionConfig,
) -> RedisResult<(MultiplexedConnection, Option<Driver>)> {
    let stream: Stream = match info.addr() {
        ConnectionAddr::Tcp(host, port) => Box::pin(tcp(host, *port, info.tcp_settings()).await?),
        #[cfg(unix)]
        ConnectionAddr::Unix(path) => Box::pin(UnixStream::connect(path).await?),
        _ => return Ok((client.get_multiplexed_async_connection_with_config(&config).await?, None)),
    };
    let (connection, driver) = MultiplexedConnection::new_with_config(info.redis_settings(), stream, config).await?;
    Ok((connection, Some(Box::pin(driver))))
}

/// A stream to the one of the host's addresses that is the first to take it.
async fn tcp(host: &str, port: u16, settings: &TcpSettings) -> io::Result<TcpStream> {
    let mut connecting = JoinSet::new();
    for address in lookup_host((host, port)).await? {
        connecting.spawn(TcpStream::connect(address));
    }
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    while let Some(connected) = connecting.join_next().await {
        match connected? {
            Ok(stream) => {
                set(&stream, settings)?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn set(stream: &TcpStream, settings: &TcpSettings) -> io::Result<()> {
    stream.set_nodelay(settings.nodelay())?;
    let socket = SockRef::from(stream);
    if let Some(keepalive) = settings.keepalive() {
        socket.set_tcp_keepalive(keepalive)?;
    }
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    socket.set_tcp_user_timeout(settings.user_timeout())?;
    Ok(())
}
