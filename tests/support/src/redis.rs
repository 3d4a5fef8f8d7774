//! A Redis server of a test's own. Ends with the test's process, however that ends.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::resp::{Client, Reply};
use crate::watchdog::{self, free_port};

/// How often a start is tried: another process can take a port between its choice and its use.
const STARTS: usize = 10;

/// How often a starting server is asked whether it is there, and how long it is waited for between two times.
const QUESTIONS: usize = 2000;
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(5);

/// A running server, on a TCP port and on a socket, that keeps nothing on disk unless told to.
#[derive(Debug)]
pub struct RedisServer {
    dir: TempDir,
    port: u16,
    tls: Option<Tls>,
    args: Vec<String>,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Tls {
    port: u16,
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Debug)]
struct Running {
    watchdog: Child,
    /// Its number.
    process: String,
    client: Client,
}

static SHARED: LazyLock<RedisServer> = LazyLock::new(RedisServer::start);

/// The server's program, or the name of the one that is missing.
static PROGRAM: LazyLock<Result<String, String>> = LazyLock::new(|| {
    let program = std::env::var("LOCKWORK_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
    let version = Command::new(&program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if version.is_ok_and(|status| status.success()) { Ok(program) } else { Err(program) }
});

impl RedisServer {
    /// The server that all tests of one binary share. For tests that harm no others.
    ///
    /// # Panics
    ///
    /// As [`RedisServer::start`].
    #[must_use]
    pub fn shared() -> &'static Self {
        // Asked here already, so that each of the tests says what is missing and not only the first.
        program();
        &SHARED
    }

    /// A server of one's own.
    ///
    /// # Panics
    ///
    /// If there is no `redis-server`, or it does not start.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server of one's own with more arguments.
    ///
    /// # Panics
    ///
    /// As [`RedisServer::start`].
    #[must_use]
    pub fn start_with(args: &[&str]) -> Self {
        Self::launch(args, None)
    }

    /// A server that also speaks TLS, with this certificate and its key. It asks none of its clients.
    ///
    /// # Panics
    ///
    /// As [`RedisServer::start`].
    #[must_use]
    pub fn start_tls(certificate: &Path, key: &Path) -> Self {
        Self::launch(&[], Some((certificate, key)))
    }

    fn launch(args: &[&str], tls: Option<(&Path, &Path)>) -> Self {
        for _ in 0..STARTS {
            let server = Self {
                dir: tempfile::tempdir().expect("a temporary directory can be made"),
                port: free_port(),
                tls: tls.map(|(certificate, key)| Tls {
                    port: free_port(),
                    certificate: certificate.to_owned(),
                    key: key.to_owned(),
                }),
                args: args.iter().map(|&arg| arg.to_owned()).collect(),
                running: Mutex::new(None),
            };
            if server.try_run() {
                return server;
            }
        }
        panic!("redis-server found no free port {STARTS} times");
    }

    /// A URL with the TCP port.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A URL with the TCP port for TLS.
    ///
    /// # Panics
    ///
    /// If it was started without.
    #[must_use]
    pub fn tls_url(&self) -> String {
        let tls = self.tls.as_ref().expect("the server was started with TLS");
        format!("rediss://127.0.0.1:{}", tls.port)
    }

    /// A URL with the socket.
    #[must_use]
    pub fn unix_url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// The TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The number of its process.
    ///
    /// # Panics
    ///
    /// If it does not run.
    #[must_use]
    pub fn process(&self) -> u32 {
        let running = self.running();
        let process = &running.as_ref().expect("the server runs").process;
        process.parse().expect("the watchdog says a number")
    }

    /// Where it would keep its files.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Sends a command over a connection that was made when the server started, and stays logged in.
    ///
    /// # Panics
    ///
    /// If the server does not reply. An error is a reply.
    pub fn command(&self, command: &[&str]) -> Reply {
        let mut running = self.running();
        let client = &mut running.as_mut().expect("the server runs").client;
        client.ask(command).unwrap_or_else(|error| panic!("no reply to {command:?}: {error}"))
    }

    /// Another plain connection.
    ///
    /// # Panics
    ///
    /// If the server takes none.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::connect(&self.socket()).expect("the server takes connections")
    }

    /// Begins to count commands anew.
    pub fn reset_calls(&self) {
        self.command(&["CONFIG", "RESETSTAT"]);
    }

    /// Which commands the server has carried out since [`RedisServer::reset_calls`], in lower case and sorted, and how
    /// often each. Those that a script called are among them.
    ///
    /// # Panics
    ///
    /// If the server does not reply.
    #[must_use]
    pub fn calls(&self) -> Vec<(String, u64)> {
        let stats = self.command(&["INFO", "commandstats"]).text();
        let mut calls: Vec<_> = stats
            .lines()
            .filter_map(|line| line.strip_prefix("cmdstat_")?.split_once(":calls="))
            .filter(|(command, _)| !matches!(*command, "info" | "config|resetstat"))
            .map(|(command, rest)| {
                let digits = rest.split(',').next().unwrap_or_default();
                (command.to_owned(), digits.parse().expect("the server counts in numbers"))
            })
            .collect();
        calls.sort();
        calls
    }

    /// Ends the server at once, as a crash would. Does nothing if it does not run.
    ///
    /// # Panics
    ///
    /// If its watchdog cannot be waited for.
    pub fn kill(&self) {
        if let Some(running) = self.running().take() {
            watchdog::end(running.watchdog);
        }
    }

    /// Kills the server if it runs, and starts it anew at the same addresses: empty, unless it was told to keep its
    /// data.
    ///
    /// # Panics
    ///
    /// If it does not start, for instance because somebody has taken the port for good.
    pub fn restart(&self) {
        self.kill();
        // Whoever looks for the server meanwhile may be given its port for a moment.
        let is_back = (0..STARTS).any(|_| self.try_run());
        assert!(is_back, "somebody has taken port {}; its log: {}", self.port, self.log());
    }

    /// Stops the process without ending it: it neither answers nor closes a connection.
    ///
    /// # Panics
    ///
    /// If it does not run.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets a frozen server go on.
    ///
    /// # Panics
    ///
    /// If it does not run.
    pub fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let running = self.running();
        let process = &running.as_ref().expect("the server runs").process;
        let status = Command::new("kill").args([signal, process]).status().expect("there is a `kill`");
        assert!(status.success(), "kill {signal} {process} failed");
    }

    /// Starts the process, and waits until it answers. False if a port is taken.
    fn try_run(&self) -> bool {
        let mut command = watchdog::watched(self.dir.path(), program());
        command.args(["--bind", "127.0.0.1", "--port", &self.port.to_string(), "--dir"]).arg(self.dir.path());
        command.args(["--save", "", "--appendonly", "no", "--unixsocket"]).arg(self.socket());
        if let Some(tls) = &self.tls {
            command.args(["--tls-port", &tls.port.to_string(), "--tls-auth-clients", "no", "--tls-cert-file"]);
            command.arg(&tls.certificate).arg("--tls-key-file").arg(&tls.key);
            command.arg("--tls-ca-cert-file").arg(&tls.certificate);
        }
        let (watchdog, process) = watchdog::start(command.args(&self.args));
        // The socket is nobody else's. Who answers there has its ports too, as it does not start without them.
        for _ in 0..QUESTIONS {
            let answered = Client::connect(&self.socket()).and_then(|mut client| {
                let reply = client.ask(&["PING"])?;
                Ok((client, reply))
            });
            if let Ok((client, Reply::Status(_) | Reply::Error(_))) = answered {
                *self.running() = Some(Running { watchdog, process, client });
                return true;
            }
            let log = self.log();
            if log.contains("Failed listening on") {
                watchdog::end(watchdog);
                return false;
            }
            if log.contains("FATAL") || log.contains("Failed to configure") {
                break;
            }
            thread::sleep(BETWEEN_QUESTIONS);
        }
        watchdog::end(watchdog);
        panic!("redis-server does not start; its log: {}", self.log());
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    fn log(&self) -> String {
        // Before the server has written anything there is none.
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        // A test that failed with the lock in its hand must not hide behind a second panic.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

fn program() -> &'static str {
    PROGRAM.as_ref().unwrap_or_else(|program| panic!("{program} is not in the PATH: run ./test, which installs it"))
}
