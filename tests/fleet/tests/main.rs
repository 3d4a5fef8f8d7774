//! Fleets of real processes on real stores, through lockwork's public names alone.

mod callers;
mod farewells;
mod figures;
mod holders;
mod installs;
mod member;
mod nemesis;
mod refusals;
mod round_trips;
mod scene;
mod slots;

/// Mounts every case on the store that the scene of this name has.
macro_rules! mount {
    ($store:ident: $($group:ident: $($case:ident)*;)*) => {
        mod $store {
            $($(
                #[test]
                fn $case() {
                    crate::$group::$case(&crate::scene::Scene::$store());
                }
            )*)*
        }
    };
}

macro_rules! on_every_store {
    ($($cases:tt)*) => {
        mount!(sqlite: $($cases)*);
        mount!(redis: $($cases)*);
    };
}

on_every_store! {
    holders:
        all_members_get_the_one_answer
        a_killed_holder_is_followed
        a_stopped_holder_does_not_run_on
        a_body_that_blocks_its_runtime_is_not_run_twice
        a_failed_holder_stays_in_line
        a_call_dropped_by_select_is_handed_back_at_once
        a_call_dropped_with_its_task_is_handed_back_at_once;
    farewells:
        the_error_of_a_current_thread_main_is_told
        the_error_of_a_multi_thread_main_is_told
        the_error_of_a_spawned_call_is_told
        the_error_before_an_exit_is_told
        the_error_before_a_panic_is_told
        an_exit_elsewhere_is_told_by_the_end_of_the_lease;
    slots:
        no_slot_is_missed_when_a_member_is_killed;
    callers:
        two_runtimes_share_a_worker_one_after_the_other
        a_call_needs_no_tokio
        calls_go_to_other_threads;
}
