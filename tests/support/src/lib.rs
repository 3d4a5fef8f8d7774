//! Servers that tests start, break and end, and networks that harm. Knows nothing of lockwork.

mod chance;
pub mod proxy;
mod redis;
mod resp;

pub use chance::draw;
pub use redis::RedisServer;
pub use resp::{Client, Reply};
