//! One state of the whole: the store, the processes, what is under way between them, and what has been witnessed.

use super::brief::{Brief, Glimpse, Kind};
use super::rules::Deed;

pub(super) const MOST_PROCESSES: usize = 3;
const MOST_STRAYS: usize = 3;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct World {
    pub(super) store: Glimpse,
    /// What the store's last write replaced; kept only where the store may lose that write.
    pub(super) before: Brief,
    pub(super) processes: [Process; MOST_PROCESSES],
    /// Swaps whose senders wait for them no more. They arrive later, or never.
    pub(super) strays: [Option<Swap>; MOST_STRAYS],
    pub(super) ledger: Ledger,
    pub(super) budget: Budget,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Swap {
    pub(super) deed: Deed,
    pub(super) expected: Brief,
    pub(super) next: Brief,
}

/// A process with one call: what its keeper does, and its body's side.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Process {
    pub(super) phase: Phase,
    pub(super) body: Body,
    /// The local deadline of the attempt that is held has passed.
    pub(super) is_over: bool,
    /// The call was dropped while the store was asked.
    pub(super) is_gone: bool,
    /// The nonce of a claim that has not been answered; 0 is none.
    pub(super) claiming: u8,
    /// The nonce of the last claim that was sent and not answered: a witness, the protocol has `claiming`.
    pub(super) sent_claim: u8,
    pub(super) fresh: u8,
    pub(super) awaited: u8,
    /// The nonce of the attempt that is held or settled.
    pub(super) nonce: u8,
    /// What the holder of an attempt believes to be there.
    pub(super) believed: Glimpse,
    pub(super) request: Request,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nobody has called yet, or nobody since the process died.
    #[default]
    Quiet,
    /// It looks, and claims.
    Claiming,
    /// Its claim turned out to be applied already, so it gives a sign of life.
    Confirming,
    Waiting,
    Holding,
    /// The attempt is lost, but a poll of its body may still be under way.
    Late,
    Settling,
    TakingBack,
    /// The call has returned, or was dropped.
    Left,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Body {
    #[default]
    None,
    Running,
    Ok,
    Err,
    Dropped,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Request {
    pub(super) stage: Stage,
    /// The swap; a load has none.
    pub(super) swap: Option<Swap>,
    /// It was sent so long ago that a deadline counted from it has passed.
    pub(super) is_old: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    #[default]
    None,
    Sent,
    /// The swap was written, and its sender has not heard of it yet.
    Written,
}

/// What an outside witness of all that happened remembers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ledger {
    /// The first value that a caller was told.
    pub(super) told: u8,
    pub(super) completions: u8,
    /// The nonce and the fence of the latest grant.
    pub(super) latest: u8,
    pub(super) fence: u8,
    /// Bodies begun in this series, and attempts granted; less those that were handed back.
    pub(super) begun: u8,
    pub(super) granted: u8,
}

/// How much may still go wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    pub(super) crashes: u8,
    /// Requests or replies that are not waited for any longer.
    pub(super) losses: u8,
    /// Requests that arrive twice.
    pub(super) copies: u8,
    pub(super) leaves: u8,
    pub(super) renewals: u8,
    pub(super) cooldowns: u8,
    pub(super) rollbacks: u8,
}

impl Swap {
    pub(super) fn adrift(self, strays: &mut [Option<Self>]) {
        *strays.iter_mut().find(|stray| stray.is_none()).expect("it was asked whether there is room") = Some(self);
    }

    fn words(swap: Option<Self>, names: &mut Names) -> [u64; 2] {
        swap.map_or([0; 2], |swap| [swap.expected.word(names) << 3 | swap.deed as u64, swap.next.word(names) << 1 | 1])
    }

    /// The order of strays does not matter, so they are kept in one that does not go by random numbers.
    fn order(swap: Option<Self>) -> [u64; 2] {
        Self::words(swap, &mut Names::default())
    }
}

impl Request {
    pub(super) fn load() -> Self {
        Self { stage: Stage::Sent, ..Self::default() }
    }

    pub(super) fn swap(deed: Deed, expected: Brief, next: Brief) -> Self {
        Self { stage: Stage::Sent, swap: Some(Swap { deed, expected, next }), ..Self::default() }
    }
}

impl World {
    /// Forgets strays that can never be written. Every write of a sound store raises the revision, so bytes that are
    /// behind it do not come back.
    pub(super) fn forget_hopeless_strays(&mut self) {
        let Brief { kind, revision, .. } = self.store.record;
        for stray in &mut self.strays {
            let is_behind = |swap: &Swap| match swap.expected.kind {
                Kind::Absent => kind != Kind::Absent,
                _ => swap.expected.revision < revision,
            };
            *stray = stray.filter(|swap| !is_behind(swap));
        }
        self.strays.sort_by_key(|stray| Swap::order(*stray));
    }

    pub(super) fn has_room(&self) -> bool {
        self.strays.iter().any(Option::is_none)
    }

    /// The smallest nonce that nothing mentions. A number that is forgotten everywhere is as good as a new one.
    pub(super) fn fresh_nonce(&self) -> u8 {
        let mut used = 1 | 1 << self.ledger.told | 1 << self.ledger.latest;
        self.visit(|record| used |= 1 << record.nonce | 1 << record.value);
        for process in &self.processes {
            used |= 1 << process.claiming | 1 << process.sent_claim | 1 << process.nonce;
        }
        lowest_unset(used)
    }

    /// The smallest number of a series that nothing mentions.
    pub(super) fn fresh_series(&self) -> u8 {
        let mut used = 1;
        self.visit(|record| used |= 1 << record.series);
        for process in &self.processes {
            used |= 1 << process.fresh | 1 << process.awaited;
        }
        lowest_unset(used)
    }

    fn visit(&self, mut visit: impl FnMut(&Brief)) {
        visit(&self.store.record);
        visit(&self.before);
        let mut visit_swap = |swap: &Swap| {
            visit(&swap.expected);
            visit(&swap.next);
        };
        self.strays.iter().flatten().for_each(&mut visit_swap);
        self.processes.iter().filter_map(|process| process.request.swap.as_ref()).for_each(&mut visit_swap);
        for process in &self.processes {
            visit(&process.believed.record);
        }
    }

    /// 64 bits that stand for the state, whatever its nonces and series are called. Among ten million states two share
    /// them once in several hundred thousand searches.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut print = Print(0x243f_6a88_85a3_08d3);
        let mut names = Names::default();
        print.add(self.store.word(&mut names));
        print.add(self.before.word(&mut names));
        for process in &self.processes {
            print.add(process.word(&mut names));
            print.add(process.believed.word(&mut names));
            Swap::words(process.request.swap, &mut names).into_iter().for_each(|word| print.add(word));
        }
        for stray in self.strays {
            Swap::words(stray, &mut names).into_iter().for_each(|word| print.add(word));
        }
        print.add(self.ledger.word(&mut names));
        print.add(self.budget.word());
        print.0
    }
}

impl Process {
    fn word(&self, names: &mut Names) -> u64 {
        let Request { stage, is_old, .. } = self.request;
        let flags = [self.is_over, self.is_gone, is_old].into_iter().fold(0, |word, flag| word << 1 | u8::from(flag));
        let bytes = [
            self.phase as u8 | (self.body as u8) << 4,
            stage as u8 | flags << 2,
            names.nonce(self.claiming) | names.nonce(self.sent_claim) << 4,
            names.series(self.fresh) | names.series(self.awaited) << 4,
            names.nonce(self.nonce),
        ];
        word_of(&bytes)
    }
}

impl Ledger {
    fn word(self, names: &mut Names) -> u64 {
        let (told, latest) = (names.nonce(self.told), names.nonce(self.latest));
        word_of(&[told, self.completions, latest, self.fence, self.begun, self.granted])
    }
}

impl Budget {
    fn word(self) -> u64 {
        let Self { crashes, losses, copies, leaves, renewals, cooldowns, rollbacks } = self;
        word_of(&[crashes, losses, copies, leaves, renewals, cooldowns, rollbacks])
    }
}

/// What nonces and series are called, in the order in which a state mentions them: which random number something has
/// makes no difference, only what else has the same.
#[derive(Default)]
pub(super) struct Names {
    nonces: [u8; 16],
    series: [u8; 16],
}

impl Names {
    pub(super) fn nonce(&mut self, nonce: u8) -> u8 {
        name(&mut self.nonces, nonce)
    }

    pub(super) fn series(&mut self, series: u8) -> u8 {
        name(&mut self.series, series)
    }
}

/// Place 0 counts the names that are given, as number 0 is nobody's.
fn name(names: &mut [u8; 16], number: u8) -> u8 {
    let place = usize::from(number);
    if place != 0 && names[place] == 0 {
        names[0] += 1;
        names[place] = names[0];
    }
    if place == 0 { 0 } else { names[place] }
}

pub(super) fn word_of(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

struct Print(u64);

impl Print {
    /// One round of a multiplicative hash; the shift brings the high bits, which are mixed best, back down.
    fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 32;
    }
}

fn lowest_unset(used: u16) -> u8 {
    u8::try_from(used.trailing_ones()).ok().filter(|number| *number < 16).expect("few numbers are in use at once")
}
