//! A job without mistakes -> the function that callers get. Decides nothing; each piece is one part of the output.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};

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

/// The local name of the facade's hidden module. It stands wherever it is needed, and is looked up once.
pub(crate) fn runtime(span: Span) -> Ident {
    Ident::new("__lw_runtime", at(span))
}

/// `use ::lockwork::__private as __lw_runtime;`, so that a facade which is not there is one mistake.
pub(crate) fn import(job: &Job) -> TokenStream {
    let (facade, runtime) = (&job.facade, runtime(Span::mixed_site()));
    quote_spanned!(Span::mixed_site()=> use #facade::__private as #runtime;)
}

fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn calls(job: &Job) -> TokenStream {
    let (call, attempt, driven, returned) =
        (local("__lw_call"), local("__lw_attempt"), local("__lw_driven"), local("__lw_returned"));
    let runtime = runtime(Span::mixed_site());
    let import = import(job);
    let begin = begin(job);
    let shares = shares(job);
    let lends = lends(job, &attempt);
    let body = body(job);
    quote_spanned! {Span::mixed_site()=>
        #import
        let mut #call = #begin;
        loop {
            let #attempt = match #call.next().await {
                #runtime::Step::Run(#attempt) => #attempt,
                #runtime::Step::Return(#returned) => return #returned,
            };
            let #driven = {
                #shares
                #lends
                #runtime::drive(&#attempt, async move { #body }).await
            };
            if let ::core::option::Option::Some(#returned) = #call.settle(#driven) {
                return #returned;
            }
        }
    }
}

/// Each attempt's own `self` and arguments, made anew from the function's.
fn shares(job: &Job) -> TokenStream {
    let mut shares = TokenStream::new();
    if let Some(receiver) = &job.receiver {
        let (own, token) = (receiver.name(), receiver.self_token);
        let value = share(receiver.share, token.to_token_stream(), token.span);
        shares.extend(quote_spanned!(Span::mixed_site()=> let #own = #value; let _ = &#own;));
    }
    for (carrier, binding) in rebound(job) {
        let (name, conditions) = (&binding.name, &binding.conditions);
        let mut value = share(binding.share, name.to_token_stream(), name.span());
        if binding.share == Share::Clone {
            let runtime = runtime(Span::mixed_site());
            value = quote_spanned!(Span::mixed_site()=> #runtime::carry(#value));
        }
        let underscored = underscored(binding);
        shares.extend(quote_spanned!(Span::mixed_site()=> #(#conditions)* #underscored let #carrier = #value;));
    }
    shares
}

/// What an attempt gets of `value`.
pub(crate) fn share(share: Share, value: TokenStream, span: Span) -> TokenStream {
    let (runtime, span) = (runtime(span), at(span));
    match share {
        Share::Clone => quote_spanned!(span=> #runtime::clone_arg(&#value)),
        Share::Reborrow => quote_spanned!(span=> &mut *#value),
        Share::Repin => quote_spanned!(span=> ::core::pin::Pin::as_mut(&mut #value)),
        Share::Copy => value,
    }
}

/// The arguments that the body gets as variables of its own, each with the name that carries it there.
///
/// A captured variable is not reported as a parameter is: the compiler speaks of captures, and leaves out names. A clone
/// travels in a box, as it would else have room in the future twice: as what is captured, and as the variable.
fn rebound(job: &Job) -> Vec<(Ident, &Binding)> {
    let mut rebound = Vec::new();
    for binding in job.params.bindings.iter().filter(|binding| binding.is_rebound()) {
        rebound.push((local(&format!("__lw_arg{}", rebound.len())), binding));
    }
    rebound
}

/// The attempt, lent to the body.
fn lends(job: &Job, attempt: &Ident) -> TokenStream {
    let mut lends = TokenStream::new();
    for param in &job.params.attempts {
        let (pat, ty, lent, conditions) = (&param.pat, &param.ty, param.lent(), &param.conditions);
        let runtime = runtime(param.span());
        let value = quote_spanned!(at(param.span())=> #runtime::lend::<#lent>(&#attempt));
        lends.extend(quote_spanned!(Span::mixed_site()=> #(#conditions)* let #pat: #ty = #value;));
    }
    lends
}

/// Input: `{ BODY }`
///
/// Output: the arguments as variables, and `BODY` once. It is the arm of a `match`, at whose end its temporaries are
/// dropped: those of a tail expression would outlive the variables. A `let` would do that too, and bring lints of its own.
fn body(job: &Job) -> TokenStream {
    let ty = &job.returns.ty;
    let mut own: TokenStream = job.receiver.as_ref().and_then(own_receiver).unwrap_or_default();
    for (carrier, binding) in rebound(job) {
        own.extend(own_argument(job, &carrier, binding));
    }
    let body = TokenTree::from(match &job.receiver {
        Some(_) => renamed(&job.function.body),
        None => job.function.body.clone(),
    });
    // What the block returns has to be known before the body is read, and is told where the user wrote it.
    let pin = quote_spanned! {at(job.returns.place.first)=>
        if let ::core::option::Option::Some(returned) = ::core::option::Option::None::<#ty> {
            return returned;
        }
    };
    quote_spanned! {Span::mixed_site()=>
        #pin
        #own
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
    let shadowing = shadowing();
    Some(quote_spanned!(Span::mixed_site()=> #shadowing let #mutability #own = #own; let _ = &#own;))
}

/// The parameter as the body's own variable, so that the compiler says about it what it would say about a parameter.
fn own_argument(job: &Job, carrier: &Ident, binding: &Binding) -> TokenStream {
    let Binding { name, mutability, conditions, lints, .. } = binding;
    let (shadowing, underscored) = (shadowing(), underscored(binding));
    let value = if binding.share == Share::Clone { quote!(*#carrier) } else { quote!(#carrier) };
    let used =
        job.is_used_outside(&plain(name)).then(|| quote_spanned!(Span::mixed_site()=> #(#conditions)* let _ = &#name;));
    quote_spanned! {Span::mixed_site()=>
        #(#conditions)*
        #(#lints)*
        #shadowing
        #underscored
        let #mutability #name = #value;
        #used
    }
}

/// A `let` that has the name of something outside, and no reader who could be confused by that.
fn shadowing() -> TokenStream {
    quote_spanned!(Span::mixed_site()=> #[allow(clippy::shadow_reuse, clippy::shadow_same, clippy::shadow_unrelated)])
}

/// A parameter that its user does not mean to use is used by us.
fn underscored(binding: &Binding) -> Option<TokenStream> {
    plain(&binding.name).starts_with('_').then(|| {
        quote_spanned!(Span::mixed_site()=>
            #[allow(clippy::no_effect_underscore_binding, clippy::used_underscore_binding)])
    })
}
