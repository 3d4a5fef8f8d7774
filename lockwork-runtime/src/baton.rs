//! Who polls a future that several threads may poll. Knows no future.

use std::sync::atomic::{AtomicU8, Ordering};

/// Says whose turn it is to poll one future: it is polled by one at a time, and nobody waits for another to be done.
#[derive(Debug, Default)]
pub(crate) struct Baton(AtomicU8);

/// It waits for something.
const IDLE: u8 = 0;
/// Its own thread is to poll it, unless somebody comes before.
const CALLED: u8 = 1;
/// Somebody is polling it.
const TAKEN: u8 = 2;
/// Somebody is polling it, and something has happened since.
const TAKEN_IN_VAIN: u8 = 3;
/// It is gone.
const OVER: u8 = 4;

impl Baton {
    /// Takes the turn. If somebody else has it, the future is polled again after that.
    pub(crate) fn take(&self) -> bool {
        let before = self.change(|turn| match turn {
            IDLE | CALLED => Some(TAKEN),
            TAKEN => Some(TAKEN_IN_VAIN),
            _ => None,
        });
        matches!(before, Some(IDLE | CALLED))
    }

    /// Takes the turn if it is still called for.
    pub(crate) fn take_if_called(&self) -> bool {
        self.change(|turn| (turn == CALLED).then_some(TAKEN)).is_some()
    }

    /// Takes the turn if nobody has it and nobody called.
    #[cfg(feature = "redis")]
    pub(crate) fn take_if_idle(&self) -> bool {
        self.change(|turn| (turn == IDLE).then_some(TAKEN)).is_some()
    }

    /// Who has the turn sees to all that has happened until now. Says whether something has.
    #[cfg(feature = "redis")]
    pub(crate) fn catch_up(&self) -> bool {
        self.change(|turn| (turn == TAKEN_IN_VAIN).then_some(TAKEN)).is_some()
    }

    /// Gives the turn back. Says whether the future's own thread is to be told to poll it.
    pub(crate) fn give_back(&self) -> bool {
        let before = self.change(|turn| match turn {
            TAKEN => Some(IDLE),
            TAKEN_IN_VAIN => Some(CALLED),
            // All has ended meanwhile.
            _ => None,
        });
        before == Some(TAKEN_IN_VAIN)
    }

    /// Something has happened. Says whether the future's own thread is to be told to poll it.
    pub(crate) fn call(&self) -> bool {
        let before = self.change(|turn| match turn {
            IDLE => Some(CALLED),
            TAKEN => Some(TAKEN_IN_VAIN),
            _ => None,
        });
        before == Some(IDLE)
    }

    /// Nobody has the turn any more.
    pub(crate) fn end(&self) {
        self.0.store(OVER, Ordering::Release);
    }

    fn change(&self, next: impl Fn(u8) -> Option<u8>) -> Option<u8> {
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_the_turn_and_what_happens_meanwhile_is_another() {
        let baton = Baton::default();
        assert!(baton.take() && !baton.take(), "it is taken once");
        assert!(!baton.call() && !baton.take_if_called(), "nobody is called away from it");
        assert!(baton.give_back() && baton.take_if_called(), "what happened meanwhile is seen to");
        assert!(!baton.give_back() && baton.call() && !baton.call(), "who was called is not called again");
        baton.end();
        assert!(!baton.take() && !baton.call() && !baton.give_back());
    }

    #[cfg(feature = "redis")]
    #[test]
    fn who_catches_up_leaves_nothing_to_others() {
        let baton = Baton::default();
        assert!(baton.take_if_idle() && !baton.take_if_idle() && !baton.catch_up());
        assert!(!baton.call() && baton.catch_up() && !baton.give_back());
        assert!(baton.call() && !baton.take_if_idle(), "whoever was called comes first");
    }
}
