//! Strings in the notation of `format!` -> text and captured names. Knows nothing of keys.

use std::fmt;

/// A part of a format string.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// What stands in braces, or gives a width or a precision in them.
    Name(String),
}

impl Piece {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Name(_) => None,
        }
    }

    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Text(_) => None,
        }
    }
}

/// Why a string is in no such notation, with the way out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Unopened,
    Unclosed,
    Nameless(String),
    NotAName(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unopened => f.write_str("there is a `}` without its `{`; write `}}` for a brace"),
            Self::Unclosed => f.write_str("there is a `{` without its `}`; write `{{` for a brace"),
            Self::Nameless(inside) => {
                write!(f, "`{{{inside}}}` names no parameter; write `{{name}}`, or `{{{{` and `}}}}` for braces")
            }
            Self::NotAName(inside) => {
                write!(f, "`{{{inside}}}` is more than a name; for an expression write `key = format!(..)`")
            }
        }
    }
}

/// # Errors
///
/// The first thing that is not in the notation.
pub(crate) fn split(text: &str) -> Result<Vec<Piece>, Problem> {
    let mut pieces = Vec::new();
    let mut fixed = String::new();
    let mut rest = text;
    while let Some(brace) = rest.find(['{', '}']) {
        fixed.push_str(&rest[..brace]);
        let from = &rest[brace..];
        if from.starts_with("{{") || from.starts_with("}}") {
            fixed.push_str(&from[..1]);
            rest = &from[2..];
            continue;
        }
        let inside = from.strip_prefix('{').ok_or(Problem::Unopened)?;
        let end = inside.find(['{', '}']).filter(|end| inside[*end..].starts_with('}')).ok_or(Problem::Unclosed)?;
        if !fixed.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut fixed)));
        }
        pieces.extend(names(&inside[..end])?.into_iter().map(Piece::Name));
        rest = &inside[end + 1..];
    }
    fixed.push_str(rest);
    if !fixed.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(fixed));
    }
    Ok(pieces)
}

/// The names in `name:>width$.precision$`.
fn names(inside: &str) -> Result<Vec<String>, Problem> {
    let (name, format) = inside.split_once(':').unwrap_or((inside, ""));
    let name = name.trim();
    if name.is_empty() || name.chars().all(|digit| digit.is_ascii_digit()) {
        return Err(Problem::Nameless(inside.to_owned()));
    }
    let plain = name.strip_prefix("r#").unwrap_or(name);
    if !is_name(plain) {
        return Err(Problem::NotAName(inside.to_owned()));
    }
    let mut names = vec![plain.to_owned()];
    let mut parts: Vec<&str> = format.split('$').collect();
    parts.pop();
    names.extend(parts.into_iter().map(last_name).filter(|name| is_name(name)).map(str::to_owned));
    Ok(names)
}

/// `width` of `>width`, which may have a fill character before it.
fn last_name(text: &str) -> &str {
    let start = text.char_indices().rev().take_while(|(_, letter)| is_name_letter(*letter)).last();
    let name = start.map_or("", |(start, _)| &text[start..]);
    name.trim_start_matches(|letter: char| letter.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| is_name_letter(letter) && !letter.is_ascii_digit())
        && text.chars().all(is_name_letter)
}

fn is_name_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }

    fn name(name: &str) -> Piece {
        Piece::Name(name.to_owned())
    }

    #[test]
    fn captures_and_text_are_told_apart() {
        for (string, pieces) in [
            ("a", vec![text("a")]),
            ("", vec![text("")]),
            ("{{a}}", vec![text("{a}")]),
            ("a:{day}", vec![text("a:"), name("day")]),
            ("{a}{b}c", vec![name("a"), name("b"), text("c")]),
            ("{day:?}", vec![name("day")]),
            ("{day:*>width$.places$}", vec![name("day"), name("width"), name("places")]),
            ("{day:08.3}", vec![name("day")]),
            ("{{{day}}}", vec![text("{"), name("day"), text("}")]),
            ("{größe}", vec![name("größe")]),
            ("{r#type}", vec![name("type")]),
        ] {
            assert_eq!(split(string), Ok(pieces), "{string}");
        }
    }

    #[test]
    fn what_is_no_format_string_is_refused() {
        for (string, problem) in [
            ("a}", Problem::Unopened),
            ("a{", Problem::Unclosed),
            ("a{b", Problem::Unclosed),
            ("{a{b}}", Problem::Unclosed),
            ("{}", Problem::Nameless(String::new())),
            ("{0}", Problem::Nameless("0".to_owned())),
            ("{:?}", Problem::Nameless(":?".to_owned())),
            ("{self.id}", Problem::NotAName("self.id".to_owned())),
            ("{a + b}", Problem::NotAName("a + b".to_owned())),
        ] {
            assert_eq!(split(string), Err(problem), "{string}");
        }
    }
}
