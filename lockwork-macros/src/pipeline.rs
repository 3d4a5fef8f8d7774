//! The stages in order: tokens -> arguments -> job, and tokens again. All of it is `proc_macro2`, so tests can call it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::Args;
use crate::errors::Errors;
use crate::function::Function;
use crate::job::Job;
use crate::{expand, misuse};

/// `#[global_once(args)] item`
pub(crate) fn run(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let function = match Function::parse(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#item #error);
        }
    };
    let args = Args::parse(args, &mut errors);
    let job = Job::new(args, function, &mut errors);
    if errors.is_empty() {
        return expand::expand(&job);
    }
    let (function, errors) = (misuse::expand(&job), errors.into_compile_errors());
    quote!(#function #errors)
}
