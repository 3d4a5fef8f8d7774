//! Cases: the clock of a store.

use std::time::Duration;

use lockwork_runtime::store::Store;

use crate::fixture::{Fixture, until};

async fn time(store: &dyn Store) -> Duration {
    store.clock().await.expect("the store answers")
}

pub(crate) async fn the_clock_moves_on(fixture: &Fixture) {
    let first = time(&*fixture.store).await;
    let year_2020 = Duration::from_secs(50 * 365 * 24 * 60 * 60);
    assert!(first > year_2020, "{first:?} since 1970");
    until("the clock has moved", async || time(&*fixture.store).await > first).await;
}

pub(crate) async fn the_clock_is_the_same_in_every_handle(fixture: &Fixture) {
    let another = fixture.another().await;
    let before = time(&*fixture.store).await;
    let between = time(&*another).await;
    let after = time(&*fixture.store).await;
    // A wall clock may be set back a little while this runs.
    let slack = Duration::from_secs(1);
    assert!(before <= between + slack && between <= after + slack, "{before:?}, {between:?}, {after:?}");
}
