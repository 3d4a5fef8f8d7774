//! Which core whom: servers have one, clients another. Knows no server.

use std::{fmt, fs};

use anyhow::Context;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores of a run. Threads and processes have the cores of the thread that started them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    server: usize,
    client: usize,
}

impl Cores {
    /// The first and the last core that this process may use, and puts this thread on the clients'.
    pub(crate) fn divide() -> anyhow::Result<Self> {
        let allowed = sched_getaffinity(None).context("the kernel does not say which cores this process may use")?;
        let mut ours = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
        let server = ours.next().context("this process may use no core")?;
        let cores = Self { server, client: ours.next_back().unwrap_or(server) };
        pin(cores.client)?;
        Ok(cores)
    }

    /// Does something on the servers' core: what it starts stays there.
    pub(crate) fn on_servers<T>(self, act: impl FnOnce() -> T) -> anyhow::Result<T> {
        pin(self.server)?;
        let done = act();
        pin(self.client)?;
        Ok(done)
    }

    /// Does something with lockwork's own thread on the servers' core, while this one stays where it is.
    pub(crate) fn apart<T>(self, act: impl FnOnce() -> T) -> anyhow::Result<T> {
        pin_lockwork(self.server)?;
        let done = act();
        pin_lockwork(self.client)?;
        Ok(done)
    }

    /// Does something with this thread and lockwork's own on the servers' core.
    pub(crate) fn together<T>(self, act: impl FnOnce() -> T) -> anyhow::Result<T> {
        self.apart(|| self.on_servers(act))?
    }

    /// All cores, the servers' first. There may be one only.
    pub(crate) fn all(self) -> Vec<usize> {
        if self.server == self.client { vec![self.server] } else { vec![self.server, self.client] }
    }
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.server == self.client {
            write!(f, "servers and clients share core {}, as there is no other", self.server)
        } else {
            write!(f, "servers on core {}, clients on core {}", self.server, self.client)
        }
    }
}

/// Puts the thread that lockwork has in this process on a core. If there is none yet it will be where it is started.
fn pin_lockwork(core: usize) -> anyhow::Result<()> {
    for thread in fs::read_dir("/proc/self/task")? {
        let thread = thread?;
        if fs::read_to_string(thread.path().join("comm"))?.trim() == "lockwork" {
            let number = thread.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw);
            let number = number.context("a thread has a number")?;
            sched_setaffinity(Some(number), &set_of(core)).context("lockwork's thread cannot be moved")?;
        }
    }
    Ok(())
}

fn set_of(core: usize) -> CpuSet {
    let mut set = CpuSet::new();
    set.set(core);
    set
}

/// Puts this thread, and what it will start, on one core.
pub(crate) fn pin(core: usize) -> anyhow::Result<()> {
    sched_setaffinity(None, &set_of(core)).with_context(|| format!("this thread cannot be put on core {core}"))
}
