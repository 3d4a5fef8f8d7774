//! Removes the rules one at a time in a copy of the repository, and runs the test that is to miss each.
//!
//! `cargo run -p lockwork-mutants` tries all of them, which takes a quarter of an hour; a word behind `--` tries those
//! whose rule contains it. Ends badly if a rule is missed by nobody. What it prints is the table of the documentation.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, ensure};
use lockwork_mutants::{Mutant, Test, all};

/// For how many seconds a test may run: without its rule, code may wait for ever, and that is red too.
const BOUND: &str = "60";

/// What `timeout` ends with when it had to end the command.
const TIMED_OUT: i32 = 124;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let chosen: Vec<&Mutant> = all().filter(|mutant| words.iter().all(|word| mutant.rule.contains(word))).collect();
    ensure!(!chosen.is_empty(), "no rule contains {words:?}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    let directory = tempfile::tempdir()?;
    let tree = Tree { root: directory.path().join("tree"), target: root.join("target/mutants") };
    copy(&root, &tree.root)?;
    for mutant in &chosen {
        ensure!(tree.run(mutant.missed_by)? == Outcome::Green, "red with all rules: {}", mutant.missed_by.name());
    }
    println!("| without it | missed by |\n|---|---|");
    let mut missed_by_nobody = Vec::new();
    for mutant in chosen {
        match tree.run_without(mutant)? {
            Outcome::Red => println!("| {} | `{}` |", mutant.rule, mutant.missed_by.name()),
            Outcome::Green => missed_by_nobody.push(mutant.rule),
        }
    }
    ensure!(missed_by_nobody.is_empty(), "no test misses these rules: {missed_by_nobody:#?}");
    Ok(())
}

/// The copy in which the rules are removed.
struct Tree {
    root: PathBuf,
    target: PathBuf,
}

impl Tree {
    /// Removes a rule, runs the test that is to miss it, and puts the rule back.
    fn run_without(&self, mutant: &Mutant) -> anyhow::Result<Outcome> {
        let file = self.root.join(mutant.file);
        let whole = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", mutant.file))?;
        ensure!(whole.matches(mutant.kept).count() == 1, "{} is to have this once: {}", mutant.file, mutant.kept);
        fs::write(&file, whole.replace(mutant.kept, mutant.removed))?;
        let outcome = self.run(mutant.missed_by);
        fs::write(&file, whole)?;
        outcome.with_context(|| format!("the rule is: {}", mutant.rule))
    }

    fn run(&self, test: Test) -> anyhow::Result<Outcome> {
        let built = self.cargo(test, &["--no-run"])?;
        ensure!(built.status.success(), "the code without a rule has to compile:\n{}", text(&built.stderr));
        let ran = self.cargo(test, &["--", "--exact", test.name()])?;
        if ran.status.success() {
            ensure!(text(&ran.stdout).contains("test result: ok. 1 passed"), "there is no test {}", test.name());
            return Ok(Outcome::Green);
        }
        let is_red = ran.status.code() == Some(TIMED_OUT) || text(&ran.stdout).contains("test result: FAILED");
        ensure!(is_red, "{} neither passed nor failed:\n{}", test.name(), text(&ran.stderr));
        Ok(Outcome::Red)
    }

    fn cargo(&self, test: Test, args: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new("timeout");
        // A build may take longer than any test.
        command.arg(if args == ["--no-run"] { "0" } else { BOUND });
        command.args(["cargo", "test", "--package", "lockwork-runtime", "--all-features"]);
        // The model alone needs more, and what is built so often is to be built fast.
        command.args(["--config", "profile.test.package.lockwork-runtime.opt-level=0"]).args(test.target()).args(args);
        command.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target).env("RUST_BACKTRACE", "0");
        command.output().context("there is no `timeout` or no `cargo`")
    }
}

#[derive(PartialEq, Eq)]
enum Outcome {
    Green,
    Red,
}

/// Copies what belongs to the repository, and not what was built from it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        if kind.is_dir() && name != "target" && name != ".git" {
            copy(&entry.path(), &to.join(name))?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(name))?;
        }
    }
    Ok(())
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
