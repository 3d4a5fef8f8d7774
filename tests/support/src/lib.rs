//! Servers that tests start, break and end, and histories that they check. Knows nothing of lockwork.

pub mod history;
mod redis;
mod resp;

pub use redis::RedisServer;
pub use resp::{Client, Reply};
