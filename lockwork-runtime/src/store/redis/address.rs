//! Where the server is and how to get in, from a URL. Knows no connection and no command, and shows no password.

use std::fmt;
use std::time::Duration;

use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};

use crate::store::ConnectError;

/// After how long without a sign from the other host the kernel gives a connection up.
const SILENCE: Duration = Duration::from_secs(15);

/// A server's address and credentials.
pub(crate) struct Address {
    pub(super) info: ConnectionInfo,
    files: Files,
    place: String,
}

impl Address {
    /// Understands `url`. No part of the URL is in an error but the host, the port and the paths of files: a
    /// password that was not percent-encoded can end up in any other.
    pub(crate) fn parse(url: &str) -> Result<Self, ConnectError> {
        let parsed = redis::parse_redis_url(url).ok_or_else(|| bad("it is malformed"))?;
        let unix = parsed.scheme() == "redis+unix";
        if parsed.fragment().is_some() {
            return Err(bad("it has a `#`; if that belongs to the password, write `%23`"));
        }
        let behind_host = [parsed.path(), parsed.query().unwrap_or_default()];
        if !unix && behind_host.iter().any(|part| part.contains('@')) {
            return Err(bad(
                "it has an `@` behind the host; in user and password write `%2F` for `/` and `%3F` for `?`",
            ));
        }
        let mut files = Files::default();
        for (name, value) in parsed.query_pairs() {
            match &*name {
                "db" | "user" | "pass" if unix => {}
                "ca" if parsed.scheme() == "rediss" => files.ca = Some(value.into_owned()),
                "cert" if parsed.scheme() == "rediss" => files.cert = Some(value.into_owned()),
                "key" if parsed.scheme() == "rediss" => files.key = Some(value.into_owned()),
                _ => return Err(bad("it has a parameter that does not belong there")),
            }
        }
        let info = parsed.into_connection_info().map_err(|error| {
            let text = error.to_string();
            bad(text.split(" - ").next().unwrap_or("it is malformed"))
        })?;
        let redis = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        if redis.username().is_some() && redis.password().is_none() {
            return Err(bad("it has a user without a password; where the user needs none, write any"));
        }
        let place = match info.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } if host.contains(':') => {
                format!("[{host}]:{port}")
            }
            addr => addr.to_string(),
        };
        if place.contains(char::is_control) {
            return Err(bad("it has a control character in the host or in the path"));
        }
        let info = info.set_redis_settings(redis).set_tcp_settings(tcp_settings());
        if files.cert.is_some() != files.key.is_some() {
            return Err(bad("it has only one of `cert` and `key`"));
        }
        Ok(Self { info, files, place })
    }

    /// The number of the database.
    pub(super) fn database(&self) -> i64 {
        self.info.redis_settings().db()
    }

    /// What connects to the server. Reads the files that the URL names.
    pub(super) fn client(&self) -> Result<Client, ConnectError> {
        client(self.info.clone(), &self.files)
    }
}

/// The host and port, or the socket's path.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn tcp_settings() -> TcpSettings {
    let keepalive = TcpKeepalive::new().with_time(SILENCE);
    #[cfg(any(target_os = "linux", target_os = "macos", target_os = "windows"))]
    let keepalive = keepalive.with_interval(SILENCE / 5);
    let settings = TcpSettings::default().set_nodelay(true).set_keepalive(keepalive);
    #[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
    let settings = settings.set_user_timeout(SILENCE);
    settings
}

/// The files that a URL names.
#[derive(Default)]
struct Files {
    /// The authorities that are trusted, instead of those that the host trusts.
    ca: Option<String>,
    /// The certificate that we show.
    cert: Option<String>,
    /// Its key.
    key: Option<String>,
}

#[cfg(not(feature = "tls"))]
fn client(info: ConnectionInfo, _: &Files) -> Result<Client, ConnectError> {
    Client::open(info).map_err(|_| bad("it is malformed"))
}

#[cfg(feature = "tls")]
fn client(info: ConnectionInfo, files: &Files) -> Result<Client, ConnectError> {
    if !matches!(info.addr(), ConnectionAddr::TcpTls { .. }) {
        return Client::open(info).map_err(|_| bad("it is malformed"));
    }
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // The redis crate takes the process's provider, brings none, and panics without. If the application installs
        // its own between the question and this, that one stays, which is as well.
        drop(rustls::crypto::ring::default_provider().install_default());
    }
    let root_cert = files.ca.as_deref().map(|path| pem("ca", path, "CERTIFICATE")).transpose()?;
    let client_tls = match (&files.cert, &files.key) {
        (Some(cert), Some(key)) => Some(redis::ClientTlsConfig {
            client_cert: pem("cert", cert, "CERTIFICATE")?,
            client_key: pem("key", key, "PRIVATE KEY")?,
        }),
        // Of two that belong together there are none.
        _ => None,
    };
    let certificates = redis::TlsCertificates { client_tls, root_cert };
    Client::build_with_tls(info, certificates).map_err(|_| bad("the files that it names are not in PEM form"))
}

/// The file that the parameter `name` of the URL names, which holds at least one `what`.
#[cfg(feature = "tls")]
fn pem(name: &str, path: &str, what: &str) -> Result<Vec<u8>, ConnectError> {
    let pem = std::fs::read(path)
        .map_err(|error| bad(&format!("the file of its `{name}`, {path:?}, cannot be read ({error})")))?;
    if !String::from_utf8_lossy(&pem).contains(&format!("{what}-----")) {
        return Err(bad(&format!("the file of its `{name}`, {path:?}, holds no {what} in PEM form")));
    }
    Ok(pem)
}

fn bad(why: &str) -> ConnectError {
    let forms = "`redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, `rediss://…[?ca=FILE][&cert=FILE&key=FILE]` or \
                 `redis+unix:///SOCKET[?db=DB&user=USER&pass=PASSWORD]`";
    ConnectError::BadUrl(format!("the Redis URL cannot be used: {why}. Write {forms}"))
}
