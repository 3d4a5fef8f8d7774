//! The rules of slots and of the driver that calls them.

use crate::Mutant;
use crate::Test::Unit;

const DRIVER: &str = "lockwork-runtime/src/driver.rs";
const TURN: &str = "lockwork-runtime/src/turn.rs";
const CALL: &str = "lockwork-runtime/src/call/line.rs";
const JOB: &str = "lockwork-runtime/src/job.rs";
const CRON: &str = "lockwork-runtime/src/schedule/cron.rs";

pub(crate) const MUTANTS: [Mutant; 13] = [
    Mutant {
        rule: "end a schedule with the first error of a call",
        file: DRIVER,
        kept: "= turn.end(failed)? else { continue };",
        removed: "= turn.end(failed)? else { continue };\n        std::future::pending::<()>().await;",
        missed_by: Unit("worker::tests::slots::an_error_does_not_end_the_schedule_and_is_told"),
    },
    Mutant {
        rule: "tell nobody which slot failed",
        file: DRIVER,
        kept: "by.announce(Event::SlotFailed { key: key.unwrap_or_default(), error: text });",
        removed: "drop((key, text));",
        missed_by: Unit("worker::tests::slots::an_error_does_not_end_the_schedule_and_is_told"),
    },
    Mutant {
        rule: "begin a schedule with the latest slot when nobody said so",
        file: TURN,
        kept: "                    self.last = Some(newest);\n                    None",
        removed: "                    Some(newest)",
        missed_by: Unit("worker::tests::slots::a_driver_begins_with_the_latest_slot_only_if_it_is_told_to"),
    },
    Mutant {
        rule: "begin a schedule with the next slot when the latest was asked for",
        file: TURN,
        kept: "Start::Latest => Some(newest),",
        removed: "Start::Latest => {\n                    self.last = Some(newest);\n                    return None;\n                }",
        missed_by: Unit("worker::tests::slots::a_driver_begins_with_the_latest_slot_only_if_it_is_told_to"),
    },
    Mutant {
        rule: "leave out the slots that began during a long call",
        file: TURN,
        kept: "Some(schedule.next_after(behind).map_or(newest, |next| next.min(newest)))",
        removed: "Some(schedule.next_after(behind).map_or(newest, |next| next.max(newest)))",
        missed_by: Unit(
            "worker::tests::slots::after_a_long_call_come_the_slots_that_began_meanwhile_as_far_as_a_series_lasts",
        ),
    },
    Mutant {
        rule: "call every slot that was missed, however old it is",
        file: TURN,
        kept: "last.begin().max(now.saturating_sub(reach));",
        removed: "last.begin().max(now.saturating_sub(reach * 1000));",
        missed_by: Unit(
            "worker::tests::slots::after_a_long_call_come_the_slots_that_began_meanwhile_as_far_as_a_series_lasts",
        ),
    },
    Mutant {
        rule: "pass over a slot about which the store could not be asked",
        file: TURN,
        kept: "if !is_open {",
        removed: "if !is_open || is_open {",
        missed_by: Unit("worker::tests::slots::a_slot_is_called_again_when_the_store_could_not_be_asked"),
    },
    Mutant {
        rule: "call a slot before it begins",
        file: TURN,
        kept: "Some(next) => engine.wait_until(next.begin()).await,",
        removed: "Some(next) => return next,",
        missed_by: Unit("worker::tests::slots::a_driver_calls_in_every_slot_from_the_next_one_on"),
    },
    Mutant {
        rule: "name a slot by the clock of the caller's host",
        file: CALL,
        kept: "return plan.in_slot(schedule, schedule.slot_at(engine.store_clock()));",
        removed: "return plan.in_slot(schedule, schedule.slot_at(crate::clock::wall()));",
        missed_by: Unit("worker::tests::slots::calls_in_a_slot_are_one_job_and_the_next_slot_is_another"),
    },
    Mutant {
        rule: "forget the record of a slot before the slot is over",
        file: JOB,
        kept: "retain.max(schedule.length(slot)).max(",
        removed: "retain.max(",
        missed_by: Unit("job::tests::the_record_of_a_slot_is_there_while_anybody_may_come_to_it"),
    },
    Mutant {
        rule: "take a local time in a gap for one before the gap",
        file: CRON,
        kept: "AmbiguousOffset::Gap { .. } => self.change_after(earlier),",
        removed: "AmbiguousOffset::Gap { .. } => Some(earlier),",
        missed_by: Unit("schedule::tests::cron::a_local_time_that_does_not_exist_begins_after_the_gap"),
    },
    Mutant {
        rule: "take the second of two equal hours for the first",
        file: CRON,
        kept: "before.to_datetime(change).checked_sub(1.second()).ok()",
        removed: "before.to_datetime(change).checked_sub(1.second()).ok().and(Some(local))",
        missed_by: Unit("schedule::tests::cron::a_local_time_that_exists_twice_begins_once"),
    },
    Mutant {
        rule: "take the slot after the last one for the latest, however late it is",
        file: CRON,
        kept: "            && now < next\n",
        removed: "            && latest.end < next\n",
        missed_by: Unit("schedule::tests::cron::what_is_remembered_of_the_last_question_changes_no_answer"),
    },
];
