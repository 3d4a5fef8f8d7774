//! Bodies that somebody is still typing: they expand, once, and every token stays where it was written.

use proc_macro2::TokenTree;

use super::{expand, flat, tokens};

const BODIES: [&str; 8] = [
    "{ let x = self. ; unique_name }",
    "{ self.unique_name() . }",
    "{ let unique_name }",
    "{ if unique_name { } else }",
    "{ match unique_name { A => , } self.x. }",
    "{ unique_name.await?. ; println!(\"{self}\", ) }",
    "{ fn unique_name() -> }",
    "{ #[cfg()] unique_name = = ; }",
];

const RECEIVERS: [&str; 3] = ["&self", "&mut self", "mut self"];

fn is_unique(tree: &TokenTree) -> bool {
    tree.to_string() == "unique_name"
}

#[test]
fn a_half_typed_body_expands_without_a_mistake_of_ours() {
    for receiver in RECEIVERS {
        for body in BODIES {
            let output = expand("key = \"k\"", &format!("async fn job({receiver}) -> R {body}"));
            let output = flat(output);
            assert!(!output.iter().any(|tree| tree.to_string() == "compile_error"), "{receiver} {body}");
            assert_eq!(output.iter().filter(|tree| is_unique(tree)).count(), 1, "{receiver} {body}");
        }
    }
}

#[test]
fn a_half_typed_body_stays_beside_half_typed_arguments() {
    for args in ["", "key", "key =", "key = \"k\", time", "key = \"k\", timeout_ms = ", "key = format!("] {
        let Ok(args) = args.parse() else { continue };
        let output = flat(crate::pipeline::run(args, tokens("async fn job(day: u32) -> R { unique_name. }")));
        assert_eq!(output.iter().filter(|tree| is_unique(tree)).count(), 1);
        assert!(output.iter().any(|tree| tree.to_string() == "compile_error"));
    }
}

#[test]
fn every_token_of_the_function_keeps_its_span() {
    for receiver in RECEIVERS {
        let item =
            format!("/// Doc.\nasync fn job({receiver}, day: u32, mut list: Vec<u8>) -> R {{ self.f(day, list). }}");
        let item = tokens(&item);
        let output: Vec<_> = flat(crate::pipeline::run(tokens("key = \"k\""), item.clone()))
            .iter()
            .map(|tree| (tree.to_string().replace("lw_self", "self"), tree.span().byte_range()))
            .collect();
        assert!(output.iter().any(|(text, place)| text == "day" && !place.is_empty()), "tokens have places");
        for tree in flat(item) {
            if matches!(tree, TokenTree::Group(_)) {
                assert!(output.iter().any(|(_, place)| *place == tree.span().byte_range()), "{receiver}: {tree}");
            } else {
                let wanted = (tree.to_string(), tree.span().byte_range());
                assert!(output.contains(&wanted), "{receiver}: {wanted:?}");
            }
        }
    }
}

#[test]
fn the_signature_stands_first_so_that_editors_find_it() {
    let output = flat(expand("kee = \"k\"", "async fn job(day: u32) -> R { unique_name. }"));
    let place = |name: &str| output.iter().position(|tree| tree.to_string() == name).expect(name);
    assert!(place("job") < place("compile_error"));
}
