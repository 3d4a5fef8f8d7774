//! A job with mistakes -> the original function, so that its callers and editors see nothing of them.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use crate::call::begin;
use crate::expand::share;
use crate::job::Job;
use crate::params::Share;

/// Output: the function as it was written. It begins with what the compiler has to say about the types and constants,
/// which would otherwise come to light only once everything else is right.
pub(crate) fn expand(job: &Job) -> TokenStream {
    let original = &job.original;
    let (attrs, vis, sig, body) = (&original.attrs, &original.vis, &original.sig, &original.body);
    let checks = if job.is_awaitable { checks(job) } else { TokenStream::new() };
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
    let bounds = job.returns.is_usable.then(|| {
        let begin = begin(job);
        quote_spanned!(Span::mixed_site()=> let _ = #begin;)
    });
    let clones = job.params.bindings.iter().filter(|binding| binding.share == Share::Clone).map(|binding| {
        let (name, conditions) = (&binding.name, &binding.conditions);
        let clone = share(job, Share::Clone, name.to_token_stream(), name.span());
        quote_spanned!(Span::mixed_site()=> #(#conditions)* let _ = #clone;)
    });
    bounds.into_iter().chain(clones).collect()
}
