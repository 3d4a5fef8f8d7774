//! The beginning of a call: policy, worker and key, in the one expression that asks for the return type's bounds.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::expand::{at, private};
use crate::job::Job;
use crate::key::Key;
use crate::params::mentions;
use crate::policy::{Setting, Value, constant_name};
use crate::value::whole_milliseconds;

/// Every token of the call itself wears the return type's span: an unmet bound is about that type.
pub(crate) fn begin(job: &Job) -> TokenStream {
    let returns = &job.returns;
    let private = private(&job.facade, returns.first);
    let (open, close) = (at(returns.first), at(returns.last));
    let ty = &returns.ty;
    let (policy, worker, key) = (policy(job), worker(job), key(job));
    let arguments = quote_spanned!(Span::mixed_site()=> #policy, #worker, #key);
    let begin = quote_spanned!(open=> #private::begin::<);
    let arguments = quote_spanned!(close=> >(#arguments));
    quote!(#begin #ty #arguments)
}

/// The policy is computed when the crate is compiled, and its constants are checked when the crate is checked.
///
/// An item cannot name the generic parameters around it. A policy that does is computed where it stands, and checked
/// once those parameters are known.
fn policy(job: &Job) -> TokenStream {
    let policy = &job.policy;
    let private = private(&job.facade, Span::mixed_site());
    let uses_generics = policy
        .settings
        .iter()
        .filter_map(|setting| setting.value.constant())
        .any(|expr| mentions(expr, &|name| job.generics.iter().any(|generic| generic == name)));
    let constants = policy.settings.iter().filter_map(|setting| constant(job, setting));
    let setters = policy.settings.iter().map(|setting| {
        let setter = Ident::new(setting.setter, Span::mixed_site());
        let value = match setting.value.constant() {
            Some(_) => constant_name(setting.setter, Span::mixed_site()).into_token_stream(),
            None => known(&setting.value),
        };
        quote_spanned!(Span::mixed_site()=> .#setter(#value))
    });
    let value = quote_spanned!(Span::mixed_site()=> #private::Policy::new()#(#setters)*);
    if uses_generics {
        let locals = policy.settings.iter().filter_map(|setting| local(job, setting));
        quote_spanned!(Span::mixed_site()=> const { #(#locals)* &#value })
    } else {
        quote_spanned! {Span::mixed_site()=>
            {
                #(#constants)*
                static __LW_POLICY: #private::Policy = #value;
                &__LW_POLICY
            }
        }
    }
}

fn known(value: &Value) -> TokenStream {
    match value {
        Value::Count(count) => count.to_token_stream(),
        Value::Duration(duration) => {
            let millis = whole_milliseconds(*duration);
            quote_spanned!(Span::mixed_site()=> ::core::time::Duration::from_millis(#millis))
        }
        Value::ConstDuration(expr) | Value::ConstCount(expr) => expr.to_token_stream(),
        Value::ConstMillis(expr) => {
            let span = at(expr.span());
            quote_spanned!(span=> ::core::time::Duration::from_millis(#expr))
        }
    }
}

/// `const __LW_TIMEOUT: Duration = check::timeout(LEASE);`
fn constant(job: &Job, setting: &Setting) -> Option<TokenStream> {
    let value = checked(job, setting)?;
    let name = constant_name(setting.setter, Span::mixed_site());
    let ty = match setting.value {
        Value::ConstCount(_) => quote!(::core::primitive::u32),
        _ => quote!(::core::time::Duration),
    };
    Some(quote_spanned!(Span::mixed_site()=> const #name: #ty = #value;))
}

/// The same as a variable of a `const` block.
fn local(job: &Job, setting: &Setting) -> Option<TokenStream> {
    let value = checked(job, setting)?;
    let name = constant_name(setting.setter, Span::mixed_site());
    Some(quote_spanned!(Span::mixed_site()=> #[allow(non_snake_case)] let #name = #value;))
}

/// A user's constant inside the check that it has to pass, at the user's place.
fn checked(job: &Job, setting: &Setting) -> Option<TokenStream> {
    let span = setting.value.constant()?.span();
    let private = private(&job.facade, span);
    let span = at(span);
    let check = Ident::new(setting.setter, span);
    let value = known(&setting.value);
    let timeout = (setting.setter == "retain").then(|| timeout(job));
    Some(quote_spanned!(span=> #private::check::#check(#value #timeout)))
}

/// The lease, for the one check that needs it.
fn timeout(job: &Job) -> TokenStream {
    let setting = job.policy.settings.iter().find(|setting| setting.setter == "timeout");
    let value = match setting {
        Some(setting) if setting.value.constant().is_some() => {
            constant_name("timeout", Span::mixed_site()).into_token_stream()
        }
        Some(setting) => known(&setting.value),
        None => {
            let private = private(&job.facade, Span::mixed_site());
            quote_spanned!(Span::mixed_site()=> #private::check::DEFAULT_TIMEOUT)
        }
    };
    quote!(, #value)
}

fn worker(job: &Job) -> TokenStream {
    match &job.worker {
        Some(worker) => quote_spanned!(at(worker.span())=> ::core::option::Option::Some(#worker)),
        None => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
    }
}

/// A `&str` that is made before the first await and dropped before it too.
fn key(job: &Job) -> TokenStream {
    match &job.key {
        Key::Text(text) => text.to_token_stream(),
        Key::Format(text) => quote_spanned!(Span::mixed_site()=> &::std::format!(#text)),
        Key::Computed(expr) => {
            let private = private(&job.facade, expr.span());
            quote_spanned!(at(expr.span())=> #private::key_text(&(#expr)))
        }
        Key::Missing => quote_spanned!(Span::mixed_site()=> ""),
    }
}
