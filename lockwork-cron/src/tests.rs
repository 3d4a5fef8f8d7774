//! Tables of expressions, with the words about those that are none. The attribute and the runtime are asked the same.

use expect_test::expect_file;

use super::check;

const GOOD: &str = include_str!("../tests/good.txt");
const BAD: &str = include_str!("../tests/bad.txt");

#[test]
fn what_is_an_expression_is_accepted() {
    for expression in GOOD.lines().chain([" 0\t3 *  * *\n"]) {
        assert_eq!(check(expression), Ok(()), "{expression}");
    }
}

#[test]
fn what_is_none_is_told_with_its_place_and_its_cure() {
    let mut words = String::new();
    for expression in BAD.lines() {
        words.push_str(&format!("{expression}\n"));
        for mistake in check(expression).expect_err(expression) {
            words.push_str(&format!("    {} - {mistake}\n", &expression[mistake.place()]));
        }
    }
    expect_file!["../tests/bad-words.txt"].assert_eq(&words);
}

#[test]
fn every_field_is_told_of_at_once() {
    let mistakes = check("60 24 0 13 8,x").expect_err("nothing is right in it");
    let places: Vec<_> = mistakes.iter().map(|mistake| &"60 24 0 13 8,x"[mistake.place()]).collect();
    assert_eq!(places, ["60", "24", "0", "13", "8", "x"]);
}

#[test]
fn nothing_is_an_expression_of_no_fields() {
    for expression in ["", " ", "\n"] {
        let mistakes = check(expression).expect_err("there is nothing");
        assert!(mistakes[0].to_string().starts_with("there is nothing; it takes minute"), "{mistakes:?}");
    }
}
