//! `self` in a body that runs once per attempt: what each attempt gets, and the body rewritten to use it.

use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use syn::{ReceiverKind, Signature, Token, Type};

use crate::expand::at;
use crate::params::{Share, is_pinned_mut};

/// How an attempt gets at `self`, where it cannot simply use it.
pub(crate) struct Receiver {
    pub(crate) share: Share,
    /// The `mut` of `mut self`, which belongs to the attempt's own copy.
    pub(crate) mutability: Option<Token![mut]>,
    pub(crate) self_token: Token![self],
}

impl Receiver {
    /// Takes the `mut` of `mut self` off the signature. `&self` needs nothing: every attempt can have it.
    pub(crate) fn take(sig: &mut Signature) -> Option<Self> {
        let Some(syn::FnArg::Receiver(receiver)) = sig.inputs.first_mut() else { return None };
        let share = match &receiver.kind {
            ReceiverKind::Reference(_, _, None) => return None,
            ReceiverKind::Reference(_, _, Some(_)) => Share::Reborrow,
            ReceiverKind::Typed(_, ty) => match &**ty {
                Type::Reference(reference) if reference.mutability.is_none() => return None,
                Type::Reference(_) => Share::Reborrow,
                ty if is_pinned_mut(ty) => Share::Repin,
                _ => Share::Clone,
            },
            _ => Share::Clone,
        };
        let mutability = receiver.mutability.take();
        if share == Share::Repin {
            receiver.mutability = Some(Token![mut](at(receiver.self_token.span)));
        }
        Some(Self { share, mutability, self_token: receiver.self_token })
    }

    /// The name under which an attempt has its `self`.
    ///
    /// It is as visible as the `self` that it stands for, which a `{self}` in a format string needs.
    pub(crate) fn name(&self) -> Ident {
        renamed(self.self_token.span)
    }
}

fn renamed(span: proc_macro2::Span) -> Ident {
    Ident::new("lw_self", span)
}

/// The macros whose strings capture what stands in braces. In others a `{self}` may be just text.
const FORMATTING: [&str; 32] = [
    "anyhow",
    "assert",
    "assert_eq",
    "assert_ne",
    "bail",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "debug_span",
    "ensure",
    "eprint",
    "eprintln",
    "error",
    "error_span",
    "event",
    "format",
    "format_args",
    "info",
    "info_span",
    "panic",
    "print",
    "println",
    "span",
    "todo",
    "trace",
    "trace_span",
    "unimplemented",
    "unreachable",
    "warn",
    "write",
    "writeln",
];

/// Input: `self.count += 1; println!("{self}"); use self::x; impl A for B { fn f(&self) {} }`
///
/// Output: `lw_self.count += 1; println!("{lw_self}");` and the rest as it was.
pub(crate) fn rename_self(body: TokenStream) -> TokenStream {
    rename(body, false)
}

fn rename(tokens: TokenStream, in_format: bool) -> TokenStream {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut out = Vec::with_capacity(trees.len());
    let mut place = 0;
    while let Some(tree) = trees.get(place) {
        let end = item_end(&trees, place);
        if place < end {
            out.extend_from_slice(&trees[place..end]);
            place = end;
            continue;
        }
        out.push(match tree {
            TokenTree::Ident(ident) if ident == "self" && !is_path_start(&trees, place) => renamed(ident.span()).into(),
            TokenTree::Literal(literal) if in_format => rename_captures(literal).into(),
            TokenTree::Group(group) => {
                let in_format = in_format || is_formatting(&trees[..place]);
                let mut inner = Group::new(group.delimiter(), rename(group.stream(), in_format));
                inner.set_span(group.span());
                inner.into()
            }
            other => other.clone(),
        });
        place += 1;
    }
    out.into_iter().collect()
}

fn is_ident(tree: Option<&TokenTree>, name: &str) -> bool {
    matches!(tree, Some(TokenTree::Ident(ident)) if ident == name)
}

fn is_punct(tree: Option<&TokenTree>, sign: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
}

fn is_brace(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// `self::name`, but not the `self` of `if self.a { … }` before a `::path`.
fn is_path_start(trees: &[TokenTree], place: usize) -> bool {
    is_punct(trees.get(place + 1), ':') && is_punct(trees.get(place + 2), ':')
}

fn is_formatting(before: &[TokenTree]) -> bool {
    let [.., TokenTree::Ident(name), TokenTree::Punct(bang)] = before else { return false };
    bang.as_char() == '!' && FORMATTING.contains(&name.to_string().as_str())
}

/// The end of the nested item that begins at `place`, or `place`. An item has a `self` of its own, or none.
fn item_end(trees: &[TokenTree], place: usize) -> usize {
    let starts_statement = place.checked_sub(1).is_none_or(|before| match &trees[before] {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => matches!(group.delimiter(), Delimiter::Brace | Delimiter::Bracket),
        TokenTree::Ident(word) => ["unsafe", "async", "const", "pub", "extern"].contains(&word.to_string().as_str()),
        TokenTree::Literal(_) => false,
    });
    let TokenTree::Ident(word) = &trees[place] else { return place };
    let is_named = matches!(trees.get(place + 1), Some(TokenTree::Ident(_)));
    let from = |end: fn(&TokenTree) -> bool| {
        trees[place..].iter().position(end).map_or(trees.len(), |offset| place + offset + 1)
    };
    match word.to_string().as_str() {
        "fn" if is_named => from(is_brace),
        "impl" | "trait" | "mod" if starts_statement => from(is_brace),
        "use" if starts_statement => from(|tree| is_punct(Some(tree), ';')),
        _ if is_ident(trees.get(place), "pub") && matches!(trees.get(place + 1), Some(TokenTree::Group(_))) => {
            place + 2
        }
        _ => place,
    }
}

/// `"{self}"` and `"{self:…}"`, not `"{{self}}"`.
fn rename_captures(literal: &Literal) -> Literal {
    let text = literal.to_string();
    if !text.starts_with(['"', 'r']) || !text.contains("{self") {
        return literal.clone();
    }
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(brace) = rest.find('{') {
        let (before, from) = rest.split_at(brace);
        out.push_str(before);
        rest = if let Some(escaped) = from.strip_prefix("{{") {
            out.push_str("{{");
            escaped
        } else if from.starts_with("{self}") || from.starts_with("{self:") {
            out.push_str("{lw_self");
            &from["{self".len()..]
        } else {
            out.push('{');
            &from[1..]
        };
    }
    out.push_str(rest);
    let mut renamed: Literal = out.parse().expect("a string literal with another name in its braces is one");
    renamed.set_span(literal.span());
    renamed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        let body: TokenStream = body.parse().expect("the body is made of tokens");
        let expected: TokenStream = expected.parse().expect("the expectation is made of tokens");
        assert_eq!(rename_self(body).to_string(), expected.to_string());
    }

    #[test]
    fn the_methods_own_self_is_renamed() {
        check("self.a += self.b(|x| self.c(x));", "lw_self.a += lw_self.b(|x| lw_self.c(x));");
        check("if let Some(x) = self { x }", "if let Some(x) = lw_self { x }");
    }

    #[test]
    fn paths_imports_and_nested_items_keep_theirs() {
        for same in [
            "self::f();",
            "use self::a::{self, b};",
            "use a::{self};",
            "fn f(&self) { self.x }",
            "impl A for B { fn f(self) { self.x } }",
            "pub(self) fn f() {}",
        ] {
            check(same, same);
        }
        check("fn g() {} self.x", "fn g() {} lw_self.x");
        check("let f: fn(u8) = self.f;", "let f: fn(u8) = lw_self.f;");
        check("let x: &dyn Fn(A) -> B = &self.f;", "let x: &dyn Fn(A) -> B = &lw_self.f;");
    }

    #[test]
    fn captures_are_renamed_in_format_strings_alone() {
        check(
            r#"println!("{self} {self:?} {{self}} {selfish}")"#,
            r#"println!("{lw_self} {lw_self:?} {{self}} {selfish}")"#,
        );
        check(r##"write!(f, r#"{self}"#)"##, r##"write!(f, r#"{lw_self}"#)"##);
        check(r#"json!("{self}")"#, r#"json!("{self}")"#);
        check(r#"f("{self}")"#, r#"f("{self}")"#);
    }
}
