//! How a member and its test talk: lines on the standard output and input. Knows no jobs.

use std::io::Write;
use std::sync::OnceLock;

use lockwork::{ErrorKind, Event};
use tokio::sync::{Mutex, Notify, mpsc};

static ORDERS: OnceLock<Mutex<mpsc::UnboundedReceiver<String>>> = OnceLock::new();

/// Told of every sign of life.
pub(crate) static RENEWED: Notify = Notify::const_new();

/// Takes orders from now on. When nobody can give any more, the test has gone, and so does its member.
pub(crate) fn listen() {
    let (sender, orders) = mpsc::unbounded_channel();
    ORDERS.set(Mutex::new(orders)).expect("it is called once");
    std::thread::spawn(move || {
        for order in std::io::stdin().lines().map_while(Result::ok) {
            // A member that is about to end takes no more orders.
            let _ = sender.send(order);
        }
        std::process::exit(3);
    });
}

/// The next order.
pub(crate) async fn order() -> String {
    let mut orders = ORDERS.get().expect("`main` listens first").lock().await;
    match orders.recv().await {
        Some(order) => order,
        None => std::future::pending().await,
    }
}

/// Says a line.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A test that has gone reads nothing more.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

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
