//! What a keeper has been told and has not read yet. Knows no keys, and wakes nobody: who puts something in sees to it
//! that the keeper is polled.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use crate::keeper::Message;

/// The inbox of one keeper.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    mail: Mutex<Mail>,
    /// How it stands, for those who would find nothing behind the lock. It is only written by who holds that.
    stands: AtomicU8,
}

#[derive(Debug, Default)]
struct Mail {
    /// The first of the unread. Most keepers never have two.
    first: Option<Message>,
    /// Those behind it.
    others: VecDeque<Message>,
    is_closed: bool,
}

/// Nothing is unread.
const READ: u8 = 0;
/// Something is unread.
const UNREAD: u8 = 1;
/// It is closed, and nothing is unread.
const CLOSED: u8 = 2;

impl Inbox {
    /// Puts a message in, or gives it back if nobody will read it.
    pub(crate) fn put(&self, message: Message) -> Result<(), Message> {
        let mut mail = self.mail();
        if mail.is_closed {
            return Err(message);
        }
        match &mut mail.first {
            Some(_) => mail.others.push_back(message),
            first => *first = Some(message),
        }
        self.note(UNREAD);
        Ok(())
    }

    /// Takes the first of the unread.
    pub(crate) fn take(&self) -> Option<Message> {
        if self.stands() != UNREAD {
            return None;
        }
        let mut mail = self.mail();
        let after = mail.others.pop_front();
        if after.is_none() {
            self.note(READ);
        }
        std::mem::replace(&mut mail.first, after)
    }

    /// Waits for the next message.
    pub(crate) async fn next(&self) -> Message {
        poll_fn(|_| self.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    /// Closes it, unless something is still to be read. Says whether it is closed.
    pub(crate) fn close_if_read(&self) -> bool {
        let mut mail = self.mail();
        if mail.first.is_none() {
            mail.is_closed = true;
            self.note(CLOSED);
        }
        mail.is_closed
    }

    /// Closes it, whatever is in there. Those who wait for an answer see that there will be none.
    pub(crate) fn shut(&self) {
        if self.stands() == CLOSED {
            return;
        }
        let mut mail = self.mail();
        mail.is_closed = true;
        self.note(CLOSED);
        let unread = (mail.first.take(), std::mem::take(&mut mail.others));
        // Dropping wakes callers, who are not to find the lock taken.
        drop(mail);
        drop(unread);
    }

    fn stands(&self) -> u8 {
        self.stands.load(Ordering::Acquire)
    }

    fn note(&self, stands: u8) {
        self.stands.store(stands, Ordering::Release);
    }

    fn mail(&self) -> MutexGuard<'_, Mail> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
