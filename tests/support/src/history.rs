//! Histories: what the callers, bodies and processes of a fleet did, line by line, and what must hold of it whatever
//! went wrong on the way. Knows nothing of lockwork.

mod check;
mod course;
mod faults;
mod line;
mod rules;
mod summary;
#[cfg(test)]
mod tests;
mod witness;

pub use check::{Verdict, check};
pub use line::{BodyEnd, CallEnd, Deed, Line, NotALine, Scope, Turn};
pub use rules::{End, Job, Record, Rule};
pub use summary::Summary;
pub use witness::Witness;
