//! Cases: the listing of records.

use std::time::Duration;

use lockwork_runtime::store::{Order, Scan, Store};

use crate::fixture::{Fixture, load, over, swap, swap_for};

async fn found(store: &dyn Store, prefix: &str, behind: Option<&str>, limit: usize) -> Vec<String> {
    keys(store, Scan { behind, ..Scan::of(prefix, limit) }).await
}

async fn found_down(store: &dyn Store, prefix: &str, behind: Option<&str>, limit: usize) -> Vec<String> {
    keys(store, Scan { behind, order: Order::Descending, ..Scan::of(prefix, limit) }).await
}

async fn keys(store: &dyn Store, scan: Scan<'_>) -> Vec<String> {
    let found = store.scan(scan).await.expect("the store answers");
    found.into_iter().map(|(key, _)| key).collect()
}

async fn written(fixture: &Fixture, names: &[&str]) -> Vec<String> {
    let keys: Vec<String> = names.iter().map(|name| fixture.key(name)).collect();
    for key in &keys {
        swap(&*fixture.store, key, None, key.as_bytes()).await;
    }
    keys
}

pub(crate) async fn scan_is_in_the_order_of_bytes(fixture: &Fixture) {
    let mut keys = written(fixture, &["b", "a", "aa", "B", "é", "a b", "a0", "~", "z", "日本", "𝄞", "a~"]).await;
    keys.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
    assert_eq!(found(&*fixture.store, &fixture.key(""), None, 100).await, keys);
}

pub(crate) async fn scan_keeps_to_its_prefix(fixture: &Fixture) {
    written(fixture, &["a", "b", "ba", "bé", "b~", "c"]).await;
    assert_eq!(
        found(&*fixture.store, &fixture.key("b"), None, 100).await,
        ["b", "ba", "b~", "bé"].map(|name| fixture.key(name))
    );
    assert_eq!(found(&*fixture.store, &fixture.key("bé"), None, 100).await, [fixture.key("bé")]);
    assert!(found(&*fixture.store, &fixture.key("d"), None, 100).await.is_empty());
}

pub(crate) async fn scan_takes_the_prefix_literally(fixture: &Fixture) {
    let signs = ["%", "_", "*", "?", "[a]", "[", "]", "\\", "^", "'", "\"", "{", "}", "{}", "\\*", "a-z", "!"];
    for sign in signs {
        written(fixture, &[&format!("{sign}x")]).await;
    }
    written(fixture, &["ax", "xx"]).await;
    for sign in signs {
        let prefix = fixture.key(sign);
        let mut expected: Vec<String> = signs
            .iter()
            .filter(|other| other.starts_with(sign))
            .map(|other| fixture.key(&format!("{other}x")))
            .collect();
        expected.sort();
        assert_eq!(found(&*fixture.store, &prefix, None, 100).await, expected, "prefix {sign:?}");
    }
}

pub(crate) async fn scan_goes_on_behind_any_key(fixture: &Fixture) {
    let keys = written(fixture, &["a", "b", "ba", "c"]).await;
    let (store, all) = (&*fixture.store, fixture.key(""));
    assert_eq!(found(store, &all, Some(&keys[0]), 100).await, keys[1..], "behind one that is there");
    assert_eq!(found(store, &all, Some(&fixture.key("aa")), 100).await, keys[1..], "behind one that is not there");
    assert_eq!(found(store, &all, Some(""), 100).await, keys, "behind one before all");
    assert_eq!(found(store, &fixture.key("b"), Some(&keys[0]), 100).await, keys[1..3], "behind one before the prefix");
    assert!(found(store, &fixture.key("b"), Some(&keys[3]), 100).await.is_empty(), "behind one after the prefix");
    assert!(found(store, &all, Some(&keys[3]), 100).await.is_empty(), "behind the last");
}

pub(crate) async fn scan_pages_through_all(fixture: &Fixture) {
    let mut keys = Vec::new();
    for number in 0..25 {
        keys.extend(written(fixture, &[&format!("{number:02}")]).await);
    }
    let (store, all) = (&*fixture.store, fixture.key(""));
    assert!(found(store, &all, None, 0).await.is_empty());
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let page = found(store, &all, after.as_deref(), 7).await;
        let Some(last) = page.last() else {
            break;
        };
        after = Some(last.clone());
        pages.push(page);
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [7, 7, 7, 4]);
    assert_eq!(pages.concat(), keys);
}

pub(crate) async fn scan_goes_down_as_it_goes_up(fixture: &Fixture) {
    let mut all = written(fixture, &["a", "b", "ba", "b~", "bé", "c", "日本"]).await;
    all.reverse();
    let b = fixture.key("b");
    let begin_so: Vec<String> = all.iter().filter(|key| key.starts_with(&b)).cloned().collect();
    let (store, every) = (&*fixture.store, fixture.key(""));
    assert_eq!(found_down(store, &every, None, 100).await, all);
    assert_eq!(found_down(store, &b, None, 100).await, begin_so, "with a prefix");
    assert_eq!(found_down(store, &b, None, 2).await, begin_so[..2], "a page");
    assert_eq!(found_down(store, &b, Some(&begin_so[1]), 2).await, begin_so[2..], "behind one that is there");
    assert_eq!(found_down(store, &b, Some(&fixture.key("bb")), 9).await, begin_so[2..], "behind one that is not there");
    assert_eq!(found_down(store, &b, Some(&fixture.key("z")), 9).await, begin_so, "behind one after the prefix");
    for behind in [&b, &fixture.key("a")] {
        assert!(found_down(store, &b, Some(behind), 9).await.is_empty(), "behind the last, and one before the prefix");
    }
}

pub(crate) async fn scan_leaves_out_what_is_over(fixture: &Fixture) {
    let keys = written(fixture, &["a", "c", "e"]).await;
    let store = &*fixture.store;
    for name in ["b", "d"] {
        swap_for(store, &fixture.key(name), None, b"brief", Duration::from_millis(10)).await;
    }
    let gone = fixture.key("f");
    swap(store, &gone, None, b"one").await;
    assert_eq!(store.remove(&gone, b"one").await, Ok(true));
    over(store, &fixture.key("b")).await;
    over(store, &fixture.key("d")).await;
    assert_eq!(found(store, &fixture.key(""), None, 100).await, keys);
    assert_eq!(found(store, &fixture.key(""), None, 3).await, keys, "a page is filled with what is there");
}

pub(crate) async fn scan_says_what_load_says(fixture: &Fixture) {
    let (eternal, long) = (fixture.key("a"), fixture.key("b"));
    let store = &*fixture.store;
    swap(store, &eternal, None, &[0, 255, 10]).await;
    swap_for(store, &long, None, b"long", Duration::from_secs(1000)).await;
    let found = store.scan(Scan::of(&fixture.key(""), 100)).await.expect("the store answers");
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], (eternal.clone(), load(store, &eternal).await.expect("it is kept")));
    let (key, seen) = &found[1];
    let loaded = load(store, &long).await.expect("it is kept");
    assert_eq!((key, &seen.bytes), (&long, &loaded.bytes));
    assert!(seen.left >= loaded.left && seen.left <= Some(Duration::from_secs(1000)), "{seen:?}, then {loaded:?}");
}
