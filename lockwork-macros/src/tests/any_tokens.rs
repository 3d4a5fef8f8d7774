//! Tokens in any order: the attribute may report them, and must not panic.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use proptest::prelude::*;

use crate::fuzz::{attribute, check};

/// Words that mean something to the attribute or to Rust, and some that do not.
const WORDS: &[&str] = &[
    "key",
    "per",
    "per_ms",
    "cron",
    "tz",
    "timeout_ms",
    "timeout",
    "max_attempts",
    "backoff",
    "retain",
    "retain_ms",
    "wait",
    "max_run",
    "worker",
    "crate",
    "timout",
    "attempt",
    "self",
    "Self",
    "async",
    "fn",
    "const",
    "unsafe",
    "extern",
    "impl",
    "dyn",
    "mut",
    "ref",
    "move",
    "let",
    "use",
    "pub",
    "mod",
    "where",
    "Pin",
    "Box",
    "Future",
    "Output",
    "Result",
    "Error",
    "job",
    "day",
    "forever",
    "_",
    "r#type",
    "block_on",
    "cfg",
    "allow",
    "expect",
    "println",
];

const PUNCTUATION: &[&str] = &[
    "=", "==", ",", ",", ":", "::", ";", "&", "<", ">", "->", "=>", "#", "!", "-", ".", "..", "...", "?", "|", "@",
    "'a",
];

const LITERALS: &[&str] = &[
    "\"k\"",
    "\"\"",
    "\" \"",
    "\"{day}\"",
    "\"{\"",
    "\"}\"",
    "\"{day:>{width$}\"",
    "\"{self}\"",
    "\"{self:?}{{\"",
    "\"5s\"",
    "\"0 3 * * *\"",
    "\"0 24 31 feb x\"",
    "r#\"0 0 L * friL\"#",
    "\"Europe/Berlin\"",
    "\"UTC+\"",
    "\"-5s\"",
    "\"1h 30min\"",
    "\"forever\"",
    "\"\\n\"",
    "\"µ\"",
    "\"5 µ\"",
    "\"5.µs\"",
    "r#\"{self}\"#",
    "b\"k\"",
    "c\"k\"",
    "'k'",
    "0",
    "1",
    "99",
    "5000",
    "5s",
    "0x10",
    "1.5",
    "1e9",
    "18446744073709551616",
    "\"k\"suffix",
    "-1",
];

fn leaf() -> impl Strategy<Value = TokenStream> {
    let any = [WORDS, PUNCTUATION, LITERALS].concat();
    proptest::sample::select(any).prop_map(|text| text.parse().expect("each of them is made of tokens"))
}

fn any_tokens() -> impl Strategy<Value = TokenStream> {
    let streams = proptest::collection::vec(leaf(), 0..6).prop_map(|parts| parts.into_iter().collect::<TokenStream>());
    streams.prop_recursive(4, 48, 6, |inner| {
        let delimiter = proptest::sample::select(vec![
            Delimiter::Parenthesis,
            Delimiter::Brace,
            Delimiter::Bracket,
            Delimiter::None,
        ]);
        let group = (delimiter, inner.clone())
            .prop_map(|(delimiter, stream)| TokenStream::from(TokenTree::from(Group::new(delimiter, stream))));
        let part = prop_oneof![2 => leaf(), 1 => group, 1 => inner];
        proptest::collection::vec(part, 0..6).prop_map(|parts| parts.into_iter().collect())
    })
}

/// `name = value` with most of it right, so that the stages behind the parser see something.
fn likely_arguments() -> impl Strategy<Value = TokenStream> {
    let argument = (proptest::sample::select(WORDS[..16].to_vec()), prop_oneof![4 => leaf(), 1 => any_tokens()]);
    proptest::collection::vec(argument, 0..5).prop_map(|arguments| {
        let text: Vec<String> = arguments.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        text.join(", ").parse().unwrap_or_default()
    })
}

fn likely_function() -> impl Strategy<Value = TokenStream> {
    let parameter = prop_oneof![
        Just("&mut self"),
        Just("mut self"),
        Just("self: Pin<&mut Self>"),
        Just("day: u32"),
        Just("mut day: &mut u32"),
        Just("(a, mut b): &mut (u8, u8)"),
        Just("#[attempt] attempt: &Attempt"),
        Just("#[attempt] n: u32"),
        Just("#[cfg(a)] [x, .., y]: [u8; 3]"),
        Just("P { x, y: z @ 1, .. }: P"),
        Just("_: u8"),
        Just("..."),
    ];
    let qualifiers =
        prop_oneof![3 => Just("async"), 1 => Just(""), 1 => Just("const async"), 1 => Just("extern \"C\"")];
    let output = prop_oneof![
        Just("-> Result<u8, E>"),
        Just(""),
        Just("-> &str"),
        Just("-> Result<impl A, &E>"),
        Just("-> impl Future"),
        Just("-> Pin<Box<dyn Future<Output = R> + 'a>>"),
        Just("-> !"),
    ];
    let body = prop_oneof![3 => any_tokens(), 1 => Just("Box::pin(async move { self.x })".parse().expect("it is made of tokens"))];
    (qualifiers, proptest::collection::vec(parameter, 0..4), output, body).prop_map(
        |(qualifiers, parameters, output, body)| {
            let head = format!("{qualifiers} fn job<T, const N: u8>({}) {output}", parameters.join(", "));
            let body = TokenTree::from(Group::new(Delimiter::Brace, body));
            head.parse::<TokenStream>().expect("it is made of tokens").into_iter().chain([body]).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_arguments_on_any_item(args in any_tokens(), item in any_tokens()) {
        check(args, item);
    }

    #[test]
    fn any_arguments_on_a_function(args in any_tokens(), item in likely_function()) {
        check(args, item);
    }

    #[test]
    fn likely_arguments_on_a_function(args in likely_arguments(), item in likely_function()) {
        check(args, item);
    }

    #[test]
    fn any_text(text in "\\PC{0,40}\n\\PC{0,80}") {
        attribute(text.as_bytes());
    }
}

#[test]
fn the_fuzzer_has_every_file_that_the_attribute_has() {
    let target = include_str!("../../../fuzz/fuzz_targets/attribute.rs");
    let files = include_str!("../lib.rs").lines().filter(|line| line.starts_with("mod ") && *line != "mod tests;");
    for file in files {
        assert!(target.contains(file), "fuzz_targets/attribute.rs has no `{file}`");
    }
}
