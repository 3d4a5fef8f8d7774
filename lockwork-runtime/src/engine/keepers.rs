//! The keepers of an engine, one for each key in use. Knows no transitions.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::future::poll_fn;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake};

use foldhash::fast::RandomState;
use tokio::runtime::Handle;
use tokio::task::coop::unconstrained;

use crate::engine::Setting;
use crate::engine::post::Post;
use crate::engine::ready::Ready;
use crate::engine::room::{self, Room};
use crate::job::Key;
use crate::keeper::{Keeper, Message};

/// The keepers of one engine. What is told to one that is not there yet makes it.
pub(crate) struct Keepers {
    pub(super) setting: Arc<Setting>,
    /// The engine's, whose timers are the keepers' wherever they are polled.
    runtime: Handle,
    posts: Mutex<Posts>,
    pub(super) ready: Ready,
    has_ended: AtomicBool,
    #[cfg(test)]
    standstill: std::sync::OnceLock<super::standstill::Standstill>,
}

/// How many are polled before what they ask of the store is sent: half of all, so that the server has the one half to do
/// while the other is polled. With fewer than these each sending would serve too few, and with more the first would wait long.
const AT_ONCE: RangeInclusive<usize> = 24..=64;

/// For how many keepers there is room kept at most, of a kilobyte each: as many as a busy process has at a time.
const ROOMS: usize = 1024;

/// The posts of all keepers.
#[derive(Default)]
struct Posts {
    by_key: HashMap<Key, Arc<Post>, RandomState>,
    /// Room for keepers to come, left by those who have ended.
    rooms: Vec<Room>,
}

impl Keepers {
    /// To be called in the engine's runtime.
    pub(super) fn new(setting: Arc<Setting>) -> Arc<Self> {
        Arc::new(Self {
            setting,
            runtime: Handle::current(),
            posts: Mutex::default(),
            ready: Ready::default(),
            has_ended: AtomicBool::new(false),
            #[cfg(test)]
            standstill: std::sync::OnceLock::new(),
        })
    }

    /// Tells the keeper at `post` something that its teller waits for. Where the store can be asked at once, so is the keeper
    /// polled, here. Where it cannot, the engine's thread sees to all that is asked meanwhile in one go. Says where that
    /// keeper is, as [`Keepers::put`] does.
    pub(super) fn ask(self: &Arc<Self>, post: Arc<Post>, message: Message) -> Option<Arc<Post>> {
        let post = self.put(post, message)?;
        let asked = self.setting.store.ask_here(&mut || {
            let _entered = self.runtime.enter();
            self.setting.begin_round();
            post.poll_here();
        });
        if !asked {
            post.wake_by_ref();
        }
        Some(post)
    }

    /// Tells the keeper at `post` something that the engine is to see to.
    pub(super) fn tell(self: &Arc<Self>, post: Arc<Post>, message: Message) {
        if let Some(post) = self.put(post, message) {
            post.wake();
        }
    }

    /// Puts a message where the keeper of the post's key will read it, and says where that is, unless all has ended.
    fn put(self: &Arc<Self>, mut post: Arc<Post>, mut message: Message) -> Option<Arc<Post>> {
        loop {
            match post.put(message) {
                Ok(()) => return Some(post),
                // It is about to go, and leaves its place to another one.
                Err(unread) => message = unread,
            }
            self.forget(&post, None);
            post = self.post(&post.key)?;
        }
    }

    /// The post of `key`, which is made if there is none, unless all has ended.
    pub(super) fn post(self: &Arc<Self>, key: &Key) -> Option<Arc<Post>> {
        let mut posts = self.posts();
        // Asked under the lock, so that nothing is added after the end.
        if self.has_ended() {
            return None;
        }
        let Posts { by_key, rooms } = &mut *posts;
        let place = match by_key.entry(key.clone()) {
            Entry::Occupied(post) => return Some(Arc::clone(post.get())),
            Entry::Vacant(place) => place,
        };
        Some(Arc::clone(place.insert(Post::new(key.clone(), rooms.pop(), Arc::clone(self)))))
    }

    /// Room for keepers.
    pub(super) fn room() -> Room {
        room::of(|post| {
            let keeper = Keeper::new(Arc::clone(post) as _).run();
            // What stands for a process in a test stands still as a whole.
            #[cfg(test)]
            let keeper = super::standstill::halts_if(post.keepers.standstill.get(), keeper);
            // Its turns are bounded by what it was told, whoever polls it.
            unconstrained(keeper)
        })
    }

    /// Polls those who are ready, for ever.
    pub(super) async fn work(&self) {
        #[cfg(test)]
        super::standstill::current().map(|with| self.standstill.set(with));
        let mut batch = Vec::new();
        poll_fn(|context| {
            self.poll_ready(context, &mut batch);
            Poll::<()>::Pending
        })
        .await;
    }

    /// Polls those who are ready, until none is left.
    pub(super) async fn work_to_the_end(&self) {
        let mut batch = Vec::new();
        poll_fn(|context| {
            self.poll_ready(context, &mut batch);
            if self.posts().by_key.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// Polls some of those who are ready. If there are more, others have a turn before the next ones.
    fn poll_ready(&self, context: &Context<'_>, batch: &mut Vec<Arc<Post>>) {
        let at_once = (self.posts().by_key.len() / 2).clamp(*AT_ONCE.start(), *AT_ONCE.end());
        self.ready.take(at_once, batch);
        if !batch.is_empty() {
            self.setting.begin_round();
        }
        for post in batch.drain(..) {
            post.poll_if_ready();
        }
        self.ready.wait(context.waker());
    }

    /// Gives up the place of a keeper, if it is still its own, and keeps the room that it left.
    pub(super) fn forget(&self, post: &Post, room: Option<Room>) {
        let mut posts = self.posts();
        if posts.rooms.len() < ROOMS {
            posts.rooms.extend(room);
        }
        if let Some((key, there)) = posts.by_key.remove_entry(&post.key) {
            if !std::ptr::eq(&*there, post) {
                // Somebody else has the place already, which is rare.
                posts.by_key.insert(key, there);
                return;
            }
            drop(posts);
            drop(there);
        }
    }

    /// Ends all of them where they stand.
    pub(super) fn end(&self) {
        let posts = {
            let mut posts = self.posts();
            self.has_ended.store(true, Ordering::Release);
            std::mem::take(&mut *posts)
        };
        for post in posts.by_key.into_values() {
            post.drop_keeper();
        }
        self.ready.clear();
    }

    pub(super) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Acquire)
    }

    fn posts(&self) -> MutexGuard<'_, Posts> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.posts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Keepers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keepers").field("in_use", &self.posts().by_key.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot::{self, error::TryRecvError};
    use tokio::task::yield_now;

    use super::*;
    use crate::callers::{Caller, Ticket, Verdict};
    use crate::clock::Clock;
    use crate::engine::Options;
    use crate::health::{Health, Reading};
    use crate::moment::Moment;
    use crate::policy::{Policy, SharedPolicy};
    use crate::remembered::Remembered;
    use crate::store::memory::MemoryStore;

    pub(in crate::engine) fn keepers() -> Arc<Keepers> {
        keepers_of(MemoryStore::new())
    }

    fn keepers_of(store: Arc<MemoryStore>) -> Arc<Keepers> {
        let reading = Reading { store: Duration::ZERO, heard: Clock::Runtime.now() };
        let Options { namespace, patience, listener, label, jitter, .. } = Options::default();
        let (clock, label) = (Clock::Runtime, label.into());
        let health = Arc::new(Health::new(listener.clone(), reading));
        let round = Moment::new(reading.heard, reading.heard);
        let (engine, remembered) = (0, Remembered::default());
        let setting =
            Setting { engine, store, namespace, patience, listener, clock, health, jitter, label, remembered, round };
        Keepers::new(Arc::new(setting))
    }

    pub(in crate::engine) fn key() -> Key {
        Key::parse("job").expect("it can be one")
    }

    fn caller() -> (Message, oneshot::Receiver<Verdict>) {
        let (reply, verdict) = oneshot::channel();
        (Message::Join(Caller { ticket: Ticket::next(), policy: SharedPolicy::DEFAULT, reply }), verdict)
    }

    fn ask(keepers: &Arc<Keepers>, key: &Key, message: Message) {
        keepers.post(key).and_then(|post| keepers.ask(post, message));
    }

    fn tell(keepers: &Arc<Keepers>, key: &Key, message: Message) {
        if let Some(post) = keepers.post(key) {
            keepers.tell(post, message);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_is_not_counted_from_when_others_began_to_be_polled() {
        let store = MemoryStore::new();
        let (key, holders, others) = (key(), keepers_of(Arc::clone(&store)), keepers_of(store));
        let (join, mut held) = caller();
        ask(&holders, &key, join);
        assert!(matches!(held.try_recv(), Ok(Verdict::Run(_))), "nobody else is at it");
        // The round of the others began before this, and goes on.
        tokio::time::advance(Duration::from_secs(1)).await;
        let (reply, mut verdict) = oneshot::channel();
        let policy = Policy::new().wait(Duration::from_millis(500)).into();
        let post = others.post(&key).expect("the engine has not ended");
        assert!(
            post.put(Message::Join(Caller { ticket: Ticket::next(), policy, reply })).is_ok(),
            "it reads its inbox"
        );
        post.poll_here();
        assert!(verdict.try_recv().is_err_and(|error| error == TryRecvError::Empty), "it waits");
    }

    #[tokio::test(start_paused = true)]
    async fn a_keeper_that_has_nobody_left_is_forgotten() {
        let keepers = keepers();
        let (key, (join, verdict)) = (key(), caller());
        let working = Arc::clone(&keepers);
        tokio::spawn(async move { working.work().await });
        tell(&keepers, &key, join);
        drop(verdict);
        for _ in 0..10 {
            yield_now().await;
        }
        assert!(keepers.posts().by_key.is_empty() && key.is_unique(), "somebody still has a key that nobody uses");
    }

    #[tokio::test]
    async fn a_keeper_fits_into_what_an_allocator_has_at_hand() {
        let keepers = keepers();
        let post = keepers.post(&key()).expect("the engine has not ended");
        // As a room has it.
        let keeper = Some(Keeper::new(post).run());
        // Beyond this glibc keeps no freed memory for the thread, and every job pays for that whose keeper finds no room.
        assert!(size_of_val(&keeper) <= 1032, "it has {} bytes", size_of_val(&keeper));
    }

    #[tokio::test]
    async fn a_keeper_has_the_room_of_one_that_has_ended() {
        let keepers = keepers();
        let rooms = || keepers.posts().rooms.len();
        let post = || keepers.post(&key()).expect("the engine has not ended");
        let first = post();
        first.poll_here();
        assert_eq!(rooms(), 1, "it had nobody to wait for");
        let (join, _verdict) = caller();
        let second = post();
        assert_eq!(rooms(), 0, "it has that of the first");
        assert!(second.put(join).is_ok(), "it reads its inbox");
        second.poll_here();
        keepers.end();
        assert_eq!(rooms(), 0, "who ended where it stood has left none");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_told_to_a_keeper_that_goes_is_for_the_next_one() {
        let keepers = keepers();
        let key = key();
        let going = keepers.post(&key).expect("the engine has not ended");
        assert!(going.close_if_read());
        let (join, mut verdict) = caller();
        ask(&keepers, &key, join);
        assert!(matches!(verdict.try_recv(), Ok(Verdict::Run(_))), "nobody else is at it");
        going.poll_here();
        assert!(keepers.posts().by_key.contains_key(&key), "the next one has not ended");
    }

    #[tokio::test(start_paused = true)]
    async fn those_whose_turn_was_to_come_have_it_at_the_end() {
        let keepers = keepers();
        let half = *AT_ONCE.start() + 1;
        for number in 0..2 * half {
            let (join, verdict) = caller();
            tell(&keepers, &Key::parse(format!("job-{number}")).expect("it can be one"), join);
            drop(verdict);
        }
        // As an engine does whose last handle is dropped between two turns.
        assert!(futures_util::poll!(Box::pin(keepers.work())).is_pending());
        assert_eq!(keepers.posts().by_key.len(), half, "half of them is polled at once");
        let end = tokio::time::timeout(Duration::from_secs(1), keepers.work_to_the_end());
        assert!(end.await.is_ok(), "somebody is never polled");
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_are_not_left_for_a_turn_of_their_own() {
        let keepers = keepers();
        for number in 0..*AT_ONCE.start() + 2 {
            let (join, verdict) = caller();
            tell(&keepers, &Key::parse(format!("job-{number}")).expect("it can be one"), join);
            drop(verdict);
        }
        assert!(futures_util::poll!(Box::pin(keepers.work())).is_pending());
        assert!(keepers.posts().by_key.is_empty(), "all of them were polled");
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_end_nobody_is_kept_waiting() {
        let keepers = keepers();
        let (join, mut verdict) = caller();
        tell(&keepers, &key(), join);
        keepers.end();
        assert!(verdict.try_recv().is_err(), "who came before is told");
        let (join, verdict) = caller();
        tell(&keepers, &key(), join);
        assert!(verdict.await.is_err(), "who comes later is told");
        assert!(keepers.posts().by_key.is_empty());
    }
}
