//! The beginning of a call: policy, worker and key, in the one expression that asks for the return type's bounds.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

use crate::expand::{at, runtime};
use crate::job::Job;
use crate::key::Key;
use crate::params::mentions;
use crate::policy::{Setting, Value, constant_name};
use crate::returns::{Place, Returns};
use crate::timing::Timing;
use crate::value::whole_milliseconds;

/// Every token of the call itself wears the return type's span: an unmet bound is about that type, or a part of it.
pub(crate) fn begin(job: &Job) -> TokenStream {
    let Returns { ty, place, value, error, .. } = &job.returns;
    let runtime = runtime(place.first);
    let (open, close) = (at(place.first), at(place.last));
    let (value, error) = (inferred(*value), inferred(*error));
    let (policy, worker, key) = (policy(job), worker(job), key(job));
    let timing = job.timing.as_ref().map(timing);
    let arguments = quote_spanned!(Span::mixed_site()=> #policy, #worker, #key #timing);
    let begin = match &timing {
        Some(_) => quote_spanned!(open=> #runtime::begin_slot::<),
        None => quote_spanned!(open=> #runtime::begin::<),
    };
    let arguments = quote_spanned!(close=> >(#arguments));
    quote!(#begin #ty, #value, #error #arguments)
}

/// A type for the compiler to find out, and to blame at that place.
fn inferred(place: Place) -> TokenStream {
    let runtime = runtime(place.first);
    let (first, last) = (quote_spanned!(at(place.first)=> #runtime::Is<_), quote_spanned!(at(place.last)=> >));
    quote!(#first #last)
}

/// The policy is computed when the crate is compiled, and its constants are checked when the crate is checked.
///
/// An item cannot name the generic parameters around it. A policy that does is computed where it stands, and checked
/// once those parameters are known.
fn policy(job: &Job) -> TokenStream {
    let policy = &job.policy;
    let runtime = runtime(Span::mixed_site());
    let uses_generics = policy.settings.iter().any(|setting| {
        let is_generic = |name: &str| job.generics.iter().any(|generic| generic == name);
        setting.constant().is_some_and(|expr| mentions(expr, &is_generic))
    });
    let (mut constants, mut value) = (TokenStream::new(), quote_spanned!(Span::mixed_site()=> #runtime::Policy::new()));
    for setting in &policy.settings {
        let setter = Ident::new(setting.setter, Span::mixed_site());
        let argument = if policy.is_checked_later(setting) {
            constants.extend(constant(job, setting, uses_generics));
            constant_name(setting.setter).into_token_stream()
        } else {
            self::value(setting)
        };
        value.extend(quote_spanned!(Span::mixed_site()=> .#setter(#argument)));
    }
    if job.timing.is_some() && policy.keeps_for_ever {
        value.extend(quote_spanned!(Span::mixed_site()=> .retain(#runtime::check::LONGEST)));
    }
    if uses_generics {
        quote_spanned!(Span::mixed_site()=> const { #constants &#value })
    } else {
        quote_spanned!(Span::mixed_site()=> { #constants static __LW_POLICY: #runtime::Policy = #value; &__LW_POLICY })
    }
}

/// When the slots begin; a constant period is checked at the user's place.
fn timing(timing: &Timing) -> TokenStream {
    let runtime = runtime(Span::mixed_site());
    let timing = match timing {
        Timing::Per(period) if period.constant().is_some() => {
            let (checks, span) = (self::runtime(period.written.span()), at(period.written.span()));
            let value = value(period);
            let checked = quote_spanned!(span=> #checks::check::per(#value));
            quote_spanned!(Span::mixed_site()=> #runtime::Timing::per(const { #checked }))
        }
        Timing::Per(period) => {
            let value = value(period);
            quote_spanned!(Span::mixed_site()=> #runtime::Timing::per(#value))
        }
        Timing::Cron { expression, tz } => {
            let tz = tz.as_ref().map_or_else(|| quote!("UTC"), ToTokens::to_token_stream);
            quote_spanned!(Span::mixed_site()=> #runtime::Timing::cron(#expression, #tz))
        }
    };
    quote!(, #timing)
}

fn value(setting: &Setting) -> TokenStream {
    let written = &setting.written;
    match setting.value {
        Value::Count(count) => count.to_token_stream(),
        Value::Duration(duration) => {
            let millis = whole_milliseconds(duration);
            quote_spanned!(Span::mixed_site()=> ::core::time::Duration::from_millis(#millis))
        }
        Value::ConstDuration | Value::ConstCount => written.to_token_stream(),
        Value::ConstMillis => {
            let runtime = runtime(written.span());
            quote_spanned!(at(written.span())=> #runtime::check::milliseconds(#written))
        }
    }
}

/// `const __LW_TIMEOUT: Duration = check::timeout(LEASE);`, or the same as a variable of a `const` block.
fn constant(job: &Job, setting: &Setting, is_variable: bool) -> TokenStream {
    let (name, value) = (constant_name(setting.setter), checked(job, setting));
    let ty = match setting.value {
        Value::ConstCount | Value::Count(_) => quote!(::core::primitive::u32),
        Value::ConstDuration | Value::ConstMillis | Value::Duration(_) => quote!(::core::time::Duration),
    };
    if is_variable {
        quote_spanned!(Span::mixed_site()=> #[allow(non_snake_case)] let #name: #ty = #value;)
    } else {
        quote_spanned!(Span::mixed_site()=> const #name: #ty = #value;)
    }
}

/// What the compiler has to check, inside the check that it has to pass, at the user's place.
fn checked(job: &Job, setting: &Setting) -> TokenStream {
    let (runtime, span) = (runtime(setting.written.span()), at(setting.written.span()));
    let check = Ident::new(setting.setter, span);
    let value = value(setting);
    let timeout = (setting.setter == "retain").then(|| timeout(job));
    quote_spanned!(span=> #runtime::check::#check(#value #timeout))
}

/// The lease, for the one check that needs it.
fn timeout(job: &Job) -> TokenStream {
    let value = match job.policy.setting("timeout") {
        Some(setting) if setting.constant().is_some() => constant_name("timeout").into_token_stream(),
        Some(setting) => value(setting),
        None => {
            let runtime = runtime(Span::mixed_site());
            quote_spanned!(Span::mixed_site()=> #runtime::check::DEFAULT_TIMEOUT)
        }
    };
    quote!(, #value)
}

fn worker(job: &Job) -> TokenStream {
    match &job.worker {
        Some(worker) => {
            let runtime = runtime(worker.span());
            quote_spanned!(at(worker.span())=> #runtime::named_worker(#worker))
        }
        None => quote_spanned!(Span::mixed_site()=> ::core::option::Option::None),
    }
}

/// A `&str` that is made before the first await and dropped before it too.
fn key(job: &Job) -> TokenStream {
    match &job.key {
        Key::Text(text) => text.to_token_stream(),
        Key::Format(text) => quote_spanned!(Span::mixed_site()=> &::std::format!(#text)),
        Key::Computed(expr) => {
            let runtime = runtime(expr.span());
            quote_spanned!(at(expr.span())=> #runtime::key_text(&(#expr)))
        }
        Key::Missing => quote_spanned!(Span::mixed_site()=> ""),
    }
}
