//! One way through a connection: reads, counts, and passes on what its fault lets pass. Knows no other connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use crate::chance::draw;
use crate::proxy::connection::Connection;
use crate::proxy::protocol::{Item, Reader};
use crate::proxy::{Direction, Fault, Inside, Then};

/// How often a lane that holds bytes looks whether they may go on, while it waits for more.
const LOOKING: Duration = Duration::from_millis(10);

/// The commands whose replies are pushes, in RESP3.
const WITHOUT_REPLY: [&[u8]; 6] =
    [b"SUBSCRIBE", b"UNSUBSCRIBE", b"PSUBSCRIBE", b"PUNSUBSCRIBE", b"SSUBSCRIBE", b"SUNSUBSCRIBE"];

/// The connection has ended, or its other end has.
struct Over;

pub(super) struct Lane {
    inside: Arc<Inside>,
    connection: Arc<Connection>,
    number: usize,
    direction: Direction,
    reader: Reader,
    held: Vec<u8>,
    /// How often bytes came, so that each time has a chance of its own.
    pieces: u64,
    /// A reply was begun to be swallowed, and this follows.
    swallowing: Option<Then>,
}

impl Lane {
    pub(super) fn new(inside: Arc<Inside>, connection: Arc<Connection>, number: usize, direction: Direction) -> Self {
        let reader = Reader::default();
        Self { inside, connection, number, direction, reader, held: Vec::new(), pieces: 0, swallowing: None }
    }

    /// Carries bytes until the connection has ended.
    pub(super) fn carry(mut self) {
        let is_silent = self.direction == Direction::Replies;
        if self.carry_all().is_ok() && !(is_silent && (self.swallowing.is_some() || self.connection.is_half_open())) {
            let (_, to) = self.connection.ends(self.direction);
            // The error is that of a socket that has ended already.
            let _ = to.shutdown(Shutdown::Write);
        }
    }

    /// Carries bytes until no more of them come and none is held.
    fn carry_all(&mut self) -> Result<(), Over> {
        let mut buffer = vec![0; 1 << 14];
        loop {
            self.wait_while(Fault::Stall)?;
            match self.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => self.pass_on(&buffer[..length])?,
                Err(error) if is_passing(error.kind()) => self.deliver(&[])?,
                Err(_) => break,
            }
        }
        // What is still on its way arrives, also when who sent it has long gone.
        if !self.held.is_empty() {
            self.wait_while(Fault::Hold)?;
            self.deliver(&[])?;
        }
        if self.connection.is_over() { Err(Over) } else { Ok(()) }
    }

    fn wait_while(&self, unwanted: Fault) -> Result<Fault, Over> {
        self.connection.wait_while(self.direction, unwanted).ok_or(Over)
    }

    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let (mut from, _) = self.connection.ends(self.direction);
        from.set_read_timeout((!self.held.is_empty()).then_some(LOOKING))?;
        from.read(buffer)
    }

    fn pass_on(&mut self, bytes: &[u8]) -> Result<(), Over> {
        self.pieces += 1;
        if self.direction == Direction::Requests {
            self.count_requests(bytes);
            return self.deliver(bytes);
        }
        let was_swallowing = self.swallowing;
        let (passing, is_swallowed) = self.sift_replies(bytes);
        if was_swallowing.is_none() {
            self.deliver(&passing)?;
        }
        if is_swallowed {
            self.inside.note_swallowed();
            if self.swallowing == Some(Then::Reset) {
                self.connection.reset();
            }
        }
        Ok(())
    }

    /// Counts the commands that end in `bytes`, before they are sent.
    fn count_requests(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (taken, ended) = self.reader.read(bytes);
            bytes = &bytes[taken..];
            let name = self.reader.name().to_ascii_uppercase();
            if ended.is_some() && !WITHOUT_REPLY.contains(&&*name) {
                self.connection.asked();
                if let Some(then) = self.inside.take_doom(&name) {
                    self.connection.doom_last(then);
                }
            }
        }
    }

    /// What of `bytes` passes, and whether the reply that does not has ended in them.
    fn sift_replies(&mut self, mut bytes: &[u8]) -> (Vec<u8>, bool) {
        let (mut passing, mut is_swallowed) = (Vec::new(), false);
        while let Some(first) = bytes.first() {
            if self.swallowing.is_none() && self.reader.begins(*first) == Some(Item::Answer) {
                self.swallowing = self.connection.next_doom();
            }
            let (taken, ended) = self.reader.read(bytes);
            if self.swallowing.is_none() {
                passing.extend_from_slice(&bytes[..taken]);
            }
            if ended == Some(Item::Answer) {
                is_swallowed |= self.swallowing.is_some() && self.connection.next_doom().is_some();
                self.connection.answered();
            }
            bytes = &bytes[taken..];
        }
        (passing, is_swallowed)
    }

    /// Does with `bytes`, and with those that are held, what the fault in force does.
    fn deliver(&mut self, bytes: &[u8]) -> Result<(), Over> {
        // Read before there was a stall, they wait with the others.
        let fault = self.wait_while(Fault::Stall)?;
        if fault == Fault::Hold {
            self.held.extend_from_slice(bytes);
            return Ok(());
        }
        let held = std::mem::take(&mut self.held);
        [&held, bytes].into_iter().filter(|bytes| !bytes.is_empty()).try_for_each(|bytes| self.write_with(fault, bytes))
    }

    fn write_with(&self, fault: Fault, bytes: &[u8]) -> Result<(), Over> {
        match fault {
            Fault::Blackhole => Ok(()),
            Fault::OneByOne => bytes.iter().try_for_each(|byte| self.write(&[*byte])),
            Fault::CloseAfter(left) => {
                let passing = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                self.write(&bytes[..passing])?;
                self.connection.count_down(passing as u64, self.direction);
                if bytes.len() as u64 >= left {
                    self.connection.close();
                }
                Ok(())
            }
            Fault::Delay { fixed, jitter } => {
                self.connection.pause(fixed + self.chance(jitter));
                self.write(bytes)
            }
            Fault::Pass | Fault::Stall | Fault::Hold => self.write(bytes),
        }
    }

    /// A part of `jitter`.
    fn chance(&self, jitter: Duration) -> Duration {
        let drawn = draw(self.inside.seed, (self.number, self.direction, self.pieces));
        jitter.mul_f64((drawn % 1001) as f64 / 1000.0)
    }

    fn write(&self, mut bytes: &[u8]) -> Result<(), Over> {
        let (_, mut to) = self.connection.ends(self.direction);
        while !bytes.is_empty() {
            match to.write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(error) if is_passing(error.kind()) && !self.connection.is_over() => {}
                Err(_) => return Err(Over),
            }
        }
        Ok(())
    }
}

/// Whether it only means that nothing has happened yet.
fn is_passing(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
