//! How a member comes to harm, in the middle of what it does. Knows no jobs.

use rustix::process::{Signal, getpid, kill_process};

/// Dies at once, as by `kill -9`.
pub(crate) fn die() -> ! {
    signal(Signal::KILL);
    unreachable!("it is dead");
}

/// Stops until somebody lets it go on.
pub(crate) fn stop() {
    signal(Signal::STOP);
}

fn signal(signal: Signal) {
    kill_process(getpid(), signal).expect("a process may signal itself");
}
