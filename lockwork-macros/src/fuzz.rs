//! The entry of the fuzzer: any text, as arguments and an item. The tests run it for a moment, the crate `fuzz` at the
//! root for as long as you like.

use proc_macro2::TokenStream;

/// The first line of the text is the arguments, the rest the item.
pub(crate) fn attribute(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (args, item) = text.split_once('\n').unwrap_or((text, "async fn job() -> R { }"));
    if let (Ok(args), Ok(item)) = (args.parse(), item.parse()) {
        check(args, item);
    }
}

/// Nothing panics, and what comes of a whole function without mistakes is a whole function.
pub(crate) fn check(args: TokenStream, item: TokenStream) {
    let is_function = syn::parse2::<syn::ItemFn>(item.clone()).is_ok();
    let text = format!("#[global_once({args})] {item}");
    let output = crate::pipeline::run(args, item);
    if is_function {
        assert!(syn::parse2::<syn::File>(output.clone()).is_ok(), "{text}\nbecame\n{output}");
    }
}
