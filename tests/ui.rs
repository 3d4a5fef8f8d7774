//! What the compiler says about every misuse of the attribute, word for word, and what it must not say.

#[test]
fn every_misuse_is_one_error_with_its_cure() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/fail/*.rs");
    cases.pass("tests/ui/pass/*.rs");
}
