//! The parameters of a function that may run several times: what is bound, and how each attempt gets its own.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{
    Attribute, FnArg, GenericArgument, Ident, Lifetime, Pat, PatIdent, PatType, PathArguments, Signature, Token, Type,
};

use crate::errors::Errors;
use crate::expand::at;

/// How an attempt gets a value that the next one may need again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Share {
    /// `clone_arg(&x)`
    Clone,
    /// `&mut *x`
    Reborrow,
    /// `Pin::as_mut(&mut x)`
    Repin,
    /// As it is: a shared reference.
    Copy,
}

/// One variable that a parameter's pattern binds.
pub(crate) struct Binding {
    pub(crate) name: Ident,
    pub(crate) mutability: Option<Token![mut]>,
    pub(crate) share: Share,
    /// What decides whether there is such a parameter, for both of its `let`s.
    pub(crate) conditions: Vec<Attribute>,
    /// What the user says about lints, for the `let` that the user's body sees.
    pub(crate) lints: Vec<Attribute>,
}

impl Binding {
    /// Whether the body needs a variable of its own: it changes it, or may use it up.
    pub(crate) fn is_rebound(&self) -> bool {
        self.share != Share::Copy || self.mutability.is_some()
    }
}

/// The parameter that gets the attempt.
pub(crate) struct AttemptParam {
    pub(crate) pat: Pat,
    /// The whole type, without lifetimes: the reference lives no longer than the attempt.
    pub(crate) ty: Type,
    /// The lifetime that the type had.
    pub(crate) lifetime: Option<Lifetime>,
    pub(crate) conditions: Vec<Attribute>,
}

impl AttemptParam {
    /// The type behind the `&`.
    pub(crate) fn lent(&self) -> &Type {
        match bare(&self.ty) {
            Type::Reference(reference) => &reference.elem,
            other => other,
        }
    }

    /// The place to speak about its type.
    pub(crate) fn span(&self) -> proc_macro2::Span {
        syn::spanned::Spanned::span(&self.ty)
    }
}

/// The parameters, in order.
#[derive(Default)]
pub(crate) struct Params {
    pub(crate) bindings: Vec<Binding>,
    /// More than one only where that has been reported.
    pub(crate) attempts: Vec<AttemptParam>,
}

impl Params {
    /// Takes from the signature what belongs inside: the `#[attempt]` parameter, `mut`, and `#[expect]`s.
    pub(crate) fn take(sig: &mut Signature, errors: &mut Errors) -> Self {
        let mut params = Self::default();
        let inputs = std::mem::take(&mut sig.inputs);
        for mut pair in inputs.into_pairs() {
            let is_attempt = take_attempt_mark(pair.value_mut());
            match (pair.value_mut(), is_attempt) {
                (FnArg::Receiver(receiver), Some(_)) => {
                    errors.at(receiver.self_token, "`self` is not the attempt; mark a parameter `attempt: &Attempt`");
                }
                (FnArg::Typed(param), Some(mark)) => {
                    params.take_attempt(param, &mark, errors);
                    continue;
                }
                (FnArg::Receiver(_), None) => {}
                (FnArg::Typed(param), None) => params.take_bindings(param),
            }
            sig.inputs.push_value(pair.value().clone());
            if let Some(comma) = pair.punct() {
                sig.inputs.push_punct(*comma);
            }
        }
        params
    }

    fn take_attempt(&mut self, param: &PatType, mark: &Attribute, errors: &mut Errors) {
        if !self.attempts.is_empty() {
            errors.at(&param.pat, "there is an `#[attempt]` parameter already; keep one of them");
        }
        if !matches!(mark.meta, syn::Meta::Path(_)) {
            errors.at(mark, "`#[attempt]` takes no arguments; write just `#[attempt]`");
        }
        let mut ty = (*param.ty).clone();
        let mut lifetime = None;
        match bare_mut(&mut ty) {
            Type::Reference(reference) if reference.mutability.is_none() => lifetime = reference.lifetime.take(),
            _ => errors.at(&param.ty, "the `#[attempt]` parameter is lent to the body; write `&Attempt`"),
        }
        let conditions = param.attrs.iter().filter(|attr| is_condition(attr)).cloned().collect();
        self.attempts.push(AttemptParam { pat: (*param.pat).clone(), ty, lifetime, conditions });
    }

    fn take_bindings(&mut self, param: &mut PatType) {
        let mut collector = Collector::default();
        collector.visit(&mut param.pat, Some(&param.ty), Mode::Move);
        let conditions: Vec<_> = param.attrs.iter().filter(|attr| is_condition(attr)).cloned().collect();
        let lints: Vec<_> = param.attrs.iter().filter(|attr| is_lint(attr)).cloned().collect();
        let bindings = collector.found.into_iter().map(|(ident, share)| Binding {
            name: ident.ident,
            mutability: ident.mutability,
            share,
            conditions: conditions.clone(),
            lints: lints.clone(),
        });
        let place = self.bindings.len();
        self.bindings.extend(bindings);
        if self.bindings[place..].iter().any(Binding::is_rebound) {
            // Outside, the parameter is used, if only to be cloned: there the expectation would not be met.
            param.attrs.retain(|attr| !attr.path().is_ident("expect"));
        }
    }

    /// The names that the parameters bind, without `r#`.
    pub(crate) fn names(&self) -> Vec<String> {
        self.bindings.iter().map(|binding| plain(&binding.name)).collect()
    }
}

/// An identifier as a format string writes it.
pub(crate) fn plain(ident: &Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

fn take_attempt_mark(arg: &mut FnArg) -> Option<Attribute> {
    let attrs = match arg {
        FnArg::Receiver(receiver) => &mut receiver.attrs,
        FnArg::Typed(param) => &mut param.attrs,
    };
    let place = attrs.iter().position(|attr| attr.path().is_ident("attempt"))?;
    Some(attrs.remove(place))
}

fn is_condition(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

fn is_lint(attr: &Attribute) -> bool {
    let name = attr.path().get_ident().map(Ident::to_string);
    name.is_some_and(|name| ["allow", "warn", "deny", "forbid", "expect"].contains(&name.as_str()))
}

/// A type without the invisible brackets of a `macro_rules!`, or visible ones.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

fn bare_mut(ty: &mut Type) -> &mut Type {
    match ty {
        Type::Group(group) => bare_mut(&mut group.elem),
        Type::Paren(paren) => bare_mut(&mut paren.elem),
        other => other,
    }
}

/// What a pattern without `&` makes of the bindings in it: values, or references as the matched value is one.
#[derive(Clone, Copy)]
enum Mode {
    Move,
    Ref,
    RefMut,
}

/// Walks a pattern beside its type, as far as the type can be seen.
#[derive(Default)]
struct Collector {
    found: Vec<(PatIdent, Share)>,
}

impl Collector {
    /// Takes every `mut` off the pattern: the body's own variable has it.
    fn visit(&mut self, pat: &mut Pat, ty: Option<&Type>, mode: Mode) {
        let ty = ty.map(bare);
        match pat {
            Pat::Ident(ident) => self.visit_ident(ident, ty, mode),
            Pat::Paren(paren) => self.visit(&mut paren.pat, ty, mode),
            Pat::Type(typed) => self.visit(&mut typed.pat, Some(&typed.ty), mode),
            Pat::Reference(reference) => {
                let inner = match ty {
                    Some(Type::Reference(ty)) => Some(&*ty.elem),
                    _ => None,
                };
                self.visit(&mut reference.pat, inner, Mode::Move);
            }
            Pat::Tuple(_) | Pat::Slice(_) | Pat::TupleStruct(_) | Pat::Struct(_) => self.visit_parts(pat, ty, mode),
            _ => {}
        }
    }

    fn visit_ident(&mut self, ident: &mut PatIdent, ty: Option<&Type>, mode: Mode) {
        let share = match (ident.by_ref, ident.mutability, mode, ty) {
            (Some(_), Some(_), ..) => Share::Reborrow,
            (Some(_), None, ..) | (None, _, Mode::Ref, _) => Share::Copy,
            (None, _, Mode::RefMut, _) => Share::Reborrow,
            (None, _, Mode::Move, Some(Type::Reference(ty))) if ty.mutability.is_some() => Share::Reborrow,
            (None, _, Mode::Move, Some(Type::Reference(_))) => Share::Copy,
            (None, _, Mode::Move, Some(ty)) if is_pinned_mut(ty) => Share::Repin,
            (None, _, Mode::Move, _) => Share::Clone,
        };
        let mut binding = ident.clone();
        binding.subpat = None;
        if ident.by_ref.is_some() {
            binding.mutability = None;
        } else {
            ident.mutability = (share == Share::Repin).then(|| Token![mut](at(ident.ident.span())));
        }
        self.found.push((binding, share));
        if let Some((_, subpat)) = &mut ident.subpat {
            self.visit(subpat, ty, mode);
        }
    }

    fn visit_parts(&mut self, pat: &mut Pat, ty: Option<&Type>, mode: Mode) {
        let (ty, mode) = match ty {
            Some(Type::Reference(reference)) if reference.mutability.is_none() => {
                (Some(bare(&reference.elem)), Mode::Ref)
            }
            Some(Type::Reference(reference)) => {
                let mode = if matches!(mode, Mode::Ref) { Mode::Ref } else { Mode::RefMut };
                (Some(bare(&reference.elem)), mode)
            }
            other => (other, mode),
        };
        match pat {
            Pat::Tuple(tuple) => {
                let types = element_types(ty, &tuple.elems);
                tuple.elems.iter_mut().zip(types).for_each(|(pat, ty)| self.visit(pat, ty, mode));
            }
            Pat::Slice(slice) => {
                let element = match ty {
                    Some(Type::Array(array)) => Some(&*array.elem),
                    Some(Type::Slice(slice)) => Some(&*slice.elem),
                    _ => None,
                };
                slice.elems.iter_mut().for_each(|pat| self.visit(pat, element, mode));
            }
            Pat::TupleStruct(parts) => parts.elems.iter_mut().for_each(|pat| self.visit(pat, None, mode)),
            Pat::Struct(parts) => parts.fields.iter_mut().for_each(|field| self.visit(&mut field.pat, None, mode)),
            _ => {}
        }
    }
}

/// `Pin<&mut T>`
pub(crate) fn is_pinned_mut(ty: &Type) -> bool {
    let Type::Path(path) = bare(ty) else { return false };
    let Some(pin) = path.path.segments.last().filter(|segment| segment.ident == "Pin") else { return false };
    let PathArguments::AngleBracketed(arguments) = &pin.arguments else { return false };
    matches!(
        arguments.args.first(),
        Some(GenericArgument::Type(ty)) if matches!(bare(ty), Type::Reference(inner) if inner.mutability.is_some())
    )
}

/// The types of a tuple pattern's parts; unknown where a `..` hides which is which.
fn element_types<'a>(ty: Option<&'a Type>, pats: &Punctuated<Pat, Token![,]>) -> Vec<Option<&'a Type>> {
    let mut types = vec![None; pats.len()];
    if let Some(Type::Tuple(tuple)) = ty
        && tuple.elems.len() == pats.len()
    {
        for (place, (ty, pat)) in tuple.elems.iter().zip(pats).enumerate() {
            if matches!(pat, Pat::Rest(_)) {
                break;
            }
            types[place] = Some(ty);
        }
    }
    types
}

/// Whether an identifier of that name stands anywhere in the tokens.
pub(crate) fn mentions(tokens: impl ToTokens, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    fn search(tokens: TokenStream, is_wanted: &dyn Fn(&str) -> bool) -> bool {
        tokens.into_iter().any(|tree| match tree {
            proc_macro2::TokenTree::Ident(ident) => is_wanted(&plain(&ident)),
            proc_macro2::TokenTree::Group(group) => search(group.stream(), is_wanted),
            _ => false,
        })
    }
    search(tokens.into_token_stream(), is_wanted)
}
