//! The rules of the stores.

use crate::Mutant;
use crate::Test::{Conformance, Redis, Unit};

const MEMORY: &str = "lockwork-runtime/src/store/memory.rs";
const SQLITE: &str = "lockwork-runtime/src/store/sqlite/table.rs";
const BATCH: &str = "lockwork-runtime/src/store/sqlite/batch.rs";
const REDIS: &str = "lockwork-runtime/src/store/redis.rs";
const SCRIPT: &str = "lockwork-runtime/src/store/redis/script.rs";
const SWAPS: &str = "lockwork-runtime/src/store/redis/swaps.rs";
const ANSWERS: &str = "lockwork-runtime/src/store/redis/batch.rs";
const SEAT: &str = "lockwork-runtime/src/store/redis/seat.rs";
const UPKEEP: &str = "lockwork-runtime/src/store/redis/upkeep.rs";
const CONNECTION: &str = "lockwork-runtime/src/store/redis/connection.rs";
const MULTIPLEXER: &str = "lockwork-runtime/src/store/redis/multiplexer.rs";

pub(crate) const MUTANTS: [Mutant; 32] = [
    Mutant {
        rule: "swap in memory without comparing",
        file: MEMORY,
        kept: "Some(there) if there.bytes == expected => *there = kept,",
        removed: "Some(there) if !expected.is_empty() => *there = kept,",
        missed_by: Conformance("memory::swap_from_something_else_conflicts"),
    },
    Mutant {
        rule: "swap in SQLite without comparing",
        file: SQLITE,
        kept: "Ok((current != write.expected).then_some(Swapped::Conflict(current)))",
        removed: "Ok((current.is_some() && write.expected.is_none()).then_some(Swapped::Conflict(current)))",
        missed_by: Conformance("sqlite::swap_from_something_else_conflicts"),
    },
    Mutant {
        rule: "swap in SQLite without the write lock",
        file: SQLITE,
        kept: "connection.transaction_with_behavior(TransactionBehavior::Immediate)",
        removed: "connection.transaction_with_behavior(TransactionBehavior::Deferred)",
        missed_by: Unit(
            "store::sqlite::table::tests::a_swap_that_had_to_wait_for_another_one_is_judged_by_what_that_left",
        ),
    },
    Mutant {
        rule: "say in SQLite that it is written though the commit failed",
        file: BATCH,
        kept: "writing.commit().map_err(Failed::All)?;",
        removed: "let _ = writing.commit();",
        missed_by: Unit("store::sqlite::batch::tests::a_commit_that_fails_fails_for_all_and_leaves_nothing"),
    },
    Mutant {
        rule: "swap in Redis without comparing",
        file: SCRIPT,
        kept: "if current ~= expected then return {current} end",
        removed: "",
        missed_by: Conformance("redis::swap_from_something_else_conflicts"),
    },
    Mutant {
        rule: "fail in Redis all swaps that are asked for together with one that fails",
        file: SCRIPT,
        kept: "local call = redis.pcall",
        removed: "local call = redis.call",
        missed_by: Redis("swaps::they_are_one_command_and_one_that_fails_fails_alone"),
    },
    Mutant {
        rule: "write all swaps of a command in Redis as the first one is to be",
        file: SCRIPT,
        kept: "if alike == 0 then",
        removed: "if last == 0 then",
        missed_by: Redis("swaps::they_are_one_command_and_one_that_fails_fails_alone"),
    },
    Mutant {
        rule: "answer in Redis that all swaps of a command are done when the last one is",
        file: SCRIPT,
        kept: "done and answer == 1,",
        removed: "answer == 1,",
        missed_by: Redis("swaps::they_are_one_command_and_one_that_fails_fails_alone"),
    },
    Mutant {
        rule: "write in Redis though the right to publish is missing",
        file: SCRIPT,
        kept: "    if type(heard) == 'table' then return heard end\n  end\n  local written",
        removed: "  end\n  local written",
        missed_by: Redis("access::a_swap_without_the_right_to_publish_writes_nothing"),
    },
    Mutant {
        rule: "send swaps to Redis behind what was asked for after them",
        file: ANSWERS,
        kept: "swaps.into_iter().chain(self.commands.drain(..))",
        removed: "self.commands.drain(..).chain(swaps)",
        missed_by: Redis("swaps::what_is_asked_for_behind_a_swap_comes_behind_it"),
    },
    Mutant {
        rule: "run any number of swaps in Redis as one script",
        file: SWAPS,
        kept: "const MOST: usize = 64;",
        removed: "const MOST: usize = 1 << 20;",
        missed_by: Redis("swaps::a_command_has_so_many_at_most_and_is_not_long"),
    },
    Mutant {
        rule: "run swaps of any length in Redis as one script",
        file: SWAPS,
        kept: "const LONG: usize = 1 << 16;",
        removed: "const LONG: usize = 1 << 30;",
        missed_by: Redis("swaps::a_command_has_so_many_at_most_and_is_not_long"),
    },
    Mutant {
        rule: "begin in Redis over what is there",
        file: REDIS,
        kept: ".arg(swap.next).arg(\"NX\").arg(\"GET\");",
        removed: ".arg(swap.next).arg(\"GET\");",
        missed_by: Conformance("redis::second_swap_conflicts"),
    },
    Mutant {
        rule: "publish nothing in Redis",
        file: SCRIPT,
        kept: "local heard = told == 0 and call('PUBLISH', key, message)",
        removed: "local heard = false",
        missed_by: Conformance("redis::a_swap_wakes_another_handle"),
    },
    Mutant {
        rule: "wake all in Redis for one attempt",
        file: SCRIPT,
        kept: "[2] or 0) > 3 then",
        removed: "[2] or 0) > 3000 then",
        missed_by: Redis("seats::of_many_three_neighbours_are_woken_and_not_always_the_same"),
    },
    Mutant {
        rule: "stop in Redis at the first seat that nobody has",
        file: SCRIPT,
        kept: "        told = told + here\n",
        removed: "        if here == 0 then break end\n        told = told + here\n",
        missed_by: Redis("seats::of_many_three_neighbours_are_woken_and_not_always_the_same"),
    },
    Mutant {
        rule: "end the search for seats in Redis at the last one",
        file: SCRIPT,
        kept: ".. seat % 64",
        removed: ".. seat",
        missed_by: Redis("seats::of_many_three_neighbours_are_woken_and_not_always_the_same"),
    },
    Mutant {
        rule: "begin the search for seats in Redis with the same one each time",
        file: SWAPS,
        kept: "seat.another().to_string()",
        removed: "seat.to_string()",
        missed_by: Redis("seats::of_many_three_neighbours_are_woken_and_not_always_the_same"),
    },
    Mutant {
        rule: "wake nobody in Redis where nobody has a seat",
        file: SCRIPT,
        kept: "local heard = told == 0 and call('PUBLISH', key, message)",
        removed: "local heard = whom == 'all' and call('PUBLISH', key, message)",
        missed_by: Redis("seats::of_many_without_seats_all_are_woken"),
    },
    Mutant {
        rule: "take who listens to a pattern in Redis for one who waits",
        file: SCRIPT,
        kept: "local heard = here > 0 and call('PUBLISH', channel, message)",
        removed: "here = call('PUBLISH', channel, message)\n        local heard = false",
        missed_by: Redis("seats::who_listens_to_a_pattern_is_not_taken_for_one_who_waits"),
    },
    Mutant {
        rule: "tell in one database of Redis who waits in another",
        file: SEAT,
        kept: "write!(f, \"{}/{}\", self.database, self.number)",
        removed: "write!(f, \"0/{}\", self.number)",
        missed_by: Redis("seats::who_waits_in_another_database_is_not_taken_for_one_who_waits_in_this_one"),
    },
    Mutant {
        rule: "write nothing in Redis without the right to count who waits",
        file: SCRIPT,
        kept: "(waiting or call('PUBSUB', 'NUMSUB', key)",
        removed: "(waiting or redis.call('PUBSUB', 'NUMSUB', key)",
        missed_by: Redis("access::without_the_right_to_count_who_waits_all_are_woken"),
    },
    Mutant {
        rule: "write nothing of a row in Redis without the right to count who waits",
        file: SCRIPT,
        kept: "counted = call('PUBSUB', 'NUMSUB', unpack",
        removed: "counted = redis.call('PUBSUB', 'NUMSUB', unpack",
        missed_by: Redis("access::without_the_right_to_count_who_waits_all_are_woken"),
    },
    Mutant {
        rule: "count who waits for a row in Redis from the first one of its command on",
        file: SCRIPT,
        kept: "before, counted = i - 1, {}",
        removed: "before, counted = 0, {}",
        missed_by: Redis("swaps::of_those_in_a_row_only_a_wake_up_that_somebody_waits_for_is_published"),
    },
    Mutant {
        rule: "take no seat in Redis",
        file: UPKEEP,
        kept: "flat_map(|key| [key.to_string(), link.seat.channel(key)])",
        removed: "map(|key| key.to_string())",
        missed_by: Redis("seats::a_watch_hears_its_seat_also_after_a_break_and_leaves_nothing"),
    },
    Mutant {
        rule: "wake nobody after a lost connection to Redis",
        file: UPKEEP,
        kept: "    link.watches.wake_all();\n",
        removed: "",
        missed_by: Redis("breaks::after_a_restart_every_watch_is_woken_and_stands_again"),
    },
    Mutant {
        rule: "watch in Redis before the subscription stands",
        file: UPKEEP,
        kept: "    let subscribed = subscribe(link, live, &missing).await;\n    if subscribed.is_ok() {\n        standing.extend(missing);\n    }",
        removed: "    let subscribed = Ok(());\n    drop(missing);",
        missed_by: Redis("watches::a_watch_stands_when_it_answers"),
    },
    Mutant {
        rule: "watch nothing in Redis that was sent by who asked",
        file: MULTIPLEXER,
        kept: "        if !is_watched {\n",
        removed: "        if !is_watched && Arc::strong_count(self) == 0 {\n",
        missed_by: Redis("multiplexer::what_is_sent_by_who_asks_is_watched_like_all_else"),
    },
    Mutant {
        rule: "wait for Redis for ever",
        file: MULTIPLEXER,
        kept: "Some(sent) if sent.at + answering <= now => return true,",
        removed: "Some(sent) if sent.at + answering <= now => return false,",
        missed_by: Redis("breaks::a_frozen_server_is_noticed_and_left"),
    },
    Mutant {
        rule: "keep those waiting whose connection to Redis has ended",
        file: MULTIPLEXER,
        kept: "        for sent in sent {\n            sent.awaited.are(Err(why.clone()), &mut waking);\n        }\n",
        removed: "        std::mem::forget(sent);\n",
        missed_by: Redis("multiplexer::when_its_runtime_has_gone_a_connection_answers_nobody_and_keeps_nobody_waiting"),
    },
    Mutant {
        rule: "send in Redis by who asks though others are about to ask",
        file: MULTIPLEXER,
        kept: " || MANY <= self.together.load(Ordering::Relaxed)",
        removed: "",
        missed_by: Redis("multiplexer::who_asks_where_many_asked_together_does_so_with_others_until_they_have_gone"),
    },
    Mutant {
        rule: "send in Redis by who asks though another command is on its way",
        file: CONNECTION,
        kept: "if self.traffic.is_dense() {",
        removed: "if false {",
        missed_by: Redis("multiplexer::who_asks_a_connection_that_has_nothing_to_do_sends_the_command_itself"),
    },
];
