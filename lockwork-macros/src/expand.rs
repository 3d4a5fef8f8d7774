//! A job without mistakes -> the function that callers get. Decides nothing; each piece is one part of the output.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

use crate::call::begin;
use crate::job::Job;
use crate::params::{Binding, Share, plain};
use crate::receiver::{Receiver, rename_self};

/// Output: the function with the same signature, whose body asks for attempts until the job's fate is settled.
pub(crate) fn expand(job: &Job) -> TokenStream {
    let function = &job.function;
    let (attrs, vis, sig) = (&function.attrs, &function.vis, &function.sig);
    let calls = calls(job);
    let body = match &job.pin {
        Some(pin) => quote!(#pin(async move { #calls })),
        None => calls,
    };
    let mut braces = Group::new(Delimiter::Brace, body);
    braces.set_span(function.body.span());
    quote!(#(#attrs)* #vis #sig #braces)
}

/// Where a token of ours stands when it speaks about a token of the user's. No variable of theirs is seen there.
pub(crate) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// A path of the runtime's hidden module, which is told wherever `span` is.
pub(crate) fn private(facade: &Path, span: Span) -> TokenStream {
    let facade = facade.to_token_stream().into_iter().map(|mut token| {
        token.set_span(span.resolved_at(token.span()));
        token
    });
    let facade: TokenStream = facade.collect();
    let span = at(span);
    quote_spanned!(span=> #facade::__private)
}

fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn calls(job: &Job) -> TokenStream {
    let (call, attempt, driven, returned) =
        (local("__lw_call"), local("__lw_attempt"), local("__lw_driven"), local("__lw_returned"));
    let private = private(&job.facade, Span::mixed_site());
    let begin = begin(job);
    let shares = shares(job);
    let lends = lends(job, &attempt);
    let body = body(job);
    quote_spanned! {Span::mixed_site()=>
        let mut #call = #begin;
        loop {
            let #attempt = match #call.next().await {
                #private::Step::Run(#attempt) => #attempt,
                #private::Step::Return(#returned) => return #returned,
            };
            let #driven = {
                #shares
                #lends
                #private::drive(&#attempt, async move { #body }).await
            };
            if let ::core::option::Option::Some(#returned) = #call.settle(#driven) {
                return #returned;
            }
        }
    }
}

/// Each attempt's own `self` and arguments, made anew from the function's.
fn shares(job: &Job) -> TokenStream {
    let receiver = job.receiver.iter().map(|receiver| {
        let (own, token) = (receiver.name(), receiver.self_token);
        let value = share(job, receiver.share, token.to_token_stream(), token.span);
        quote_spanned!(Span::mixed_site()=> let #own = #value; let _ = &#own;)
    });
    let arguments = rebound(job).map(|(carrier, binding)| {
        let (name, conditions) = (&binding.name, &binding.conditions);
        let value = share(job, binding.share, name.to_token_stream(), name.span());
        match carrier {
            Some(carrier) => quote_spanned!(Span::mixed_site()=> #(#conditions)* let #carrier = #value;),
            None => own_argument(job, binding, &value),
        }
    });
    receiver.chain(arguments).collect()
}

/// What an attempt gets of `value`.
pub(crate) fn share(job: &Job, share: Share, value: TokenStream, span: Span) -> TokenStream {
    let private = private(&job.facade, span);
    let span = at(span);
    match share {
        Share::Clone => quote_spanned!(span=> #private::clone_arg(&#value)),
        Share::Reborrow => quote_spanned!(span=> &mut *#value),
        Share::Repin => quote_spanned!(span=> ::core::pin::Pin::as_mut(&mut #value)),
        Share::Copy => value,
    }
}

/// The arguments that the body gets as variables of its own.
///
/// One that it may change is carried into the body under another name. Captured as it is, it would be reported as
/// "never read" wherever the body changes it last.
fn rebound(job: &Job) -> impl Iterator<Item = (Option<Ident>, &Binding)> {
    let bindings = job.params.bindings.iter().enumerate();
    let rebound = bindings.filter(|(_, binding)| binding.is_rebound());
    rebound.map(|(place, binding)| (binding.mutability.map(|_| local(&format!("__lw_arg{place}"))), binding))
}

/// The attempt, lent to the body.
fn lends(job: &Job, attempt: &Ident) -> TokenStream {
    let lent = local("__lw_lent");
    let lends = job.params.attempts.iter().map(|param| {
        let (ty, conditions) = (param.lent(), &param.conditions);
        let span = param.span();
        let private = private(&job.facade, span);
        let value = quote_spanned!(at(span)=> #private::lend::<#ty>(&#attempt));
        quote_spanned!(Span::mixed_site()=> #(#conditions)* let #lent = #value;)
    });
    lends.collect()
}

/// Input: `{ BODY }`
///
/// Output: the arguments as variables, and `BODY` once. It is the arm of a `match`, at whose end its temporaries are
/// dropped: those of a tail expression would outlive the variables. A `let` would do that too, and bring lints of its own.
fn body(job: &Job) -> TokenStream {
    let lent = local("__lw_lent");
    let ty = &job.returns.ty;
    let receiver = job.receiver.iter().filter_map(own_receiver);
    let arguments = rebound(job)
        .filter_map(|(carrier, binding)| carrier.map(|carrier| own_argument(job, binding, &carrier.to_token_stream())));
    let attempts = job.params.attempts.iter().map(|param| {
        let (pat, ty, conditions) = (&param.pat, &param.ty, &param.conditions);
        quote_spanned!(Span::mixed_site()=> #(#conditions)* let #pat: #ty = #lent;)
    });
    let body = TokenTree::from(match &job.receiver {
        Some(_) => renamed(&job.function.body),
        None => job.function.body.clone(),
    });
    // What the block returns has to be known before the body is read, and is told where the user wrote it.
    let pin = quote_spanned! {at(job.returns.first)=>
        if let ::core::option::Option::Some(returned) = ::core::option::Option::None::<#ty> {
            return returned;
        }
    };
    quote_spanned! {Span::mixed_site()=>
        #pin
        #(#receiver)*
        #(#arguments)*
        #(#attempts)*
        match () {
            () => #body
        }
    }
}

fn renamed(body: &Group) -> Group {
    let mut renamed = Group::new(body.delimiter(), rename_self(body.stream()));
    renamed.set_span(body.span());
    renamed
}

/// `mut self` is the attempt's to change.
fn own_receiver(receiver: &Receiver) -> Option<TokenStream> {
    let (own, mutability) = (receiver.name(), receiver.mutability?);
    let quiet = quiet();
    Some(quote_spanned!(Span::mixed_site()=> #quiet let #mutability #own = #own; let _ = &#own;))
}

/// The parameter as the body's own variable, so that the compiler says about it what it would say about a parameter.
fn own_argument(job: &Job, binding: &Binding, value: &TokenStream) -> TokenStream {
    let Binding { name, mutability, conditions, lints, .. } = binding;
    let quiet = quiet();
    let used =
        job.is_used_outside(&plain(name)).then(|| quote_spanned!(Span::mixed_site()=> #(#conditions)* let _ = &#name;));
    quote_spanned! {Span::mixed_site()=>
        #(#conditions)*
        #(#lints)*
        #quiet
        let #mutability #name = #value;
        #used
    }
}

/// A `let` of ours has the name of a parameter, and no reader to be confused by that.
fn quiet() -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        #[allow(
            clippy::no_effect_underscore_binding,
            clippy::shadow_reuse,
            clippy::shadow_same,
            clippy::shadow_unrelated,
            clippy::used_underscore_binding,
        )]
    }
}
