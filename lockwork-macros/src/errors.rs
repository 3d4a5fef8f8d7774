//! The mistakes found so far, and the known name that a wrong one resembles. Knows no argument and no function.

use std::fmt;

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
#[cfg(feature = "cron")]
use {std::ops::Range, syn::LitStr};

/// Every mistake of one use of the attribute. Reporting one never ends a stage, so all are told at once.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Reports a mistake that `tokens` make.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl fmt::Display) {
        self.0.push(syn::Error::new_spanned(visible(tokens.into_token_stream()), message));
    }

    /// Reports a mistake at a place that has no tokens of its own.
    pub(crate) fn at_span(&mut self, span: Span, message: impl fmt::Display) {
        self.0.push(syn::Error::new(span, message));
    }

    /// Reports a mistake in a part of a string's value, there where the compiler can show it.
    #[cfg(feature = "cron")]
    pub(crate) fn inside(&mut self, text: &LitStr, part: Range<usize>, message: impl fmt::Display) {
        let token = text.token();
        let source = token.to_string();
        // Only where the source is the value: with escapes in it the part would be another.
        let start = source.find('"').map_or(0, |quote| quote + 1);
        let place = start + part.start..start + part.end;
        let is_same = source.get(place.clone()) == text.value().get(part) && !place.is_empty();
        match token.subspan(place).filter(|_| is_same) {
            Some(span) => self.at_span(span, message),
            None => self.at(text, message),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One `compile_error!` for each.
    pub(crate) fn into_compile_errors(self) -> TokenStream {
        let mut output = TokenStream::new();
        for error in self.0 {
            output.extend(error.into_compile_error());
        }
        output
    }
}

/// What a `macro_rules!` was given, at the place where it was given: its invisible brackets stand where it is used.
fn visible(tokens: TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::None => visible(group.stream()),
        _ => tokens,
    }
}

/// The one of `known` that `wrong` was probably meant to be.
///
/// Case and underscores do not count. A third of the known name may differ: a fixed number of letters would take
/// `ttl` for `key`.
pub(crate) fn closest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    let wrong = letters(wrong);
    let mut best = None;
    for name in known {
        let letters = letters(name);
        let distance = distance(&wrong, &letters);
        if distance <= letters.len().div_ceil(3) && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, *name));
        }
    }
    best.map(|(_, name)| name)
}

fn letters(name: &str) -> Vec<char> {
    name.to_lowercase().chars().filter(|letter| *letter != '_').collect()
}

/// How many letters have to be put in, left out, changed or swapped with their neighbour to make one of the other.
fn distance(left: &[char], right: &[char]) -> usize {
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for (row, letter) in left.iter().enumerate() {
        let above = &rows[row];
        let mut next = vec![row + 1];
        for (column, other) in right.iter().enumerate() {
            let changed = above[column] + usize::from(letter != other);
            let mut least = changed.min(above[column + 1] + 1).min(next[column] + 1);
            if 0 < row && 0 < column && *letter == right[column - 1] && left[row - 1] == *other {
                least = least.min(rows[row - 1][column - 1] + 1);
            }
            next.push(least);
        }
        rows.push(next);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_that_was_meant() {
        let known = ["key", "timeout_ms", "timeout", "max_attempts"];
        for (wrong, meant) in [
            ("timout_ms", Some("timeout_ms")),
            ("timeuot", Some("timeout")),
            ("maxAttempts", Some("max_attempts")),
            ("kye", Some("key")),
            ("ttl", None),
            ("", None),
        ] {
            assert_eq!(closest(wrong, &known), meant, "{wrong}");
        }
    }
}
