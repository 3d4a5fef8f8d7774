//! An attribute for exactly-once jobs: of a whole fleet one process runs the function, and all get its answer.

pub use lockwork_macros::global_once;
pub use lockwork_runtime::{Attempt, Error, ErrorKind, FromError, Job, Policy, RetryArg, Shared, Worker, store};

#[doc(hidden)]
pub use lockwork_runtime::__private;
