//! What follows `sqlite:` in a URL becomes a path. Asks no file system.

use std::path::PathBuf;

use crate::store::ConnectError;

/// The path that a person meant, or what to write instead.
pub(crate) fn parse(written: &str) -> Result<PathBuf, ConnectError> {
    let path = written.strip_prefix("//").unwrap_or(written);
    let why = if path.is_empty() {
        "`sqlite:` names no file; write `sqlite:jobs.db` or `sqlite:/var/lib/app/jobs.db`".to_owned()
    } else if path.contains(char::is_control) {
        format!("the path in {:?} has a control character; name another file", format!("sqlite:{written}"))
    } else if path == ":memory:" {
        "SQLite in memory is not shared with anybody; write `memory:`, or `sqlite:PATH` for a file".to_owned()
    } else if path.starts_with("file:") {
        format!("`sqlite:{written}` is one URL in another; write `sqlite:` and the path alone")
    } else if path.contains('?') {
        format!("`sqlite:{written}` has a `?`, but there are no options; write `sqlite:` and the path alone")
    } else if path.ends_with(std::path::is_separator) {
        format!("`sqlite:{written}` names a directory; name a file in it, as in `sqlite:{written}jobs.db`")
    } else {
        return Ok(PathBuf::from(path));
    };
    Err(ConnectError::BadUrl(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_in_front_as_in_other_urls() {
        for (written, path) in [
            ("jobs.db", "jobs.db"),
            ("./jobs.db", "./jobs.db"),
            ("/var/jobs.db", "/var/jobs.db"),
            ("//jobs.db", "jobs.db"),
            ("///var/jobs.db", "/var/jobs.db"),
            ("a b%20ü.db", "a b%20ü.db"),
        ] {
            assert_eq!(parse(written), Ok(PathBuf::from(path)), "{written}");
        }
    }

    #[test]
    fn what_cannot_be_a_file_says_what_to_write() {
        for (written, remedy) in [
            ("", "write `sqlite:jobs.db`"),
            ("//", "write `sqlite:jobs.db`"),
            (":memory:", "write `memory:`"),
            ("//:memory:", "write `memory:`"),
            ("file:jobs.db", "the path alone"),
            ("//jobs.db?mode=rwc", "the path alone"),
            ("jobs\0.db", "name another file"),
            ("file:\u{1b}[2J", "name another file"),
            ("/var/lib/", "`sqlite:/var/lib/jobs.db`"),
        ] {
            match parse(written) {
                Err(ConnectError::BadUrl(why)) => {
                    assert!(why.contains(remedy) && !why.contains(char::is_control), "{written:?}: {why}");
                }
                other => panic!("{written:?}: {other:?}"),
            }
        }
    }
}
