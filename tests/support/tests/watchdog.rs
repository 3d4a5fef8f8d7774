//! A server ends with the process that started it, even when that is killed.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use lockwork_test_support::RedisServer;

const STARTED: &str = "started: ";

/// Set where this program has been started by itself, to be killed.
const ROLE: &str = "LOCKWORK_TEST_LINGERS";

fn start_a_server_and_linger() -> ! {
    let server = RedisServer::shared();
    println!("\n{STARTED}{} {}", server.port(), server.dir().display());
    loop {
        thread::park();
    }
}

#[test]
fn a_server_ends_with_the_process_that_started_it() {
    if std::env::var_os(ROLE).is_some() {
        start_a_server_and_linger();
    }
    let myself = std::env::current_exe().expect("it knows its own file");
    let mut other = Command::new(myself)
        .args(["--exact", "a_server_ends_with_the_process_that_started_it", "--nocapture"])
        .env(ROLE, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it can be started again");
    let output = BufReader::new(other.stdout.take().expect("its output is piped"));
    let started = output.lines().map_while(Result::ok).find_map(|line| Some(line.strip_prefix(STARTED)?.to_owned()));
    let started = started.expect("the server starts");
    let (port, dir) = started.split_once(' ').expect("it says both");
    let (port, dir): (u16, _) = (port.parse().expect("it is a number"), PathBuf::from(dir));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    other.kill().expect("it can be killed");
    other.wait().expect("it can be waited for");
    let gone = (0..2000).any(|_| {
        thread::sleep(Duration::from_millis(5));
        TcpStream::connect(("127.0.0.1", port)).is_err() && !dir.exists()
    });
    assert!(gone, "the server outlives its process");
}
