//! Numbers and durations as people write them. Knows which notation an argument takes, not what its value means.

use std::fmt;
use std::time::Duration;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitInt, LitStr, UnOp};

use crate::args::Arg;
use crate::errors::Errors;

/// A duration as it was written.
pub(crate) enum Time {
    Known(Duration),
    Forever,
    Constant,
}

/// The longest that an argument may say.
#[derive(Clone, Copy)]
pub(crate) struct Days(pub(crate) u64);

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} days", self.0)
    }
}

/// A number as it was written.
pub(crate) enum Count {
    Known(u32),
    Constant,
}

/// What stands there, as far as it is a literal.
enum Written<'a> {
    Integer(&'a LitInt),
    Text(&'a LitStr),
    Negative,
    Float,
    OtherLiteral,
    Constant,
}

fn written(expr: &Expr) -> Written<'_> {
    match expr {
        Expr::Group(group) => written(&group.expr),
        Expr::Lit(ExprLit { lit, .. }) => match lit {
            Lit::Int(int) => Written::Integer(int),
            Lit::Str(text) => Written::Text(text),
            Lit::Float(_) => Written::Float,
            _ => Written::OtherLiteral,
        },
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match written(expr) {
            Written::Integer(_) | Written::Float => Written::Negative,
            _ => Written::Constant,
        },
        _ => Written::Constant,
    }
}

/// A `u64` of milliseconds, at most so many days.
pub(crate) fn milliseconds(arg: &Arg, longest: Days, errors: &mut Errors) -> Option<Time> {
    let what = "a whole number of milliseconds, as in `5000`";
    let in_words = arg.name.to_string().trim_end_matches("_ms").to_owned();
    match written(&arg.value) {
        Written::Integer(int) => integer(arg, int, "u64", what, &longest.to_string(), errors)
            .and_then(|millis| in_range(arg, Duration::from_millis(millis), longest, errors))
            .map(Time::Known),
        Written::Text(text) => {
            let Some(value) = number_in(text) else {
                return wrong(arg, &format!("takes {what}; for words write `{in_words} = {}`", text.token()), errors);
            };
            not_a_string(arg, value, errors)
        }
        other => constant(arg, &other, what, errors).map(|()| Time::Constant),
    }
}

/// A string in words, or a constant `Duration`; at most so many days.
pub(crate) fn duration(arg: &Arg, longest: Days, errors: &mut Errors) -> Option<Time> {
    let Arg { name, value } = arg;
    let what = "a duration, as in `\"5s\"`, `\"1h 30min\"` or `Duration::from_secs(5)`";
    match written(value) {
        Written::Text(text) if text.value().trim() == "forever" => Some(Time::Forever),
        Written::Text(text) => match humantime::parse_duration(&text.value()) {
            Ok(duration) => in_range(arg, duration, longest, errors).map(Time::Known),
            Err(error) => wrong(arg, &format!("takes {what}: {}", reason(&error, text)), errors),
        },
        Written::Integer(int) => {
            let unit = if int.suffix().is_empty() { "ms" } else { "" };
            wrong(arg, &format!("takes {what}; write `{name} = \"{}{unit}\"`", int.token()), errors)
        }
        Written::Constant if is_word(value, "forever") => {
            wrong(arg, "takes the word as a string; write `\"forever\"`", errors)
        }
        other => constant(arg, &other, what, errors).map(|()| Time::Constant),
    }
}

/// A `u32`.
pub(crate) fn count(arg: &Arg, errors: &mut Errors) -> Option<Count> {
    let what = "a whole number, as in `5`";
    match written(&arg.value) {
        Written::Integer(int) => {
            let most = u32::MAX.to_string();
            let number = integer(arg, int, "u32", what, &most, errors)?;
            let Ok(number) = u32::try_from(number) else { return too_large(arg, &most, errors) };
            Some(Count::Known(number))
        }
        Written::Text(text) => not_a_string(arg, number_in(text).unwrap_or(5), errors),
        other => constant(arg, &other, what, errors).map(|()| Count::Constant),
    }
}

/// A value that is neither an integer nor a string: a constant, or a mistake.
fn constant(arg: &Arg, written: &Written<'_>, what: &str, errors: &mut Errors) -> Option<()> {
    match written {
        Written::Constant => Some(()),
        Written::Negative => wrong(arg, &format!("cannot be negative; write {what}"), errors),
        _ => wrong(arg, &format!("takes {what}"), errors),
    }
}

/// A number of the type `ty`, which may stand behind it.
fn integer(arg: &Arg, int: &LitInt, ty: &str, what: &str, most: &str, errors: &mut Errors) -> Option<u64> {
    if !["", ty].contains(&int.suffix()) {
        let digits = int.base10_digits();
        return wrong(
            arg,
            &format!("takes {what}; write `{} = {digits}`, without `{}`", arg.name, int.suffix()),
            errors,
        );
    }
    match int.base10_parse() {
        Ok(number) => Some(number),
        Err(_) => too_large(arg, most, errors),
    }
}

fn in_range(arg: &Arg, duration: Duration, longest: Days, errors: &mut Errors) -> Option<Duration> {
    let Days(days) = longest;
    if duration <= Duration::from_secs(days * 24 * 60 * 60) {
        Some(duration)
    } else {
        too_large(arg, &longest.to_string(), errors)
    }
}

fn too_large<T>(arg: &Arg, most: &str, errors: &mut Errors) -> Option<T> {
    wrong(arg, &format!("is too large; it can be {most} at most"), errors)
}

fn wrong<T>(arg: &Arg, what: &str, errors: &mut Errors) -> Option<T> {
    errors.at(&arg.value, format_args!("`{}` {what}", arg.name));
    None
}

fn not_a_string<T>(arg: &Arg, number: u64, errors: &mut Errors) -> Option<T> {
    wrong(arg, &format!("takes a number, not a string; write `{} = {number}`", arg.name), errors)
}

fn number_in(text: &LitStr) -> Option<u64> {
    text.value().trim().parse().ok()
}

fn is_word(expr: &Expr, word: &str) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident(word))
}

/// Why a duration in words is none, in our words: the library speaks of offsets.
fn reason(error: &humantime::DurationError, text: &LitStr) -> String {
    use humantime::DurationError as Error;
    const UNITS: &str = "`ms`, `s`, `min`, `h`, `d`";
    match error {
        Error::Empty => "this is empty".to_owned(),
        Error::UnknownUnit { unit, value, .. } if unit.is_empty() => {
            format!("this has no unit; write `\"{value}ms\"` or `\"{value}s\"`")
        }
        Error::UnknownUnit { unit, .. } => format!("`{unit}` is no unit; the units are {UNITS} and a few more"),
        Error::NumberOverflow => "this number is too large, or too fine".to_owned(),
        Error::InvalidCharacter(at) | Error::NumberExpected(at) => {
            match text.value().get(*at..).and_then(|rest| rest.chars().next()) {
                Some('-') => "this is negative".to_owned(),
                Some(found) => format!("`{found}` has no place in it"),
                None => "a number is missing".to_owned(),
            }
        }
    }
}

/// A number of milliseconds that is at least the duration: stores keep no finer time.
pub(crate) fn whole_milliseconds(duration: Duration) -> TokenStream {
    let millis = u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
    proc_macro2::Literal::u64_unsuffixed(millis).into_token_stream()
}
