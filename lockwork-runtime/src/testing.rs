//! Workers on a test's own paused runtime, over a store whose faults the test chooses. Knows no driver.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use crate::clock::Clock;
use crate::engine::{Engine, Options};
use crate::event::{Event, Listener};
use crate::random;
use crate::store::memory::MemoryStore;
use crate::store::{Answer, Scan, Seen, Store, StoreError, Swap, Swapped, Watch};
use crate::worker::Worker;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    Load,
    Swap,
    Watch,
    Clock,
    Other,
}

/// What happens to a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// It does not arrive.
    LoseRequest,
    /// It is carried out, but nobody hears of it.
    LoseReply,
    /// It is carried out after a while.
    DelayRequest(Duration),
    /// It is carried out, and heard of after a while.
    DelayReply(Duration),
    /// It is refused.
    Refuse,
}

/// One process's way to a memory store that several share.
#[derive(Debug)]
pub(crate) struct FaultStore {
    inner: Arc<MemoryStore>,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    next: VecDeque<(Op, Fault)>,
    always: Option<Fault>,
    each: HashMap<Op, Fault>,
    /// What share of the requests has a fault by chance, and how long its delays are at most.
    chance: Option<(f64, Duration)>,
    counts: HashMap<Op, usize>,
}

impl FaultStore {
    pub(crate) fn over(inner: &Arc<MemoryStore>) -> Arc<Self> {
        Arc::new(Self { inner: Arc::clone(inner), inside: Mutex::default() })
    }

    /// The next request of this kind that has no other fault yet has this one.
    pub(crate) fn next(&self, op: Op, fault: Fault) {
        self.inside().next.push_back((op, fault));
    }

    /// All requests that have no other fault have this one, or none.
    pub(crate) fn always(&self, fault: Option<Fault>) {
        self.inside().always = fault;
    }

    /// All requests of this kind that have no other fault have this one.
    pub(crate) fn each(&self, op: Op, fault: Fault) {
        self.inside().each.insert(op, fault);
    }

    /// Requests of this kind have no lasting fault any more.
    pub(crate) fn mend(&self, op: Op) {
        self.inside().each.remove(&op);
    }

    /// This share of the requests that have no other fault have one by chance, with delays up to `longest`.
    pub(crate) fn by_chance(&self, share: f64, longest: Duration) {
        self.inside().chance = Some((share, longest));
    }

    /// How many requests of a kind were made since this was last asked.
    pub(crate) fn take_count(&self, op: Op) -> usize {
        self.inside().counts.remove(&op).unwrap_or(0)
    }

    /// Everything that was asked of the record since this was last asked: swaps, loads and watches.
    pub(crate) fn take_counts(&self) -> (usize, usize, usize) {
        (self.take_count(Op::Swap), self.take_count(Op::Load), self.take_count(Op::Watch))
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, op: Op) -> Option<Fault> {
        let mut inside = self.inside();
        *inside.counts.entry(op).or_default() += 1;
        let chosen = inside.next.iter().position(|(chosen, _)| *chosen == op);
        match chosen.and_then(|index| inside.next.remove(index)) {
            Some((_, fault)) => Some(fault),
            None => inside
                .each
                .get(&op)
                .cloned()
                .or_else(|| inside.always.clone())
                .or_else(|| inside.chance.and_then(|(share, longest)| drawn(share, longest))),
        }
    }

    async fn through<T>(&self, op: Op, answer: Answer<'_, T>) -> Result<T, StoreError> {
        let lost = |what: &str| Err(StoreError::Unavailable(format!("the {what} was lost")));
        match self.fault(op) {
            None => answer.await,
            Some(Fault::LoseRequest) => lost("request"),
            Some(Fault::LoseReply) => {
                answer.await?;
                lost("reply")
            }
            Some(Fault::DelayRequest(delay)) => {
                sleep(delay).await;
                answer.await
            }
            Some(Fault::DelayReply(delay)) => {
                let answer = answer.await;
                sleep(delay).await;
                answer
            }
            Some(Fault::Refuse) => Err(StoreError::Refused("the store refuses".to_owned())),
        }
    }
}

fn drawn(share: f64, longest: Duration) -> Option<Fault> {
    if share < random::draw::<f64>() {
        return None;
    }
    let delay = random::up_to(longest);
    Some(match random::draw::<u8>() % 4 {
        0 => Fault::LoseRequest,
        1 => Fault::LoseReply,
        2 => Fault::DelayRequest(delay),
        _ => Fault::DelayReply(delay),
    })
}

impl Store for FaultStore {
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Seen>> {
        Box::pin(self.through(Op::Load, self.inner.load(key)))
    }

    fn swap<'a>(&'a self, swap: Swap<'a>) -> Answer<'a, Swapped> {
        Box::pin(self.through(Op::Swap, self.inner.swap(swap)))
    }

    fn watch<'a>(&'a self, key: &'a str) -> Answer<'a, Watch> {
        Box::pin(self.through(Op::Watch, self.inner.watch(key)))
    }

    fn clock(&self) -> Answer<'_, Duration> {
        Box::pin(self.through(Op::Clock, self.inner.clock()))
    }

    fn scan<'a>(&'a self, scan: Scan<'a>) -> Answer<'a, Vec<(String, Seen)>> {
        Box::pin(self.through(Op::Other, self.inner.scan(scan)))
    }

    fn remove<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        Box::pin(self.through(Op::Other, self.inner.remove(key, expected)))
    }
}

/// A worker right on a memory store, hosted on the test's runtime.
pub(crate) async fn worker_on(memory: &Arc<MemoryStore>) -> Worker {
    let (patience, listener) = (Duration::from_secs(10), Listener::default());
    let options = Options { namespace: "test".to_owned(), patience, listener };
    let opened = Engine::new(Arc::clone(memory) as Arc<dyn Store>, options, Clock::Runtime).await;
    let (engine, running) = opened.expect("memory does not fail");
    tokio::spawn(running);
    Worker::over(engine, "test")
}

/// What stands for one process of a fleet: a worker, its way to the store, and what it told of.
pub(crate) struct Process {
    pub(crate) worker: Worker,
    pub(crate) store: Arc<FaultStore>,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Process {
    /// A process on a store of its own.
    pub(crate) async fn alone() -> Self {
        Self::on(&MemoryStore::new()).await
    }

    /// A process on a store that others are on too.
    pub(crate) async fn on(memory: &Arc<MemoryStore>) -> Self {
        let store = FaultStore::over(memory);
        let events = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&events);
        let listener =
            Listener::new(move |event: &Event| told.lock().expect("no test panics in here").push(event.clone()));
        let options = Options { namespace: "test".to_owned(), patience: Duration::from_secs(10), listener };
        let opened = Engine::new(Arc::clone(&store) as Arc<dyn Store>, options, Clock::Runtime).await;
        let (engine, running) = opened.expect("the store has no fault yet");
        tokio::spawn(running);
        Self { worker: Worker::over(engine, "test"), store, events }
    }

    /// What it told of since this was last asked.
    pub(crate) fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().expect("no test panics in here"))
    }

    /// The names of the events of which it told since this was last asked.
    pub(crate) fn take_event_names(&self) -> Vec<String> {
        let name = |event: Event| format!("{event:?}").split([' ', '{']).next().unwrap_or_default().to_owned();
        self.take_events().into_iter().map(name).collect()
    }
}

/// What a body of a test returns for an error.
pub(crate) type TestResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The lockwork error in `error`.
pub(crate) fn lockwork_error<'a>(error: &'a (dyn std::error::Error + Send + Sync + 'static)) -> &'a crate::Error {
    error.downcast_ref().expect("it is lockwork's own")
}
