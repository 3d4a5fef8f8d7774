//! A process: what its keeper does when it hears from the store or from its body, step by step as `keeper.rs` does.

use super::brief::{Age, Brief, Glimpse, Kind, Verdict};
use super::mutants::Mutant;
use super::rules::Deed;
use super::turn::{Invariant, Turn};
use super::world::{Body, Phase, Process, Request, Stage};

impl Turn<'_> {
    pub(super) fn process(&mut self, p: usize) -> &mut Process {
        &mut self.world.processes[p]
    }

    /// The top of the keeper's loop, with what is believed to be there.
    pub(super) fn think(&mut self, p: usize, believed: Option<Glimpse>) {
        let Process { is_gone, claiming, sent_claim, awaited, .. } = *self.process(p);
        let phase = if is_gone { Phase::TakingBack } else { Phase::Claiming };
        *self.process(p) = Process { phase, is_gone, claiming, sent_claim, awaited, ..Process::default() };
        match believed {
            _ if is_gone && claiming == 0 => self.leave(p),
            Some(glimpse) if !is_gone => self.claim(p, glimpse),
            _ => self.process(p).request = Request::load(),
        }
    }

    fn claim(&mut self, p: usize, seen: Glimpse) {
        if self.process(p).claiming == 0 {
            self.process(p).claiming = self.world.fresh_nonce();
        }
        if self.process(p).fresh == 0 {
            self.process(p).fresh = self.world.fresh_series();
        }
        let claiming = self.process(p).claiming;
        match self.decide(seen, Deed::Claim, claiming, p) {
            Verdict::Write(next) => {
                self.process(p).sent_claim = claiming;
                self.process(p).request = Request::swap(Deed::Claim, seen.record, next);
            }
            Verdict::Mine if self.rules.lacks(Mutant::NoFreshSignOfLife) => self.hold(p, seen.record, false),
            Verdict::Mine => self.confirm(p, seen),
            Verdict::Busy => self.wait(p, seen.record),
            Verdict::GivenUp => self.leave(p),
            Verdict::Done => self.answer(p, seen.record.value),
            Verdict::Look | Verdict::Lost => {
                self.process(p).fresh = 0;
                self.process(p).request = Request::load();
            }
        }
    }

    fn wait(&mut self, p: usize, record: Brief) {
        let Process { is_gone, sent_claim, .. } = *self.process(p);
        self.demand(record.kind != Kind::Running || record.nonce != sent_claim, Invariant::NotOneself);
        let phase = if is_gone { Phase::Left } else { Phase::Waiting };
        let awaited = if is_gone { 0 } else { record.series };
        *self.process(p) = Process { phase, awaited, ..Process::default() };
    }

    /// The claim turned out to be applied; its lease is counted from a fresh sign of life.
    fn confirm(&mut self, p: usize, seen: Glimpse) {
        self.process(p).fresh = 0;
        let claiming = self.process(p).claiming;
        if let Verdict::Write(next) = self.decide(seen, Deed::Renew, claiming, p) {
            self.process(p).phase = Phase::Confirming;
            self.process(p).request = Request::swap(Deed::Renew, seen.record, next);
        } else {
            (self.process(p).claiming, self.process(p).sent_claim) = (0, 0);
            self.think(p, None);
        }
    }

    /// A claim was written: it began an attempt, or found out that the last one was spent.
    fn hold(&mut self, p: usize, record: Brief, is_over: bool) {
        let Process { claiming: nonce, is_gone, .. } = *self.process(p);
        if record.kind != Kind::Running {
            return self.leave(p);
        }
        let believed = Glimpse::new(record, Age::Young);
        let awaited = record.series;
        *self.process(p) = Process { phase: Phase::Holding, nonce, awaited, believed, ..Process::default() };
        if is_gone {
            self.settle(p, Some(believed));
        } else if is_over {
            // The body would be cut before its first poll.
            self.think(p, None);
        } else {
            self.process(p).body = Body::Running;
            self.witness_body(record);
        }
    }

    /// What a load, or a swap that was not written, has found.
    pub(super) fn find(&mut self, p: usize, found: Glimpse) {
        let request = std::mem::take(&mut self.process(p).request);
        match self.process(p).phase {
            Phase::Claiming if request.swap.is_none() => self.think(p, Some(found)),
            Phase::Claiming => self.claim(p, found),
            Phase::Confirming => self.confirm(p, found),
            Phase::Holding => self.renew(p, found),
            Phase::Settling => self.settle(p, Some(found)),
            _ => self.take_back(p, found),
        }
    }

    /// A swap was written.
    pub(super) fn hear(&mut self, p: usize) {
        let request = std::mem::take(&mut self.process(p).request);
        let is_over = request.is_old && !self.rules.lacks(Mutant::DeadlineFromReply);
        let written = request.swap.map_or(Brief::ABSENT, |swap| swap.next);
        match self.process(p).phase {
            Phase::Claiming | Phase::Confirming => self.hold(p, written, is_over),
            Phase::Holding => {
                self.process(p).believed = Glimpse::new(written, Age::Young);
                self.process(p).is_over = is_over;
                self.renewed(p);
            }
            Phase::Settling => self.settled(p, Glimpse::new(written, Age::Young)),
            _ => self.leave(p),
        }
    }

    /// Gives a sign of life, or finds the attempt lost.
    pub(super) fn renew(&mut self, p: usize, seen: Glimpse) {
        let nonce = self.process(p).nonce;
        match self.decide(seen, Deed::Renew, nonce, p) {
            Verdict::Write(next) => self.process(p).request = Request::swap(Deed::Renew, seen.record, next),
            _ => self.lose(p),
        }
    }

    /// The body may have ended while the renewal was under way.
    pub(super) fn renewed(&mut self, p: usize) {
        if self.process(p).body != Body::Running {
            let believed = self.process(p).believed;
            self.settle(p, Some(believed));
        }
    }

    /// The attempt does not count here any more, and as its caller is still with its body, the keeper ends. What the
    /// body may still return is told to a new one.
    pub(super) fn lose(&mut self, p: usize) {
        let Process { body, nonce, .. } = *self.process(p);
        *self.process(p) = Process { phase: Phase::Late, body, nonce, is_over: true, ..Process::default() };
        if body != Body::Running {
            self.settle(p, None);
        }
    }

    /// Records the end of an attempt, on what is believed to be there.
    pub(super) fn settle(&mut self, p: usize, believed: Option<Glimpse>) {
        let Process { body, nonce, awaited, .. } = *self.process(p);
        *self.process(p) = Process { phase: Phase::Settling, body, nonce, awaited, ..Process::default() };
        let Some(seen) = believed else {
            self.process(p).request = Request::load();
            return;
        };
        let deed = match body {
            Body::Ok => Deed::Complete,
            Body::Err => Deed::Fail,
            Body::Dropped => Deed::HandBack,
            Body::None | Body::Running => Deed::Decline,
        };
        match self.decide(seen, deed, nonce, p) {
            Verdict::Write(next) => self.process(p).request = Request::swap(deed, seen.record, next),
            Verdict::Lost if deed == Deed::Complete && self.rules.lacks(Mutant::LoserKeepsItsValue) => {
                self.answer(p, nonce);
            }
            _ => self.settled(p, seen),
        }
    }

    /// The attempt has ended, recorded or lost. A caller who stays waits for the job's fate like the others.
    fn settled(&mut self, p: usize, now: Glimpse) {
        match self.process(p).body {
            Body::Ok | Body::Err => self.think(p, Some(now)),
            Body::None | Body::Running | Body::Dropped => self.leave(p),
        }
    }

    /// Gives back what a claim that was never answered may have got.
    fn take_back(&mut self, p: usize, seen: Glimpse) {
        let claiming = self.process(p).claiming;
        match self.decide(seen, Deed::Decline, claiming, p) {
            Verdict::Write(next) => self.process(p).request = Request::swap(Deed::Decline, seen.record, next),
            _ => self.leave(p),
        }
    }

    /// The store has not answered in time; whether the request arrives is open.
    pub(super) fn give_up(&mut self, p: usize) {
        self.abandon(p);
        let Process { phase, body, nonce, .. } = *self.process(p);
        match phase {
            Phase::Claiming | Phase::Confirming => {
                if self.rules.lacks(Mutant::FreshNonceOnRetry) {
                    self.process(p).claiming = 0;
                }
                self.think(p, None);
            }
            Phase::Holding => self.renewed(p),
            Phase::Settling if body == Body::Ok && self.rules.lacks(Mutant::SilenceTakenForSuccess) => {
                self.answer(p, nonce);
            }
            Phase::Settling => self.settle(p, None),
            _ => self.leave(p),
        }
    }

    /// Nobody waits for the request any longer, but what was sent stays under way.
    pub(super) fn abandon(&mut self, p: usize) {
        let request = std::mem::take(&mut self.process(p).request);
        if let (Stage::Sent, Some(swap)) = (request.stage, request.swap) {
            swap.adrift(&mut self.world.strays);
        }
    }

    fn answer(&mut self, p: usize, value: u8) {
        self.witness_answer(value);
        self.leave(p);
    }

    pub(super) fn leave(&mut self, p: usize) {
        *self.process(p) = Process { phase: Phase::Left, ..Process::default() };
    }
}
