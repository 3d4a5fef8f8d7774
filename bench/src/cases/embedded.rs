//! Jobs without a server: in memory, and in an SQLite file that one or more processes share.

mod memory;
mod sqlite;

pub(crate) use memory::{busy as memory_busy, done as memory_done, jobs as memory_jobs};
pub(crate) use sqlite::{busy as sqlite_busy, done as sqlite_done, jobs as sqlite_jobs};
