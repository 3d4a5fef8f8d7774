//! What the members of a fleet and those who run them have in common. Knows no store.

pub mod member;
pub mod moment;
pub mod talk;
pub mod workload;
