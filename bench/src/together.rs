//! Several things at the same time, each on a thread of its own. Knows not what they are.

use std::panic::resume_unwind;
use std::thread;

/// Does all of it at the same time, and gives what came of each in order, or the first error.
pub(crate) fn together<T: Send, A>(acts: impl IntoIterator<Item = A>) -> anyhow::Result<Vec<T>>
where
    A: FnOnce() -> anyhow::Result<T> + Send,
{
    thread::scope(|scope| {
        let acts: Vec<_> = acts.into_iter().map(|act| scope.spawn(act)).collect();
        acts.into_iter().map(|act| act.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    })
}
