//! The contestants: each a way to do a job. They know no case.

pub(crate) mod limits;
pub(crate) mod lockwork;
pub(crate) mod postgres;
pub(crate) mod rslock;
pub(crate) mod sqlite;
pub(crate) mod threads;
