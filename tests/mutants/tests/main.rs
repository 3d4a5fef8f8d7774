//! That the table of removed rules speaks of the code as it is. Whether the tests go red is what the program tries.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use lockwork_mutants::all;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn every_rule_stands_in_its_file_once() {
    for mutant in all() {
        let code = fs::read_to_string(root().join(mutant.file)).expect(mutant.file);
        assert_eq!(code.matches(mutant.kept).count(), 1, "in {}: {}", mutant.file, mutant.kept);
    }
}

#[test]
fn every_rule_is_there_once_and_in_the_documentation() {
    let document = fs::read_to_string(root().join("docs/RELIABILITY.md")).expect("it is there");
    let mut rules = BTreeSet::new();
    for mutant in all() {
        assert!(rules.insert(mutant.rule), "twice: {}", mutant.rule);
        let row = format!("| {} | `{}` |", mutant.rule, mutant.missed_by.name());
        assert!(document.contains(&row), "the table lacks {row}");
    }
}
