//! The attribute of lockwork. Use it through the crate `lockwork`; its output calls that crate's hidden module.

mod args;
mod boxed;
mod call;
mod captures;
mod errors;
mod expand;
mod function;
mod job;
mod key;
mod misuse;
mod params;
mod pipeline;
mod policy;
mod receiver;
mod returns;
mod shape;
mod value;

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Makes an `async fn` run once, of a whole fleet.
#[proc_macro_attribute]
pub fn global_once(args: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::run(args.into(), item.into()).into()
}
