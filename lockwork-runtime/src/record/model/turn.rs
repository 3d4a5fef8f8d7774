//! One step being made: what the store does with a swap, what a witness notes of it, and which promise that breaks.

use super::brief::{Age, Brief, Glimpse, Kind, MAX_ATTEMPTS, Verdict};
use super::mutants::Mutant;
use super::rules::{Deed, Question, Rules};
use super::world::{Body, Phase, Swap, World};

/// What must hold in every state and for every step; the numbers are those of the reliability notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Invariant {
    /// I1: at most one completion is accepted.
    OneCompletion,
    /// I2: no more bodies are begun in a series, those handed back not counted, than `max_attempts`.
    Attempts,
    /// I3: a completion that was acknowledged is there from then on.
    Kept,
    /// I4: whoever is told a value is told the same.
    Agreement,
    /// I5: fences grow from grant to grant, and revisions from write to write.
    Fences,
    /// I6: the completion that is accepted is the latest grant's.
    LatestGrant,
    /// I7: no attempt is granted or begun after somebody was told the value.
    NothingAfter,
    /// No two bodies are polled at once.
    Alone,
    /// Nothing is written over a completion.
    Final,
    /// Only the holder of a running attempt renews it and ends it.
    Holder,
    /// A record counts the attempts that were granted and not handed back.
    Count,
    /// Nobody waits for the end of an attempt that is its own.
    NotOneself,
    /// When nothing goes wrong any more, every caller is answered.
    Progress,
}

impl Invariant {
    pub(super) const ALL: [Self; 13] = [
        Self::OneCompletion,
        Self::Attempts,
        Self::Kept,
        Self::Agreement,
        Self::Fences,
        Self::LatestGrant,
        Self::NothingAfter,
        Self::Alone,
        Self::Final,
        Self::Holder,
        Self::Count,
        Self::NotOneself,
        Self::Progress,
    ];
}

#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) rules: &'a Rules,
    pub(super) clock: u8,
    pub(super) world: World,
    pub(super) broken: Vec<Invariant>,
}

impl Turn<'_> {
    pub(super) fn demand(&mut self, holds: bool, invariant: Invariant) {
        if !holds {
            self.broken.push(invariant);
        }
    }

    pub(super) fn decide(&self, seen: Glimpse, deed: Deed, nonce: u8, p: usize) -> Verdict {
        let (fresh, awaited) = match deed {
            Deed::Claim => (self.world.processes[p].fresh, self.world.processes[p].awaited),
            _ => (0, 0),
        };
        self.rules.decide(Question { seen, deed, nonce, fresh, awaited, clock: self.clock })
    }

    /// A swap arrives at the store. Says whether it was written.
    pub(super) fn store(&mut self, swap: Swap) -> bool {
        let Brief { kind, revision, .. } = self.world.store.record;
        let fits = if self.rules.lacks(Mutant::NothingCompared) {
            true
        } else if self.rules.lacks(Mutant::RevisionAloneCompared) {
            (kind == Kind::Absent, revision) == (swap.expected.kind == Kind::Absent, swap.expected.revision)
        } else {
            swap.expected == self.world.store.record
        };
        if fits {
            self.witness(&swap);
            if self.world.budget.rollbacks > 0 {
                self.world.before = self.world.store.record;
            }
            self.world.store = Glimpse::new(swap.next, Age::Young);
        }
        fits
    }

    fn witness(&mut self, swap: &Swap) {
        let Swap { deed, next, .. } = *swap;
        let before = self.world.store.record;
        self.demand(before.kind != Kind::Done, Invariant::Final);
        self.demand(before.kind == Kind::Absent || before.revision < next.revision, Invariant::Fences);
        match deed {
            Deed::Claim if next.kind == Kind::Running => self.witness_grant(before, next),
            Deed::Claim => {}
            _ => self.demand(before.kind == Kind::Running && before.nonce == next.nonce, Invariant::Holder),
        }
        let ledger = &mut self.world.ledger;
        match deed {
            Deed::Complete => {
                ledger.completions = (ledger.completions + 1).min(2);
                let (is_first, is_latest) = (ledger.completions == 1, ledger.latest == next.nonce);
                self.demand(is_first, Invariant::OneCompletion);
                self.demand(is_latest, Invariant::LatestGrant);
            }
            Deed::HandBack => {
                ledger.granted = ledger.granted.saturating_sub(1);
                ledger.begun = ledger.begun.saturating_sub(1);
            }
            Deed::Decline => ledger.granted = ledger.granted.saturating_sub(1),
            Deed::Claim | Deed::Renew | Deed::Fail => {}
        }
        self.demand(self.world.ledger.granted == next.attempts, Invariant::Count);
    }

    fn witness_grant(&mut self, before: Brief, next: Brief) {
        let ledger = &mut self.world.ledger;
        if before.kind == Kind::Absent || before.series != next.series {
            (ledger.granted, ledger.begun) = (0, 0);
        }
        // Once it is too many, it is: the count stops there.
        ledger.granted = (ledger.granted + 1).min(MAX_ATTEMPTS + 2);
        let (is_first, fence) = (ledger.latest == 0, ledger.fence);
        (ledger.latest, ledger.fence) = (next.nonce, next.revision);
        self.demand(is_first || fence < next.revision, Invariant::Fences);
        self.demand(self.world.ledger.told == 0, Invariant::NothingAfter);
    }

    /// The body of the attempt that this record is of begins.
    pub(super) fn witness_body(&mut self, attempt: Brief) {
        let ledger = &mut self.world.ledger;
        // A sign of life may have raised it since the grant.
        ledger.fence = ledger.fence.max(attempt.revision);
        if attempt.series == self.world.store.record.series {
            ledger.begun = (ledger.begun + 1).min(MAX_ATTEMPTS + 1);
        }
        let (begun, told) = (ledger.begun, ledger.told);
        self.demand(begun <= MAX_ATTEMPTS, Invariant::Attempts);
        self.demand(told == 0, Invariant::NothingAfter);
    }

    /// A caller is told a value.
    pub(super) fn witness_answer(&mut self, value: u8) {
        let told = &mut self.world.ledger.told;
        if *told == 0 {
            *told = value;
        }
        let agrees = *told == value;
        self.demand(agrees, Invariant::Agreement);
    }

    /// What has to hold whatever the step was.
    pub(super) fn witness_state(&mut self) {
        let bodies = self.world.processes.iter();
        let is_polled = |phase, body, is_over: bool| phase == Phase::Holding && body == Body::Running && !is_over;
        let polled = bodies.filter(|process| is_polled(process.phase, process.body, process.is_over)).count();
        self.demand(polled <= 1, Invariant::Alone);
        let (told, record) = (self.world.ledger.told, self.world.store.record);
        self.demand(told == 0 || (record.kind == Kind::Done && record.value == told), Invariant::Kept);
    }
}
