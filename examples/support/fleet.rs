//! A fleet on one host: this program, started several times, with one display for all.

use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use lockwork::Worker;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::display::{Display, now};
use crate::store;

/// A process that has ended.
#[allow(dead_code, reason = "no example needs all of it")]
pub(crate) struct Ended {
    pub(crate) name: String,
    /// What it told with `child::result`.
    results: Vec<String>,
    pub(crate) end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Well,
    Badly,
    /// By us.
    Killed,
}

impl Ended {
    /// What it told of `kind`.
    pub(crate) fn results(&self, kind: &str) -> Vec<&str> {
        self.results.iter().filter_map(|result| result.strip_prefix(kind)?.strip_prefix(' ')).collect()
    }
}

/// The processes that run, and what they say.
pub(crate) struct Fleet {
    members: Vec<Member>,
    said: mpsc::UnboundedReceiver<(usize, Said)>,
    display: Display,
}

struct Member {
    child: Child,
    name: String,
    results: Vec<String>,
    kill_at: Option<Instant>,
    was_killed: bool,
    is_stopped: bool,
    end: Option<End>,
}

enum Said {
    Line(String),
    Complaint(String),
    /// Its output is closed: it ends.
    Nothing,
}

/// How often the display is brought up to date.
const TICK: Duration = Duration::from_millis(100);

/// The URL of the fleet's store, and a worker there, so that a store that can't be had is one error and not one of each
/// process. One in a process's memory cannot be shared, which ends this process.
pub(crate) async fn shared_store() -> anyhow::Result<(String, Worker)> {
    let url = store::url();
    if url.starts_with("memory:") {
        eprintln!("`memory:` is the memory of one process, and this example starts several: each would do the job.");
        eprintln!("Unset LOCKWORK_URL, or set it to `sqlite:PATH` or `redis://HOST`.");
        std::process::exit(2);
    }
    println!("The store is {}.", store::shown(&url));
    let worker = Worker::connect(&url).await?;
    Ok((url, worker))
}

impl Fleet {
    /// Starts this program `count` times, with `args` and `--process N`, for the store at `url`.
    pub(crate) fn start(count: usize, args: &[String], url: &str) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program's own file cannot be found")?;
        let (sender, said) = mpsc::unbounded_channel();
        let mut members = Vec::new();
        for index in 0..count {
            let number = index + 1;
            let mut command = Command::new(&program);
            command.args(args).args(["--process", &number.to_string()]).env("LOCKWORK_URL", url).kill_on_drop(true);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().context("this program cannot be started again")?;
            let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
            let (lines, complaints) = (sender.clone(), sender.clone());
            tokio::spawn(async move {
                tokio::join!(
                    pass_on(stdout, |line| drop(lines.send((index, Said::Line(line))))),
                    pass_on(stderr, |line| drop(complaints.send((index, Said::Complaint(line))))),
                );
                drop(lines.send((index, Said::Nothing)));
            });
            let name = format!("process {number} ({})", child.id().unwrap_or_default());
            let results = Vec::new();
            members.push(Member {
                child,
                name,
                results,
                kill_at: None,
                was_killed: false,
                is_stopped: false,
                end: None,
            });
        }
        let display = Display::new(members.iter().map(|member| member.name.clone()).collect());
        Ok(Self { members, said, display })
    }

    /// Shows what the processes do until all have ended. `kills` is told whatever one of them begins to do, and says how
    /// long after that it is to be killed, if at all.
    pub(crate) async fn watch(mut self, mut kills: impl FnMut(&str) -> Option<Duration>) -> anyhow::Result<Vec<Ended>> {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.members.iter().any(|member| member.end.is_none()) {
            tokio::select! {
                Some((index, said)) = self.said.recv() => self.hear(index, said, &mut kills).await?,
                time = ticks.tick() => {
                    self.kill(time)?;
                    self.display.tick();
                }
            }
            self.let_go().await?;
        }
        let end = |member: Member| {
            let Member { name, results, end, .. } = member;
            Ok(Ended { name, results, end: end.context("a process has not ended")? })
        };
        self.members.into_iter().map(end).collect()
    }

    async fn hear(
        &mut self,
        index: usize,
        said: Said,
        kills: &mut impl FnMut(&str) -> Option<Duration>,
    ) -> anyhow::Result<()> {
        let member = &mut self.members[index];
        match said {
            Said::Line(line) => match line.split_once(' ') {
                Some(("now", doing)) => {
                    self.display.now(index, doing);
                    if let Some(after) = kills(doing) {
                        member.kill_at = Some(now() + after);
                    }
                }
                Some(("stop", doing)) => {
                    self.display.now(index, doing);
                    member.signal("-STOP").await?;
                    member.is_stopped = true;
                    self.display.say(index, &format!("stopped with SIGSTOP while it {doing}"));
                }
                Some(("say", text)) => self.display.say(index, text),
                Some(("result", result)) => member.results.push(result.to_owned()),
                _ => self.display.say(index, &line),
            },
            Said::Complaint(line) => self.display.say(index, &line),
            Said::Nothing => {
                let status = member.child.wait().await.context("a process cannot be waited for")?;
                let (end, how) = match (member.was_killed, status.success()) {
                    // It can have been done before the signal came.
                    (_, true) => (End::Well, "has ended".to_owned()),
                    (true, false) => (End::Killed, "was killed".to_owned()),
                    (false, false) => (End::Badly, format!("ended badly: {status}")),
                };
                if end == End::Badly {
                    self.display.say(index, &how);
                }
                self.display.end(index, &how);
                member.end = Some(end);
            }
        }
        Ok(())
    }

    /// Lets those go on that were stopped, once nobody else is left.
    async fn let_go(&mut self) -> anyhow::Result<()> {
        if self.members.iter().any(|member| member.end.is_none() && !member.is_stopped) {
            return Ok(());
        }
        for (index, member) in self.members.iter_mut().enumerate().filter(|(_, member)| member.is_stopped) {
            member.is_stopped = false;
            self.display.say(index, "goes on where it was stopped");
            member.signal("-CONT").await?;
            let stdin = member.child.stdin.as_mut().context("a process has no input")?;
            stdin.write_all(b"\n").await.context("a process cannot be told to go on")?;
        }
        Ok(())
    }

    /// Kills those whose time has come, as the kernel kills a process when memory is short: no destructor runs.
    fn kill(&mut self, time: Instant) -> anyhow::Result<()> {
        for (index, member) in self.members.iter_mut().enumerate() {
            if member.end.is_none() && member.kill_at.is_some_and(|at| at <= time) {
                member.kill_at = None;
                member.was_killed = true;
                member.child.start_kill().context("a process cannot be killed")?;
                let text = format!("killed with SIGKILL while it {}", self.display.doing(index));
                self.display.say(index, &text);
            }
        }
        Ok(())
    }
}

impl Member {
    async fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let process = self.child.id().context("a process has ended")?.to_string();
        let status = Command::new("kill").args([signal, &process]).status().await.context("`kill` cannot be run")?;
        anyhow::ensure!(status.success(), "`kill {signal}` failed");
        Ok(())
    }
}

async fn pass_on(pipe: Option<impl AsyncRead + Unpin>, mut hear: impl FnMut(String)) {
    let Some(pipe) = pipe else { return };
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        hear(line);
    }
}
