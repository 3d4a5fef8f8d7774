//! The `key` argument: text, text with captures, or an expression. Knows the names that a capture may use.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, ExprLit, ExprUnary, Lit, LitStr, UnOp};

use crate::args::Args;
use crate::captures::{self, Piece};
use crate::errors::{Errors, closest};

/// How long a key may be, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room {
    /// What the slot behind it takes, as in `@2026-11-23T02:00:00Z`.
    pub(crate) slot: usize,
}

impl Room {
    fn bytes(self) -> usize {
        512 - self.slot
    }
}

/// What names the job.
pub(crate) enum Key {
    /// The text itself.
    Text(LitStr),
    /// A string for `format!`, as it was written.
    Format(LitStr),
    /// Anything `AsRef<str>`.
    Computed(Box<Expr>),
    /// There is none, which is reported.
    Missing,
}

/// What a capture may name.
pub(crate) struct Scope<'a> {
    pub(crate) function: String,
    pub(crate) names: Vec<String>,
    /// The `#[attempt]` parameters, which do not exist yet when the key is made.
    pub(crate) attempts: &'a [String],
    pub(crate) room: Room,
}

impl Key {
    pub(crate) fn read(args: &mut Args, scope: &Scope<'_>, errors: &mut Errors) -> Self {
        let Some(arg) = args.take("key") else {
            if !args.was_reported("key") {
                let message =
                    "`key` is missing; it names the job for the whole fleet, as in `key = \"nightly-report\"`";
                errors.at_span(proc_macro2::Span::call_site(), message);
            }
            return Self::Missing;
        };
        match literal(&arg.value) {
            Some(Lit::Str(text)) => Self::read_text(text, scope, errors),
            Some(_) => {
                errors.at(
                    &arg.value,
                    "`key` takes text, as in `key = \"nightly-report\"`, or an expression that gives it",
                );
                Self::Missing
            }
            None => Self::Computed(Box::new(arg.value)),
        }
    }

    fn read_text(text: &LitStr, scope: &Scope<'_>, errors: &mut Errors) -> Self {
        let pieces = match captures::split(&text.value()) {
            Ok(pieces) => pieces,
            Err(problem) => {
                errors.at(text, problem);
                return Self::Missing;
            }
        };
        let (mut fixed, mut problems) = (String::new(), Vec::new());
        for piece in &pieces {
            match piece {
                Piece::Text(text) => fixed.push_str(text),
                Piece::Name(name) => problems.extend(scope.why_unknown(name)),
            }
        }
        problems.extend(why_bad(&fixed, all_text(&pieces), scope.room));
        if !problems.is_empty() {
            for problem in problems {
                errors.at(text, problem);
            }
            return Self::Missing;
        }
        if all_text(&pieces) { Self::Text(LitStr::new(&fixed, text.span())) } else { Self::Format(text.clone()) }
    }

    /// Where to say that this key, which is another with each call, needs a `retain`; `None` where it is always one.
    pub(crate) fn varies(&self) -> Option<TokenStream> {
        match self {
            Self::Format(text) => Some(text.to_token_stream()),
            Self::Computed(expr) => Some(expr.to_token_stream()),
            Self::Text(_) | Self::Missing => None,
        }
    }
}

fn all_text(pieces: &[Piece]) -> bool {
    pieces.iter().all(|piece| piece.text().is_some())
}

/// What is wrong with the fixed part of a key, which is all of it where it is `whole`.
fn why_bad(fixed: &str, whole: bool, room: Room) -> Option<String> {
    if whole && fixed.trim().is_empty() {
        Some("the key is empty; name the job, as in `key = \"nightly-report\"`".to_owned())
    } else if room.bytes() < fixed.len() {
        let before = if room.slot == 0 { "" } else { " before its slot" };
        Some(format!("the key has {} bytes, {} are allowed{before}; shorten it", fixed.len(), room.bytes()))
    } else {
        let control = fixed.chars().find(|letter| letter.is_control())?;
        Some(format!("the key has a control character, {control:?}; leave it out"))
    }
}

impl Scope<'_> {
    fn why_unknown(&self, name: &str) -> Option<String> {
        if self.names.iter().any(|known| known == name) {
            return None;
        }
        let Self { function, .. } = self;
        if self.attempts.iter().any(|attempt| attempt == name) {
            return Some(format!(
                "the key cannot capture the attempt `{name}`: a job has one key for all its attempts"
            ));
        }
        let cure = match closest(name, &self.names.iter().map(String::as_str).collect::<Vec<_>>()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("for something else write `key = format!(..)`, for braces `{{{{{name}}}}}`"),
        };
        Some(format!("`{function}` has no parameter `{name}` for this key; {cure}"))
    }
}

/// The literal that an expression is, be it with a sign or inside the invisible brackets of a `macro_rules!`.
pub(crate) fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Group(group) => literal(&group.expr),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => {
            literal(expr).filter(|lit| !matches!(lit, Lit::Str(_)))
        }
        _ => None,
    }
}
