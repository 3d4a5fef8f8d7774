//! The engine of a worker: owns the store and the keepers, and routes what callers say. Knows no bodies.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

use crate::clock::Clock;
use crate::event::{Event, Listener};
use crate::health::{Health, Reading};
use crate::job::Key;
use crate::keeper::{Keeper, Message};
use crate::lookup::Lookup;
use crate::policy::Policy;
use crate::random::Jitter;
use crate::record::{Actor, Holder, Nonce};
use crate::register::Register;
use crate::store::{Store, StoreError};

#[cfg(test)]
pub(crate) mod standstill;
pub(crate) mod thread;

/// What people set about a worker.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) namespace: String,
    pub(crate) patience: Duration,
    pub(crate) listener: Listener,
    /// What this process is called as a holder.
    pub(crate) label: String,
    pub(crate) jitter: Jitter,
    /// How long the store may be silent before it is asked for its clock.
    pub(crate) ping_every: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            namespace: "lockwork".to_owned(),
            patience: Duration::from_secs(10),
            listener: Listener::default(),
            label: host_and_pid(),
            jitter: Jitter::default(),
            ping_every: Duration::from_secs(10),
        }
    }
}

/// What the keepers of one engine share.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) engine: u64,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) namespace: String,
    pub(crate) patience: Duration,
    pub(crate) listener: Listener,
    pub(crate) clock: Clock,
    pub(crate) health: Arc<Health>,
    pub(crate) jitter: Jitter,
    label: Arc<str>,
}

impl Setting {
    pub(crate) fn register(&self, key: &Key) -> Register {
        Register::new(Arc::clone(&self.store), key.name_in(&self.namespace), self.clock, self.patience)
    }

    pub(crate) fn holder(&self, nonce: Nonce) -> Holder {
        Holder::new(nonce, Arc::clone(&self.label))
    }

    pub(crate) fn actor<'a>(&self, holder: &'a Holder, policy: &'a Policy) -> Actor<'a> {
        let clock = self.health.store_clock(self.clock.now()).as_micros();
        Actor { holder, policy, clock: u64::try_from(clock).unwrap_or(0) }
    }
}

/// The way to an engine. It runs for as long as somebody holds one of these.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) id: u64,
    pub(crate) clock: Clock,
    pub(crate) health: Arc<Health>,
    commands: mpsc::UnboundedSender<Command>,
}

#[derive(Debug)]
enum Command {
    Tell(Key, Message),
    LookUp(Lookup),
    /// To be answered when the store's clock says this.
    Wake(Duration, oneshot::Sender<()>),
    Announce(Event),
}

impl Engine {
    /// Makes an engine over `store`, and the future that it runs in.
    ///
    /// # Errors
    ///
    /// When the store does not tell its clock.
    pub(crate) async fn new(
        store: Arc<dyn Store>,
        options: Options,
        clock: Clock,
    ) -> Result<(Self, impl Future<Output = ()> + Send + 'static), StoreError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let Options { namespace, patience, listener, label, jitter, ping_every } = options;
        let reading = Reading { store: store.clock().await?, heard: clock.now() };
        let health = Arc::new(Health::new(listener.clone(), reading));
        let (commands, inbox) = mpsc::unbounded_channel();
        let engine = Self { id: NEXT.fetch_add(1, Ordering::Relaxed), clock, health: Arc::clone(&health), commands };
        let label = label.into();
        let setting = Setting { engine: engine.id, store, namespace, patience, listener, clock, health, jitter, label };
        Ok((engine, run(Arc::new(setting), ping_every, inbox)))
    }

    /// Tells the keeper of `key`.
    pub(crate) fn tell(&self, key: &Key, message: Message) {
        // The engine ends only with its last handle, or with its process.
        let _ = self.commands.send(Command::Tell(key.clone(), message));
    }

    /// Whether it will answer nobody any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.commands.is_closed()
    }

    pub(crate) fn look_up(&self, lookup: Lookup) {
        let _ = self.commands.send(Command::LookUp(lookup));
    }

    /// Tells the listener of what happened on the callers' side.
    pub(crate) fn announce(&self, event: Event) {
        let _ = self.commands.send(Command::Announce(event));
    }

    /// What the store's clock says now, as far as is known, since the Unix epoch.
    pub(crate) fn store_clock(&self) -> Duration {
        self.health.store_clock(self.clock.now())
    }

    /// Waits until the store's clock says `time`.
    ///
    /// It is the engine's thread that waits, so the caller needs no timer.
    pub(crate) async fn wait_until(&self, time: Duration) {
        let (reply, answer) = oneshot::channel();
        let _ = self.commands.send(Command::Wake(time, reply));
        // The engine lives as long as this handle, unless its process ends.
        if answer.await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn run(setting: Arc<Setting>, ping_every: Duration, mut inbox: mpsc::UnboundedReceiver<Command>) {
    let mut keepers = Keepers { setting: Arc::clone(&setting), inboxes: HashMap::new(), tasks: JoinSet::new() };
    let mut asides = JoinSet::new();
    let health = watch_health(&setting, ping_every);
    tokio::pin!(health);
    loop {
        tokio::select! {
            biased;
            // First, since calls may come so fast that there is always another one: what has ended would pile up.
            Some(ended) = keepers.tasks.join_next() => keepers.bury(ended),
            Some(_) = asides.join_next() => {}
            command = inbox.recv() => match command {
                Some(Command::Tell(key, message)) => keepers.tell(key, message),
                Some(Command::LookUp(lookup)) => {
                    asides.spawn(lookup.answer(Arc::clone(&setting)));
                }
                Some(Command::Wake(time, reply)) => {
                    asides.spawn(wake(Arc::clone(&setting), time, reply));
                }
                Some(Command::Announce(event)) => setting.listener.tell(|| event),
                None => break,
            },
            () = &mut health => {}
        }
    }
    // Nobody can call any more, but what was settled last is still being recorded.
    while let Some(ended) = keepers.tasks.join_next().await {
        keepers.bury(ended);
    }
}

/// Answers when the store's clock says `time`, unless nobody waits for it any more.
async fn wake(setting: Arc<Setting>, time: Duration, mut reply: oneshot::Sender<()>) {
    tokio::select! {
        () = setting.health.until(time, setting.clock) => {
            let _ = reply.send(());
        }
        () = reply.closed() => {}
    }
}

/// Asks the store for its clock, for ever, so that a dead or frozen one is noticed. While keepers hear from it, it is
/// asked rarely.
async fn watch_health(setting: &Setting, ping_every: Duration) {
    let mut asked = setting.clock.now();
    loop {
        let next = setting.health.next_ping(asked, ping_every);
        if setting.clock.now() < next {
            sleep_until(next).await;
            continue;
        }
        match timeout(setting.patience, setting.store.clock()).await {
            Ok(Ok(store)) => {
                setting.health.heard(Reading { store, heard: setting.clock.now() });
                setting.health.recovered();
            }
            Ok(Err(error)) => setting.health.trouble(&error),
            Err(_) => setting.health.trouble(&StoreError::Unavailable("the store does not tell its clock".to_owned())),
        }
        asked = setting.clock.now();
    }
}

struct Keepers {
    setting: Arc<Setting>,
    inboxes: HashMap<Key, mpsc::UnboundedSender<Message>>,
    tasks: JoinSet<(Key, Vec<Message>)>,
}

impl Keepers {
    /// Tells the keeper of `key`, which is made if there is none.
    fn tell(&mut self, key: Key, message: Message) {
        let entry = self.inboxes.entry(key);
        let message = match &entry {
            Entry::Occupied(inbox) => match inbox.get().send(message) {
                Ok(()) => return,
                Err(unsent) => unsent.0,
            },
            Entry::Vacant(_) => message,
        };
        let (sender, inbox) = mpsc::unbounded_channel();
        // The inbox is right here, so this cannot fail.
        let _ = sender.send(message);
        let key = entry.key().clone();
        entry.insert_entry(sender);
        // Boxed, as a runtime moves what it spawns more than once, and again when it has ended.
        let kept = Box::pin(Keeper::new(Arc::clone(&self.setting), key, inbox).run());
        // What stands for a process in a test stands still as a whole.
        #[cfg(test)]
        let kept = standstill::with_its_spawner(kept);
        self.tasks.spawn(kept);
    }

    /// Forgets a keeper that has ended, and passes on what it did not come to read.
    fn bury(&mut self, ended: Result<(Key, Vec<Message>), tokio::task::JoinError>) {
        // A keeper that panicked has dropped its callers, who are told so; its inbox is replaced at the next call.
        let Ok((key, unread)) = ended else { return };
        if let Entry::Occupied(inbox) = self.inboxes.entry(key.clone())
            && inbox.get().is_closed()
        {
            inbox.remove();
        }
        for message in unread {
            self.tell(key.clone(), message);
        }
    }
}

/// `HOST/PID`, without anything that a record or a terminal could take amiss.
fn host_and_pid() -> String {
    let host = gethostname::gethostname();
    let host: String = host.to_string_lossy().chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    format!("{host}/{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    use super::*;
    use crate::callers::{Caller, Ticket, Verdict};
    use crate::store::memory::MemoryStore;

    #[tokio::test(start_paused = true)]
    async fn what_has_ended_is_buried_however_fast_the_calls_come() {
        let opened = Engine::new(MemoryStore::new(), Options::default(), Clock::Runtime).await;
        let (engine, running) = opened.expect("memory does not fail");
        tokio::spawn(running);
        let keys = ["first", "other"].map(|key| Key::parse(key).expect("it can be one"));
        engine.tell(&keys[0], Message::Leave(Ticket::next()));
        for _ in 0..100 {
            // More than the engine takes in one go.
            for _ in 0..1000 {
                engine.tell(&keys[1], Message::Leave(Ticket::next()));
            }
            yield_now().await;
        }
        assert!(keys[0].is_unique(), "somebody still has a key that nobody uses");
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_keeper_did_not_come_to_read_is_for_the_next_one() {
        let store: Arc<dyn Store> = MemoryStore::new();
        let reading = Reading { store: Duration::ZERO, heard: Clock::Runtime.now() };
        let Options { namespace, patience, listener, label, jitter, .. } = Options::default();
        let health = Arc::new(Health::new(listener.clone(), reading));
        let clock = Clock::Runtime;
        let label = label.into();
        let setting = Setting { engine: 0, store, namespace, patience, listener, clock, health, jitter, label };
        let mut keepers = Keepers { setting: Arc::new(setting), inboxes: HashMap::new(), tasks: JoinSet::new() };
        let (reply, verdict) = oneshot::channel();
        let caller = Caller { ticket: Ticket::next(), policy: Arc::default(), reply };
        let key = Key::parse("job").expect("it can be one");
        keepers.bury(Ok((key.clone(), vec![Message::Join(caller)])));
        keepers.bury(Ok((key.clone(), Vec::new())));
        assert!(keepers.inboxes.contains_key(&key), "the next one has not ended");
        assert!(matches!(verdict.await, Ok(Verdict::Run(_))), "nobody else is at it");
    }
}
