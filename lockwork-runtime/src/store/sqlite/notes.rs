//! What can be put on the desk of the thread, and what is taken from it at a time. Knows no file.

use std::sync::mpsc::Receiver;

use tokio::sync::oneshot;

use crate::store::{StoreError, Swapped};

use super::thread::Desk;
use super::write::Write;

/// How many notes are taken at a time, at most. Other processes wait while their writes are made.
pub(super) const MOST_NOTES: usize = 256;

/// At how many bytes to write nothing more is taken.
const ENOUGH_BYTES: usize = 1 << 20;

/// What can be put on the desk.
pub(super) enum Note {
    /// Somebody wants something written.
    Write(Request),
    /// Somebody asks for something else.
    Call(Call),
    /// The log of the file has changed.
    Stirred,
    /// The store is gone, so nobody can ask any more.
    Close,
}

/// A write, and whom to tell what became of it.
pub(super) type Request = (Write, oneshot::Sender<Result<Swapped, StoreError>>);

/// Work other than writing.
pub(super) type Call = Box<dyn FnOnce(&mut Desk) + Send>;

/// What is taken from the desk at a time. The writes are made first: a call comes after all that was asked before it.
#[derive(Default)]
pub(super) struct Round {
    pub(super) writes: Vec<Request>,
    pub(super) calls: Vec<Call>,
    pub(super) is_stirred: bool,
    /// Whether there will be no other.
    pub(super) is_last: bool,
}

impl Round {
    /// Takes `first`, and where that is a write what already lies behind it. Never waits for more.
    pub(super) fn take(first: Note, notes: &Receiver<Note>) -> Self {
        let mut round = Self::default();
        let mut bytes = round.add(first);
        for _ in 1..MOST_NOTES {
            if round.writes.is_empty() || bytes >= ENOUGH_BYTES {
                break;
            }
            let Ok(note) = notes.try_recv() else { break };
            bytes += round.add(note);
        }
        round
    }

    /// Says how many bytes it brings.
    fn add(&mut self, note: Note) -> usize {
        match note {
            Note::Write(request) => {
                let size = request.0.size();
                self.writes.push(request);
                return size;
            }
            Note::Call(call) => self.calls.push(call),
            Note::Stirred => self.is_stirred = true,
            Note::Close => self.is_last = true,
        }
        0
    }
}
