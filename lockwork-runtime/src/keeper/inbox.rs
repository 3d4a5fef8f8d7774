//! What a keeper has been told and has not read yet. Knows no keys, and wakes nobody: who puts something in sees to it
//! that the keeper is polled.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use crate::keeper::Message;

/// What has a keeper's inbox in it, and so spares it a place of its own.
pub(crate) trait HasInbox: fmt::Debug + Send + Sync {
    fn inbox(&self) -> &Inbox;
}

/// The inbox of one keeper.
#[derive(Debug, Default)]
pub(crate) struct Inbox(Mutex<Mail>);

#[derive(Debug, Default)]
struct Mail {
    /// The first of the unread. Most keepers never have two.
    first: Option<Message>,
    /// Those behind it.
    others: VecDeque<Message>,
    is_closed: bool,
}

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
        Ok(())
    }

    /// All messages that are there.
    pub(crate) fn take(&self) -> impl Iterator<Item = Message> + use<> {
        let mut mail = self.mail();
        mail.first.take().into_iter().chain(std::mem::take(&mut mail.others))
    }

    /// Waits for the next message.
    pub(crate) async fn next(&self) -> Message {
        poll_fn(|_| {
            let mut mail = self.mail();
            let after = mail.others.pop_front();
            std::mem::replace(&mut mail.first, after).map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Closes it, unless something is still to be read. Says whether it is closed.
    pub(crate) fn close_if_read(&self) -> bool {
        let mut mail = self.mail();
        mail.is_closed |= mail.first.is_none();
        mail.is_closed
    }

    /// Closes it, whatever is in there. Those who wait for an answer see that there will be none.
    pub(crate) fn shut(&self) {
        let mut mail = self.mail();
        mail.is_closed = true;
        let unread = (mail.first.take(), std::mem::take(&mut mail.others));
        // Dropping wakes callers, who are not to find the lock taken.
        drop(mail);
        drop(unread);
    }

    fn mail(&self) -> MutexGuard<'_, Mail> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
