//! What stands for one process of a fleet: a worker on the test's runtime, and the calls that are made in it. Knows what
//! a store is asked, and no records.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::task::futures::TaskLocalFuture;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::engine::{Engine, Options};
use crate::event::{Event, Listener};
use crate::store::Store;
use crate::store::memory::MemoryStore;
use crate::testing::store::FaultStore;
use crate::testing::{Faults, Link, Request};
use crate::worker::Worker;

tokio::task_local! {
    /// The engine of the process in which a call is being polled.
    static HERE: Engine;
}

/// The engine of the process in which this is called; `None` outside of every [`Process::call`].
pub(crate) fn engine_here() -> Option<Engine> {
    HERE.try_with(Engine::clone).ok()
}

/// One process of a [`Fleet`](super::Fleet). Clones are the same process.
///
/// When the last clone is dropped it ends as one does that is told to: what was settled is still recorded.
#[derive(Clone, Debug)]
pub struct Process {
    worker: Worker,
    pub(super) link: Arc<Link>,
    events: Arc<Mutex<Vec<Event>>>,
    killed: CancellationToken,
}

impl Process {
    /// Starts a process on `memory`, which listens to itself.
    pub(super) async fn start(memory: &Arc<MemoryStore>, options: Options) -> Self {
        let (faults, events) = (Arc::<Faults>::default(), Arc::<Mutex<Vec<Event>>>::default());
        let told = Arc::clone(&events);
        let listener = Listener::new(move |event: &Event| {
            told.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        });
        let options = Options { listener, ..options };
        let namespace = options.namespace.clone();
        let store = FaultStore::new(memory, &faults);
        let opened = Engine::new(store as Arc<dyn Store>, options, Clock::Runtime).await;
        let (engine, running) = opened.expect("the store has no fault yet");
        let (memory, health) = (Arc::clone(memory), Arc::clone(&engine.health));
        let killed = CancellationToken::new();
        // A killed engine is dropped where it stands, and its keepers with it.
        let death = killed.clone();
        tokio::spawn(async move {
            tokio::select! {
                // What is due at the moment of death is not done any more.
                biased;
                () = death.cancelled() => {}
                () = running => {}
            }
        });
        Self {
            worker: Worker::over(engine, namespace),
            link: Arc::new(Link { memory, faults, health }),
            events,
            killed,
        }
    }

    /// The process's worker: for [`Worker::run`], for functions that are given one, and to look at records.
    #[must_use]
    pub fn worker(&self) -> &Worker {
        &self.worker
    }

    /// Makes a call in this process: functions that are annotated without a `worker` use this process's, where they
    /// would use the installed one.
    ///
    /// That holds for all that `call` awaits, joined futures and bodies included, but not for tasks that it spawns; these
    /// need a [`Process::call`] of their own. Inside another process's call the inner one counts.
    ///
    /// The call of a process that is [killed](Process::kill) never returns: see there how a test goes on.
    ///
    /// # Cancellation safety
    ///
    /// Dropping the future drops `call`, unless the process was killed.
    pub fn call<F: Future>(&self, call: F) -> impl Future<Output = F::Output> + use<F> {
        let call = HERE.scope(self.worker.engine().clone(), call);
        Here { call: Some(Box::pin(call)), killed: self.killed.clone() }
    }

    /// What goes wrong with the process's requests from now on: nothing, until something is chosen.
    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.link.faults
    }

    /// Cuts the process off from the store: all its requests are lost, whatever other faults were chosen. It runs on, and
    /// may still be woken by what others do. What it asked before still arrives.
    ///
    /// This does not nest: cut off twice, it is back when it is reconnected once. A killed process stays dead.
    pub fn cut_off(&self) {
        self.link.faults.cut_off();
    }

    /// Ends what [`Process::cut_off`] began. A process that waits for its store asks again within a second. If it is not
    /// cut off, or killed, nothing changes.
    pub fn reconnect(&self) {
        self.link.faults.reconnect();
        self.link.hear_clock();
    }

    /// Kills the process, as SIGKILL and a loss of power do: nothing of it runs any more, and nobody is told.
    ///
    /// No request of it reaches the store from here on, not even a delayed one, and nothing brings it back. Futures that [`Process::call`] made stay where they are: they
    /// are not polled again, and when they are dropped their memory is leaked, so that no destructor runs either. A body
    /// that kills its own process runs up to its next `await`. Tasks that a body spawned go on, as they are the
    /// test's. What is asked of [`Process::worker`] outside of a call fails.
    ///
    /// A test that awaits nothing but the call of a killed process hangs, on paused time too, as no timer is left to jump
    /// to. Race the call with `tokio::select!` against what ends the test, or give it a [`tokio::time::timeout`].
    pub fn kill(&self) {
        // What is polled at this very moment, before it is dropped, must not get through.
        self.link.faults.kill();
        self.killed.cancel();
    }

    /// What happened in the process since this was last asked, in order.
    #[must_use]
    pub fn take_events(&self) -> Vec<Event> {
        std::mem::take(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many requests of this kind the process made since this was last asked, those with a fault included.
    #[must_use]
    pub fn take_count(&self, request: Request) -> usize {
        self.link.faults.take_count(request)
    }
}

#[cfg(test)]
impl Process {
    /// A process on a store of its own.
    pub(crate) async fn alone() -> Self {
        Self::on(&MemoryStore::new()).await
    }

    /// A process on a store that others are on too.
    pub(crate) async fn on(memory: &Arc<MemoryStore>) -> Self {
        let jitter = crate::random::Jitter::from_seed(crate::random::draw());
        Self::start(memory, Options { jitter, ..Options::default() }).await
    }

    /// Everything that was asked of records since this was last asked: swaps, loads and watches.
    pub(crate) fn take_counts(&self) -> (usize, usize, usize) {
        (self.take_count(Request::Swap), self.take_count(Request::Load), self.take_count(Request::Watch))
    }

    /// The names of the events of which it told since this was last asked.
    pub(crate) fn take_event_names(&self) -> Vec<String> {
        let name = |event: Event| format!("{event:?}").split([' ', '{']).next().unwrap_or_default().to_owned();
        self.take_events().into_iter().map(name).collect()
    }
}

/// A call in a process. Once that is killed it is neither polled nor dropped.
struct Here<F: Future> {
    call: Option<Pin<Box<TaskLocalFuture<Engine, F>>>>,
    killed: CancellationToken,
}

impl<F: Future> Future for Here<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.killed.is_cancelled()
            && let Some(call) = &mut self.call
            && let Poll::Ready(output) = call.as_mut().poll(context)
            // The call itself may have killed its process.
            && !self.killed.is_cancelled()
        {
            return Poll::Ready(output);
        }
        Poll::Pending
    }
}

impl<F: Future> Drop for Here<F> {
    fn drop(&mut self) {
        if self.killed.is_cancelled() {
            std::mem::forget(self.call.take());
        }
    }
}
