//! The rules that are removed one at a time, and the invariant that sees each of them missing.

use super::turn::Invariant;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mutant {
    FormerHolderRenews,
    FormerHolderCompletes,
    FormerHolderFails,
    FormerHolderHandsBack,
    CompletesDone,
    ClaimsDone,
    TakesOverEarly,
    NeverTakesOver,
    OwnClaimForgotten,
    TakeoverUncounted,
    LastAttemptIgnored,
    ExhaustionIgnored,
    HandBackForgetsAll,
    HandBackCounted,
    RevisionStays,
    NothingCompared,
    RevisionAloneCompared,
    ConflictTakenForSuccess,
    DeadlineIgnored,
    DeadlineFromReply,
    RenewalSkipped,
    NoFreshSignOfLife,
    FreshNonceOnRetry,
    SilenceTakenForSuccess,
    LoserKeepsItsValue,
}

/// A mutant, what it does without the rule, the invariant that it breaks, and whether that takes a store that loses
/// its last write.
#[derive(Debug)]
pub(super) struct Row(pub(super) Mutant, pub(super) &'static str, pub(super) Invariant, pub(super) Store);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Store {
    Sound,
    Lossy,
}

#[rustfmt::skip]
pub(super) const MUTANTS: [Row; 25] = [
    Row(Mutant::FormerHolderRenews, "renew without comparing the nonce", Invariant::Alone, Store::Sound),
    Row(Mutant::FormerHolderCompletes, "complete without comparing the nonce", Invariant::LatestGrant, Store::Sound),
    Row(Mutant::FormerHolderFails, "fail without comparing the nonce", Invariant::Holder, Store::Sound),
    Row(Mutant::FormerHolderHandsBack, "hand back without comparing the nonce", Invariant::Attempts, Store::Sound),
    Row(Mutant::CompletesDone, "complete what is done", Invariant::OneCompletion, Store::Sound),
    Row(Mutant::ClaimsDone, "claim what is done", Invariant::Final, Store::Sound),
    Row(Mutant::TakesOverEarly, "take over within the lease", Invariant::Alone, Store::Sound),
    Row(Mutant::NeverTakesOver, "do not take over after the lease", Invariant::Progress, Store::Sound),
    Row(Mutant::OwnClaimForgotten, "do not know one's own claim again", Invariant::NotOneself, Store::Sound),
    Row(Mutant::TakeoverUncounted, "do not count the attempt of a takeover", Invariant::Attempts, Store::Sound),
    Row(Mutant::LastAttemptIgnored, "begin another attempt after the last", Invariant::Attempts, Store::Sound),
    Row(Mutant::ExhaustionIgnored, "go on with an exhausted series", Invariant::Attempts, Store::Sound),
    Row(Mutant::HandBackForgetsAll, "count from 0 again after a hand-back", Invariant::Attempts, Store::Sound),
    Row(Mutant::HandBackCounted, "count what was handed back", Invariant::Count, Store::Sound),
    Row(Mutant::RevisionStays, "do not raise the revision", Invariant::Fences, Store::Sound),
    Row(Mutant::NothingCompared, "swap without comparing", Invariant::OneCompletion, Store::Sound),
    Row(Mutant::RevisionAloneCompared, "swap comparing the revision alone", Invariant::Holder, Store::Lossy),
    Row(Mutant::ConflictTakenForSuccess, "take a conflict for success", Invariant::NothingAfter, Store::Sound),
    Row(Mutant::DeadlineIgnored, "poll the body after the local deadline", Invariant::Alone, Store::Sound),
    Row(Mutant::DeadlineFromReply, "count the deadline from the reply", Invariant::Alone, Store::Sound),
    Row(Mutant::RenewalSkipped, "extend the deadline without renewing the lease", Invariant::Alone, Store::Sound),
    Row(Mutant::NoFreshSignOfLife, "begin a recovered claim without a sign of life", Invariant::Alone, Store::Sound),
    Row(Mutant::FreshNonceOnRetry, "retry a claim under another nonce", Invariant::NotOneself, Store::Sound),
    Row(Mutant::SilenceTakenForSuccess, "take a lost reply for a completion", Invariant::Kept, Store::Sound),
    Row(Mutant::LoserKeepsItsValue, "return one's own value after losing", Invariant::Agreement, Store::Sound),
];
