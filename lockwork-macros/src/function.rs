//! The function under the attribute: its signature parsed, its body kept as raw tokens. Knows no argument.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Signature, Token, Visibility};

#[derive(Clone)]
/// A function whose body is opaque: half-typed code in it is nobody's business but the compiler's.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    pub(crate) body: Group,
}

impl Function {
    /// # Errors
    ///
    /// What the item is instead, at its head.
    pub(crate) fn parse(item: TokenStream) -> syn::Result<Self> {
        let head = Head::of(item.clone());
        syn::parse2(item).map_err(|error| if head.is_function { error } else { head.not_a_function() })
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig: Signature = input.parse()?;
        if input.peek(Token![;]) {
            let message = "`#[global_once]` needs a function with a body; write it on the implementation instead";
            return Err(syn::Error::new_spanned(&sig.ident, message));
        }
        let body = body_of(input.parse()?)?;
        let (inner, body) = split_inner_attributes(body)?;
        attrs.extend(inner);
        Ok(Self { attrs, vis, sig, body })
    }
}

/// The `{ … }` of a body, also of one that a `macro_rules!` was given as `$body:block`.
fn body_of(tree: TokenTree) -> syn::Result<Group> {
    let inner = match &tree {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return Ok(group.clone()),
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => group.stream().into_iter().next(),
        _ => None,
    };
    inner.map_or_else(|| Err(syn::Error::new_spanned(&tree, "expected the function's body")), body_of)
}

/// `#![…]` in a body stands for the whole function, and its body ends up deeper than that.
fn split_inner_attributes(body: Group) -> syn::Result<(Vec<Attribute>, Group)> {
    let parser = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_inner)?;
        Ok((attrs, input.parse::<TokenStream>()?))
    };
    let (mut attrs, rest) = parser.parse2(body.stream())?;
    if attrs.is_empty() {
        return Ok((attrs, body));
    }
    for attr in &mut attrs {
        attr.style = syn::AttrStyle::Outer;
    }
    let mut without = Group::new(body.delimiter(), rest);
    without.set_span(body.span());
    Ok((attrs, without))
}

/// The tokens of an item between its attributes and its first bracket: `pub struct Name`.
struct Head {
    tokens: TokenStream,
    is_function: bool,
}

impl Head {
    fn of(item: TokenStream) -> Self {
        let parser = |input: ParseStream<'_>| {
            let _attrs = input.call(Attribute::parse_outer)?;
            let _vis: Visibility = input.parse()?;
            input.parse::<TokenStream>()
        };
        let rest = parser.parse2(item.clone()).unwrap_or(item);
        let ends = |tree: &TokenTree| match tree {
            TokenTree::Group(group) => group.delimiter() != Delimiter::None,
            TokenTree::Punct(punct) => matches!(punct.as_char(), ';' | '=' | ':'),
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        let trees: Vec<TokenTree> = rest.into_iter().take_while(|tree| !ends(tree)).collect();
        let is_function = trees.iter().any(|tree| matches!(tree, TokenTree::Ident(ident) if ident == "fn"));
        Self { tokens: trees.into_iter().collect(), is_function }
    }

    fn not_a_function(self) -> syn::Error {
        syn::Error::new_spanned(self.tokens.into_token_stream(), "`#[global_once]` goes on an `async fn`, not on this")
    }
}
