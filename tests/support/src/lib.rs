//! Servers that tests start, break and end, networks that harm, and histories that tests check. Knows nothing of
//! lockwork.

mod chance;
pub mod history;
pub mod proxy;
mod redis;
mod resp;
pub mod wal;

pub use chance::draw;
pub use redis::RedisServer;
pub use resp::{Client, Reply};
