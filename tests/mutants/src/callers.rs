//! The rules of the keeper, which claims, renews, waits and settles, and of the calls that it serves.

use crate::Mutant;
use crate::Test::Unit;

const KEEPER: &str = "lockwork-runtime/src/keeper.rs";
const CLAIM: &str = "lockwork-runtime/src/keeper/claim.rs";
const WAIT: &str = "lockwork-runtime/src/keeper/wait.rs";
const ENGINE: &str = "lockwork-runtime/src/engine.rs";
const KEEPERS: &str = "lockwork-runtime/src/engine/keepers.rs";
const BATON: &str = "lockwork-runtime/src/baton.rs";
const BELL: &str = "lockwork-runtime/src/bell.rs";
const HOLD: &str = "lockwork-runtime/src/keeper/hold.rs";
const SETTLE: &str = "lockwork-runtime/src/keeper/settle.rs";
const REGISTER: &str = "lockwork-runtime/src/register.rs";
const DRIVE: &str = "lockwork-runtime/src/drive.rs";
const CALL: &str = "lockwork-runtime/src/call/line.rs";

pub(crate) const MUTANTS: [Mutant; 36] = [
    Mutant {
        rule: "do not renew the lease",
        file: HOLD,
        kept: "&& held.renew_at <= now && !Box::pin(self.renew(&mut held)).await {",
        removed: "&& held.renew_at <= now && { held.renew_at = held.deadline; false } {",
        missed_by: Unit("worker::tests::lease::a_long_body_is_kept_alive_and_nobody_else_begins"),
    },
    Mutant {
        rule: "count the deadline of a claim from the reply",
        file: HOLD,
        kept: "let deadline = local_deadline(sent, &policy);",
        removed: "let deadline = local_deadline(self.post.setting().clock.now(), &policy);",
        missed_by: Unit("worker::tests::lease::the_body_is_dropped_before_anybody_else_can_begin"),
    },
    Mutant {
        rule: "count the deadline of a renewal from the reply",
        file: HOLD,
        kept: "held.deadline = local_deadline(sent, &held.policy);",
        removed: "held.deadline = local_deadline(self.post.setting().clock.now(), &held.policy);",
        missed_by: Unit("worker::tests::lease::a_renewed_lease_counts_from_the_sending_too"),
    },
    Mutant {
        rule: "leave no margin between the deadline and the end of the lease",
        file: HOLD,
        kept: "sent + (policy.timeout - margin)",
        removed: "sent + policy.timeout + margin * 0",
        missed_by: Unit("worker::tests::lease::the_body_is_dropped_before_anybody_else_can_begin"),
    },
    Mutant {
        rule: "poll the body after its deadline",
        file: DRIVE,
        kept: "if this.attempt.is_over() {",
        removed: "if this.attempt.is_cut() {",
        missed_by: Unit("drive::tests::a_body_is_not_polled_at_its_deadline_even_if_nobody_has_told_it"),
    },
    Mutant {
        rule: "read first and watch then",
        file: CLAIM,
        kept: "            self.watch = Some(self.register.watch().await?);\n        }\n",
        removed: "            self.register.load().await?;\n            self.watch = Some(self.register.watch().await?);\n            return Ok(());\n        }\n",
        missed_by: Unit("worker::tests::waiting::a_completion_between_the_claim_and_the_watch_is_not_missed"),
    },
    Mutant {
        rule: "do not read again once the watch stands",
        file: WAIT,
        kept: "            // Something may have happened before the watch stood, so it is read again.\n            return Next::Look;\n",
        removed: "            self.watch = self.register.watch().await.ok();\n",
        missed_by: Unit("worker::tests::waiting::what_happens_in_a_pause_before_the_watch_stands_is_not_missed"),
    },
    Mutant {
        rule: "wait for longer than the lease that is known",
        file: WAIT,
        kept: "let until = self.post.setting().clock.now() + left;",
        removed: "let until = self.post.setting().clock.now() + left * 2;",
        missed_by: Unit(
            "worker::tests::waiting::who_is_not_woken_for_the_next_attempt_looks_at_the_end_of_the_lease_that_it_knows",
        ),
    },
    Mutant {
        rule: "wake nobody",
        file: REGISTER,
        kept: "wake: wake(&next.state),",
        removed: "wake: Wake::Nobody,",
        missed_by: Unit("worker::tests::waiting::a_waiter_learns_of_a_completion_at_once"),
    },
    Mutant {
        rule: "begin a recovered claim without a sign of life",
        file: CLAIM,
        kept: "            if self.needs_sign_of_life(&applied, &policy, now) {\n",
        removed: "            if applied.decision.take().is_none() && self.needs_sign_of_life(&applied, &policy, now) {\n",
        missed_by: Unit("worker::tests::lease::a_claim_that_is_recovered_late_counts_from_a_sign_of_life"),
    },
    Mutant {
        rule: "retry a claim under another nonce",
        file: CLAIM,
        kept: "let (nonce, _) = *self.claiming.get_or_insert_with(|| (Nonce(random::bits()), policy.clone()));",
        removed: "let (nonce, _) = *self.claiming.insert((Nonce(random::bits()), policy.clone()));",
        missed_by: Unit("worker::tests::lease::a_claim_whose_reply_was_lost_is_the_same_attempt"),
    },
    Mutant {
        rule: "begin a claim that was answered when its lease was over",
        file: CLAIM,
        kept: "is_running && local_deadline(applied.sent, policy) <= now",
        removed: "is_running && policy.timeout.is_zero() && applied.sent <= now",
        missed_by: Unit(
            "worker::tests::lease::a_claim_that_is_answered_when_its_lease_is_over_is_not_spent_for_nothing",
        ),
    },
    Mutant {
        rule: "keep a claim that nobody is left to run",
        file: KEEPER,
        kept: "Box::pin(self.take_back_claim(nonce, &policy)).await;",
        removed: "let _ = (nonce, policy);",
        missed_by: Unit("worker::tests::endings::a_claim_that_was_never_answered_is_given_back_when_nobody_is_left"),
    },
    Mutant {
        rule: "try to record a completion once only",
        file: SETTLE,
        kept: "if !self.register.has_lost_patience() {",
        removed: "if false {",
        missed_by: Unit(
            "worker::tests::endings::a_completion_is_recorded_when_the_store_answers_again_even_after_the_lease",
        ),
    },
    Mutant {
        rule: "count a dropped call as a failed attempt",
        file: SETTLE,
        kept: "Self::Dropped => Some(Transition::HandBack),",
        removed: "Self::Dropped => Some(Transition::Fail(\"dropped\".to_owned())),",
        missed_by: Unit("worker::tests::endings::a_dropped_call_gives_its_attempt_back_uncounted"),
    },
    Mutant {
        rule: "let an attempt run past its `max_run`",
        file: HOLD,
        kept: "                held.has_overrun = true;\n                held.attempt.cut();",
        removed: "                held.policy = Policy { max_run: None, ..*held.policy }.into();",
        missed_by: Unit("worker::tests::endings::a_body_that_runs_too_long_is_dropped_and_has_failed"),
    },
    Mutant {
        rule: "let a job wait for itself",
        file: CALL,
        kept: "if is_inside(engine.id, &plan.key) {",
        removed: "if false {",
        missed_by: Unit("worker::tests::endings::a_job_that_calls_itself_is_told_so_at_once"),
    },
    Mutant {
        rule: "believe a wake-up that tells of a completion",
        file: REGISTER,
        kept: "is_open(&record.state).then(",
        removed: "true.then(",
        missed_by: Unit(
            "worker::tests::waiting::what_a_wake_up_tells_is_claimed_without_a_reading_and_only_if_it_is_there",
        ),
    },
    Mutant {
        rule: "keep an attempt alive that nobody took",
        file: HOLD,
        kept: "if !self.callers.hand_out(&held.attempt) {",
        removed: "if !self.callers.hand_out(&held.attempt) && self.post.key().as_str().is_empty() {",
        missed_by: Unit(
            "worker::tests::endings::an_attempt_that_was_granted_when_nobody_was_left_is_given_back_at_once",
        ),
    },
    Mutant {
        rule: "let the body run on when the lease is lost",
        file: HOLD,
        kept: "        attempt.cut();\n        self.tell(attempt, |key, attempt, fence, holder| Event::LeaseLost",
        removed: "        self.tell(attempt, |key, attempt, fence, holder| Event::LeaseLost",
        missed_by: Unit("worker::tests::lease::the_body_is_dropped_before_anybody_else_can_begin"),
    },
    Mutant {
        rule: "return one's own value after losing",
        file: SETTLE,
        kept: "None | Some(Decision::Mine))",
        removed: "None | Some(Decision::Mine | Decision::Lost))",
        missed_by: Unit("worker::tests::lease::who_completes_after_a_takeover_gets_the_winners_value"),
    },
    Mutant {
        rule: "take the age of a record for known that a conflict showed",
        file: REGISTER,
        kept: "Ok(Self(Some((bytes, Sighting { record, age: None }))))",
        removed: "Ok(Self(Some((bytes, Sighting { record, age: Some(Duration::MAX) }))))",
        missed_by: Unit("worker::tests::lease::a_long_body_is_kept_alive_and_nobody_else_begins"),
    },
    Mutant {
        rule: "return the error of a last attempt that does not count",
        file: CALL,
        kept: "attempt.is_last() && !attempt.is_over()",
        removed: "attempt.is_last()",
        missed_by: Unit("worker::tests::lease::the_error_of_a_last_attempt_that_does_not_count_is_not_the_jobs_fate"),
    },
    Mutant {
        rule: "run the body of a claim that was answered after a takeover",
        file: CLAIM,
        kept: "            Some(_) => Next::Look,\n",
        removed: "            Some(_) => match self.register.record() {\n                Some(record) => Next::Hold(self.held(applied.sent, now, record, Series(0), policy)),\n                None => Next::Look,\n            },\n",
        missed_by: Unit("worker::tests::late::a_claim_that_is_answered_after_a_takeover_begins_nothing"),
    },
    Mutant {
        rule: "keep who ends late waiting for who is at it",
        file: WAIT,
        kept: "|| !self.late.is_empty() {",
        removed: "|| self.post.key().as_str().is_empty() {",
        missed_by: Unit("worker::tests::late::who_ends_after_a_takeover_is_not_kept_waiting_by_those_who_wait"),
    },
    Mutant {
        rule: "tell that a job is still done without comparing",
        file: REGISTER,
        kept: "let is_the_same = found.as_deref() == earlier.bytes();",
        removed: "let is_the_same = found.is_some() || earlier.bytes().is_some();",
        missed_by: Unit("worker::tests::remembered::what_was_forgotten_is_done_anew"),
    },
    Mutant {
        rule: "tell that a job is still done those who came after that was asked",
        file: CLAIM,
        kept: "            Ok(true) => {\n                self.recover(sent);\n",
        removed: "            Ok(true) => {\n                self.read_inbox();\n                self.recover(sent);\n",
        missed_by: Unit(
            "worker::tests::round_trips::those_who_come_while_it_is_asked_whether_a_job_is_done_are_one_reading_more",
        ),
    },
    Mutant {
        rule: "drop what is told to a keeper that is about to go",
        file: KEEPERS,
        kept: "Err(unread) => message = unread,",
        removed: "Err(_) => return None,",
        missed_by: Unit("engine::keepers::tests::what_is_told_to_a_keeper_that_goes_is_for_the_next_one"),
    },
    Mutant {
        rule: "do not poll again a keeper that was told something meanwhile",
        file: BATON,
        kept: "            TAKEN => Some(TAKEN_IN_VAIN),\n            _ => None,\n        });\n        matches!",
        removed: "            _ => None,\n        });\n        matches!",
        missed_by: Unit("engine::post::tests::who_is_told_something_while_it_is_polled_is_polled_again_by_the_engine"),
    },
    Mutant {
        rule: "rely on a bell being heard",
        file: BELL,
        kept: "if inside.heard == heard {",
        removed: "if inside.heard == heard + 1 {",
        missed_by: Unit("bell::tests::who_waits_in_its_own_way_and_so_blocks_its_runtime_is_woken_all_the_same"),
    },
    Mutant {
        rule: "let time stand still for those who are polled",
        file: KEEPERS,
        kept: "        if !batch.is_empty() {\n            self.setting.begin_round();\n        }\n",
        removed: "",
        missed_by: Unit("worker::tests::lease::the_body_is_dropped_before_anybody_else_can_begin"),
    },
    Mutant {
        rule: "count a wait from when others began to be polled",
        file: KEEPER,
        kept: "if caller.policy.wait.is_some() { self.post.setting().clock.now() } else { self.post.setting().round() };",
        removed: "self.post.setting().round();",
        missed_by: Unit("engine::keepers::tests::a_wait_is_not_counted_from_when_others_began_to_be_polled"),
    },
    Mutant {
        rule: "let the last settlements end with the worker",
        file: ENGINE,
        kept: "    keepers.work_to_the_end().await;\n",
        removed: "",
        missed_by: Unit("worker::tests::lookups::what_was_settled_last_is_recorded_though_its_worker_is_dropped"),
    },
    Mutant {
        rule: "try a refused completion again",
        file: SETTLE,
        kept: "        if let StoreError::Unavailable(_) = error {\n",
        removed: "        if !self.post.key().as_str().is_empty() {\n",
        missed_by: Unit("worker::tests::patience::a_completion_that_is_refused_is_told_at_once"),
    },
    Mutant {
        rule: "wait for no answer once the patience is used up",
        file: REGISTER,
        kept: ".max(SHORTEST_WAIT)",
        removed: ".max(SHORTEST_WAIT * 0)",
        missed_by: Unit("worker::tests::patience::an_answer_is_waited_for_however_little_patience_is_left"),
    },
    Mutant {
        rule: "do not forget a record that changed meanwhile",
        file: REGISTER,
        kept: "                return Ok(true);\n            }\n",
        removed: "                return Ok(true);\n            }\n            return Ok(false);\n",
        missed_by: Unit("worker::tests::lookups::a_record_that_changes_while_it_is_forgotten_is_forgotten"),
    },
];
