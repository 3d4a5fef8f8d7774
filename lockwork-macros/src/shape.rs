//! What kind of function it is, and whether it can be a job at all. Knows no argument.

use syn::{Attribute, ReturnType, Signature, Type};

use crate::boxed::Boxed;
use crate::errors::Errors;
use crate::function::Function;
use crate::params::{bare, mentions};

/// The functions that can be jobs, and the rest.
pub(crate) enum Shape {
    Async,
    /// A plain function that returns a boxed future.
    Boxed(Box<Boxed>),
    /// None of them, which is reported.
    Sync,
}

impl Shape {
    /// Tells the kind, and takes away what is reported, so that the compiler does not report it again.
    pub(crate) fn read(function: &mut Function, errors: &mut Errors) -> Self {
        take_second_attribute(&mut function.attrs, errors);
        let is_qualified = take_qualifiers(&mut function.sig, errors);
        if function.sig.asyncness.is_some() {
            return Self::Async;
        }
        if let Some(boxed) = Boxed::recognise(function) {
            return Self::Boxed(Box::new(boxed));
        }
        let sig = &mut function.sig;
        if mentions(function.body.stream(), &|name| name == "block_on") {
            let message = "an attribute such as `#[tokio::main]` or `#[tokio::test]` stands above and has made this \
                           function synchronous; write `#[global_once]` above it";
            errors.at(sig.fn_token, message);
            return Self::Sync;
        }
        if !is_qualified {
            let message =
                format!("a job waits for other processes, so it is an `async fn`; write `async fn {}`", sig.ident);
            errors.at(sig.fn_token, message);
        }
        // Callers await a job. What returns a future of its own accord can be awaited as it is.
        if !returns_future(sig) && sig.ident != "main" {
            sig.asyncness = Some(syn::Token![async](sig.fn_token.span));
        }
        Self::Sync
    }
}

fn take_second_attribute(attrs: &mut Vec<Attribute>, errors: &mut Errors) {
    attrs.retain(|attr| {
        let is_second = attr.path().segments.last().is_some_and(|segment| segment.ident == "global_once");
        if is_second {
            errors.at(attr, "a function is one job; keep one `#[global_once]`");
        }
        !is_second
    });
}

/// `const`, `extern` and `...`: each alone makes a function that cannot be `async`.
fn take_qualifiers(sig: &mut Signature, errors: &mut Errors) -> bool {
    let (constness, abi, variadic) = (sig.constness.take(), sig.abi.take(), sig.variadic.take());
    let cure = format!("write `async fn {}`", sig.ident);
    if let Some(constness) = constness {
        errors.at(constness, format_args!("a job runs at run time, so it cannot be `const`; {cure}"));
    }
    match (&variadic, &abi) {
        (Some(variadic), _) => errors.at(
            variadic,
            format_args!("a job's arguments are needed for each attempt, so they cannot be variadic; {cure}"),
        ),
        (None, Some(abi)) => {
            errors.at(abi, format_args!("a job is awaited by Rust code, so it cannot be `extern`; {cure}"));
        }
        (None, None) => {}
    }
    constness.is_some() || abi.is_some() || variadic.is_some()
}

fn returns_future(sig: &Signature) -> bool {
    let ReturnType::Type(_, ty) = &sig.output else { return false };
    match bare(ty) {
        Type::ImplTrait(ty) => mentions(ty, &|name| name == "Future"),
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Pin" || last.ident.to_string().ends_with("Future")),
        _ => false,
    }
}
