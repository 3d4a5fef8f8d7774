//! What a client can do at best with bare commands: nothing is claimed here, and nothing is told to anybody.

use std::sync::Arc;

use redis::aio::MultiplexedConnection;

use crate::load::{Way, way};

/// For how long a claim stands, in milliseconds; the default of lockwork's lease.
const LEASE: u64 = 5000;

/// The name that all keys have in front, as lockwork's have.
const PREFIX: &str = "bench:";

/// A round trip.
pub(crate) fn ping(connection: &MultiplexedConnection) -> Way {
    let connection = connection.clone();
    way(move |_| {
        let mut connection = connection.clone();
        async move { Ok(redis::cmd("PING").exec_async(&mut connection).await?) }
    })
}

/// The least that a claim and a completion cost: `SET NX PX`, and `SET`.
pub(crate) fn pair(connection: &MultiplexedConnection) -> Way {
    pair_of(connection, "42")
}

/// The same with this value.
pub(crate) fn pair_of(connection: &MultiplexedConnection, value: &str) -> Way {
    let (connection, value): (_, Arc<str>) = (connection.clone(), value.into());
    way(move |key| {
        let (mut connection, value) = (connection.clone(), Arc::clone(&value));
        async move {
            let name = format!("{PREFIX}{key}");
            let claimed: Option<String> = claim(&name).query_async(&mut connection).await?;
            anyhow::ensure!(claimed.is_some(), "{name} was there");
            Ok(redis::cmd("SET").arg(&name).arg(&*value).exec_async(&mut connection).await?)
        }
    })
}

/// The least that it costs to know what is done: `GET`.
pub(crate) fn get(connection: &MultiplexedConnection) -> Way {
    let connection = connection.clone();
    way(move |key| {
        let mut connection = connection.clone();
        async move {
            let name = format!("{PREFIX}{key}");
            let found: Option<Vec<u8>> = redis::cmd("GET").arg(&name).query_async(&mut connection).await?;
            anyhow::ensure!(found.is_some(), "{name} is not there");
            Ok(())
        }
    })
}

/// The least that it costs to find somebody else's claim: `SET NX PX`.
pub(crate) fn claim_in_vain(connection: &MultiplexedConnection) -> Way {
    let connection = connection.clone();
    way(move |key| {
        let mut connection = connection.clone();
        async move {
            let name = format!("{PREFIX}{key}");
            let claimed: Option<String> = claim(&name).query_async(&mut connection).await?;
            anyhow::ensure!(claimed.is_none(), "{name} was free");
            Ok(())
        }
    })
}

fn claim(name: &str) -> redis::Cmd {
    let mut claim = redis::cmd("SET");
    claim.arg(name).arg("01234567890123456789").arg("NX").arg("PX").arg(LEASE);
    claim
}
