//! The keeper when it is woken: of many who are woken for one attempt, a few claim at once. Knows no driver and no body.

use std::time::Duration;

use tokio::time::sleep_until;

use crate::keeper::{Keeper, Next};

/// How many of a crowd are to claim at once, on average. Nobody does once in twenty times, which costs a first pause. More
/// of them would keep a small machine from getting to the first.
const AT_ONCE: u32 = 3;

/// How long the others pause at least: long enough for a claim, which is one round trip.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// By how much the others' pauses differ: by this for each of the crowd, about what reading a record costs a machine; but
/// by the longest at most.
const SPREAD: (Duration, Duration) = (Duration::from_micros(125), Duration::from_millis(50));

/// How long one of `listeners` lets others go first, if at all. `draw` draws a time up to the one it is given.
fn pause(listeners: Option<u32>, draw: impl FnOnce(Duration) -> Duration) -> Option<Duration> {
    let listeners = listeners.filter(|listeners| AT_ONCE < *listeners)?;
    let spread = SPREAD.0.saturating_mul(listeners).min(SPREAD.1);
    let place = draw(spread);
    (spread * AT_ONCE / listeners < place).then(|| FIRST_PAUSE + place)
}

impl Keeper {
    /// What follows on a wake-up.
    ///
    /// Nobody relies on another's claim: the pause of one who lets others go first is over by itself, and then it looks and
    /// claims as ever. A caller who does not want to wait that long ends it, and so does every message.
    pub(super) async fn woken(&mut self) -> Next {
        loop {
            let Some(watch) = self.watch.as_mut() else { return Next::Look };
            let told = watch.told();
            let Some(pause) = pause(told.listeners, |most| self.setting.jitter.up_to(most)) else {
                let Some(record) = told.record else { return Next::Look };
                self.register.guess(&record);
                return Next::Claim;
            };
            let end = self.setting.clock.now() + pause;
            let end = self.callers.next_deadline().map_or(end, |deadline| deadline.min(end));
            tokio::select! {
                biased;
                message = self.inbox.next() => {
                    self.receive(message);
                    return Next::Look;
                }
                () = sleep_until(end) => return Next::Look,
                // The next attempt has ended too. Others are to go first to the one behind it.
                () = watch.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pause of one of `listeners` who draws this share of what there is to draw.
    fn pause_at(listeners: u32, share: f64) -> Option<Duration> {
        pause(Some(listeners), |most| most.mul_f64(share))
    }

    #[test]
    fn one_who_is_alone_or_does_not_know_claims_at_once_and_draws_no_lot() {
        for listeners in [None, Some(0), Some(1), Some(2), Some(3)] {
            assert_eq!(pause(listeners, |_| panic!("{listeners:?}: a lot is drawn")), None);
        }
    }

    #[test]
    fn three_of_a_crowd_claim_at_once_and_the_others_soon() {
        for listeners in [4, 50, 400, 10_000] {
            let last = f64::from(AT_ONCE) / f64::from(listeners);
            assert_eq!(pause_at(listeners, 0.0), None, "{listeners}");
            assert_eq!(pause_at(listeners, last * 0.99), None, "{listeners}");
            let first = pause_at(listeners, last * 1.01).expect("it is not among the first");
            let longest = pause_at(listeners, 1.0).expect("it is the last one");
            assert!(FIRST_PAUSE <= first && first <= longest, "{listeners}: {first:?}, {longest:?}");
        }
        assert_eq!(pause_at(50, 1.0), Some(FIRST_PAUSE + Duration::from_micros(6250)));
        assert_eq!(pause_at(u32::MAX, 1.0), Some(FIRST_PAUSE + SPREAD.1));
    }
}
