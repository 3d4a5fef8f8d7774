//! Cases: which keys are one, and which are two.

use std::collections::HashSet;

use lockwork_runtime::store::Swapped;

use crate::fixture::{Fixture, bytes, swap};

async fn separate(fixture: &Fixture, names: &[&str]) {
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "a name is listed twice");
    let store = &*fixture.store;
    for name in names {
        let first = swap(store, &fixture.key(name), None, name.as_bytes()).await;
        assert_eq!(first, Swapped::Written, "{name:?} shares the record of another key");
    }
    for name in names {
        assert_eq!(bytes(store, &fixture.key(name)).await.as_deref(), Some(name.as_bytes()), "{name:?}");
    }
    for name in names {
        assert_eq!(store.remove(&fixture.key(name), name.as_bytes()).await, Ok(true), "{name:?}");
    }
}

pub(crate) async fn keys_of_all_kinds_are_separate(fixture: &Fixture) {
    let names = [
        "",
        " ",
        "  ",
        "a",
        " a",
        "a ",
        "a b",
        "a  b",
        "{}",
        "}{",
        "{",
        "}",
        "{a}",
        "{a}b",
        "a{b}c",
        "%",
        "%20",
        "%%",
        ":",
        "a:b",
        "a::b",
        "a:",
        ":a",
        "/",
        "a/b",
        "../a",
        "*",
        "?",
        "[a]",
        "\\",
        "\\n",
        "'",
        "\"",
        "';--",
        "$1",
        "#",
        "&",
        "=",
        "+",
        "1",
        "01",
        "1.0",
        "1e0",
        "NULL",
        "null",
        "é",
        "e\u{301}",
        "日本語",
        "🔒",
        "ﬁ",
        "fi",
        "ß",
        "ss",
        "\u{a0}",
        "\u{feff}",
        "\u{200b}",
    ];
    separate(fixture, &names).await;
}

pub(crate) async fn case_matters_in_keys(fixture: &Fixture) {
    separate(fixture, &["job", "Job", "JOB", "é", "É", "ı", "I", "i", "İ"]).await;
}

pub(crate) async fn long_keys_are_separate(fixture: &Fixture) {
    let long = "x".repeat(511);
    let [one, other] = ["1", "2"].map(|end| format!("{long}{end}"));
    let wide = "é".repeat(256);
    separate(fixture, &[&long, &one, &other, &wide, &wide[..510]]).await;
}
