//! Attribute tokens -> arguments. Knows the arguments' names, and nothing of what their values mean.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, Token};

use crate::errors::{Errors, closest};

/// Every argument, and a value that it could have.
const KNOWN: [(&str, &str); 20] = [
    ("key", "\"nightly-report\""),
    ("per_ms", "600_000"),
    ("per", "\"10m\""),
    ("cron", "\"0 3 * * *\""),
    ("tz", "\"Europe/Berlin\""),
    ("timeout_ms", "5000"),
    ("timeout", "\"5s\""),
    ("max_attempts", "5"),
    ("backoff_ms", "100"),
    ("backoff", "\"100ms\""),
    ("retain_ms", "3_600_000"),
    ("retain", "\"30d\""),
    ("cooldown_ms", "10_000"),
    ("cooldown", "\"10s\""),
    ("wait_ms", "30_000"),
    ("wait", "\"30s\""),
    ("max_run_ms", "60_000"),
    ("max_run", "\"1min\""),
    ("worker", "&worker"),
    ("crate", "::lockwork"),
];

/// What other schedulers call an argument, and people who know those.
const ELSEWHERE: [(&str, &str); 10] = [
    ("at", "cron"),
    ("each", "per"),
    ("every", "per"),
    ("expression", "cron"),
    ("interval", "per"),
    ("period", "per"),
    ("schedule", "cron"),
    ("time_zone", "tz"),
    ("timezone", "tz"),
    ("zone", "tz"),
];

/// One argument with its value.
pub(crate) struct Arg {
    pub(crate) name: Ident,
    pub(crate) value: Expr,
}

/// The arguments, each at most once.
#[derive(Default)]
pub(crate) struct Args {
    usable: Vec<Arg>,
    /// Arguments that are there but were reported, so that nobody reports them missing too.
    reported: Vec<&'static str>,
}

impl Args {
    /// Reads `name = value, …` to its end, whatever it holds.
    pub(crate) fn parse(tokens: proc_macro2::TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let parser = |input: ParseStream<'_>| {
            while !input.is_empty() {
                args.parse_one(input, errors);
                skip_past_comma(input, errors);
            }
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            errors.at_span(error.span(), error);
        }
        args
    }

    fn parse_one(&mut self, input: ParseStream<'_>, errors: &mut Errors) {
        let Ok(name) = input.call(Ident::parse_any) else {
            return self.report_nameless(input, errors);
        };
        let name = name.unraw();
        let known = KNOWN.iter().find(|(known, _)| name == known);
        let value = match parse_value(input, &name, known, errors) {
            Some(value) if known.is_some() => value,
            _ => return self.note_reported(&name.to_string()),
        };
        if self.usable.iter().any(|arg| arg.name == name) {
            return errors.at(&name, format_args!("`{name}` is given twice; keep one of the two"));
        }
        self.usable.push(Arg { name, value });
    }

    /// A piece that begins with no name. A bare string is taken for the key that it probably is.
    fn report_nameless(&mut self, input: ParseStream<'_>, errors: &mut Errors) {
        let found = match input.fork().parse::<TokenTree>() {
            Ok(found) => found,
            Err(error) => return errors.at_span(error.span(), error),
        };
        if input.peek(Token![,]) {
            errors.at(found, "there is no argument before this comma; remove the comma");
        } else if input.peek(syn::LitStr) {
            self.note_reported("key");
            errors.at(&found, format_args!("a value needs its argument's name; write `key = {found}`"));
        } else {
            // Whichever argument it was to be.
            self.reported.extend(names());
            errors.at(&found, "expected `name = value`, as in `key = \"nightly-report\"`");
        }
        skip_to_comma(input);
    }

    fn note_reported(&mut self, name: &str) {
        self.reported.extend(meant(name));
    }

    /// Takes an argument out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Arg> {
        let place = self.usable.iter().position(|arg| arg.name == name)?;
        Some(self.usable.remove(place))
    }

    /// Whether the argument was there and is reported already.
    pub(crate) fn was_reported(&self, name: &str) -> bool {
        self.reported.contains(&name)
    }
}

fn names() -> Vec<&'static str> {
    KNOWN.iter().map(|(name, _)| *name).collect()
}

/// What follows an argument's name; reports the name if that is unknown, or has no value.
fn parse_value(
    input: ParseStream<'_>,
    name: &Ident,
    known: Option<&(&str, &str)>,
    errors: &mut Errors,
) -> Option<Expr> {
    let has_equals = input.peek(Token![=]) && !input.peek(Token![==]) && input.parse::<Token![=]>().is_ok();
    let has_value = has_equals && !input.is_empty() && !input.peek(Token![,]);
    let Some((_, example)) = known else {
        errors.at(name, unknown(&name.to_string()));
        skip_to_comma(input);
        return None;
    };
    if !has_value {
        errors.at(name, format_args!("`{name}` needs a value; write `{name} = {example}`"));
        skip_to_comma(input);
        return None;
    }
    match input.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            errors.at_span(error.span(), format_args!("the value of `{name}` cannot be read: {error}"));
            skip_to_comma(input);
            None
        }
    }
}

/// The argument that somebody probably meant who wrote another name.
fn meant(name: &str) -> Option<&'static str> {
    let elsewhere = ELSEWHERE.iter().find(|(other, _)| name == *other);
    elsewhere.map(|(_, known)| *known).or_else(|| closest(name, &names()))
}

fn unknown(name: &str) -> String {
    match meant(name) {
        Some(meant) => format!("unknown argument `{name}`; did you mean `{meant}`?"),
        None => {
            format!("unknown argument `{name}`; the arguments are `{}`", names().join("`, `"))
        }
    }
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) && input.parse::<TokenTree>().is_ok() {}
}

fn skip_past_comma(input: ParseStream<'_>, errors: &mut Errors) {
    if !input.is_empty() && !input.peek(Token![,]) {
        if let Ok(stray) = input.fork().parse::<TokenTree>() {
            errors.at(stray, "expected a comma before this; separate the arguments by `,`");
        }
        skip_to_comma(input);
    }
    if input.peek(Token![,]) {
        // That it parses is what `peek` just said.
        let _comma = input.parse::<Token![,]>();
    }
}
