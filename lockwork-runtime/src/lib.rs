//! What runs a lockwork job: the record, the stores and the worker. Use it through the crate `lockwork`.

mod attempt;
mod baton;
mod bell;
mod bounds;
mod call;
mod callers;
mod check;
mod clock;
mod connect;
mod drive;
mod driver;
mod engine;
mod error;
mod event;
mod farewell;
#[cfg(any(test, fuzzing))]
mod fuzz;
mod health;
mod job;
mod keeper;
mod lookup;
mod moment;
mod outcome;
mod policy;
mod random;
mod record;
mod records;
mod register;
mod remembered;
mod schedule;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod turn;
mod worker;

pub use attempt::Attempt;
pub use bounds::{FromError, RetryArg, Shared};
pub use drive::attempt;
pub use driver::{schedule, schedule_from_latest};
pub use error::{Error, ErrorKind};
pub use event::Event;
pub use job::Job;
pub use outcome::Outcome;
pub use policy::Policy;
pub use record::{Holder, Record, Series, State, Value};
pub use records::Records;
pub use schedule::slot_of;
pub use worker::{Worker, WorkerBuilder, install};

/// What the attribute's output calls. Not for people: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::bounds::{Returned, carry, clone_arg, key_text, lend, named_worker};
    pub use crate::call::{Call, Is, Step, begin, begin_slot};
    pub use crate::drive::{Drive, Driven, drive};
    pub use crate::policy::Policy;
    pub use crate::schedule::Timing;

    pub mod check {
        pub use crate::check::*;
    }
}

/// What the fuzzer calls.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod __fuzz {
    pub fn record(data: &[u8]) {
        crate::fuzz::record::target(data);
    }

    pub fn key(data: &[u8]) {
        crate::fuzz::key::target(data);
    }

    pub fn url(data: &[u8]) {
        crate::fuzz::url::target(data);
    }

    pub fn reply(data: &[u8]) {
        crate::store::redis::fuzz::target(data);
    }
}
