//! Worker stub.
/// A worker.
#[derive(Clone, Debug)]
pub struct Worker;
