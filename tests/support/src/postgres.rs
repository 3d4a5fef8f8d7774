//! A Postgres server of one's own, where there is one to start. Ends with the process that started it.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::watchdog;

/// The user `nobody`, as which it runs where root starts it: it refuses to run as root.
const NOBODY: u32 = 65534;

/// How often a starting server is asked whether it is there, and how long it is waited for between two times.
const QUESTIONS: usize = 2000;
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(5);

/// A running server with an empty database `postgres`, as it comes: what is committed has reached the disk.
#[derive(Debug)]
pub struct PostgresServer {
    watchdog: Option<Child>,
    process: String,
    port: u16,
    version: String,
    dir: TempDir,
}

impl PostgresServer {
    /// Starts a server.
    ///
    /// # Errors
    ///
    /// Why there is none: for instance, it is not installed.
    pub fn start() -> Result<Self, String> {
        let programs =
            programs().ok_or("`initdb` and `postgres` are neither in the PATH nor in /usr/lib/postgresql")?;
        let dir = tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))?;
        // Who made the directory is who runs this program.
        let is_root = fs::metadata(dir.path()).is_ok_and(|metadata| metadata.uid() == 0);
        if is_root {
            chown(dir.path(), Some(NOBODY), Some(NOBODY)).map_err(|error| format!("chown: {error}"))?;
        }
        let data = dir.path().join("data");
        let mut initdb = Command::new(if is_root { "setpriv" } else { "env" });
        initdb.args(as_nobody(is_root)).arg(programs.join("initdb")).arg("-D").arg(&data);
        initdb.args(["--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--locale", "C", "--no-sync"]);
        succeeded(&initdb.current_dir(dir.path()).output().map_err(|error| format!("initdb: {error}"))?)?;

        let port = watchdog::free_port();
        let mut command = watchdog::watched(dir.path(), if is_root { "setpriv" } else { "env" });
        command.args(as_nobody(is_root)).arg(programs.join("postgres")).arg("-D").arg(&data);
        command.arg("-k").arg(dir.path()).args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        let (watchdog, process) = watchdog::start(&mut command);
        let version = said(&programs.join("postgres"));
        let server = Self { watchdog: Some(watchdog), process, port, version, dir };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// What a client connects with.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The number of its first process.
    ///
    /// # Panics
    ///
    /// Never: the watchdog says a number.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.process.parse().expect("the watchdog says a number")
    }

    /// What it says of its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    fn wait_until_ready(&self) -> Result<(), String> {
        let log = self.dir.path().join("log");
        for _ in 0..QUESTIONS {
            let log = fs::read_to_string(&log).unwrap_or_default();
            if log.contains("ready to accept connections") {
                return Ok(());
            }
            if log.contains("FATAL") {
                return Err(format!("it does not start: {log}"));
            }
            thread::sleep(BETWEEN_QUESTIONS);
        }
        Err("it does not come up".to_owned())
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        // Told to end it leaves nothing in the kernel, which it would when killed.
        let told = Command::new("kill").args(["-INT", &self.process]).status();
        if told.is_ok_and(|status| status.success()) {
            let process = PathBuf::from(format!("/proc/{}/fd", self.process));
            let has_ended = || fs::read_dir(&process).map_or(true, |mut files| files.next().is_none());
            (0..QUESTIONS).take_while(|_| !has_ended()).for_each(|_| thread::sleep(BETWEEN_QUESTIONS));
        }
        if let Some(watchdog) = self.watchdog.take() {
            watchdog::end(watchdog);
        }
    }
}

/// The directory of its programs, of the newest version there is.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<_> = installed.map(|version| version.path().join("bin")).collect();
    // The newest first; their numbers have two digits since 2017.
    installed.sort();
    installed.reverse();
    let has_both = |dir: &PathBuf| dir.join("initdb").exists() && dir.join("postgres").exists();
    std::env::split_paths(&path).chain(installed).find(has_both)
}

/// The arguments of `setpriv` for a user that is not root, and none for `env`.
fn as_nobody(is_root: bool) -> Vec<String> {
    if !is_root {
        return Vec::new();
    }
    vec![format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"), "--clear-groups".to_owned()]
}

fn succeeded(output: &Output) -> Result<(), String> {
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

fn said(program: &Path) -> String {
    let said = Command::new(program).arg("--version").output();
    said.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
