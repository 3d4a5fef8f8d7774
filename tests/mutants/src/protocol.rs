//! The rules of the record's transitions.

use crate::Mutant;
use crate::Test::Unit;

const RECORD: &str = "lockwork-runtime/src/record.rs";
const WIRE: &str = "lockwork-runtime/src/record/wire.rs";

pub(crate) const MUTANTS: [Mutant; 9] = [
    Mutant {
        rule: "renew, complete, fail and hand back without comparing the nonce",
        file: RECORD,
        kept: "State::Running { series, .. } if record.holder.nonce == actor.nonce => Some((record, series)),",
        removed: "State::Running { series, .. } => Some((record, series)),",
        missed_by: Unit("record::tests::completion_is_for_the_holder_alone_however_late"),
    },
    Mutant {
        rule: "do not know one's own claim again",
        file: RECORD,
        kept: "State::Running { .. } if record.holder.nonce == actor.nonce => Decision::Mine,",
        removed: "",
        missed_by: Unit("worker::tests::lease::a_claim_whose_reply_was_lost_is_the_same_attempt"),
    },
    Mutant {
        rule: "do not know one's own completion again",
        file: RECORD,
        kept: "if record.holder.nonce == actor.nonce && is_settled(&record.state) => {",
        removed: "if false && is_settled(&record.state) => {",
        missed_by: Unit("worker::tests::lease::a_lost_reply_to_anything_changes_nothing"),
    },
    Mutant {
        rule: "do not count the attempt of a takeover",
        file: RECORD,
        kept: "Decision::Write(self.running(Some(record), record.attempts + 1, series))",
        removed: "Decision::Write(self.running(Some(record), record.attempts.max(1), series))",
        missed_by: Unit("record::tests::claim_after_a_lease_takes_over"),
    },
    Mutant {
        rule: "begin another attempt after the last",
        file: RECORD,
        kept: "if record.attempts < self.policy.max_attempts {\n            Decision::Write",
        removed: "if true {\n            Decision::Write",
        missed_by: Unit("record::tests::claim_after_the_lease_of_the_last_attempt_exhausts"),
    },
    Mutant {
        rule: "count what was handed back",
        file: RECORD,
        kept: "self.waiting(before, before.attempts.saturating_sub(1), series,",
        removed: "self.waiting(before, before.attempts, series,",
        missed_by: Unit("record::tests::what_is_handed_back_does_not_count"),
    },
    Mutant {
        rule: "do not raise the revision",
        file: RECORD,
        kept: "before.map_or(0, |before| before.revision + 1).max(self.clock)",
        removed: "before.map_or(self.clock, |before| before.revision)",
        missed_by: Unit("record::tests::whatever_is_there_a_write_goes_on_from_it"),
    },
    Mutant {
        rule: "begin revisions anew after a record was forgotten",
        file: RECORD,
        kept: "before.map_or(0, |before| before.revision + 1).max(self.clock)",
        removed: "before.map_or(1, |before| before.revision + 1)",
        missed_by: Unit("worker::tests::endings::fences_grow_beyond_a_forgotten_record"),
    },
    Mutant {
        rule: "read a record of another format",
        file: WIRE,
        kept: "if format != FORMAT {",
        removed: "if false {",
        missed_by: Unit("worker::tests::trouble::a_record_that_is_none_is_refused_and_left_as_it_is"),
    },
];
