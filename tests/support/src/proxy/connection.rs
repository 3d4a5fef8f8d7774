//! One connection through the proxy: its two sockets, its faults, and how it ends. Moves no bytes.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::SockRef;

use crate::proxy::{Direction, Fault, Then};

/// How long a write waits at a time for a peer that does not read. In between it sees whether the connection has ended.
const WRITING: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Connection {
    client: TcpStream,
    server: TcpStream,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    requests: Fault,
    replies: Fault,
    /// Whether the server's end is gone, of which the client is not told.
    is_half_open: bool,
    is_over: bool,
    /// How many commands with a reply were sent, and how many replies came.
    asked: u64,
    answered: u64,
    /// The number of the reply that is to be swallowed, and what follows.
    doomed: Option<(u64, Then)>,
}

impl State {
    fn fault(&mut self, direction: Direction) -> &mut Fault {
        match direction {
            Direction::Requests => &mut self.requests,
            Direction::Replies => &mut self.replies,
        }
    }
}

impl Connection {
    pub(super) fn new(client: TcpStream, server: TcpStream) -> io::Result<Self> {
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
            stream.set_write_timeout(Some(WRITING))?;
        }
        Ok(Self { client, server, state: Mutex::default(), changed: Condvar::new() })
    }

    /// Where the bytes of this direction come from, and where they go.
    pub(super) fn ends(&self, direction: Direction) -> (&TcpStream, &TcpStream) {
        match direction {
            Direction::Requests => (&self.client, &self.server),
            Direction::Replies => (&self.server, &self.client),
        }
    }

    pub(super) fn set(&self, direction: Direction, fault: Fault) {
        *self.state().fault(direction) = fault;
        self.changed.notify_all();
    }

    /// So many of the bytes passed after which it is to be closed.
    pub(super) fn count_down(&self, passed: u64, direction: Direction) {
        if let Fault::CloseAfter(left) = self.state().fault(direction) {
            *left = left.saturating_sub(passed);
        }
    }

    /// Closes it, both ways.
    pub(super) fn close(&self) {
        self.over(|stream| stream.shutdown(Shutdown::Both));
    }

    /// Resets it, both ways: whoever reads here stops, and the peers are told when the sockets are closed.
    pub(super) fn reset(&self) {
        self.over(|stream| {
            SockRef::from(stream).set_linger(Some(Duration::ZERO))?;
            stream.shutdown(Shutdown::Read)
        });
    }

    fn over(&self, end: impl Fn(&TcpStream) -> io::Result<()>) {
        self.state().is_over = true;
        self.changed.notify_all();
        for stream in [&self.client, &self.server] {
            // The error is that of a socket that has ended already.
            let _ = end(stream);
        }
    }

    /// Lets the server's end be gone, without a word to the client.
    pub(super) fn half_open(&self) {
        self.state().is_half_open = true;
        self.changed.notify_all();
        // The error is that of a socket that has ended already.
        let _ = self.server.shutdown(Shutdown::Both);
    }

    pub(super) fn is_half_open(&self) -> bool {
        self.state().is_half_open
    }

    pub(super) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// Waits while the fault of this direction is `unwanted`. Gives the one that it is then; `None` when the connection
    /// is over.
    pub(super) fn wait_while(&self, direction: Direction, unwanted: Fault) -> Option<Fault> {
        let waits = |state: &mut State| !state.is_over && !state.is_half_open && *state.fault(direction) == unwanted;
        let waiting = self.changed.wait_while(self.state(), waits);
        let mut state = waiting.unwrap_or_else(PoisonError::into_inner);
        if state.is_over {
            return None;
        }
        Some(if state.is_half_open { Fault::Blackhole } else { *state.fault(direction) })
    }

    /// Lets time pass, unless the connection ends.
    pub(super) fn pause(&self, pause: Duration) {
        drop(self.changed.wait_timeout_while(self.state(), pause, |state| !state.is_over));
    }

    /// The k-th reply from now on is to be swallowed.
    pub(super) fn doom(&self, k: u64, then: Then) {
        let mut state = self.state();
        state.doomed = Some((state.answered + k, then));
    }

    /// The reply to the command that was sent last is to be swallowed.
    pub(super) fn doom_last(&self, then: Then) {
        let mut state = self.state();
        state.doomed = Some((state.asked, then));
    }

    pub(super) fn pardon(&self) {
        self.state().doomed = None;
    }

    pub(super) fn asked(&self) {
        self.state().asked += 1;
    }

    pub(super) fn answered(&self) {
        self.state().answered += 1;
    }

    /// What follows, if the next reply is to be swallowed.
    pub(super) fn next_doom(&self) -> Option<Then> {
        let state = self.state();
        state.doomed.filter(|(number, _)| *number == state.answered + 1).map(|(_, then)| then)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A lane that failed with the lock in its hand must not hide behind a second panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
