//! An attribute for exactly-once jobs: of a whole fleet one process runs the function, and all get its answer.

pub use lockwork_macros::global_once;
pub use lockwork_runtime::{
    Attempt, Error, ErrorKind, Event, FromError, Holder, Job, Outcome, Policy, Record, RetryArg, Series, Shared, State,
    Value, Worker, WorkerBuilder, attempt, install,
};

#[doc(hidden)]
pub use lockwork_runtime::__private;
