//! The command line. Knows no case but by its name.

use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::bench::{Counts, Depth};

/// What is printed for `--help`.
pub(crate) const HELP: &str = "\
Measures lockwork beside what people would use instead, and prints tables.

    cargo run --release --manifest-path bench/Cargo.toml -- [OPTIONS] [WORD…]

A WORD chooses the cases with it in their names; without one all are run.

    --quick                two minutes, to see that all works; its figures are rough
    --markdown FILE        writes the tables to FILE too
    --write-instructions   commits the instruction counts that are seen: writes bench/instructions.toml
    --list                 names the cases
";

/// What somebody asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Help,
    List,
    Run(Run),
}

/// A run that somebody asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) depth: Depth,
    pub(crate) markdown: Option<PathBuf>,
    pub(crate) counts: Counts,
    words: Vec<String>,
}

impl Run {
    /// Whether the case of this name is to be run.
    pub(crate) fn chooses(&self, name: &str) -> bool {
        self.words.is_empty() || self.words.iter().any(|word| name.contains(word.as_str()))
    }
}

/// Understands the arguments behind the program's name.
pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> anyhow::Result<Asked> {
    let mut run = Run { depth: Depth::Full, markdown: None, counts: Counts::Compare, words: Vec::new() };
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--help" | "-h" => return Ok(Asked::Help),
            "--list" => return Ok(Asked::List),
            "--quick" => run.depth = Depth::Quick,
            "--markdown" => run.markdown = Some(args.next().context("--markdown needs a file")?.into()),
            "--write-instructions" => run.counts = Counts::Write,
            // Cargo gives it to every benchmark.
            "--bench" => {}
            option if option.starts_with('-') => bail!("there is no {option}; --help says what there is"),
            word => run.words.push(word.to_owned()),
        }
    }
    Ok(Asked::Run(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(line: &str) -> anyhow::Result<Asked> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_choose_the_cases_with_them_in_their_names() {
        let Ok(Asked::Run(run)) = asked("--quick sqlite growth --markdown out.md") else { panic!("it is right") };
        assert_eq!((run.depth, run.markdown.as_deref()), (Depth::Quick, Some("out.md".as_ref())));
        assert_eq!(["job-sqlite", "growth", "job"].map(|name| run.chooses(name)), [true, true, false]);
    }

    #[test]
    fn what_is_not_there_is_said() {
        assert!(asked("--fast").is_err_and(|error| error.to_string().contains("--fast")));
        assert!(asked("--markdown").is_err());
        assert_eq!(asked("--help").ok(), Some(Asked::Help));
    }
}
