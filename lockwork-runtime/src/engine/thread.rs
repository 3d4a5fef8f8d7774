//! The thread that all engines of a process run on, and the runtime that is theirs alone.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio::runtime::{Builder, Handle};

use crate::bell;

static HANDLE: Mutex<Option<Handle>> = Mutex::new(None);

/// The runtime of the thread `lockwork`, which is started at first use and lives as long as its process.
///
/// A body that blocks its executor does not hold up what runs here, and a connection made here does not end with the
/// runtime of whoever asked for it.
///
/// # Errors
///
/// When the system has no thread to give.
pub(crate) fn handle() -> io::Result<Handle> {
    let mut handle = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*handle {
        return Ok(handle.clone());
    }
    let runtime = Builder::new_current_thread().enable_all().on_thread_park(bell::ring).build()?;
    let started = runtime.handle().clone();
    thread::Builder::new().name("lockwork".to_owned()).spawn(move || runtime.block_on(bell::ring_patiently()))?;
    Ok(handle.insert(started).clone())
}
