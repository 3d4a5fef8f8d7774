//! Reads the record of a completed job in the very form in which it is written, without a parser of JSON. Most records are
//! such, and each call of a job that is done reads one. Knows no other form, and leaves whatever differs to the parser.

use std::time::Duration;

use serde::de::IgnoredAny;

use super::{LAST_REVISION, id, one};
use crate::record::{Holder, Nonce, Record, State, Value};

/// How many digits a nonce has.
const NONCE: usize = 32;

/// The record, if `json` is one of this form. Then it is what the parser would take it for.
pub(super) fn read(json: &str) -> Option<Record> {
    let mut rest = Rest(json);
    let revision = rest.number(r#"{"revision":"#)?.filter(|revision| *revision <= LAST_REVISION)?;
    let attempts = rest.number(r#","attempts":"#)?.map_or_else(|| Ok(one()), u32::try_from).ok()?;
    let holder = rest.text(r#","holder":"#)?;
    let (label, nonce) = holder.split_at(holder.len().checked_sub(NONCE)?);
    let keep = rest.number(r#","keep":"#)?;
    let (value, took) = value_and_took(rest.0.strip_prefix(r#","done":"#)?.strip_suffix('}')?)?;
    if !is_json(value) {
        return None;
    }
    Some(Record {
        revision,
        attempts,
        holder: Holder::new(Nonce(id(nonce)?), label.strip_suffix(' ')?),
        keep: keep.map(Duration::from_millis),
        took: took.map(Duration::from_millis),
        state: State::Done { value: Value::Json(value.into()) },
    })
}

/// What is still to be read.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// The number behind `before`, where that comes next. Nothing at all if what comes behind it is none.
    fn number(&mut self, before: &str) -> Option<Option<u64>> {
        let Some(rest) = self.0.strip_prefix(before) else { return Some(None) };
        let (number, rest) = leading_number(rest)?;
        self.0 = rest;
        Some(Some(number))
    }

    /// The text behind `before`, if it is printable ASCII that stands for itself.
    fn text(&mut self, before: &str) -> Option<&'a str> {
        let rest = self.0.strip_prefix(before)?.strip_prefix('"')?;
        let end = rest.bytes().position(|byte| !matches!(byte, b' ' | b'!' | b'#'..=b'[' | b']'..=b'~'))?;
        let (text, rest) = rest.split_at(end);
        self.0 = rest.strip_prefix('"')?;
        Some(text)
    }
}

/// The number that a text begins with, and what comes behind it.
fn leading_number(text: &str) -> Option<(u64, &str)> {
    let (mut number, mut length) = (0_u64, 0);
    for digit in text.bytes().take_while(u8::is_ascii_digit) {
        number = number.checked_mul(10)?.checked_add((digit - b'0').into())?;
        length += 1;
    }
    let is_written_so = length == 1 || 1 < length && !text.starts_with('0');
    is_written_so.then(|| (number, &text[length..]))
}

/// The parts of `VALUE,"took":NUMBER`, or of `VALUE` alone. No value ends like that itself: in an object a brace comes behind
/// it, and in a string no quote stands without a backslash.
fn value_and_took(rest: &str) -> Option<(&str, Option<u64>)> {
    let start = rest.trim_end_matches(|last: char| last.is_ascii_digit()).len();
    let (before, digits) = rest.split_at(start);
    match before.strip_suffix(r#","took":"#) {
        Some(value) => Some((value, Some(leading_number(digits)?.0))),
        None => Some((rest, None)),
    }
}

/// Whether it is JSON with nothing around it.
fn is_json(value: &str) -> bool {
    let is_space = |byte: Option<&u8>| byte.is_none_or(|byte| *byte <= b' ');
    let bytes = value.as_bytes();
    !is_space(bytes.first()) && !is_space(bytes.last()) && serde_json::from_str::<IgnoredAny>(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    const FORMS: [&str; 4] = [
        r#"{"revision":1795713952390759,"holder":"vm/14255 3d2a3809a4f8f2c5cd177c17c3ec916c","done":42,"took":0}"#,
        r#"{"revision":7,"attempts":3,"holder":" 3d2a3809a4f8f2c5cd177c17c3ec916c","keep":86400000,"done":null,"took":17}"#,
        r#"{"revision":0,"holder":"a b/1 00000000000000000000000000000000","keep":0,"done":{"x":"\",\"took\":5"}}"#,
        r#"{"revision":9,"holder":"h/2 ffffffffffffffffffffffffffffffff","done":[{"done":1,"took":5}, "é"],"took":1}"#,
    ];

    #[test]
    fn what_is_written_is_read_as_the_parser_reads_it() {
        for form in FORMS {
            assert_eq!(read(form), parse(form).ok(), "{form}");
            assert!(read(form).is_some(), "{form}");
        }
    }

    /// Whatever is put in the place of one or two characters, or between two.
    #[test]
    fn what_is_nearly_so_is_not_taken_for_what_it_is_not() {
        let pieces = [
            "",
            "0",
            "9",
            "-",
            "+",
            ".",
            "e1",
            " ",
            "\"",
            "\\",
            "\\n",
            "\n",
            ",",
            ":",
            "{",
            "}",
            "[",
            "]",
            "é",
            "\u{7f}",
            "true",
            "18446744073709551616",
            "9007199254740993",
            r#","took":1"#,
            r#","keep":1"#,
            r#","done":1"#,
            r#","attempts":4294967296"#,
            r#","unshared":"why""#,
            r#","other":1"#,
        ];
        for form in FORMS {
            let places: Vec<_> = form.char_indices().map(|(place, _)| place).chain([form.len()]).collect();
            for (number, start) in places.iter().enumerate() {
                for end in places[number..].iter().take(3) {
                    for piece in pieces {
                        let other = format!("{}{piece}{}", &form[..*start], &form[*end..]);
                        if let Some(record) = read(&other) {
                            assert_eq!(Some(record), parse(&other).ok(), "{other}");
                        }
                    }
                }
            }
        }
    }
}
