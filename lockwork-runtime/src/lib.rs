//! What runs a lockwork job: the record, the stores and the worker. Use it through the crate `lockwork`.

mod attempt;
mod bounds;
mod call;
mod check;
mod clock;
mod error;
mod job;
mod policy;
pub mod store;
mod worker;

pub use attempt::Attempt;
pub use bounds::{FromError, RetryArg, Shared};
pub use error::{Error, ErrorKind};
pub use job::Job;
pub use policy::Policy;
pub use worker::Worker;

/// What the attribute's output calls. Not for people: it changes without notice.
#[doc(hidden)]
pub mod __private {
    pub use crate::bounds::{clone_arg, key_text, lend, named_worker};
    pub use crate::call::{Call, Driven, Step, begin, drive};
    pub use crate::policy::Policy;

    pub mod check {
        pub use crate::check::*;
    }
}
