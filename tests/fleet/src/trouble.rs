//! How a member comes to harm, in the middle of what it does. Knows no jobs.

use std::process::{Command, Stdio};
use std::time::Duration;

/// Dies at once, as by `kill -9`.
pub(crate) fn die() {
    signal("kill -KILL $1", Duration::ZERO);
}

/// Stops until somebody lets it go on.
pub(crate) fn stop() {
    signal("kill -STOP $1", Duration::ZERO);
}

/// Stops for a while.
pub(crate) fn stop_for(pause: Duration) {
    signal("kill -STOP $1; sleep $2; kill -CONT $1", pause);
}

/// Dies after a while, whatever it does then.
pub(crate) fn die_in(delay: Duration) {
    std::thread::spawn(move || {
        std::thread::sleep(delay);
        die();
    });
}

/// Blocks until the shell is done with this process.
fn signal(script: &str, pause: Duration) {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh", &std::process::id().to_string(), &pause.as_secs_f64().to_string()]);
    // The shell outlives a process that it kills, and must not hold what its test waits for.
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = shell.status().expect("there is a `sh`");
    assert!(status.success(), "{script} failed");
}
