//! Where a keeper stands: its future, and whose turn it is to poll it. Knows no transitions.
//!
//! A keeper is no task of a runtime. Who tells it something may poll it right there; else it is the engine's turn, as it
//! is whenever the store answers or time has come. So what needs no waiting needs no other thread, and the signs of
//! life of a body that blocks its thread are given all the same.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use crate::baton::Baton;
use crate::engine::Setting;
use crate::engine::keepers::Keepers;
use crate::engine::room::Room;
use crate::job::Key;
use crate::keeper::{Inbox, Message, Station};

/// One keeper, as others see it.
pub(super) struct Post {
    pub(super) key: Key,
    inbox: Inbox,
    baton: Baton,
    keeper: Mutex<Stage>,
    pub(super) keepers: Arc<Keepers>,
}

enum Stage {
    /// It is made when it is first polled, in this room if there is one. It holds its post, which has much of what it needs,
    /// and lets go of it when it is gone.
    ToCome(Option<Room>),
    /// With what wakes it.
    Here(Room, Waker),
    Gone,
}

impl Post {
    /// One whose keeper is to come, into `room` if there is one.
    pub(super) fn new(key: Key, room: Option<Room>, keepers: Arc<Keepers>) -> Arc<Self> {
        Self::at(key, Stage::ToCome(room), keepers)
    }

    fn at(key: Key, stage: Stage, keepers: Arc<Keepers>) -> Arc<Self> {
        Arc::new(Self { key, inbox: Inbox::default(), baton: Baton::default(), keeper: Mutex::new(stage), keepers })
    }

    /// Puts a message in, or gives it back if the keeper will not read it. The keeper is to be polled then.
    pub(super) fn put(&self, message: Message) -> Result<(), Message> {
        self.inbox.put(message)
    }

    #[cfg(test)]
    pub(super) fn close_if_read(&self) -> bool {
        self.inbox.close_if_read()
    }

    /// Polls the keeper, unless somebody else is at it, who then does so again.
    pub(super) fn poll_here(self: &Arc<Self>) {
        if self.baton.take() {
            self.poll();
        }
    }

    /// Polls the keeper if it is still the engine's turn.
    pub(super) fn poll_if_ready(self: &Arc<Self>) {
        if self.baton.take_if_called() {
            self.poll();
        }
    }

    fn poll(self: &Arc<Self>) {
        let mut keeper = self.keeper();
        if let Stage::ToCome(room) = &mut *keeper {
            let mut room = room.take().unwrap_or_else(Keepers::room);
            room.as_mut().admit(self);
            *keeper = Stage::Here(room, Waker::from(Arc::clone(self)));
        }
        let Stage::Here(room, waker) = &mut *keeper else { return };
        let polled = catch_unwind(AssertUnwindSafe(|| room.as_mut().poll(&mut Context::from_waker(waker))));
        if let Ok(Poll::Pending) = polled {
            drop(keeper);
            if self.baton.give_back() {
                self.keepers.ready.add(self);
            }
            return;
        }
        // One that panicked takes its callers with it, who are told so; the next call gets another one.
        let gone = std::mem::replace(&mut *keeper, Stage::Gone);
        drop(keeper);
        self.end(match gone {
            Stage::Here(room, _) => Some(room),
            _ => None,
        });
    }

    /// Ends the keeper where it stands. If it is just being polled, that is waited for.
    pub(super) fn drop_keeper(&self) {
        let stage = std::mem::replace(&mut *self.keeper(), Stage::Gone);
        drop(stage);
        self.end(None);
    }

    /// Its keeper is gone, and has left this room.
    fn end(&self, room: Option<Room>) {
        self.baton.end();
        self.inbox.shut();
        self.keepers.forget(self, room);
    }

    fn keeper(&self) -> MutexGuard<'_, Stage> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Station for Post {
    fn key(&self) -> &Key {
        &self.key
    }

    fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    fn setting(&self) -> &Setting {
        &self.keepers.setting
    }
}

impl Wake for Post {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.baton.call() {
            self.keepers.ready.add(self);
        }
    }
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("key", &self.key).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::engine::keepers::tests::{keepers, key};
    use crate::engine::room;

    fn to_come(keeper: impl Future<Output = ()> + Send + 'static) -> Stage {
        let mut keeper = Some(keeper);
        Stage::ToCome(Some(room::of(move |_| keeper.take().expect("it is made once"))))
    }

    #[tokio::test]
    async fn who_is_told_something_while_it_is_polled_is_polled_again_by_the_engine() {
        let (me, polls) = (Arc::new(OnceLock::<Arc<Post>>::new()), Arc::new(AtomicU32::new(0)));
        let (itself, counted) = (Arc::clone(&me), Arc::clone(&polls));
        let keeper = poll_fn(move |_| match counted.fetch_add(1, Ordering::SeqCst) {
            0 => {
                itself.get().expect("it is set before").poll_here();
                Poll::Pending
            }
            _ => Poll::Ready(()),
        });
        let keepers = keepers();
        let post = Post::at(key(), to_come(keeper), Arc::clone(&keepers));
        me.set(Arc::clone(&post)).expect("it is set once");
        post.poll_here();
        assert_eq!(polls.load(Ordering::SeqCst), 1, "who is polled is not polled within that");
        assert!(futures_util::poll!(Box::pin(keepers.work())).is_pending());
        assert_eq!(polls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_keeper_that_panics_takes_no_other_with_it() {
        let post = Post::at(key(), to_come(async { panic!("as the test wants it") }), keepers());
        post.poll_here();
        assert!(post.put(Message::Leave(crate::callers::Ticket::next())).is_err(), "it reads nothing any more");
    }
}
