//! What goes wrong between a process and its store, as a test chose it. Knows no store.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::random::Lots;

/// A kind of request that a process makes of its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Request {
    /// To read a record: before waiting for somebody else, and when it is over; of a job that was done when it was last
    /// called here; to look at it, and before removing it.
    Load,
    /// To write a record if it still is what was read: claims, signs of life, and the ends of attempts.
    Swap,
    /// To be told when a record changes.
    Watch,
    /// To read the store's clock, as a sign that the store is well, when nothing else was answered for a while: here for
    /// an hour, else for 10 s.
    Clock,
    /// To list records, as [`Worker::records`](crate::Worker::records) does: a page of them each.
    Scan,
    /// To remove a record if it still is what was read, as [`Worker::forget`](crate::Worker::forget) does.
    Remove,
}

/// What happens to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It does not arrive, and the process is told so at once.
    LoseRequest,
    /// It is carried out; the process is told at once that there is no answer.
    LoseReply,
    /// It is carried out after this time, if the process still waits for it then: it does so for 10 s at most.
    DelayRequest(Duration),
    /// It is carried out at once, and answered after this time.
    DelayReply(Duration),
    /// The store refuses it, as one with a wrong password would.
    Refuse,
    /// It does not arrive, and no answer ever comes: the process finds out by its patience, which is 10 s and
    /// cannot be set.
    Swallow,
}

/// The faults of one process's requests; see [`Process::faults`](super::Process::faults).
///
/// A request has the first of these: the fault that was chosen for the next of its kind, for each of its kind, for all
/// requests, or one by chance. They concern what is asked from then on.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    way: Way,
    next: VecDeque<(Request, Fault)>,
    each: HashMap<Request, Fault>,
    always: Option<Fault>,
    chance: Option<Chance>,
    counts: HashMap<Request, usize>,
}

/// The process's way to its store. When there is none, nothing else that was chosen matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Way {
    #[default]
    Through,
    CutOff,
    /// For good.
    Killed,
}

#[derive(Debug)]
struct Chance {
    lots: Lots,
    /// What share of the requests has a fault.
    share: f64,
    /// How long a delay is at most.
    longest: Duration,
}

impl Faults {
    /// The next request of this kind has this fault. Said twice, it is about the next two.
    pub fn next(&self, request: Request, fault: Fault) {
        self.inside().next.push_back((request, fault));
    }

    /// Each request of this kind has this fault.
    pub fn each(&self, request: Request, fault: Fault) {
        self.inside().each.insert(request, fault);
    }

    /// All requests have this fault.
    pub fn always(&self, fault: Fault) {
        self.inside().always = Some(fault);
    }

    /// This share of the requests, from 0.0 to 1.0, has a fault by chance: a lost request, a lost reply or a delay of
    /// either, of `longest` at most. The chances follow from `seed`. Said again, it replaces what was said before, and the
    /// chances begin anew.
    ///
    /// A process waits for 10 s at most. With a `longest` beyond that, some delays are as good as a lost request or reply.
    ///
    /// # Panics
    ///
    /// When `share` is not from 0.0 to 1.0.
    pub fn by_chance(&self, seed: u64, share: f64, longest: Duration) {
        assert!((0.0..=1.0).contains(&share), "a share is from 0.0 to 1.0, and not {share}");
        self.inside().chance = Some(Chance { lots: Lots::from_seed(seed), share, longest });
    }

    /// No request has a fault any more.
    pub fn clear(&self) {
        let mut inside = self.inside();
        let (way, counts) = (inside.way, std::mem::take(&mut inside.counts));
        *inside = Inside { way, counts, ..Inside::default() };
    }

    /// All requests are lost, until the process is reconnected.
    pub(super) fn cut_off(&self) {
        self.lead(Way::CutOff);
    }

    /// Requests have the faults that are chosen, unless the process was killed.
    pub(super) fn reconnect(&self) {
        self.lead(Way::Through);
    }

    /// All requests are swallowed, whatever is said after this.
    pub(super) fn kill(&self) {
        self.lead(Way::Killed);
    }

    fn lead(&self, way: Way) {
        let mut inside = self.inside();
        if inside.way != Way::Killed {
            inside.way = way;
        }
    }

    /// Whether the process has a way to its store.
    pub(super) fn is_through(&self) -> bool {
        self.inside().way == Way::Through
    }

    /// Whether the process was killed.
    pub(super) fn is_killed(&self) -> bool {
        self.inside().way == Way::Killed
    }

    /// Counts a request, and says what happens to it.
    pub(super) fn fault(&self, request: Request) -> Option<Fault> {
        let mut inside = self.inside();
        *inside.counts.entry(request).or_default() += 1;
        match inside.way {
            Way::Through => {}
            Way::CutOff => return Some(Fault::LoseRequest),
            Way::Killed => return Some(Fault::Swallow),
        }
        let chosen = inside.next.iter().position(|(chosen, _)| *chosen == request);
        if let Some((_, fault)) = chosen.and_then(|index| inside.next.remove(index)) {
            return Some(fault);
        }
        let standing = inside.each.get(&request).copied().or(inside.always);
        standing.or_else(|| inside.chance.as_mut().and_then(Chance::draw))
    }

    pub(super) fn take_count(&self, request: Request) -> usize {
        self.inside().counts.remove(&request).unwrap_or(0)
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Chance {
    fn draw(&mut self) -> Option<Fault> {
        if self.share <= self.lots.draw::<f64>() {
            return None;
        }
        let delay = self.lots.up_to(self.longest);
        Some(match self.lots.draw::<u8>() % 4 {
            0 => Fault::LoseRequest,
            1 => Fault::LoseReply,
            2 => Fault::DelayRequest(delay),
            _ => Fault::DelayReply(delay),
        })
    }
}
