//! The witness: a file that all processes append to. What it says first happened first. Knows no rules.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use crate::history::{Deed, Line};

/// A file that lines are appended to, each by one `write`, so that lines of several processes do not mix.
#[derive(Debug)]
pub struct Witness(File);

impl Witness {
    /// Opens the file, which is made if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn open(path: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).append(true).open(path).map(Self)
    }

    /// Appends what this process did about a job.
    ///
    /// # Errors
    ///
    /// If it cannot be written as a whole.
    pub fn note(&self, key: &str, deed: Deed) -> io::Result<()> {
        self.append(&Line::Job { process: std::process::id(), key: key.to_owned(), deed })
    }

    /// Appends a line, whoever it is about.
    ///
    /// # Errors
    ///
    /// If it cannot be written as a whole, or is more than one line.
    pub fn append(&self, line: &Line) -> io::Result<()> {
        let line = format!("{line}\n");
        if line.lines().count() != 1 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a value or a name has a line break"));
        }
        match (&self.0).write(line.as_bytes())? {
            written if written == line.len() => Ok(()),
            _ => Err(io::ErrorKind::WriteZero.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::CallEnd;

    #[test]
    fn a_file_holds_what_was_noted() {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let path = directory.path().join("witness");
        let witness = Witness::open(&path).expect("it can be written");
        witness.note("a", Deed::Call { call: 1 }).expect("it can be written");
        let again = Witness::open(&path).expect("it can be written");
        again.note("b", Deed::Call { call: 2 }).expect("it can be written");
        let process = std::process::id();
        let line = |key: &str, call| Line::Job { process, key: key.to_owned(), deed: Deed::Call { call } };
        let text = std::fs::read_to_string(&path).expect("it can be read");
        assert_eq!(text, format!("{}\n{}\n", line("a", 1), line("b", 2)));
    }

    #[test]
    fn a_line_break_is_refused() {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        let witness = Witness::open(&directory.path().join("witness")).expect("it can be written");
        let end = CallEnd::Ok("a\nb".to_owned());
        let error = witness.note("a", Deed::Return { call: 1, end }).expect_err("it would be two lines");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
