//! What an error of the server or of the connection means: try again, or don't, in words for a person.

use std::error::Error;
use std::io;
use std::sync::Arc;

use redis::{ErrorKind, RedisError};

use crate::store::StoreError;

/// What became of a command or of a connection attempt.
#[derive(Debug)]
pub(super) struct Fault {
    why: String,
    refused: bool,
    /// Whether the connection is no good any more.
    pub(super) replace: bool,
}

impl Fault {
    pub(super) fn unavailable(why: impl Into<String>) -> Self {
        Self { why: why.into(), refused: false, replace: false }
    }

    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self { why: why.into(), refused: true, replace: false }
    }

    /// The same, with a connection that is no good any more.
    pub(super) fn replacing(self) -> Self {
        Self { replace: true, ..self }
    }

    /// As an error of the server at `place`.
    pub(super) fn at(&self, place: &impl std::fmt::Display) -> StoreError {
        let text = format!("Redis at {place}: {}", self.why);
        if self.refused { StoreError::Refused(text) } else { StoreError::Unavailable(text) }
    }

    /// What a failed command means.
    pub(super) fn of_command(error: &RedisError) -> Self {
        if let Some(code) = error.code() {
            return known(code, error.detail()).unwrap_or_else(|| {
                let detail = error.detail().unwrap_or_default();
                Self::unavailable(format!("{} {}", printable(code), without_arguments(detail)))
            });
        }
        if error.is_timeout() {
            return Self::unavailable("it does not answer").replacing();
        }
        Self::unavailable(format!("the connection broke ({})", printable(&error.to_string()))).replacing()
    }

    /// A connection that was not made in time.
    pub(super) fn too_late() -> Self {
        Self::unavailable("cannot connect (no answer in time)")
    }

    /// What a failed connection attempt means.
    ///
    /// The server's own words are not repeated: what does not know `HELLO` often answers with its arguments, of which
    /// the password is one.
    pub(super) fn of_connecting(error: &RedisError) -> Self {
        if let Some(fault) = tls::fault(error) {
            return fault;
        }
        match error.kind() {
            ErrorKind::RESP3NotSupported => return too_old("a version that does not know HELLO"),
            ErrorKind::Parse => return Self::refused("what answers there does not speak the Redis protocol"),
            _ => {}
        }
        let Some(code) = error.code() else {
            if error.is_timeout() {
                return Self::too_late();
            }
            let why = format!("cannot connect ({})", printable(&error.to_string()));
            let denied = io_error(error).is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied);
            return if denied { Self::refused(why) } else { Self::unavailable(why) };
        };
        if let Some(fault) = known(code, None) {
            return fault;
        }
        let detail = error.detail().unwrap_or_default();
        if detail.starts_with("unknown command") {
            too_old("a version that does not know HELLO")
        } else if detail.contains("max number of clients") {
            Self::unavailable("it has no room for another client (`maxclients`)")
        } else if detail.contains("DB index") {
            Self::refused("it has no database of the number in the URL")
        } else if detail.contains("no permissions") {
            lacks_rights(None)
        } else {
            Self::refused("it refuses the handshake; look into its log")
        }
    }
}

/// What the server has is older than what is needed.
pub(super) fn too_old(found: &str) -> Fault {
    Fault::refused(format!("it is too old: found {found}, but Redis 7.0 or Valkey 7.2 is needed"))
}

/// The codes that have a meaning for us, wherever they come from.
fn known(code: &str, detail: Option<&str>) -> Option<Fault> {
    let fault = match code {
        "READONLY" => Fault::unavailable("it is a replica and takes no writes (READONLY)").replacing(),
        "LOADING" => Fault::unavailable("it is still loading its data (LOADING)"),
        "BUSY" => Fault::unavailable("somebody's script keeps it busy (BUSY)"),
        "OOM" => Fault::unavailable("its memory is full, it takes no writes (OOM): raise `maxmemory` or free some"),
        "MISCONF" => Fault::unavailable("it cannot save its data and takes no writes (MISCONF): look into its log"),
        "MASTERDOWN" => Fault::unavailable("it is a replica that has lost its master (MASTERDOWN)").replacing(),
        "CLUSTERDOWN" => Fault::unavailable("its cluster is down (CLUSTERDOWN)"),
        "NOREPLICAS" => Fault::unavailable("too few replicas follow it, it takes no writes (NOREPLICAS)"),
        "TRYAGAIN" => Fault::unavailable("it asks to try again (TRYAGAIN)"),
        "NOAUTH" => Fault::refused("it wants a password (NOAUTH): put user and password into the URL"),
        "WRONGPASS" => Fault::refused("it does not accept the user and the password of the URL (WRONGPASS)"),
        "NOPERM" => lacks_rights(detail),
        "WRONGTYPE" => {
            Fault::refused("something that is no record is at the key (WRONGTYPE): choose another namespace")
        }
        "MOVED" | "ASK" | "CROSSSLOT" => Fault::refused(format!("it is a node of a cluster ({code})")),
        "NOPROTO" => Fault::refused("it does not speak RESP3 (NOPROTO), which Redis 7.0 and Valkey 7.2 do"),
        "DENIED" => Fault::refused("it lets in nobody from other hosts (DENIED, `protected-mode`): give it a password"),
        // Inside a script a missing right has no code of its own.
        "ERR" if detail.is_some_and(|detail| LACKS_RIGHTS.iter().any(|words| detail.contains(words))) => {
            lacks_rights(detail)
        }
        "ERR" => {
            let unknown = detail.filter(|detail| detail.starts_with("unknown command"))?;
            Fault::refused(format!("it does not have a command that is needed ({})", without_arguments(unknown)))
        }
        _ => return None,
    };
    Some(fault)
}

/// What servers say of a missing right inside a script.
const LACKS_RIGHTS: [&str; 3] = ["The user executing the script can't", "No permissions", "ACL failure"];

fn lacks_rights(detail: Option<&str>) -> Fault {
    let detail = detail.map(|detail| format!(" ({})", printable(detail))).unwrap_or_default();
    Fault::refused(format!(
        "its user lacks a right that lockwork needs{detail}; the Redis store's documentation has them all"
    ))
}

/// What we say ourselves of a connection, as the redis crate would.
pub(super) fn of_connection(kind: io::ErrorKind) -> RedisError {
    io::Error::from(kind).into()
}

/// The error of another library that an error of the redis crate is made of.
fn inner(error: &RedisError) -> Option<&(dyn Error + Send + Sync + 'static)> {
    error.source()?.downcast_ref::<Arc<dyn Error + Send + Sync>>().map(|inner| &**inner)
}

fn io_error(error: &RedisError) -> Option<&io::Error> {
    inner(error)?.downcast_ref::<io::Error>()
}

/// The server's words up to where it repeats what it was sent.
fn without_arguments(detail: &str) -> String {
    printable(detail.split(", with args").next().unwrap_or_default())
}

fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(not(feature = "tls"))]
mod tls {
    pub(super) fn fault(_: &redis::RedisError) -> Option<super::Fault> {
        None
    }
}

#[cfg(feature = "tls")]
mod tls {
    use redis::RedisError;

    use super::Fault;

    /// What a TLS error means, if it is one.
    pub(super) fn fault(error: &RedisError) -> Option<Fault> {
        let inner = match super::io_error(error) {
            Some(io) => io.get_ref()?.downcast_ref::<rustls::Error>()?,
            None => super::inner(error)?.downcast_ref::<rustls::Error>()?,
        };
        let what_to_do = match inner {
            rustls::Error::InvalidCertificate(_) => {
                "its certificate is not trusted; name the file of its authority with `?ca=FILE` in the URL"
            }
            rustls::Error::InvalidMessage(_) => "it does not speak TLS; write `redis://` if that is as it should be",
            rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRequired) => {
                "it wants a certificate of its clients; add `cert=FILE&key=FILE` to the URL"
            }
            _ => "it does not agree on TLS",
        };
        Some(Fault::refused(format!("{what_to_do} ({})", super::printable(&inner.to_string()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: &str, detail: &str) -> (StoreError, bool) {
        let error = redis::make_extension_error(code.to_owned(), Some(detail.to_owned()));
        let fault = Fault::of_command(&error);
        (fault.at(&"HERE"), fault.replace)
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let codes = ["READONLY", "LOADING", "BUSY", "OOM", "MISCONF", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS"];
        for code in codes.into_iter().chain(["TRYAGAIN", "NOSCRIPT", "ERR", "UNHEARDOF"]) {
            let (error, replace) = told(code, "so it is");
            assert!(matches!(&error, StoreError::Unavailable(text) if text.contains(code)), "{code}: {error}");
            assert_eq!(replace, matches!(code, "READONLY" | "MASTERDOWN"), "{code}");
        }
    }

    #[test]
    fn what_stays_is_refused() {
        for code in ["NOAUTH", "WRONGPASS", "WRONGTYPE", "MOVED", "ASK", "CROSSSLOT", "NOPROTO", "DENIED"] {
            let (error, replace) = told(code, "so it is");
            assert!(matches!(&error, StoreError::Refused(text) if text.contains(code)), "{code}: {error}");
            assert!(!replace, "{code}");
        }
        let rights = [
            ("NOPERM", "this user has no permissions to run the 'get' command"),
            ("ERR", "The user executing the script can't run this command or subcommand script: 1, on @user_script:2."),
            ("ERR", "The user executing the script can't access at least one of the keys mentioned in the command"),
            ("ERR", "ACL failure in script: No permissions to access a channel"),
        ];
        for (code, detail) in rights {
            let (error, _) = told(code, detail);
            assert!(matches!(&error, StoreError::Refused(text) if text.contains(detail)), "{error}");
        }
    }

    #[test]
    fn a_socket_that_is_closed_to_us_is_refused() {
        let fault = |kind: io::ErrorKind| Fault::of_connecting(&RedisError::from(io::Error::from(kind))).at(&"HERE");
        assert!(matches!(fault(io::ErrorKind::PermissionDenied), StoreError::Refused(_)));
        assert!(matches!(fault(io::ErrorKind::NotFound), StoreError::Unavailable(_)));
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        for code in ["ERR", "UNHEARDOF"] {
            let (error, _) = told(code, "unknown command 'EVALSHA', with args beginning with: 'a', 'secret'");
            assert!(error.to_string().contains("EVALSHA") && !error.to_string().contains("secret"), "{error}");
        }
        assert!(matches!(told("ERR", "unknown command 'EVALSHA'").0, StoreError::Refused(_)));
        let (error, _) = told("UN\u{1b}HEARDOF", "two\nlines");
        assert!(error.to_string().contains("UN HEARDOF two lines"), "{error}");
        let mangled = redis::parse_redis_value(b":1\n").expect_err("it is no answer");
        let text = Fault::of_command(&mangled).at(&"HERE").to_string();
        assert!(!text.contains(char::is_control) && text.contains("the connection broke"), "{text:?}");
    }
}
