//! How a member talks with who runs it: lines on its standard input and output. Knows no jobs.

use std::io::Write;
use std::sync::OnceLock;

use tokio::sync::{Mutex, mpsc};

static ORDERS: OnceLock<Mutex<mpsc::UnboundedReceiver<String>>> = OnceLock::new();

/// Takes orders from now on. When nobody can give any more, who ran the member has gone, and so does the member.
///
/// # Panics
///
/// If it is called twice.
pub fn listen() {
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
///
/// # Panics
///
/// If nobody listens.
///
/// # Cancellation safety
///
/// Dropping the future loses no order.
pub async fn order() -> String {
    let mut orders = ORDERS.get().expect("`main` listens first").lock().await;
    match orders.recv().await {
        Some(order) => order,
        None => std::future::pending().await,
    }
}

/// Says a line.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Who has gone reads nothing more.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
