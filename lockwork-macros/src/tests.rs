//! What the attribute makes of its input, token by token. What compilers make of that is tested by the facade.

#[cfg(feature = "cron")]
mod agreement;
mod any_tokens;
mod bodies;
mod expansions;
mod schedules;

use proc_macro2::TokenStream;

/// The output for arguments and an item that are given as text.
fn expand(args: &str, item: &str) -> TokenStream {
    crate::pipeline::run(tokens(args), tokens(item))
}

fn tokens(text: &str) -> TokenStream {
    text.parse().expect("the text is made of tokens")
}

/// Every token, those in brackets too.
fn flat(tokens: TokenStream) -> Vec<proc_macro2::TokenTree> {
    tokens
        .into_iter()
        .flat_map(|tree| match tree {
            proc_macro2::TokenTree::Group(ref group) => {
                let inner = flat(group.stream());
                [vec![tree], inner].concat()
            }
            _ => vec![tree],
        })
        .collect()
}
