//! One list of cases, mounted on every store. Knows what a store is and nothing of what uses it.

mod clock;
mod fixture;
mod keys;
mod registers;
mod scans;
mod time;
mod wakes;

/// Mounts the whole list on the store that the fixture function of this name makes.
macro_rules! mount {
    ($store:ident: $($group:ident: $($case:ident)*;)*) => {
        mod $store {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    crate::$group::$case(&crate::fixture::$store().await).await;
                }
            )*)*
        }
    };
}

/// The list of stores. A store is added here, and as a function of `fixture`; no case can leave it out.
macro_rules! on_every_store {
    ($($cases:tt)*) => {
        mount!(memory: $($cases)*);
        #[cfg(feature = "sqlite")]
        mount!(sqlite: $($cases)*);
        #[cfg(feature = "redis")]
        mount!(redis: $($cases)*);
    };
}

on_every_store! {
    registers:
        absent_at_first
        first_swap_writes
        second_swap_conflicts
        swap_from_something_else_conflicts
        swap_from_something_conflicts_with_nothing
        swaps_chain
        a_conflict_changes_nothing
        an_empty_record_is_not_absent
        every_byte_comes_back
        more_than_a_mebibyte_comes_back
        every_handle_sees_the_same
        one_of_many_first_swaps_wins
        no_swap_is_lost_in_a_race
        remove_takes_exactly_what_is_expected
        removed_may_be_written_anew;
    time:
        kept_for_ever
        left_is_never_above_keep_and_shrinks
        over_is_absent
        over_is_absent_in_every_handle
        over_may_be_written_anew
        over_cannot_be_removed
        a_swap_sets_the_time_anew;
    wakes:
        a_swap_wakes_its_own_handle
        a_swap_wakes_another_handle
        a_swap_wakes_all_who_watch
        every_swap_in_a_chain_wakes
        a_wake_up_before_waiting_is_kept
        nobody_is_woken_without_need
        remove_wakes_every_handle
        removed_and_written_anew_wakes
        written_and_removed_wakes
        over_and_written_anew_wakes
        many_keys_are_watched_at_once
        a_watch_outlives_its_neighbour
        a_key_may_be_watched_again;
    scans:
        scan_is_in_the_order_of_bytes
        scan_keeps_to_its_prefix
        scan_takes_the_prefix_literally
        scan_goes_on_behind_any_key
        scan_pages_through_all
        scan_goes_down_as_it_goes_up
        scan_leaves_out_what_is_over
        scan_says_what_load_says;
    keys:
        keys_of_all_kinds_are_separate
        case_matters_in_keys
        long_keys_are_separate;
    clock:
        the_clock_moves_on
        the_clock_is_the_same_in_every_handle;
}
