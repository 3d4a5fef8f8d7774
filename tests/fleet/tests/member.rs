//! A member of a fleet, as its test sees it: a process that says lines, takes orders and comes to harm.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::scene::Scene;

/// How long something may take that is to happen. Nothing waits this long unless it fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// A process, which ends with this value.
pub(crate) struct Member {
    process: Child,
    orders: ChildStdin,
    lines: Receiver<String>,
    /// All that it says on its standard error, once it has ended.
    complaint: Receiver<String>,
}

impl Member {
    /// Starts a member that makes its call in this `way`.
    pub(crate) fn start(scene: &Scene, way: &str, args: &[&str]) -> Self {
        Self::start_at(&scene.url, &scene.namespace, None, way, args)
    }

    /// Starts one that may find `LOCKWORK_URL` in its environment.
    pub(crate) fn start_at(url: &str, namespace: &str, variable: Option<&str>, way: &str, args: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_member"));
        command
            .args([url, namespace, way])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
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

    pub(crate) fn order(&mut self, order: &str) {
        writeln!(self.orders, "{order}").expect("the member is there");
    }

    /// Waits for the next line, which must begin like this. Gives the rest of it.
    pub(crate) fn hears(&self, expected: &str) -> String {
        let line = self.next_line().unwrap_or_else(|| {
            let complaint = self.complaint.recv_timeout(PATIENCE).unwrap_or_default();
            panic!("the member ended without saying {expected:?}: {complaint}")
        });
        let rest = line.strip_prefix(expected).unwrap_or_else(|| panic!("{line:?} was said and not {expected:?}"));
        rest.trim().to_owned()
    }

    /// Waits for the end of a member that says nothing more. Gives its status, and what it said on its standard error.
    pub(crate) fn ends(mut self) -> (ExitStatus, String) {
        if let Some(line) = self.next_line() {
            panic!("the member was to end, but said {line:?}");
        }
        let status = self.process.wait().expect("it is a process of ours");
        (status, self.complaint.recv_timeout(PATIENCE).unwrap_or_default())
    }

    /// Waits for the good end of a member that says nothing more.
    pub(crate) fn ends_well(self) {
        let (status, complaint) = self.ends();
        assert!(status.success(), "{status}: {complaint}");
    }

    pub(crate) fn kill(mut self) {
        self.process.kill().expect("it is a process of ours");
    }

    pub(crate) fn go_on(&self) {
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
