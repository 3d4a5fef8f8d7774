//! A process's way to the store, as a network: a request that was sent goes on whether or not its sender still waits for
//! the answer. Of records it knows which of them can be claimed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::plan::happens;
use super::recorder::Recorder;
use super::weather::Weather;
use crate::random::{draw, up_to};
use crate::register::Glimpse;
use crate::store::memory::MemoryStore;
use crate::store::watch::Watches;
use crate::store::{Answer, Scan, Seen, Store, StoreError, Swap, Swapped, Watch};
use crate::testing::{Fault, FaultStore, Faults, Request};

/// How often something goes wrong with a request, and how long its delays are at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    /// In percent.
    pub(super) share: u8,
    pub(super) longest: Duration,
    /// How long a request or a reply is on its way at most when nothing goes wrong.
    pub(super) latency: Duration,
}

/// The way to the store of one process.
#[derive(Clone)]
pub(super) struct Network {
    process: u32,
    store: Arc<FaultStore>,
    faults: Arc<Faults>,
    weather: Arc<Weather>,
    recorder: Recorder,
    chance: Chance,
    watches: Watches,
    /// Whether callers see to their keepers themselves, as with a store that answers at once. They may with any.
    is_asked_by_callers: bool,
}

/// What goes wrong with one request.
enum Mishap {
    None,
    /// What the store knows by itself.
    Fault(Fault),
    /// Its sender is told that there is no answer. It is carried out long afterwards, when later ones have been.
    Late(Duration),
    /// It is carried out again afterwards.
    Repeated(Duration),
}

/// The names of the kinds that concern a single request or wake-up.
pub(super) const LOST_REQUEST: &str = "lost request";
pub(super) const LOST_REPLY: &str = "lost reply";
pub(super) const SLOW_REQUEST: &str = "slow request";
pub(super) const SLOW_REPLY: &str = "slow reply";
pub(super) const LATE_REQUEST: &str = "request applied after its time";
pub(super) const REPEATED_REQUEST: &str = "request applied twice";
pub(super) const LATE_WAKE_UP: &str = "late wake-up";

impl Network {
    pub(super) fn new(
        process: u32,
        memory: &Arc<MemoryStore>,
        weather: &Arc<Weather>,
        recorder: &Recorder,
        chance: Chance,
    ) -> Self {
        let faults = Arc::default();
        let (store, weather, recorder) = (FaultStore::new(memory, &faults), Arc::clone(weather), recorder.clone());
        let is_asked_by_callers = happens(50);
        Self { process, store, faults, weather, recorder, chance, watches: Watches::default(), is_asked_by_callers }
    }

    /// Sends a request and waits for the answer.
    async fn send<T: Send + 'static>(
        &self,
        op: Request,
        key: &str,
        request: impl Fn(Arc<FaultStore>) -> Answer<'static, T> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let mishap = self.mishap(op, key);
        let is_late = matches!(mishap, Mishap::Late(_));
        let (reply, answer) = oneshot::channel();
        let network = self.clone();
        tokio::spawn(async move {
            let (fault, again) = match mishap {
                Mishap::None => (None, None),
                Mishap::Fault(fault) => (Some(fault), None),
                Mishap::Repeated(delay) => (None, Some(delay)),
                Mishap::Late(delay) => {
                    sleep(delay).await;
                    (None, None)
                }
            };
            // Whoever sent it may have gone.
            let _ = reply.send(network.carry(op, fault, &request).await);
            if let Some(delay) = again {
                sleep(delay).await;
                let _ = network.carry(op, None, &request).await;
            }
        });
        if is_late {
            return Err(StoreError::Unavailable("no answer came".to_owned()));
        }
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the network has ended".to_owned())))
    }

    /// Carries a request to the store, and its answer back.
    async fn carry<T>(
        &self,
        op: Request,
        fault: Option<Fault>,
        request: impl Fn(Arc<FaultStore>) -> Answer<'static, T>,
    ) -> Result<T, StoreError> {
        self.travel().await;
        self.weather.let_request_through(self.process).await?;
        if let Some(fault) = fault {
            // It is for the request that is made right now.
            self.faults.next(op, fault);
        }
        let answer = request(Arc::clone(&self.store)).await;
        self.travel().await;
        self.weather.let_reply_through(self.process).await?;
        answer
    }

    async fn travel(&self) {
        if !self.chance.latency.is_zero() {
            sleep(up_to(self.chance.latency)).await;
        }
    }

    fn mishap(&self, op: Request, key: &str) -> Mishap {
        if op == Request::Clock || !happens(self.chance.share) {
            return Mishap::None;
        }
        let delay = up_to(self.chance.longest);
        let (kind, mishap) = match draw::<u8>() % 6 {
            0 => (LOST_REQUEST, Mishap::Fault(Fault::LoseRequest)),
            1 => (LOST_REPLY, Mishap::Fault(Fault::LoseReply)),
            2 => (SLOW_REQUEST, Mishap::Fault(Fault::DelayRequest(delay))),
            3 => (SLOW_REPLY, Mishap::Fault(Fault::DelayReply(delay))),
            4 => (LATE_REQUEST, Mishap::Late(delay * 3)),
            _ => (REPEATED_REQUEST, Mishap::Repeated(delay * 3)),
        };
        self.recorder.struck(self.process, job_of(key), kind);
        mishap
    }

    /// Wakes those who wait in this process.
    async fn wake(self, name: String, told: Option<Arc<[u8]>>) {
        if !self.watches.is_watched(&name) {
            return;
        }
        if happens(self.chance.share) {
            self.recorder.struck(self.process, job_of(&name), LATE_WAKE_UP);
            sleep(up_to(self.chance.longest)).await;
        }
        self.travel().await;
        self.weather.let_wake_up_through(self.process).await;
        self.watches.wake(&name, told.as_deref());
    }
}

/// Hands on the wake-ups of the store, in an order that follows from the seed.
pub(super) async fn hand_on_wake_ups(memory: Arc<MemoryStore>, name: String, networks: Vec<Network>) {
    let mut heard = memory.watch(&name).await.expect("memory does not fail");
    loop {
        heard.changed().await;
        let told = heard.told();
        // Memory wakes all, others a few where only one can have what there is: here some, and perhaps nobody.
        let is_for_few = told.as_deref().is_some_and(|record| Glimpse::guess(record).is_some());
        for network in &networks {
            if !is_for_few || happens(50) {
                tokio::spawn(network.clone().wake(name.clone(), told.clone()));
            }
        }
    }
}

/// The job's key, of one as the store knows it.
fn job_of(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, key)| key)
}

impl Store for Network {
    fn load<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Seen>> {
        let name = key.to_owned();
        Box::pin(self.send(Request::Load, key, move |store| {
            let name = name.clone();
            Box::pin(async move { store.load(&name).await })
        }))
    }

    fn swap<'a>(&'a self, swap: Swap<'a>) -> Answer<'a, Swapped> {
        let (name, expected, next) = (swap.key.to_owned(), swap.expected.map(<[u8]>::to_vec), swap.next.to_vec());
        let (keep, wake, process, recorder) = (swap.keep, swap.wake, self.process, self.recorder.clone());
        Box::pin(self.send(Request::Swap, swap.key, move |store| {
            let (name, expected, next, recorder) = (name.clone(), expected.clone(), next.clone(), recorder.clone());
            Box::pin(async move {
                let swap = Swap { key: &name, expected: expected.as_deref(), next: &next, keep, wake };
                let swapped = store.swap(swap).await?;
                if swapped == Swapped::Written {
                    recorder.hear(process, job_of(&name));
                }
                Ok(swapped)
            })
        }))
    }

    fn watch<'a>(&'a self, key: &'a str) -> Answer<'a, Watch> {
        let (name, watches) = (key.to_owned(), self.watches.clone());
        Box::pin(self.send(Request::Watch, key, move |store| {
            let (name, watches) = (name.clone(), watches.clone());
            Box::pin(async move {
                store.watch(&name).await?;
                Ok(watches.join(&name))
            })
        }))
    }

    fn clock(&self) -> Answer<'_, Duration> {
        Box::pin(self.send(Request::Clock, "", |store| Box::pin(async move { store.clock().await })))
    }

    fn scan<'a>(&'a self, scan: Scan<'a>) -> Answer<'a, Vec<(String, Seen)>> {
        self.store.scan(scan)
    }

    fn remove<'a>(&'a self, key: &'a str, expected: &'a [u8]) -> Answer<'a, bool> {
        self.store.remove(key, expected)
    }

    fn ask_here(&self, ask: &mut dyn FnMut()) -> bool {
        if self.is_asked_by_callers {
            ask();
        }
        self.is_asked_by_callers
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("process", &self.process).finish_non_exhaustive()
    }
}
