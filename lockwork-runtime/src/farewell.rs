//! A thread that leaves waits a little for what it has not yet seen recorded. Knows no store and no engine.
//!
//! A call that returns the error of its last attempt, or is dropped, does not wait for the record: it could not hold
//! the error meanwhile, which need not be `Send`. But `main` often ends right after, and the engine's thread with it.
//! Then the others would learn of the end only when the lease is over.

use std::cell::RefCell;
use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use crate::clock::Clock;

/// How long a leaving thread waits at most.
const PATIENCE: Duration = Duration::from_secs(1);

/// Dropped when there is nothing to wait for any more.
#[derive(Debug)]
pub(crate) struct Receipt {
    _dropped: mpsc::Sender<()>,
}

thread_local! {
    static OUTSTANDING: Outstanding = const { Outstanding(RefCell::new(Vec::new())) };
}

/// What this thread has not yet seen recorded.
struct Outstanding(RefCell<Vec<mpsc::Receiver<()>>>);

/// A receipt that this thread will wait for, unless it is leaving already.
pub(crate) fn receipt() -> Option<Receipt> {
    let (sender, receiver) = mpsc::channel();
    let listed = OUTSTANDING.try_with(|Outstanding(outstanding)| {
        let mut outstanding = outstanding.borrow_mut();
        outstanding.retain(|earlier| earlier.try_recv() == Err(TryRecvError::Empty));
        outstanding.push(receiver);
    });
    listed.ok().map(|()| Receipt { _dropped: sender })
}

impl Drop for Outstanding {
    fn drop(&mut self) {
        let deadline = Clock::Machine.now() + PATIENCE;
        for receiver in self.0.get_mut().drain(..) {
            let left = deadline.saturating_duration_since(Clock::Machine.now());
            match receiver.recv_timeout(left) {
                Ok(()) | Err(RecvTimeoutError::Disconnected) => {}
                Err(RecvTimeoutError::Timeout) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_leaving_thread_waits_for_its_receipts() {
        let (hand_over, handed) = mpsc::channel();
        let leaving = std::thread::spawn(move || {
            hand_over.send(receipt().expect("the thread is not leaving yet")).expect("the other listens");
        });
        let recorded = Arc::new(AtomicBool::new(false));
        let record = Arc::clone(&recorded);
        let recording = std::thread::spawn(move || {
            let receipt = handed.recv().expect("the thread sends it");
            // Time for a thread that does not wait to be gone.
            std::thread::sleep(Duration::from_millis(50));
            record.store(true, Ordering::SeqCst);
            drop(receipt);
        });
        leaving.join().expect("it does not panic");
        assert!(recorded.load(Ordering::SeqCst), "it left too early");
        recording.join().expect("it does not panic");
    }

    #[test]
    fn receipts_that_came_back_are_forgotten() {
        for _ in 0..10 {
            drop(receipt());
        }
        OUTSTANDING.with(|Outstanding(outstanding)| assert!(outstanding.borrow().len() <= 1));
    }
}
