//! Cases: who is woken by which swap.

use std::time::Duration;

use lockwork_runtime::store::{Swap, Swapped, Wake};

use crate::fixture::{Fixture, bytes, over, swap, swap_and_wake, watch, woken};

pub(crate) async fn a_swap_wakes_its_own_handle(fixture: &Fixture) {
    let key = fixture.key("a");
    let mut watch = watch(&*fixture.store, &key).await;
    swap_and_wake(&*fixture.store, &key, None, b"one").await;
    woken(&mut watch).await;
}

pub(crate) async fn a_swap_wakes_another_handle(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    let mut watch = watch(&*another, &key).await;
    swap_and_wake(&*fixture.store, &key, None, b"one").await;
    woken(&mut watch).await;
    assert_eq!(bytes(&*another, &key).await.as_deref(), Some(&b"one"[..]));
}

pub(crate) async fn a_swap_wakes_all_who_watch(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    let mut watches = Vec::new();
    for _ in 0..5 {
        watches.push(watch(&*fixture.store, &key).await);
        watches.push(watch(&*another, &key).await);
    }
    let mut expected: Option<&[u8]> = None;
    // These are two connections at most, and so few are told in any case.
    for (wake, next) in [(Wake::All, b"one"), (Wake::Few, b"two")] {
        let swap = Swap { key: &key, expected, next, keep: None, wake };
        assert_eq!(fixture.store.swap(swap).await, Ok(Swapped::Written));
        for watch in &mut watches {
            woken(watch).await;
        }
        expected = Some(next);
    }
}

pub(crate) async fn every_swap_in_a_chain_wakes(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    let mut here = watch(&*fixture.store, &key).await;
    let mut there = watch(&*another, &key).await;
    let mut expected: Option<Vec<u8>> = None;
    for step in 0..10 {
        let next = format!("step {step}").into_bytes();
        let writer = if step % 2 == 0 { &*fixture.store } else { &*another };
        assert_eq!(swap_and_wake(writer, &key, expected.as_deref(), &next).await, Swapped::Written);
        // There may be more wake-ups than swaps, so one of an earlier step may be seen here: what counts is
        // that one comes when the record has changed.
        for (store, watch) in [(&*fixture.store, &mut here), (&*another, &mut there)] {
            woken(watch).await;
            assert_eq!(bytes(store, &key).await.as_ref(), Some(&next));
        }
        expected = Some(next);
    }
}

pub(crate) async fn a_wake_up_before_waiting_is_kept(fixture: &Fixture) {
    let (key, other) = (fixture.key("a"), fixture.key("b"));
    let another = fixture.another().await;
    let mut early = watch(&*another, &key).await;
    let mut late = watch(&*another, &other).await;
    swap_and_wake(&*fixture.store, &key, None, b"one").await;
    swap_and_wake(&*fixture.store, &other, None, b"one").await;
    woken(&mut late).await;
    woken(&mut early).await;
}

pub(crate) async fn nobody_is_woken_without_need(fixture: &Fixture) {
    let (key, other) = (fixture.key("a"), fixture.key("b"));
    let store = &*fixture.store;
    let mut watch = watch(store, &key).await;
    assert_eq!(swap(store, &key, None, b"one").await, Swapped::Written);
    assert_eq!(swap_and_wake(store, &key, None, b"two").await, Swapped::Conflict(Some(b"one".to_vec())));
    assert_eq!(swap_and_wake(store, &other, None, b"two").await, Swapped::Written);
    assert_eq!(store.remove(&key, b"two").await, Ok(false));
    // Elsewhere a wake-up is a hint, and there may be more of them.
    if fixture.wakes_exactly {
        let woken = tokio::time::timeout(Duration::ZERO, watch.changed()).await;
        assert!(woken.is_err(), "woken, though no swap of the key asked for it");
    }
    assert_eq!(bytes(store, &key).await.as_deref(), Some(&b"one"[..]));
    swap_and_wake(store, &key, Some(b"one"), b"three").await;
    woken(&mut watch).await;
}

pub(crate) async fn remove_wakes_every_handle(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    swap(&*fixture.store, &key, None, b"one").await;
    let mut here = watch(&*fixture.store, &key).await;
    let mut there = watch(&*another, &key).await;
    assert_eq!(fixture.store.remove(&key, b"one").await, Ok(true));
    woken(&mut here).await;
    woken(&mut there).await;
}

pub(crate) async fn removed_and_written_anew_wakes(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    swap_and_wake(&*fixture.store, &key, None, b"one").await;
    let mut watch = watch(&*another, &key).await;
    assert_eq!(fixture.store.remove(&key, b"one").await, Ok(true));
    swap(&*fixture.store, &key, None, b"one").await;
    woken(&mut watch).await;
}

pub(crate) async fn written_and_removed_wakes(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    let mut watch = watch(&*another, &key).await;
    swap_and_wake(&*fixture.store, &key, None, b"one").await;
    assert_eq!(fixture.store.remove(&key, b"one").await, Ok(true));
    woken(&mut watch).await;
}

pub(crate) async fn over_and_written_anew_wakes(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    let keep = Some(Duration::from_millis(5));
    let brief = Swap { key: &key, expected: None, next: b"one", keep, wake: Wake::All };
    assert_eq!(fixture.store.swap(brief).await, Ok(Swapped::Written));
    over(&*fixture.store, &key).await;
    let mut watch = watch(&*another, &key).await;
    assert_eq!(fixture.store.swap(brief).await, Ok(Swapped::Written));
    woken(&mut watch).await;
}

pub(crate) async fn many_keys_are_watched_at_once(fixture: &Fixture) {
    let another = fixture.another().await;
    let mut watched = Vec::new();
    for number in 0..150 {
        let key = fixture.key(&number.to_string());
        let watch = watch(&*another, &key).await;
        watched.push((key, watch));
    }
    for (key, _) in &watched {
        swap_and_wake(&*fixture.store, key, None, b"one").await;
    }
    for (_, watch) in &mut watched {
        woken(watch).await;
    }
}

pub(crate) async fn a_watch_outlives_its_neighbour(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    let neighbour = watch(&*another, &key).await;
    let mut watch = watch(&*another, &key).await;
    drop(neighbour);
    swap_and_wake(&*fixture.store, &key, None, b"one").await;
    woken(&mut watch).await;
}

pub(crate) async fn a_key_may_be_watched_again(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    let mut there: Option<Vec<u8>> = None;
    for round in 0..10_u8 {
        let mut watch = watch(&*another, &key).await;
        let next = vec![round];
        swap_and_wake(&*fixture.store, &key, there.as_deref(), &next).await;
        woken(&mut watch).await;
        drop(watch);
        // A swap while nobody watches is nobody's.
        there = Some(vec![round, round]);
        swap_and_wake(&*fixture.store, &key, Some(&next), there.as_deref().expect("it was just set")).await;
    }
}
