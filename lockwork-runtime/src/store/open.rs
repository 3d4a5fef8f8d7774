//! A URL becomes a store. The only file that knows all stores.

use std::sync::Arc;

use crate::store::memory::MemoryStore;
use crate::store::{ConnectError, Store};

/// What a URL says of where the records are.
#[derive(Debug)]
pub(crate) enum Place {
    /// In the memory of this process: under a name, or nobody else's.
    Memory(Option<String>),
    #[cfg(feature = "sqlite")]
    Sqlite(std::path::PathBuf),
    #[cfg(feature = "redis")]
    Redis(Box<crate::store::redis::Address>),
}

/// Understands a URL, and goes nowhere.
///
/// # Errors
///
/// In words that name the remedy, and never the password in the URL.
pub(crate) fn parse(url: &str) -> Result<Place, ConnectError> {
    let (scheme, rest) = url.split_once(':').ok_or_else(|| bad("the URL has no scheme"))?;
    match scheme {
        "memory" => Ok(Place::Memory((!rest.is_empty()).then(|| rest.to_owned()))),
        #[cfg(feature = "sqlite")]
        "sqlite" => crate::store::sqlite::path::parse(rest).map(Place::Sqlite),
        #[cfg(not(feature = "sqlite"))]
        "sqlite" => Err(not_built_in(scheme, "sqlite")),
        #[cfg(feature = "redis")]
        "redis" | "redis+unix" => redis(url),
        #[cfg(not(feature = "redis"))]
        "redis" | "redis+unix" => Err(not_built_in(scheme, "redis")),
        #[cfg(feature = "tls")]
        "rediss" => redis(url),
        #[cfg(not(feature = "tls"))]
        "rediss" => Err(not_built_in(scheme, "tls")),
        // What is left of the colon may be a password, where somebody left out the scheme.
        _ if scheme.chars().all(|character| character.is_ascii_alphanumeric() || "+-.".contains(character)) => {
            Err(bad(&format!("no store has the scheme {scheme:?}")))
        }
        _ => Err(bad("the URL has no scheme")),
    }
}

#[cfg(feature = "redis")]
fn redis(url: &str) -> Result<Place, ConnectError> {
    crate::store::redis::Address::parse(url).map(|address| Place::Redis(Box::new(address)))
}

/// Opens the store that `url` names; one try.
///
/// # Errors
///
/// In words that name the remedy, and never the password in the URL.
pub(crate) async fn open(url: &str) -> Result<Arc<dyn Store>, ConnectError> {
    Ok(match parse(url)? {
        Place::Memory(None) => MemoryStore::new(),
        Place::Memory(Some(name)) => MemoryStore::named(&name),
        #[cfg(feature = "sqlite")]
        Place::Sqlite(path) => crate::store::sqlite::SqliteStore::open(path).await?,
        #[cfg(feature = "redis")]
        Place::Redis(address) => crate::store::redis::RedisStore::dial(*address).await?,
    })
}

fn bad(why: &str) -> ConnectError {
    let known = "`memory:`, `sqlite:PATH`, `redis://HOST`, `rediss://HOST` or `redis+unix:///SOCKET`";
    ConnectError::BadUrl(format!("{why}; write {known}"))
}

#[allow(dead_code, reason = "unused when every store is built in")]
fn not_built_in(scheme: &str, feature: &str) -> ConnectError {
    ConnectError::BadUrl(format!("`{scheme}:` needs lockwork's Cargo feature `{feature}`, which is off: turn it on"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn refusal(url: &str) -> String {
        match open(url).await {
            Err(ConnectError::BadUrl(why)) => why,
            other => panic!("{url} names no store, but: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_store_that_is_not_built_in_is_told_with_its_feature() {
        let stores = [
            (cfg!(feature = "sqlite"), "sqlite:jobs.db", "`sqlite`"),
            (cfg!(feature = "redis"), "redis://:canary@localhost", "`redis`"),
            (cfg!(feature = "redis"), "redis+unix:///socket?pass=canary", "`redis`"),
            (cfg!(feature = "tls"), "rediss://:canary@localhost", "`tls`"),
        ];
        for (_, url, feature) in stores.into_iter().filter(|(is_built_in, ..)| !is_built_in) {
            let why = refusal(url).await;
            assert!(why.contains(&format!("feature {feature}")) && !why.contains("canary"), "{url}: {why}");
        }
    }

    #[tokio::test]
    async fn what_names_no_store_is_told_what_would() {
        for url in ["", "localhost", "mysql://:canary@localhost", "//:canary@localhost", "canary@localhost:6379"] {
            let why = refusal(url).await;
            assert!(why.contains("`redis://HOST`") && !why.contains("canary"), "{url}: {why}");
        }
    }
}
