//! What the function returns. Knows the type's tokens; whether it can travel is for the compiler to say.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{GenericArgument, PathArguments, ReturnType, Signature, Type};

use crate::errors::Errors;
use crate::params::bare;

/// The type that the body must give, and the place to speak about it.
pub(crate) struct Returns {
    pub(crate) ty: TokenStream,
    pub(crate) place: Place,
    /// The places of its value's type and its error's, as far as they can be seen: an alias may hide them.
    pub(crate) value: Place,
    pub(crate) error: Place,
    /// It can be named, so that its bounds can be checked.
    pub(crate) is_usable: bool,
}

/// The spans of a type's first and last token. What wears them is underlined as the type.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) first: Span,
    pub(crate) last: Span,
}

impl Returns {
    /// `boxed` is the `R` of a function that returns `Pin<Box<dyn Future<Output = R>>>`.
    pub(crate) fn read(sig: &Signature, boxed: Option<&Type>, errors: &mut Errors) -> Self {
        let ty = match (boxed, &sig.output) {
            (Some(ty), _) => ty,
            (None, ReturnType::Type(_, ty)) => &**ty,
            (None, ReturnType::Default) => {
                let end = sig.paren_token.span.close();
                let place = Place { first: end, last: end };
                return Self { ty: quote_spanned!(end=> ()), place, value: place, error: place, is_usable: true };
            }
        };
        // What is neither is reported as that; its type may be a future, and not the value's.
        let is_job = sig.asyncness.is_some() || boxed.is_some();
        let is_usable = is_job && check(ty, errors);
        let tokens = ty.to_token_stream();
        let place = ends(&tokens);
        let places: Vec<Place> = types_of(ty).into_iter().map(|ty| ends(&ty.to_token_stream())).collect();
        let (value, error) = (places.first().copied(), places.get(1).copied());
        Self { ty: tokens, place, value: value.unwrap_or(place), error: error.unwrap_or(place), is_usable }
    }
}

/// Reports what a value from another process cannot be.
fn check(ty: &Type, errors: &mut Errors) -> bool {
    if let Some(found) = find(ty, &|ty| matches!(ty, Type::ImplTrait(_))) {
        errors.at(found, "the value comes from another process too, so its type must have a name; write it in full");
        return false;
    }
    let value = types_of(ty).into_iter().next().unwrap_or(ty);
    if let Some(found) = find(value, &|ty| matches!(ty, Type::Reference(_))) {
        errors.at(found, "the value is decoded from the store, so it cannot borrow; return an owned type");
        return false;
    }
    true
}

/// `T`, `E` of anything that looks like `Result<T, E>`. The error may borrow: nobody decodes it.
fn types_of(ty: &Type) -> Vec<&Type> {
    let Type::Path(path) = bare(ty) else { return Vec::new() };
    let Some(PathArguments::AngleBracketed(arguments)) = path.path.segments.last().map(|last| &last.arguments) else {
        return Vec::new();
    };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// The first type inside `ty` that is wanted, outermost first.
fn find<'a>(ty: &'a Type, is_wanted: &dyn Fn(&Type) -> bool) -> Option<&'a Type> {
    let ty = bare(ty);
    if is_wanted(ty) {
        return Some(ty);
    }
    match ty {
        Type::Array(array) => find(&array.elem, is_wanted),
        Type::Slice(slice) => find(&slice.elem, is_wanted),
        Type::Reference(reference) => find(&reference.elem, is_wanted),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(|ty| find(ty, is_wanted)),
        Type::Path(path) => path.path.segments.iter().find_map(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => find(ty, is_wanted),
                _ => None,
            }),
            _ => None,
        }),
        _ => None,
    }
}

/// The spans of the first and the last token, which stable Rust cannot join.
fn ends(tokens: &TokenStream) -> Place {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let first = trees.first().map_or_else(Span::call_site, |tree| match tree {
        TokenTree::Group(group) if group.delimiter() != proc_macro2::Delimiter::None => group.span_open(),
        TokenTree::Group(group) => ends(&group.stream()).first,
        other => other.span(),
    });
    let last = trees.last().map_or_else(Span::call_site, |tree| match tree {
        TokenTree::Group(group) if group.delimiter() != proc_macro2::Delimiter::None => group.span_close(),
        TokenTree::Group(group) => ends(&group.stream()).last,
        other => other.span(),
    });
    Place { first, last }
}
