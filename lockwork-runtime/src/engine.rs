//! The engine of a worker: owns the store and the keepers, and routes what callers say. Knows no bodies.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use crate::clock::Clock;
use crate::engine::keepers::Keepers;
use crate::engine::post::Post;
use crate::event::{Event, Listener};
use crate::health::{Health, Reading};
use crate::job::Key;
use crate::keeper::Message;
use crate::lookup::Lookup;
use crate::moment::Moment;
use crate::policy::Policy;
use crate::random::Jitter;
use crate::record::{Actor, Nonce};
use crate::register::Register;
use crate::remembered::Remembered;
use crate::store::{Store, StoreError};

mod keepers;
mod post;
mod ready;
mod room;
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
    /// What this process is called as a holder.
    pub(crate) label: Arc<str>,
    pub(crate) remembered: Remembered,
    /// When those began to be polled who are polled now.
    round: Moment,
}

impl Setting {
    pub(crate) fn register(&self, key: &Key) -> Register {
        Register::new(Arc::clone(&self.store), key.name_in(&self.namespace), self.clock, self.patience)
    }

    /// Keepers are about to be polled.
    fn begin_round(&self) {
        self.round.raise(self.clock.now());
    }

    /// What time it is for all keepers that are polled together: to read the clock takes longer than most of what one of them
    /// does. It is never ahead of the clock, so a lease that is counted from it ends too early and not too late.
    pub(crate) fn round(&self) -> Instant {
        self.round.get()
    }

    pub(crate) fn actor<'a>(&'a self, nonce: Nonce, policy: &'a Policy, now: Instant) -> Actor<'a> {
        let clock = self.health.store_clock(now).as_micros();
        Actor { nonce, label: &self.label, policy, clock: u64::try_from(clock).unwrap_or(0) }
    }
}

/// The way to an engine. It runs for as long as somebody holds one of these.
#[derive(Clone, Debug)]
pub(crate) struct Engine(Arc<Access>);

/// What the handles of an engine share.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) id: u64,
    pub(crate) clock: Clock,
    pub(crate) health: Arc<Health>,
    keepers: Arc<Keepers>,
    commands: mpsc::UnboundedSender<Command>,
}

#[derive(Debug)]
enum Command {
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
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let label = label.into();
        let told = Arc::clone(&health);
        let round = Moment::new(reading.heard, reading.heard);
        let remembered = Remembered::default();
        let engine = id;
        let setting =
            Setting { engine, store, namespace, patience, listener, clock, health, jitter, label, remembered, round };
        let setting = Arc::new(setting);
        let keepers = Keepers::new(Arc::clone(&setting));
        let running = run(setting, Ending(Arc::clone(&keepers)), ping_every, inbox);
        Ok((Self(Arc::new(Access { id, clock, health: told, keepers, commands })), running))
    }

    /// Whether it will answer nobody any more.
    pub(crate) fn has_ended(&self) -> bool {
        self.keepers.has_ended()
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

impl Deref for Engine {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.0
    }
}

/// The way to the keeper of one key.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) engine: Engine,
    /// Where it was last, unless the engine has ended.
    post: Option<Arc<Post>>,
}

impl Way {
    pub(crate) fn new(engine: Engine, key: &Key) -> Self {
        let post = engine.keepers.post(key);
        Self { engine, post }
    }

    /// Asks the keeper something. If the store answers at once, so has the keeper when this returns.
    pub(crate) fn ask(&mut self, message: Message) {
        self.post = self.post.take().and_then(|post| self.engine.keepers.ask(post, message));
    }

    /// Tells the keeper, for the engine's thread to see to.
    pub(crate) fn tell(&mut self, message: Message) {
        if let Some(post) = self.post.take() {
            self.engine.keepers.tell(post, message);
        }
    }
}

/// Ends the keepers when it is dropped.
struct Ending(Arc<Keepers>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

async fn run(setting: Arc<Setting>, ending: Ending, ping_every: Duration, mut inbox: mpsc::UnboundedReceiver<Command>) {
    let keepers = &ending.0;
    let mut asides = JoinSet::new();
    let health = watch_health(&setting, ping_every);
    tokio::pin!(health);
    let work = keepers.work();
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            Some(_) = asides.join_next() => {}
            command = inbox.recv() => match command {
                Some(Command::LookUp(lookup)) => {
                    asides.spawn(lookup.answer(Arc::clone(&setting)));
                }
                Some(Command::Wake(time, reply)) => {
                    asides.spawn(wake(Arc::clone(&setting), time, reply));
                }
                Some(Command::Announce(event)) => setting.listener.tell(|| event),
                None => break,
            },
            () = &mut work => {}
            () = &mut health => {}
        }
    }
    // Nobody can call any more, but what was settled last is still being recorded.
    keepers.work_to_the_end().await;
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

/// `HOST/PID`, without anything that a record or a terminal could take amiss.
fn host_and_pid() -> String {
    let host = gethostname::gethostname();
    let host: String = host.to_string_lossy().chars().filter(|c| !c.is_control() && !c.is_whitespace()).collect();
    format!("{host}/{}", std::process::id())
}
