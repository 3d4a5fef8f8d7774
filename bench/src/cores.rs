//! Which core whom: servers have one, clients another. Knows no server.

use std::fmt;

use anyhow::Context;
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

/// Puts this thread, and what it will start, on one core.
pub(crate) fn pin(core: usize) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).with_context(|| format!("this thread cannot be put on core {core}"))
}
