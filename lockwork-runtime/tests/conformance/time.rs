//! Cases: for how long a record is kept.

use std::time::Duration;

use lockwork_runtime::store::{Seen, Store, Swapped};

use crate::fixture::{Fixture, bytes, load, over, swap, swap_for, until};

const SHORT: Duration = Duration::from_millis(40);
const LONG: Duration = Duration::from_secs(1000);

async fn left(store: &dyn Store, key: &str) -> Duration {
    load(store, key).await.expect("it is kept").left.expect("not for ever")
}

pub(crate) async fn kept_for_ever(fixture: &Fixture) {
    let (eternal, brief) = (fixture.key("eternal"), fixture.key("brief"));
    let store = &*fixture.store;
    swap(store, &eternal, None, b"one").await;
    swap_for(store, &brief, None, b"one", SHORT).await;
    over(store, &brief).await;
    assert_eq!(load(store, &eternal).await, Some(Seen { bytes: b"one".to_vec(), left: None }));
}

pub(crate) async fn left_is_never_above_keep_and_shrinks(fixture: &Fixture) {
    let key = fixture.key("a");
    let store = &*fixture.store;
    swap_for(store, &key, None, b"one", LONG).await;
    let first = left(store, &key).await;
    assert!(first <= LONG, "{first:?} of {LONG:?}");
    assert!(first > LONG - Duration::from_secs(30), "{first:?} of {LONG:?}");
    until("less is left", async || left(store, &key).await < first).await;
}

pub(crate) async fn over_is_absent(fixture: &Fixture) {
    let key = fixture.key("a");
    let store = &*fixture.store;
    swap_for(store, &key, None, b"one", SHORT).await;
    until("it is over", async || match load(store, &key).await {
        Some(Seen { left, .. }) => {
            let left = left.expect("not for ever");
            assert!(left > Duration::ZERO && left <= SHORT, "{left:?} of {SHORT:?}");
            false
        }
        None => true,
    })
    .await;
    assert_eq!(bytes(store, &key).await, None);
    assert_eq!(swap(store, &key, Some(b"one"), b"two").await, Swapped::Conflict(None));
}

pub(crate) async fn over_is_absent_in_every_handle(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    swap_for(&*fixture.store, &key, None, b"one", SHORT).await;
    over(&*another, &key).await;
    over(&*fixture.store, &key).await;
}

pub(crate) async fn over_may_be_written_anew(fixture: &Fixture) {
    let key = fixture.key("a");
    let store = &*fixture.store;
    swap_for(store, &key, None, b"one", SHORT).await;
    over(store, &key).await;
    assert_eq!(swap(store, &key, None, b"two").await, Swapped::Written);
    assert_eq!(load(store, &key).await, Some(Seen { bytes: b"two".to_vec(), left: None }));
}

pub(crate) async fn over_cannot_be_removed(fixture: &Fixture) {
    let key = fixture.key("a");
    let store = &*fixture.store;
    swap_for(store, &key, None, b"one", SHORT).await;
    over(store, &key).await;
    assert_eq!(store.remove(&key, b"one").await, Ok(false));
}

pub(crate) async fn a_swap_sets_the_time_anew(fixture: &Fixture) {
    let (key, neighbour) = (fixture.key("a"), fixture.key("b"));
    let store = &*fixture.store;
    swap_for(store, &key, None, b"one", Duration::from_secs(5)).await;
    swap_for(store, &key, Some(b"one"), b"two", LONG).await;
    assert!(left(store, &key).await > Duration::from_secs(500), "longer");
    swap(store, &key, Some(b"two"), b"three").await;
    assert_eq!(load(store, &key).await, Some(Seen { bytes: b"three".to_vec(), left: None }), "for ever");
    swap_for(store, &key, Some(b"three"), b"four", LONG).await;
    assert!(left(store, &key).await <= LONG, "no longer for ever");
    assert_eq!(bytes(store, &key).await.as_deref(), Some(&b"four"[..]));
    // From a time to for ever: the time must be forgotten. A neighbour tells when it has passed.
    let time = Duration::from_secs(2);
    swap_for(store, &key, Some(b"four"), b"five", time).await;
    swap_for(store, &neighbour, None, b"one", time).await;
    assert_eq!(swap(store, &key, Some(b"five"), b"six").await, Swapped::Written);
    over(store, &neighbour).await;
    assert_eq!(load(store, &key).await, Some(Seen { bytes: b"six".to_vec(), left: None }));
}
