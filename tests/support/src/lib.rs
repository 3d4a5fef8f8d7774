//! Servers that tests start, break and end, networks that harm, and histories that tests check. Knows nothing of
//! lockwork.

mod chance;
pub mod history;
mod postgres;
pub mod proxy;
mod redis;
mod resp;
pub mod wal;
mod watchdog;

pub use chance::draw;
pub use postgres::PostgresServer;
pub use redis::RedisServer;
pub use resp::{Client, Reply};
