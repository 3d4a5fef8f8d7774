//! Cases: what is written where nothing or something was, and what is read.

use std::collections::HashSet;

use lockwork_runtime::store::{Seen, StoreError, Swap, Swapped, Wake};
use tokio::task::JoinSet;

use crate::fixture::{Fixture, bytes, load, swap};

pub(crate) async fn absent_at_first(fixture: &Fixture) {
    assert_eq!(load(&*fixture.store, &fixture.key("a")).await, None);
    assert_eq!(bytes(&*fixture.store, &fixture.key("a")).await, None);
}

pub(crate) async fn first_swap_writes(fixture: &Fixture) {
    let key = fixture.key("a");
    assert_eq!(swap(&*fixture.store, &key, None, b"one").await, Swapped::Written);
    assert_eq!(load(&*fixture.store, &key).await, Some(Seen { bytes: b"one".to_vec(), left: None }));
}

pub(crate) async fn second_swap_conflicts(fixture: &Fixture) {
    let key = fixture.key("a");
    swap(&*fixture.store, &key, None, b"one").await;
    let second = swap(&*fixture.store, &key, None, b"two").await;
    assert_eq!(second, Swapped::Conflict(Some(b"one".to_vec())));
    assert_eq!(bytes(&*fixture.store, &key).await.as_deref(), Some(&b"one"[..]));
}

pub(crate) async fn swap_from_something_else_conflicts(fixture: &Fixture) {
    let key = fixture.key("a");
    swap(&*fixture.store, &key, None, b"one").await;
    for other in [&b"two"[..], b"on", b"one ", b"One", b""] {
        let conflict = swap(&*fixture.store, &key, Some(other), b"three").await;
        assert_eq!(conflict, Swapped::Conflict(Some(b"one".to_vec())), "from {other:?}");
        assert_eq!(bytes(&*fixture.store, &key).await.as_deref(), Some(&b"one"[..]), "from {other:?}");
    }
}

pub(crate) async fn swap_from_something_conflicts_with_nothing(fixture: &Fixture) {
    let key = fixture.key("a");
    for expected in [&b"one"[..], b""] {
        let conflict = swap(&*fixture.store, &key, Some(expected), b"two").await;
        assert_eq!(conflict, Swapped::Conflict(None), "from {expected:?}");
        assert_eq!(load(&*fixture.store, &key).await, None, "from {expected:?}");
    }
}

pub(crate) async fn swaps_chain(fixture: &Fixture) {
    let key = fixture.key("a");
    let mut there: Option<Vec<u8>> = None;
    for step in 0..20 {
        let next = format!("step {step}").into_bytes();
        assert_eq!(swap(&*fixture.store, &key, there.as_deref(), &next).await, Swapped::Written);
        assert_eq!(bytes(&*fixture.store, &key).await.as_ref(), Some(&next));
        there = Some(next);
    }
    assert_eq!(swap(&*fixture.store, &key, Some(b"step 18"), b"late").await, Swapped::Conflict(there));
}

pub(crate) async fn a_conflict_changes_nothing(fixture: &Fixture) {
    let key = fixture.key("a");
    let keep = std::time::Duration::from_secs(1000);
    swap(&*fixture.store, &key, None, b"one").await;
    crate::fixture::swap_for(&*fixture.store, &key, None, b"two", keep).await;
    assert_eq!(load(&*fixture.store, &key).await, Some(Seen { bytes: b"one".to_vec(), left: None }));
}

pub(crate) async fn an_empty_record_is_not_absent(fixture: &Fixture) {
    let key = fixture.key("a");
    assert_eq!(swap(&*fixture.store, &key, None, b"").await, Swapped::Written);
    assert_eq!(bytes(&*fixture.store, &key).await, Some(Vec::new()));
    assert_eq!(swap(&*fixture.store, &key, None, b"one").await, Swapped::Conflict(Some(Vec::new())));
    assert_eq!(swap(&*fixture.store, &key, Some(b""), b"one").await, Swapped::Written);
}

pub(crate) async fn every_byte_comes_back(fixture: &Fixture) {
    let key = fixture.key("a");
    let all: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
    assert_eq!(swap(&*fixture.store, &key, None, &all).await, Swapped::Written);
    assert_eq!(bytes(&*fixture.store, &key).await.as_ref(), Some(&all));
    assert_eq!(swap(&*fixture.store, &key, None, b"one").await, Swapped::Conflict(Some(all.clone())));
    assert_eq!(swap(&*fixture.store, &key, Some(&all), b"one").await, Swapped::Written);
}

pub(crate) async fn more_than_a_mebibyte_comes_back(fixture: &Fixture) {
    let key = fixture.key("a");
    let large: Vec<u8> = (0..1_153_434_u32).map(|place| place.to_le_bytes()[place as usize % 3]).collect();
    assert_eq!(swap(&*fixture.store, &key, None, &large).await, Swapped::Written);
    // Not by `assert_eq`, which would print it.
    assert!(bytes(&*fixture.store, &key).await.as_ref() == Some(&large), "another record came back");
    let mut other = large.clone();
    *other.last_mut().expect("it is not empty") ^= 1;
    let conflict = swap(&*fixture.store, &key, Some(&other), b"one").await;
    assert!(conflict == Swapped::Conflict(Some(large.clone())), "a difference in the last byte went unseen");
    assert_eq!(swap(&*fixture.store, &key, Some(&large), b"one").await, Swapped::Written);
}

pub(crate) async fn every_handle_sees_the_same(fixture: &Fixture) {
    let key = fixture.key("a");
    let another = fixture.another().await;
    assert_eq!(swap(&*fixture.store, &key, None, b"one").await, Swapped::Written);
    assert_eq!(bytes(&*another, &key).await.as_deref(), Some(&b"one"[..]));
    assert_eq!(swap(&*another, &key, Some(b"one"), b"two").await, Swapped::Written);
    let late = swap(&*fixture.store, &key, Some(b"one"), b"three").await;
    assert_eq!(late, Swapped::Conflict(Some(b"two".to_vec())));
}

pub(crate) async fn one_of_many_first_swaps_wins(fixture: &Fixture) {
    let key = fixture.key("a");
    let handles = [fixture.another().await, fixture.another().await, fixture.another().await, fixture.another().await];
    let mut swaps = JoinSet::new();
    for caller in 0..100_usize {
        let (handle, key) = (handles[caller % handles.len()].clone(), key.clone());
        swaps.spawn(async move {
            let next = format!("caller {caller}").into_bytes();
            let swapped = swap(&*handle, &key, None, &next).await;
            (next, swapped)
        });
    }
    let swapped = swaps.join_all().await;
    let winners: Vec<_> = swapped.iter().filter(|(_, swapped)| *swapped == Swapped::Written).collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let (winner, _) = winners[0];
    assert_eq!(bytes(&*fixture.store, &key).await.as_ref(), Some(winner));
    for (loser, swapped) in swapped.iter().filter(|(next, _)| next != winner) {
        assert_eq!(*swapped, Swapped::Conflict(Some(winner.clone())), "{loser:?}");
    }
}

pub(crate) async fn no_swap_is_lost_in_a_race(fixture: &Fixture) {
    const WRITERS: usize = 6;
    const WRITES: usize = 10;
    let key = fixture.key("a");
    assert_eq!(swap(&*fixture.store, &key, None, b"").await, Swapped::Written);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (handle, key) = (fixture.another().await, key.clone());
        writers.spawn(async move {
            for write in 0..WRITES {
                // Each adds a word of its own to what is there, so what is there is never there twice.
                let word = format!("{writer}.{write} ");
                let mut there = bytes(&*handle, &key).await.expect("nobody removes it");
                loop {
                    let next = [there.as_slice(), word.as_bytes()].concat();
                    let swap = Swap { key: &key, expected: Some(&there), next: &next, keep: None, wake: Wake::Nobody };
                    match handle.swap(swap).await {
                        Ok(Swapped::Written) => break,
                        Ok(Swapped::Conflict(current)) => there = current.expect("nobody removes it"),
                        Err(StoreError::Unavailable(_)) => {
                            there = bytes(&*handle, &key).await.expect("nobody removes it");
                            if String::from_utf8_lossy(&there).split(' ').any(|there| there == word.trim()) {
                                break;
                            }
                        }
                        Err(refused) => panic!("{refused}"),
                    }
                }
            }
        });
    }
    writers.join_all().await;
    let text = String::from_utf8(bytes(&*fixture.store, &key).await.expect("nobody removes it")).expect("it is text");
    let words: Vec<_> = text.split_whitespace().collect();
    assert_eq!(words.len(), WRITERS * WRITES, "{text}");
    assert_eq!(words.into_iter().collect::<HashSet<_>>().len(), WRITERS * WRITES, "{text}");
}

pub(crate) async fn remove_takes_exactly_what_is_expected(fixture: &Fixture) {
    let (key, neighbour) = (fixture.key("a"), fixture.key("ab"));
    let store = &*fixture.store;
    assert_eq!(store.remove(&key, b"one").await, Ok(false), "nothing is there");
    assert_eq!(store.remove(&key, b"").await, Ok(false), "nothing is there");
    swap(store, &key, None, b"one").await;
    swap(store, &neighbour, None, b"one").await;
    assert_eq!(store.remove(&key, b"two").await, Ok(false));
    assert_eq!(store.remove(&key, b"").await, Ok(false));
    assert_eq!(bytes(store, &key).await.as_deref(), Some(&b"one"[..]));
    assert_eq!(store.remove(&key, b"one").await, Ok(true));
    assert_eq!(load(store, &key).await, None);
    assert_eq!(store.remove(&key, b"one").await, Ok(false), "it is gone");
    assert_eq!(store.remove(&key, b"").await, Ok(false), "it is gone");
    assert_eq!(bytes(store, &neighbour).await.as_deref(), Some(&b"one"[..]));
}

pub(crate) async fn removed_may_be_written_anew(fixture: &Fixture) {
    let key = fixture.key("a");
    let store = &*fixture.store;
    swap(store, &key, None, b"one").await;
    assert_eq!(store.remove(&key, b"one").await, Ok(true));
    assert_eq!(swap(store, &key, Some(b"one"), b"two").await, Swapped::Conflict(None));
    assert_eq!(swap(store, &key, Some(b""), b"two").await, Swapped::Conflict(None));
    assert_eq!(swap(store, &key, None, b"two").await, Swapped::Written);
    assert_eq!(load(store, &key).await, Some(Seen { bytes: b"two".to_vec(), left: None }));
}
