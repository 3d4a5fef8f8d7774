//! The beginning of a call: policy, worker, key and slot, in the one expression that asks for the return type's bounds.

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
use crate::schedule::Timing;
use crate::value::whole_milliseconds;

/// Every token of the call itself wears the return type's span: an unmet bound is about that type, or a part of it.
pub(crate) fn begin(job: &Job) -> TokenStream {
    let Returns { ty, place, value, error, .. } = &job.returns;
    let runtime = runtime(place.first);
    let (open, close) = (at(place.first), at(place.last));
    let (value, error) = (inferred(*value), inferred(*error));
    let (policy, worker, key) = (policy(job), worker(job), key(job));
    let timing = timing(job).map(|timing| quote!(, #timing));
    let name = Ident::new(if timing.is_some() { "begin_slot" } else { "begin" }, open);
    let arguments = quote_spanned!(Span::mixed_site()=> #policy, #worker, #key #timing);
    let begin = quote_spanned!(open=> #runtime::#name::<);
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
    let compared = period(job).filter(|_| policy.setting("retain").is_some());
    let uses_generics = policy.settings.iter().chain(compared).any(|setting| is_generic(job, setting));
    let (mut constants, mut value) = (TokenStream::new(), quote_spanned!(Span::mixed_site()=> #runtime::Policy::new()));
    for setting in &policy.settings {
        if matches!(setting.value, Value::Forever) && job.timing.is_none() {
            continue;
        }
        let setter = Ident::new(setting.setter, Span::mixed_site());
        let argument = if is_checked_later(job, setting) {
            constants.extend(constant(job, setting, uses_generics));
            constant_name(setting.setter).into_token_stream()
        } else {
            self::value(setting)
        };
        value.extend(quote_spanned!(Span::mixed_site()=> .#setter(#argument)));
    }
    if uses_generics {
        quote_spanned!(Span::mixed_site()=> const { #constants &#value })
    } else {
        quote_spanned!(Span::mixed_site()=> { #constants static __LW_POLICY: #runtime::Policy = #value; &__LW_POLICY })
    }
}

/// When the job's slots begin, where it has any.
fn timing(job: &Job) -> Option<TokenStream> {
    let runtime = runtime(Span::mixed_site());
    let new = match job.timing.as_ref()? {
        Timing::Per(period) if period.constant().is_none() => {
            let period = value(period);
            quote_spanned!(Span::mixed_site()=> per(#period))
        }
        Timing::Per(period) if is_generic(job, period) => {
            let period = checked(job, period);
            quote_spanned!(Span::mixed_site()=> per(const { #period }))
        }
        Timing::Per(period) => {
            let (constant, name) = (constant(job, period, false), constant_name(period.setter));
            quote_spanned!(Span::mixed_site()=> per({ #constant #name }))
        }
        Timing::Cron { expression, tz } => {
            let tz = tz.as_ref().map_or_else(|| quote!("UTC"), ToTokens::to_token_stream);
            quote_spanned!(Span::mixed_site()=> cron(#expression, #tz))
        }
    };
    Some(quote_spanned!(Span::mixed_site()=> #runtime::Timing::#new))
}

fn period(job: &Job) -> Option<&Setting> {
    job.timing.as_ref().and_then(Timing::period)
}

/// Whether it names the generic parameters around the function, or its own.
fn is_generic(job: &Job, setting: &Setting) -> bool {
    let is_generic = |name: &str| job.generics.iter().any(|generic| generic == name);
    setting.constant().is_some_and(|expr| mentions(expr, &is_generic))
}

/// Whether the compiler has to check it: it is a constant, or is compared with one.
fn is_checked_later(job: &Job, setting: &Setting) -> bool {
    let mut compared = [job.policy.setting("timeout"), period(job)].into_iter().flatten();
    let is_constant = |setting: &Setting| setting.constant().is_some();
    is_constant(setting) || (setting.setter == "retain" && compared.any(is_constant))
}

fn value(setting: &Setting) -> TokenStream {
    let written = &setting.written;
    match setting.value {
        Value::Forever => {
            let runtime = runtime(Span::mixed_site());
            quote_spanned!(Span::mixed_site()=> #runtime::check::LONGEST)
        }
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
        Value::ConstDuration | Value::ConstMillis | Value::Duration(_) | Value::Forever => {
            quote!(::core::time::Duration)
        }
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
    let checked = quote_spanned!(span=> #runtime::check::#check(#value #timeout));
    match period(job).filter(|_| setting.setter == "retain") {
        Some(period) => {
            let period = self::value(period);
            quote_spanned!(span=> #runtime::check::retain_beside_per(#checked, #period))
        }
        None => checked,
    }
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
