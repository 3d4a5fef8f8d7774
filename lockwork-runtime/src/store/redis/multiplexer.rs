//! One connection, and the commands that are on their way over it. Knows what no command means.
//!
//! What is asked while others are being sent or polled goes out in one go behind them, which costs each a part of what it
//! would cost alone. A connection that has nothing to do is also polled by who asks, so that one caller's command is on
//! its way before any other thread has been woken for it; not so where several have asked together lately, as others would
//! follow who are to go with it.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Pipeline, RedisError, RedisResult, Value};
use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::baton::Baton;
use crate::clock;
use crate::store::redis::batch::{Answer, Asking, Awaited, Spare, Unsent};
use crate::store::redis::fault::of_connection;

/// How often whoever polls a connection looks whether more has happened, before others have a turn.
const ROUNDS: usize = 4;

/// When so many asked together lately, one who asks does not do so alone: others are about to.
const MANY: usize = 4;

/// What reads and writes a connection's socket; it ends with the connection.
pub(super) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection as those see it who ask.
pub(super) struct Multiplexer {
    outbox: Mutex<Outbox>,
    baton: Baton,
    courier: Mutex<Courier>,
    /// The task that polls it whenever nobody else does.
    task: Mutex<Option<Waker>>,
}

/// What goes over a connection, as those see it who are about to ask. To look costs no lock, and may be a moment late.
#[derive(Default)]
pub(super) struct Traffic {
    /// Something is on its way.
    is_busy: AtomicBool,
    /// How many asked together lately.
    together: AtomicUsize,
}

impl Traffic {
    /// Whether one who asks does so with others.
    pub(super) fn is_dense(&self) -> bool {
        self.is_busy.load(Ordering::Relaxed) || MANY <= self.together.load(Ordering::Relaxed)
    }

    /// So many asked together. One alone may only have been the first of many, so that those are forgotten by halves.
    fn sent(&self, count: usize) {
        self.is_busy.store(true, Ordering::Relaxed);
        let before = self.together.load(Ordering::Relaxed);
        self.together.store(count.max(before / 2), Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Outbox {
    unsent: Unsent,
    /// Why nothing is sent any more.
    closed: Option<RedisError>,
}

/// What is polled.
struct Courier {
    connection: MultiplexedConnection,
    /// Where it is not known, a task of its own polls it.
    driver: Option<Driver>,
    sent: VecDeque<Sent>,
    traffic: Arc<Traffic>,
    /// Something was sent since the task last looked.
    has_sent: bool,
    /// The task will look in time whether what was sent is answered.
    is_watched: bool,
    /// Room for those who are to be woken by what was sent together.
    waking: Vec<Waker>,
    spare: Spare,
}

/// The commands of a sending, and the answers to them.
type Answered = (Pipeline, RedisResult<Vec<Value>>);

/// Commands that were sent in one go.
struct Sent {
    at: Instant,
    awaited: Awaited,
    answering: Pin<Box<dyn Future<Output = Answered> + Send>>,
}

impl Multiplexer {
    /// What goes over it is noted in `traffic`.
    pub(super) fn new(connection: MultiplexedConnection, driver: Option<Driver>, traffic: Arc<Traffic>) -> Arc<Self> {
        let courier = Courier {
            connection,
            driver,
            sent: VecDeque::new(),
            traffic,
            has_sent: false,
            is_watched: false,
            waking: Vec::new(),
            spare: Spare::default(),
        };
        let (outbox, task) = (Mutex::default(), Mutex::default());
        Arc::new(Self { outbox, baton: Baton::default(), courier: Mutex::new(courier), task })
    }

    /// Sends what `add` adds, with what others ask at about the same time. The answer wakes the `asker`, if there is one, or
    /// who polled it last.
    pub(super) fn ask(
        self: &Arc<Self>,
        asker: Option<&Waker>,
        add: impl FnOnce(Asking<'_>) -> Answer,
    ) -> RedisResult<Answer> {
        let mut outbox = self.outbox();
        if let Some(why) = &outbox.closed {
            return Err(why.clone());
        }
        let is_first = outbox.unsent.is_empty();
        let answer = add(outbox.unsent.by(asker));
        drop(outbox);
        if is_first {
            self.wake_by_ref();
        }
        Ok(answer)
    }

    /// Calls `ask` and sends what it asks right here, if nobody else is at it. Says whether it did.
    pub(super) fn ask_here(self: &Arc<Self>, ask: &mut dyn FnMut()) -> bool {
        if !self.baton.take_if_idle() {
            return false;
        }
        let turn = Turn(self);
        if self.courier().driver.is_none() {
            return false;
        }
        ask();
        // What was asked is seen to now.
        self.baton.catch_up();
        // As much as there is: it is not the caller's task that is being polled.
        let polling = pin!(unconstrained(async { self.poll() }));
        let _ = polling.poll(&mut Context::from_waker(Waker::noop()));
        let is_watched = self.courier().is_watched;
        drop(turn);
        if !is_watched {
            self.tell_task();
        }
        true
    }

    /// Nothing is sent any more, and what was not answered is not. May be called by what polls the connection.
    pub(super) fn close(self: &Arc<Self>, why: RedisError) {
        self.outbox().closed.get_or_insert(why);
        self.wake_by_ref();
        // It may be that nobody has the turn ever again.
        self.tell_task();
    }

    /// Polls the connection until it is closed, breaks, or leaves a command unanswered for as long as `answering`. Says
    /// why it ended.
    pub(super) async fn run(self: Arc<Self>, answering: Duration) -> RedisError {
        let ending = Ending(self);
        let multiplexer = &ending.0;
        let mut timer = None;
        poll_fn(|context| {
            *multiplexer.task() = Some(context.waker().clone());
            if multiplexer.baton.take() {
                multiplexer.poll();
                if multiplexer.baton.give_back() {
                    context.waker().wake_by_ref();
                }
            }
            if multiplexer.watch(&mut timer, answering, context) {
                multiplexer.close(of_connection(ErrorKind::TimedOut));
            }
            let closed = multiplexer.outbox().closed.clone();
            closed.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Polls what is there to poll. To be called by who has the turn.
    fn poll(self: &Arc<Self>) {
        let waker = Waker::from(Arc::clone(self));
        let mut context = Context::from_waker(&waker);
        let mut courier = self.courier();
        for round in 0..ROUNDS {
            if 0 < round && !self.baton.catch_up() {
                return;
            }
            let mut outbox = self.outbox();
            if outbox.closed.is_some() {
                return;
            }
            if outbox.unsent.is_empty() {
                drop(outbox);
            } else {
                let (commands, awaited) = outbox.unsent.take(&mut courier.spare);
                drop(outbox);
                courier.send(commands, awaited);
            }
            if courier.poll(&mut context).is_ready() {
                self.outbox().closed.get_or_insert_with(broken);
                self.tell_task();
                return;
            }
        }
    }

    /// Sets a timer whenever something is on its way, and says whether that has taken too long. When nothing was sent for
    /// as long, no timer is set.
    fn watch(&self, timer: &mut Option<Pin<Box<Sleep>>>, answering: Duration, context: &mut Context<'_>) -> bool {
        let mut courier = self.courier();
        loop {
            if let Some(running) = timer {
                if running.as_mut().poll(context).is_pending() {
                    return false;
                }
                *timer = None;
            }
            let now = clock::now();
            let end = match courier.sent.front() {
                Some(sent) if sent.at + answering <= now => return true,
                Some(sent) => sent.at + answering,
                // What will be sent before then has time beyond it.
                None if courier.has_sent => now + answering,
                None => {
                    courier.is_watched = false;
                    return false;
                }
            };
            (courier.has_sent, courier.is_watched) = (false, true);
            *timer = Some(Box::pin(sleep_until(end)));
        }
    }

    fn tell_task(&self) {
        if let Some(task) = &*self.task() {
            task.wake_by_ref();
        }
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        // Nothing under the locks can leave them half done, so a panic elsewhere does not spoil them.
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn courier(&self) -> MutexGuard<'_, Courier> {
        self.courier.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn task(&self) -> MutexGuard<'_, Option<Waker>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Courier {
    fn send(&mut self, commands: Pipeline, awaited: Awaited) {
        let mut connection = self.connection.clone();
        let answering = Box::pin(async move {
            let count = commands.len();
            let answered = connection.send_packed_commands(&commands, 0, count).await;
            (commands, answered)
        });
        self.has_sent = true;
        self.traffic.sent(awaited.len());
        self.sent.push_back(Sent { at: clock::now(), awaited, answering });
    }

    /// Ready when the connection has ended.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut place = 0;
        while let Some(sent) = self.sent.get_mut(place) {
            let Poll::Ready((commands, answered)) = sent.answering.as_mut().poll(context) else {
                place += 1;
                continue;
            };
            if let Some(Sent { awaited, .. }) = self.sent.remove(place) {
                awaited.are(answered, &mut self.waking);
                self.spare.keep(commands, awaited);
            }
        }
        if self.sent.is_empty() {
            self.traffic.is_busy.store(false, Ordering::Relaxed);
        }
        self.driver.as_mut().map_or(Poll::Pending, |driver| driver.as_mut().poll(context))
    }
}

impl Wake for Multiplexer {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.baton.call() {
            self.tell_task();
        }
    }
}

/// Gives the turn back when it is dropped.
struct Turn<'a>(&'a Arc<Multiplexer>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.0.baton.give_back() {
            self.0.tell_task();
        }
    }
}

/// Ends the connection when it is dropped: with its task, be it that its runtime has gone.
struct Ending(Arc<Multiplexer>);

impl Drop for Ending {
    fn drop(&mut self) {
        let multiplexer = &self.0;
        let mut outbox = multiplexer.outbox();
        let why = outbox.closed.get_or_insert_with(broken).clone();
        let (_, unsent) = outbox.unsent.take(&mut Spare::default());
        drop(outbox);
        multiplexer.baton.end();
        let mut courier = multiplexer.courier();
        let (driver, sent) = (courier.driver.take(), std::mem::take(&mut courier.sent));
        courier.traffic.is_busy.store(false, Ordering::Relaxed);
        drop(courier);
        drop(driver);
        let mut waking = Vec::new();
        unsent.are(Err(why.clone()), &mut waking);
        for sent in sent {
            sent.awaited.are(Err(why.clone()), &mut waking);
        }
    }
}

fn broken() -> RedisError {
    of_connection(ErrorKind::BrokenPipe)
}

impl fmt::Debug for Multiplexer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Multiplexer").field("baton", &self.baton).finish_non_exhaustive()
    }
}
