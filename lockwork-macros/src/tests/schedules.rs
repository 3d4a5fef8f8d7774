//! What the attribute says about `per`, `cron` and `tz`, and where.

use super::{expand, flat};

const ITEM: &str = "async fn job(day: u32) -> Result<(), Error> { Ok(()) }";

/// The words of every mistake.
fn mistakes(args: &str) -> Vec<String> {
    let tokens = flat(expand(args, ITEM));
    let after = tokens.iter().zip(tokens.iter().skip(3)).filter(|(name, _)| name.to_string() == "compile_error");
    after.map(|(_, text)| syn::parse_str::<syn::LitStr>(&text.to_string()).expect("it is text").value()).collect()
}

#[test]
fn a_period_is_up_to_a_year_in_whole_milliseconds() {
    for period in
        ["per = \"10m\"", "per = \"365d\"", "per_ms = 1", "per = \"1s 250ms\"", "per = PERIOD", "per_ms = N * 2"]
    {
        assert_eq!(mistakes(&format!("key = \"k\", {period}")), [""; 0], "{period}");
    }
    for (period, why) in [
        ("per = \"0s\"", "`per` must not be zero: it is the time from one slot to the next"),
        ("per_ms = 0", "`per_ms` must not be zero: it is the time from one slot to the next"),
        ("per = \"366d\"", "`per` is too large; it can be 365 days at most"),
        ("per_ms = 31_536_000_001", "`per_ms` is too large; it can be 365 days at most"),
        ("per = \"1500us\"", "`per` must be a whole number of milliseconds: that is how slots are named"),
        ("per = \"forever\"", "`per` cannot be for ever: leave the argument out for a job that is done once"),
        ("per = 600", "write `per = \"600ms\"`"),
        ("per = \"10 parsecs\"", "`parsecs` is no unit"),
        ("per = day", "`day` is a parameter"),
        ("per = \"1h\", per_ms = 5", "two spellings of one thing"),
        (
            "per = \"1h\", tz = \"UTC\"",
            "`tz` is the time zone of `cron`, and `per` counts its periods in UTC; leave it out",
        ),
        ("tz = \"UTC\"", "`tz` is the time zone of `cron`, and there is none here; leave it out"),
        ("per = \"1h\", retain = \"59min\"", "`retain` must be at least the period, 1h here"),
        ("per = \"1h\", retain_ms = 5", "`retain` must be at least the timeout, 5000 ms here"),
        ("crn = \"0 3 * * *\", tz = \"UTC\"", "did you mean `cron`?"),
        ("schedule = \"0 3 * * *\", tz = \"UTC\"", "did you mean `cron`?"),
        ("every = \"10m\"", "did you mean `per`?"),
        ("per = \"10m\", timezone = \"UTC\"", "did you mean `tz`?"),
    ] {
        let said = mistakes(&format!("key = \"k\", {period}"));
        assert!(said.len() == 1 && said[0].contains(why), "{period}: {said:?}");
    }
}

#[test]
fn a_key_leaves_room_for_its_slot() {
    for (period, room) in [("1s", 491), ("1500ms", 487)] {
        let args = |len: usize| format!("key = \"{}\", per = \"{period}\"", "x".repeat(len));
        assert_eq!(mistakes(&args(room)), [""; 0]);
        let said = format!("the key has {} bytes, {room} are allowed before its slot; shorten it", room + 1);
        assert_eq!(mistakes(&args(room + 1)), [said]);
    }
}

#[test]
fn with_slots_nobody_has_to_say_how_long_a_record_is_kept() {
    assert_eq!(mistakes("key = \"k:{day}\", per = \"1h\""), [""; 0]);
    assert_eq!(mistakes("key = format!(\"{day}\"), per = \"1h\", retain = \"forever\""), [""; 0]);
    assert_eq!(mistakes("key = \"k:{day}\", per = \"0h\"").len(), 1, "nor where the period is wrong");
}

#[cfg(not(feature = "cron"))]
#[test]
fn without_its_feature_cron_is_one_mistake_that_names_it() {
    let said = mistakes("key = \"k:{day}\", cron = 5, tz = \"Mars\"");
    assert!(said.len() == 1 && said[0].contains("feature `cron`, which is off; turn it on"), "{said:?}");
}

#[cfg(feature = "cron")]
#[test]
fn cron_and_tz_are_literals_and_told_at_once() {
    for (args, why) in [
        ("cron = 5", "`cron` takes a string, as in `cron = \"0 3 * * *\"`"),
        ("cron = -5", "`cron` takes a string"),
        ("cron = EXPRESSION", "and no expression, as it is checked while the crate is compiled"),
        ("cron = concat!(\"0 3\", \"* * *\")", "goes to `Job::cron`"),
        ("cron = \"0 3 * * *\", tz = ZONE", "`tz` takes a string, as in `tz = \"Europe/Berlin\"`, and no expression"),
        ("cron = \"0 3 * * *\", tz = 2", "`tz` takes a string"),
        ("cron = \"0 3 * * *\", tz = \"CEST\"", "`tz` takes a place, and `CEST` is an abbreviation"),
        ("cron = \"0 3 * * *\", per = \"1h\"", "`per` and `cron` both say when slots begin; keep one of them"),
        ("cron = \"0 24 * * *\"", "in `cron`, the hour `24` cannot be: hours are 0 to 23; midnight is `0`"),
    ] {
        let said = mistakes(&format!("key = \"k:{{day}}\", {args}"));
        assert!(said.len() == 1 && said[0].contains(why), "{args}: {said:?}");
    }
    assert_eq!(mistakes("key = \"\", cron = \"60 24 * * x\", tz = \"Berlin\", retain_ms = 1").len(), 6);
}

#[cfg(feature = "cron")]
#[test]
fn a_mistake_is_shown_inside_the_literal() {
    // Compilers from nightly on can; here the tokens know their places in any case.
    for (args, shown) in [
        ("key = \"k\", cron = \"0 24 * * *\"", "24"),
        ("key = \"k\", cron = r#\"0 24 * * *\"#", "24"),
        ("key = \"k\", cron = \"0 0 31 2 *\"", "31 2 *"),
        ("key = \"k\", cron = \"0\\t24 * * *\"", "\"0\\t24 * * *\""),
        ("key = \"k\", cron = \"\"", "\"\""),
    ] {
        let tokens = flat(expand(args, ITEM));
        let message =
            tokens.iter().rev().find(|token| token.to_string().starts_with("\"in `cron`")).expect("it is told");
        let span = message.span();
        assert_eq!(&args[span.start().column..span.end().column], shown, "{args}");
    }
}
