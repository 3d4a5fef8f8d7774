//! Clippy says the same about a function with the attribute as about the plain one, at the same places.

use std::collections::BTreeSet;
use std::process::Command;

/// What is lost with the attribute, as the body is no longer the function's own. Nobody is warned of too much by that.
const LOST: [&str; 6] = [
    "arithmetic operation that can potentially result in unexpected side-effects",
    "missing `return` statement",
    "unneeded `return` statement",
    "unused `async` for function with no await statements",
    "used underscore-prefixed binding",
    "writing `&mut Vec` instead of `&mut [_]` involves a new object where a slice will do",
];

/// `line:column: level: message` for each.
fn warnings(conditions: &[&str]) -> BTreeSet<String> {
    const FILE: &str = "tests/lints/src/lib.rs:";
    let output = Command::new(env!("CARGO"))
        .args(["clippy", "--package", "lockwork-lints", "--message-format=short", "--", "--cfg", "sloppy"])
        .args(conditions)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo is there: it runs this test");
    let text = String::from_utf8(output.stderr).expect("compilers speak UTF-8");
    assert!(output.status.success(), "{text}");
    let warnings: BTreeSet<String> =
        text.lines().filter_map(|line| line.strip_prefix(FILE)).map(str::to_owned).collect();
    assert!(10 < warnings.len(), "the file is sloppy:\n{text}");
    warnings
}

fn difference(left: &BTreeSet<String>, right: &BTreeSet<String>) -> Vec<String> {
    left.difference(right).cloned().collect()
}

#[test]
fn the_attribute_brings_no_warning_and_takes_none_that_matters() {
    let (plain, annotated) = (warnings(&[]), warnings(&["--cfg", "annotated"]));
    assert_eq!(difference(&annotated, &plain), [""; 0], "the attribute brings warnings");
    let mut lost = difference(&plain, &annotated);
    lost.retain(|warning| !LOST.iter().any(|known| warning.ends_with(known)));
    assert_eq!(lost, [""; 0], "the attribute takes warnings");
}
