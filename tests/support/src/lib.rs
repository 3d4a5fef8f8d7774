//! Servers that tests start, break and end. Knows nothing of lockwork.

mod redis;
mod resp;

pub use redis::RedisServer;
pub use resp::{Client, Reply};
