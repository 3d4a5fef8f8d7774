//! A member of a fleet, as those see it who run it: a process that says lines, takes orders and comes to harm. Knows no
//! store.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// How long something may take that is to happen. Nothing waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process, which ends with this value.
#[derive(Debug)]
pub struct Member {
    process: Child,
    orders: ChildStdin,
    lines: Receiver<String>,
    /// All that it says on its standard error, once it has ended.
    complaint: Receiver<String>,
}

impl Member {
    /// Starts the member's `program` with these arguments. It may find `LOCKWORK_URL` in its environment.
    ///
    /// # Panics
    ///
    /// If it does not start.
    #[must_use]
    pub fn start(program: &Path, args: &[&str], variable: Option<&str>) -> Self {
        let mut command = Command::new(program);
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // To put one together takes time, which a process that ends at once does not have.
        command.env("RUST_BACKTRACE", "0");
        match variable {
            Some(variable) => command.env("LOCKWORK_URL", variable),
            None => command.env_remove("LOCKWORK_URL"),
        };
        let mut process = command.spawn().expect("the member was built with the tests");
        let orders = process.stdin.take().expect("it is piped");
        let out = BufReader::new(process.stdout.take().expect("it is piped"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut err = process.stderr.take().expect("it is piped");
        let (sender, complaint) = mpsc::channel();
        thread::spawn(move || {
            let mut text = Vec::new();
            let _ = err.read_to_end(&mut text);
            sender.send(String::from_utf8_lossy(&text).into_owned())
        });
        Self { process, orders, lines, complaint }
    }

    /// Which process it is.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Tells it to do something.
    ///
    /// # Panics
    ///
    /// If it has ended.
    pub fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("the member is there");
    }

    /// Waits for the next line, which must begin like this. Gives the rest of it.
    ///
    /// # Panics
    ///
    /// If another line comes, or none.
    pub fn hears(&self, expected: &str) -> String {
        let line = self.next_line().unwrap_or_else(|| {
            let complaint = self.complaint.recv_timeout(PATIENCE).unwrap_or_default();
            panic!("the member ended without saying {expected:?}: {complaint}")
        });
        let rest = line.strip_prefix(expected).unwrap_or_else(|| panic!("{line:?} was said and not {expected:?}"));
        rest.trim().to_owned()
    }

    /// Waits for the end of a member that says nothing more. Gives its status, and what it said on its standard error.
    ///
    /// # Panics
    ///
    /// If it says something, or does not end.
    pub fn ends(mut self) -> (ExitStatus, String) {
        if let Some(line) = self.next_line() {
            panic!("the member was to end, but said {line:?}");
        }
        let status = self.process.wait().expect("it is a process of ours");
        (status, self.complaint.recv_timeout(PATIENCE).unwrap_or_default())
    }

    /// Waits for the good end of a member that says nothing more.
    ///
    /// # Panics
    ///
    /// If it has another end.
    pub fn ends_well(self) {
        let (status, complaint) = self.ends();
        assert!(status.success(), "{status}: {complaint}");
    }

    /// Kills it, wherever it is.
    ///
    /// # Panics
    ///
    /// If that is not possible.
    pub fn kill(mut self) {
        self.process.kill().expect("it is a process of ours");
    }

    /// Kills it, wherever it is, and gives the last that it said which begins like this, without its beginning, of what
    /// nobody has heard yet.
    ///
    /// # Panics
    ///
    /// If that is not possible.
    pub fn kill_and_hear(mut self, expected: &str) -> Option<String> {
        self.process.kill().expect("it is a process of ours");
        let unheard = std::iter::from_fn(|| self.next_line());
        unheard.filter_map(|line| Some(line.strip_prefix(expected)?.trim().to_owned())).last()
    }

    /// Lets it go on after it was stopped.
    ///
    /// # Panics
    ///
    /// If that is not possible.
    pub fn go_on(&self) {
        let status = Command::new("kill").args(["-CONT", &self.process.id().to_string()]).status();
        assert!(status.expect("there is a `kill`").success());
    }

    fn next_line(&self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the member says nothing and does not end"),
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
