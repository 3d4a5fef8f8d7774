//! What a member of a test tells of events and of answers, in the test's own words. Knows no jobs.

use lockwork::{ErrorKind, Event};
use lockwork_fleet::talk::say;
use tokio::sync::Notify;

/// Told of every sign of life.
pub(crate) static RENEWED: Notify = Notify::const_new();

/// Says what the test waits for, and tells the bodies what they wait for.
pub(crate) fn say_event(event: &Event) {
    match event {
        Event::Busy { attempt, is_pause: false, .. } => say(&format!("busy {attempt}")),
        Event::LeaseLost { attempt, .. } => say(&format!("lost {attempt}")),
        Event::Renewed { .. } => RENEWED.notify_waiters(),
        _ => {}
    }
}

/// Says what lockwork told a caller. An error of the body itself is not said: its process ends at once.
pub(crate) fn say_returned(returned: &anyhow::Result<u64>) {
    match returned {
        Ok(value) => say(&format!("got {value}")),
        Err(error) => {
            if let Some(error) = error.downcast_ref::<lockwork::Error>() {
                say_error(error.kind(), &error.to_string());
            }
        }
    }
}

pub(crate) fn say_error(kind: ErrorKind, text: &str) {
    say(&format!("told {kind:?} {text}"));
}
