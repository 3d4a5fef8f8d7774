//! The contestants: each a way to do a job. They know no case.

pub(crate) mod limits;
pub(crate) mod lockwork;
