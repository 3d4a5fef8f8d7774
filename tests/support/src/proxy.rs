//! A TCP proxy that does to its connections what networks do. Knows the Redis protocol by the ends of its items alone.

mod connection;
mod lane;
mod protocol;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::proxy::connection::Connection;
use crate::proxy::lane::Lane;

/// One of the two ways through a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server.
    Requests,
    /// From the server to the client.
    Replies,
}

/// What happens to the bytes that go one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// They pass.
    #[default]
    Pass,
    /// They pass later, by `fixed` and up to `jitter` more. Bytes that come meanwhile wait for their turn.
    Delay {
        /// How much later at least.
        fixed: Duration,
        /// How much more at most; how much it is follows from the seed.
        jitter: Duration,
    },
    /// They are not read, until there is another fault. Who sends notices when all buffers are full.
    Stall,
    /// They are read, and gone.
    Blackhole,
    /// They are read, and pass when there is another fault: also when the connection that sent them has long been
    /// given up. The fault that ends this one must not be a stall.
    Hold,
    /// They pass one by one, each in a packet of its own.
    OneByOne,
    /// So many more of them pass. Then the connection is closed, both ways.
    CloseAfter(u64),
}

/// What follows when a reply was swallowed. As TCP has no gaps, nothing of that connection can come after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The connection is reset.
    Reset,
    /// The connection stands, and its client never hears of the server again.
    Silence,
}

/// A reply that is to be swallowed, and what follows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Doom {
    /// The k-th.
    Kth(u64, Then),
    /// That to the next command of this name.
    To(String, Then),
}

/// A proxy on a port of its own, until it is dropped. New connections have the faults that are in force.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    inside: Arc<Inside>,
}

#[derive(Debug)]
struct Inside {
    server: SocketAddr,
    seed: u64,
    is_over: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// All connections that there were, by their number. Those that are over are gone.
    connections: Vec<Weak<Connection>>,
    requests: Fault,
    replies: Fault,
    doom: Option<Doom>,
    swallowed: u64,
}

impl Proxy {
    /// A proxy before the server at this port of this host. Everything that it does by chance follows from `seed`.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    #[must_use]
    pub fn start(server: u16, seed: u64) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port can be had");
        let port = listener.local_addr().expect("it is bound").port();
        let server = SocketAddr::from(([127, 0, 0, 1], server));
        let state = Mutex::new(State::default());
        let inside = Arc::new(Inside { server, seed, is_over: AtomicBool::new(false), state });
        let taking = Arc::clone(&inside);
        thread::spawn(move || taking.take_connections(&listener));
        Self { port, inside }
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How many connections were made so far. They are numbered from zero.
    #[must_use]
    pub fn accepted(&self) -> usize {
        self.inside.state().connections.len()
    }

    /// How many replies were swallowed so far, so that their commands were carried out and nobody heard of it.
    #[must_use]
    pub fn swallowed(&self) -> u64 {
        self.inside.state().swallowed
    }

    /// All connections have this fault in this direction, also those that are yet to be made.
    pub fn set(&self, direction: Direction, fault: Fault) {
        let mut state = self.inside.state();
        match direction {
            Direction::Requests => state.requests = fault,
            Direction::Replies => state.replies = fault,
        }
        state.each(|connection| connection.set(direction, fault));
    }

    /// The connection of this number has this fault in this direction, if it is still there.
    pub fn set_one(&self, number: usize, direction: Direction, fault: Fault) {
        if let Some(connection) = self.inside.state().connections.get(number).and_then(Weak::upgrade) {
            connection.set(direction, fault);
        }
    }

    /// Lets everything pass again. What was cut stays cut, what is half open or silent stays so.
    pub fn heal(&self) {
        self.inside.state().pardon();
        self.set(Direction::Requests, Fault::Pass);
        self.set(Direction::Replies, Fault::Pass);
    }

    /// Resets all connections, so that both ends are told that the other one is gone. Bytes on their way are lost.
    pub fn reset(&self) {
        self.inside.state().each(Connection::reset);
    }

    /// Lets the server's ends of all connections be gone, without a word to their clients. What these send is lost.
    pub fn half_open(&self) {
        self.inside.state().each(Connection::half_open);
    }

    /// Swallows the k-th whole reply from now on, on whichever connection comes to it first, and all that follows it
    /// there. Its command has been carried out then. What a server says unasked is no reply.
    ///
    /// # Panics
    ///
    /// If `k` is zero.
    pub fn swallow_reply(&self, k: u64, then: Then) {
        assert_ne!(k, 0, "replies are counted from one");
        let mut state = self.inside.state();
        state.each(|connection| connection.doom(k, then));
        state.doom = Some(Doom::Kth(k, then));
    }

    /// Swallows the reply to the next command of this name, and all that follows it on its connection. Commands that
    /// subscribe have no reply, so they cannot be named; one that was refused had a reply after all, and spoils the
    /// count.
    pub fn swallow_reply_to(&self, command: &str, then: Then) {
        let mut state = self.inside.state();
        state.pardon();
        state.doom = Some(Doom::To(command.to_ascii_uppercase(), then));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.inside.is_over.store(true, Ordering::Relaxed);
        self.reset();
        // The listener waits for a connection, and finds out with this one.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl Inside {
    fn state(&self) -> MutexGuard<'_, State> {
        // A test that failed with the lock in its hand must not hide behind a second panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_connections(self: &Arc<Self>, listener: &TcpListener) {
        for client in listener.incoming() {
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            // A client that has gone already needs nothing.
            let Ok(client) = client else { continue };
            let inside = Arc::clone(self);
            // A server that does not take the connection at once must not keep others waiting.
            thread::spawn(move || inside.connect(client));
        }
    }

    fn connect(self: &Arc<Self>, client: TcpStream) {
        let Some(server) = self.reach_server() else {
            // As near as it comes to a port on which nobody listens. The error is that of a client that has gone.
            let _ = SockRef::from(&client).set_linger(Some(Duration::ZERO));
            return;
        };
        let Ok(connection) = Connection::new(client, server).map(Arc::new) else { return };
        let mut state = self.state();
        let number = state.connections.len();
        state.connections.push(Arc::downgrade(&connection));
        connection.set(Direction::Requests, state.requests);
        connection.set(Direction::Replies, state.replies);
        if let Some(Doom::Kth(k, then)) = state.doom {
            connection.doom(k, then);
        }
        drop(state);
        for direction in [Direction::Requests, Direction::Replies] {
            let lane = Lane::new(Arc::clone(self), Arc::clone(&connection), number, direction);
            thread::spawn(move || lane.carry());
        }
    }

    /// A connection to the server, if it listens.
    fn reach_server(&self) -> Option<TcpStream> {
        let server = TcpStream::connect(self.server).ok()?;
        // Where nobody listens, a connection can be given that port for its own end, and then it talks to itself.
        (server.local_addr().ok()? != self.server).then_some(server)
    }

    /// What follows, if the reply to a command of this name is to be swallowed. It is so once.
    fn take_doom(&self, command: &[u8]) -> Option<Then> {
        let mut state = self.state();
        let then = match &state.doom {
            Some(Doom::To(name, then)) if name.as_bytes() == command => *then,
            _ => return None,
        };
        state.doom = None;
        Some(then)
    }

    fn note_swallowed(&self) {
        let mut state = self.state();
        state.swallowed += 1;
        state.pardon();
    }
}

impl State {
    /// Does something to all connections that are still there.
    fn each(&self, act: impl Fn(&Connection)) {
        self.connections.iter().filter_map(Weak::upgrade).for_each(|connection| act(&connection));
    }

    /// No reply is to be swallowed any more.
    fn pardon(&mut self) {
        self.doom = None;
        self.each(Connection::pardon);
    }
}
