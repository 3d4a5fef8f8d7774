//! Functions that return a boxed future, as `#[async_trait]` makes them of `async fn`s. Knows no argument.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{GenericArgument, Path, PathArguments, ReturnType, Type, TypeParamBound};

use crate::function::Function;

/// What stands in `fn f(…) -> Pin<Box<dyn Future<Output = R> + …>> { Box::pin(async move { BODY }) }`.
pub(crate) struct Boxed {
    /// `R`
    pub(crate) output: Type,
    /// `Box::pin`
    pub(crate) pin: TokenStream,
    /// `{ BODY }`
    pub(crate) body: Group,
}

impl Boxed {
    pub(crate) fn recognise(function: &Function) -> Option<Self> {
        let ReturnType::Type(_, ty) = &function.sig.output else { return None };
        let output = future_output(ty)?;
        let (pin, body) = pinned_block(function.body.stream())?;
        Some(Self { output, pin, body })
    }
}

fn future_output(ty: &Type) -> Option<Type> {
    let boxed = only_type(as_path(ty, "Pin")?)?;
    let Type::TraitObject(object) = only_type(as_path(boxed, "Box")?)? else { return None };
    object.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let future = bound.path.segments.last().filter(|segment| segment.ident == "Future")?;
        let PathArguments::AngleBracketed(arguments) = &future.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(assoc) if assoc.ident == "Output" => Some(assoc.ty.clone()),
            _ => None,
        })
    })
}

fn as_path<'a>(ty: &'a Type, name: &str) -> Option<&'a Path> {
    let Type::Path(ty) = ty else { return None };
    ty.path.segments.last().filter(|segment| segment.ident == name).map(|_| &ty.path)
}

fn only_type(path: &Path) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &path.segments.last()?.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// `Box::pin(async move { BODY })` and nothing else.
fn pinned_block(body: TokenStream) -> Option<(TokenStream, Group)> {
    let mut path: Vec<TokenTree> = body.into_iter().collect();
    let TokenTree::Group(argument) = path.pop()? else { return None };
    let is_path = path.iter().all(|tree| match tree {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(punct) => punct.as_char() == ':',
        TokenTree::Group(_) | TokenTree::Literal(_) => false,
    });
    if !is_path || !matches!(path.last()?, TokenTree::Ident(ident) if ident == "pin") {
        return None;
    }
    let argument: Vec<TokenTree> = argument.stream().into_iter().collect();
    match argument.as_slice() {
        [TokenTree::Ident(first), TokenTree::Ident(second), TokenTree::Group(block)]
            if first == "async" && second == "move" && block.delimiter() == Delimiter::Brace =>
        {
            Some((path.into_iter().collect(), block.clone()))
        }
        _ => None,
    }
}
