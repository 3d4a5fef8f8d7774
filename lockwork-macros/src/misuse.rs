//! A job with mistakes -> the original function, so that its callers and editors see nothing of them.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::call::begin;
use crate::expand::{import, share};
use crate::job::Job;
use crate::params::Share;

/// Output: the function as it was written. It begins with what the compiler has to say about the types and constants,
/// which would otherwise come to light only once everything else is right.
pub(crate) fn expand(job: &Job) -> TokenStream {
    let original = &job.original;
    let (attrs, vis, sig, body) = (&original.attrs, &original.vis, &original.sig, &original.body);
    let checks = if sig.asyncness.is_some() { checks(job) } else { TokenStream::new() };
    let attempts = job.params.attempts.iter().map(|param| {
        let (pat, ty, conditions) = (&param.pat, &param.ty, &param.conditions);
        quote_spanned!(Span::mixed_site()=> #(#conditions)* let #pat: #ty = ::core::unreachable!();)
    });
    quote_spanned! {Span::mixed_site()=>
        #(#attrs)*
        #[allow(unused, clippy::all, clippy::pedantic)]
        #vis #sig {
            #checks
            #(#attempts)*
            #body
        }
    }
}

fn checks(job: &Job) -> TokenStream {
    let mut checks = import(job);
    if job.returns.is_usable {
        let begin = begin(job);
        checks.extend(quote_spanned!(Span::mixed_site()=> let _ = #begin;));
    }
    for binding in job.params.bindings.iter().filter(|binding| binding.share == Share::Clone) {
        let (name, conditions) = (&binding.name, &binding.conditions);
        let clone = share(Share::Clone, name.to_token_stream(), name.span());
        checks.extend(quote_spanned!(Span::mixed_site()=> #(#conditions)* let _ = #clone;));
    }
    checks
}
