//! Other processes: what processor time they have had, and how this program starts itself anew as one of them. Knows no
//! store.

use std::fs;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use lockwork_fleet::member::Member;

use crate::cores::Cores;

/// The processor time that a process and its children have had, those that ended not counted.
pub(crate) fn processor_time(process: u32) -> Duration {
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    std::iter::once(process).chain(children).map(of_threads).sum()
}

/// That of a process's threads. A thread that ends meanwhile has none.
fn of_threads(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let nanos = threads.filter_map(|thread| {
        let stat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

/// This program anew, as the member that `args` say. It is on the core that this thread is on.
pub(crate) fn member(args: &[&str]) -> anyhow::Result<Member> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    Ok(Member::start(&program, &[&["member"], args].concat(), None))
}

/// Keeps cores from falling asleep, until it is dropped.
pub(crate) struct Awake {
    process: Child,
    /// While it is open the process goes on.
    _held: Option<ChildStdin>,
}

/// Keeps all `cores` awake by a process that runs when nobody else wants to, if there is a `chrt` that can say so.
pub(crate) fn keep_awake(cores: Cores) -> anyhow::Result<Awake> {
    let program = std::env::current_exe().context("this program does not know where it is")?;
    let mut command = Command::new("chrt");
    command.args(["--idle", "0"]).arg(program).args(["member", "awake"]);
    command.args(cores.all().iter().map(usize::to_string));
    let mut process = command.stdin(Stdio::piped()).spawn().context("there is no `chrt`")?;
    let held = process.stdin.take();
    Ok(Awake { process, _held: held })
}

impl Drop for Awake {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
