//! Servers that end with the process that started them, however that ends. Knows no kind of server.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The watchdog: starts the server, says which process it is, and kills it when told so by a line, or when its own
/// standard input ends without one. That is held by the test's process alone, so it ends with it; then there is nobody
/// else to remove the directory. Signals that a terminal sends to the whole group are left to the test.
const WATCHDOG: &str = r#"
trap '' HUP INT TERM
dir=$1
shift
"$@" </dev/null >"$dir/log" 2>&1 &
echo $!
exec >/dev/null
read -r told
alone=$?
kill -KILL $!
wait $!
[ $alone = 0 ] || rm -rf "$dir"
"#;

/// What starts `program`, once it has its arguments, with its output in the file `log` of `dir`.
pub(crate) fn watched(dir: &Path, program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", WATCHDOG, "watchdog"]).arg(dir).arg(program);
    command
}

/// Starts what is [`watched`]. Gives its watchdog, and the number of the server's process.
pub(crate) fn start(command: &mut Command) -> (Child, String) {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut watchdog = command.spawn().expect("there is a `sh`");
    let mut process = String::new();
    let said = watchdog.stdout.take().expect("its output is piped");
    BufReader::new(said).read_line(&mut process).expect("the watchdog says which process the server is");
    (watchdog, process.trim().to_owned())
}

/// Ends the server through its watchdog, and waits until both are gone.
pub(crate) fn end(mut watchdog: Child) {
    let mut line = watchdog.stdin.take().expect("its input is piped, and only taken here");
    line.write_all(b"end\n").expect("the watchdog listens");
    watchdog.wait().expect("the watchdog can be waited for");
}

/// A port that nobody listens on just now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port can be had");
    listener.local_addr().expect("it is bound").port()
}
