//! The witness: a file that all members append to. What it says first happened first. Knows no rules.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

/// A file that lines are appended to, each by one `write`, so that lines of several processes do not mix.
#[derive(Debug)]
pub struct Witness(File);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which process did it.
    pub process: u32,
    /// The job's key, without spaces.
    pub key: String,
    /// What it did.
    pub deed: Deed,
}

/// What a process did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// An attempt's body was begun.
    Begin {
        /// The attempt's number.
        attempt: u32,
        /// The attempt's fence.
        fence: u64,
    },
    /// An attempt's body was polled again, up to its end. It returned `Ok` if it `is_ok`.
    End {
        /// The attempt's fence.
        fence: u64,
        /// Whether it did its work.
        is_ok: bool,
    },
    /// A call returned `Ok`: the fence of the attempt that did the work is the value.
    Answer(u64),
    /// A call returned an error, of this text.
    Error(String),
}

impl Witness {
    /// Opens the file, which is made if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(path).map(Self)
    }

    /// Appends what this process did.
    ///
    /// # Errors
    ///
    /// If it cannot be written as a whole.
    pub fn note(&self, key: &str, deed: Deed) -> io::Result<()> {
        let line = format!("{}\n", Line { process: std::process::id(), key: key.to_owned(), deed });
        match (&self.0).write(line.as_bytes())? {
            written if written == line.len() => Ok(()),
            _ => Err(io::ErrorKind::WriteZero.into()),
        }
    }
}

/// Reads a witness file.
///
/// # Errors
///
/// If it cannot be read, or a line is none of those that are written here.
pub fn read(path: &Path) -> io::Result<Vec<Line>> {
    std::fs::read_to_string(path)?.lines().map(|line| line.parse().map_err(io::Error::other)).collect()
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { process, key, deed } = self;
        match deed {
            Deed::Begin { attempt, fence } => write!(f, "{process} {key} begin {attempt} {fence}"),
            Deed::End { fence, is_ok: true } => write!(f, "{process} {key} end {fence} ok"),
            Deed::End { fence, is_ok: false } => write!(f, "{process} {key} end {fence} failed"),
            Deed::Answer(fence) => write!(f, "{process} {key} answer {fence}"),
            Deed::Error(text) => write!(f, "{process} {key} error {text:?}"),
        }
    }
}

impl FromStr for Line {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let parsed = || {
            let words: Vec<_> = line.splitn(4, ' ').collect();
            let [process, key, deed, rest] = words[..] else { return None };
            let deed = match (deed, rest.split_once(' ')) {
                ("begin", Some((attempt, fence))) => {
                    Deed::Begin { attempt: attempt.parse().ok()?, fence: fence.parse().ok()? }
                }
                ("end", Some((fence, how @ ("ok" | "failed")))) => {
                    Deed::End { fence: fence.parse().ok()?, is_ok: how == "ok" }
                }
                ("answer", None) => Deed::Answer(rest.parse().ok()?),
                ("error", _) => Deed::Error(rest.to_owned()),
                _ => return None,
            };
            Some(Self { process: process.parse().ok()?, key: key.to_owned(), deed })
        };
        parsed().ok_or_else(|| format!("not a line of a witness: {line:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_were_written() {
        for line in ["7 k begin 1 99", "7 k end 99 ok", "8 k end 99 failed", "8 k answer 99", "8 k error \"a b\""] {
            let read: Line = line.parse().expect(line);
            assert!(matches!(read.deed, Deed::Error(_)) || read.to_string() == line, "{read:?}");
        }
        for line in ["", "7 k begin 1", "7 k end 99 maybe", "x k answer 99", "7 k answer 9 9", "7 k begin 1 99 1"] {
            assert!(line.parse::<Line>().is_err(), "{line:?}");
        }
    }
}
