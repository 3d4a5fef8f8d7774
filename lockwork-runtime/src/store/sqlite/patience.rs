//! How to wait for somebody else's transaction to end. Knows neither files nor tables.

use std::cell::Cell;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use tokio::time::Instant;

use crate::clock;

/// Whether to try once more, after the given number of tries. SQLite asks this on the thread that it blocks.
pub(super) type Patience = fn(i32) -> bool;

/// For how long opening waits, in milliseconds, while other processes set up the same file.
const OPENING_FOR: u64 = 3000;

/// Opening waits longer than anything else: nobody has a lease yet.
pub(super) const OPENING: Patience = wait::<OPENING_FOR>;

/// For how long a swap waits; far below any lease, as everything else that is asked of the store waits with it.
pub(super) const WRITING: Patience = wait::<500>;

/// What can wait for another time does not wait now.
pub(super) const NONE: Patience = |_| false;

/// The longest pause after the first try; it doubles with each of the next few.
const FIRST_PAUSE: Duration = Duration::from_micros(200);

/// After how many tries the pauses grow no more.
const LONGEST_PAUSE_AFTER: u32 = 4;

/// From now on `connection` waits like this.
#[allow(clippy::needless_pass_by_ref_mut, reason = "what rusqlite needs here changed within the range that is allowed")]
pub(super) fn apply(patience: Patience, connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(patience))
}

thread_local! {
    /// When the wait that goes on in this thread began.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Pauses, unless all the milliseconds are over.
///
/// SQLite's own way to wait soon tries ten times a second only, and who waits like that among busy writers comes too
/// late for ever. Short pauses by chance give everybody a turn.
fn wait<const MILLISECONDS: u64>(tries: i32) -> bool {
    let began = if tries == 0 { None } else { BEGAN.get() };
    let began = began.unwrap_or_else(clock::now);
    BEGAN.set(Some(began));
    if clock::now().saturating_duration_since(began) >= Duration::from_millis(MILLISECONDS) {
        return false;
    }
    pause(u32::try_from(tries).unwrap_or(0).min(LONGEST_PAUSE_AFTER));
    true
}

/// Tries again while the file is locked, for what SQLite does not wait for by itself: to change how a file is kept.
pub(super) fn insist<T>(mut attempt: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let began = clock::now();
    loop {
        let answer = attempt();
        let is_busy = matches!(&answer, Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy));
        if !is_busy || clock::now().saturating_duration_since(began) >= Duration::from_millis(OPENING_FOR) {
            return answer;
        }
        pause(LONGEST_PAUSE_AFTER);
    }
}

fn pause(doublings: u32) {
    let longest = FIRST_PAUSE * 2_u32.pow(doublings);
    std::thread::sleep(longest.mul_f64(rand::random_range(0.2..1.0)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_many_short_pauses_and_ends() {
        for _ in 0..2 {
            let began = clock::now();
            let tries = (0..).take_while(|tries| wait::<50>(*tries)).count();
            assert!(clock::now() - began >= Duration::from_millis(50));
            assert!(tries > 5, "{tries} tries");
        }
    }
}
