//! What the shipped transitions decide, each question asked once; and what they would decide with one rule less.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use super::brief::{Age, Brief, Glimpse, Kind, MAX_ATTEMPTS, POLICY, Verdict, Why, holder, value};
use super::mutants::Mutant;
use crate::record::{Actor, Series, Transition, decide};

/// What is asked of a record, and by a swap done to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Deed {
    #[default]
    Claim,
    Renew,
    Complete,
    Fail,
    /// A body that had begun was dropped.
    HandBack,
    /// An attempt whose body has not begun is handed back.
    Decline,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) seen: Glimpse,
    pub(super) deed: Deed,
    pub(super) nonce: u8,
    pub(super) fresh: u8,
    pub(super) awaited: u8,
    pub(super) clock: u8,
}

/// The protocol, whole or with one rule removed.
#[derive(Debug, Default)]
pub(super) struct Rules {
    mutant: Option<Mutant>,
    /// `decide` is pure, so its answers keep.
    known: RefCell<HashMap<Question, Verdict>>,
}

impl Rules {
    pub(super) fn without(mutant: Mutant) -> Self {
        Self { mutant: Some(mutant), ..Self::default() }
    }

    pub(super) fn lacks(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    pub(super) fn decide(&self, question: Question) -> Verdict {
        *self.known.borrow_mut().entry(question).or_insert_with(|| match self.mutant {
            None => shipped(&question),
            Some(mutant) => bent(mutant, question),
        })
    }
}

/// What the shipped code answers.
fn shipped(question: &Question) -> Verdict {
    let transition = match question.deed {
        Deed::Claim => Transition::Claim {
            fresh: Series(question.fresh.into()),
            awaited: (question.awaited != 0).then(|| Series(question.awaited.into())),
        },
        Deed::Renew => Transition::Renew,
        Deed::Complete => Transition::Complete { value: value(question.nonce), took: Duration::ZERO },
        Deed::Fail => Transition::Fail("failed".to_owned()),
        Deed::HandBack | Deed::Decline => Transition::HandBack,
    };
    let holder = holder(question.nonce);
    let actor = Actor { nonce: holder.nonce, label: &holder.label, policy: &POLICY, clock: question.clock.into() };
    Verdict::of(&decide(question.seen.sighting().as_ref(), &transition, &actor))
}

/// What the shipped code would answer without one of its rules: the question or the answer is bent, not the code.
fn bent(mutant: Mutant, question: Question) -> Verdict {
    let Question { seen, deed, nonce, .. } = question;
    let before = seen.record;
    let asked = |record: Brief, age: Age| shipped(&Question { seen: Glimpse::new(record, age), ..question });
    let is_running = before.kind == Kind::Running;
    let as_if_mine = || asked(Brief { nonce, ..before }, seen.age);
    match (mutant, deed) {
        (Mutant::FormerHolderRenews, Deed::Renew)
        | (Mutant::FormerHolderCompletes, Deed::Complete)
        | (Mutant::FormerHolderFails, Deed::Fail)
        | (Mutant::FormerHolderHandsBack, Deed::HandBack | Deed::Decline)
            if is_running =>
        {
            as_if_mine()
        }
        (Mutant::CompletesDone, Deed::Complete) if before.kind == Kind::Done => {
            asked(Brief { kind: Kind::Running, nonce, value: 0, ..before }, seen.age)
        }
        (Mutant::ClaimsDone, Deed::Claim) if before.kind == Kind::Done => {
            asked(Brief { kind: Kind::Waiting, why: Why::HandedBack, value: 0, attempts: 0, ..before }, seen.age)
        }
        (Mutant::TakesOverEarly, Deed::Claim) if is_running => asked(before, Age::Over),
        (Mutant::NeverTakesOver, Deed::Claim) if is_running => asked(before, Age::Young),
        (Mutant::OwnClaimForgotten, Deed::Claim) if is_running => asked(Brief { nonce: 0, ..before }, seen.age),
        (Mutant::TakeoverUncounted, Deed::Claim) if is_running => written(asked(before, seen.age), |next| {
            next.attempts = before.attempts;
        }),
        (Mutant::LastAttemptIgnored, Deed::Claim) if is_running || before.kind == Kind::Waiting => {
            let fewer = Brief { attempts: 0, ..before };
            written(asked(fewer, seen.age), |next| next.attempts = before.attempts + 1)
        }
        (Mutant::ExhaustionIgnored, Deed::Claim) if before.kind == Kind::Exhausted => {
            let fewer = Brief { kind: Kind::Waiting, attempts: MAX_ATTEMPTS - 1, why: Why::HandedBack, ..before };
            asked(fewer, seen.age)
        }
        (Mutant::HandBackForgetsAll, Deed::HandBack | Deed::Decline) => {
            written(asked(before, seen.age), |next| next.attempts = 0)
        }
        (Mutant::HandBackCounted, Deed::HandBack | Deed::Decline) => {
            written(asked(before, seen.age), |next| next.attempts = before.attempts)
        }
        (Mutant::RevisionStays, _) => written(asked(before, seen.age), |next| next.revision = before.revision),
        _ => shipped(&question),
    }
}

fn written(verdict: Verdict, bend: impl FnOnce(&mut Brief)) -> Verdict {
    match verdict {
        Verdict::Write(mut next) => {
            bend(&mut next);
            Verdict::Write(next)
        }
        verdict => verdict,
    }
}
