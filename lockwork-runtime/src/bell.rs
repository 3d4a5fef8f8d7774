//! Wakes the callers of one runtime together. Knows no engine and no verdicts.
//!
//! To wake a task of another thread's runtime is a system call, and where both threads share a core a switch to that
//! thread, which then finds this one task to run. With many callers that costs more than all else. So the thread that
//! answers them only notes whom to wake, and before it sleeps it wakes one task in each runtime, the *ringer*, which
//! wakes the others from within, where it is cheap. A runtime whose thread is blocked by a task that waits for an answer
//! in its own way has a ringer that is not polled; then all are woken one by one, a little later. One alone is woken
//! without a ringer.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::runtime::{Handle, Id};
use tokio::time::sleep;

/// The bells of the runtimes that have callers.
static BELLS: LazyLock<Mutex<HashMap<Id, Weak<Bell>>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// Whether this thread rings bells before it sleeps.
    static RINGS: Cell<bool> = const { Cell::new(false) };
    /// Whom it will wake then, by which bells.
    static NOTED: RefCell<Vec<(Arc<Bell>, Vec<Waker>)>> = const { RefCell::new(Vec::new()) };
    /// Room for those to be noted next.
    static ROOM: Cell<Vec<Waker>> = const { Cell::new(Vec::new()) };
    /// Those that it rang, and how often they had been heard until then.
    static RUNG: RefCell<Vec<(Arc<Bell>, u64)>> = const { RefCell::new(Vec::new()) };
    /// Waits for a bell to be rung.
    static LISTENER: RefCell<Option<Waker>> = const { RefCell::new(None) };
    /// The bell of the runtime in which this thread last asked for one.
    static LAST: RefCell<Option<(Id, Arc<Bell>)>> = const { RefCell::new(None) };
}

/// For how many there is room kept at most, after they were woken.
const MOST_ROOM: usize = 1024;

/// How long a ringer may take before those whom it was to wake are woken without it.
const PATIENCE: Duration = Duration::from_millis(5);

/// Who is to be woken in one runtime.
#[derive(Debug, Default)]
struct Bell(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    to_wake: Vec<Waker>,
    /// Nobody, before the ringer was first polled and when its runtime is gone.
    ringer: Option<Waker>,
    /// How often the ringer was polled.
    heard: u64,
}

/// The rope of a task that waits, which may wait again.
#[derive(Debug, Default)]
pub(crate) struct Rope(Option<Tied>);

/// The waker of a task, and the one that wakes it by way of its bell.
#[derive(Debug)]
struct Tied {
    task: Waker,
    by_bell: Waker,
}

impl Rope {
    /// Awaits `future` so that, if it is woken by a thread that [rings](ring), it is woken together with others of its
    /// runtime. Outside of a runtime that makes no difference.
    ///
    /// # Cancellation safety
    ///
    /// That of `future`.
    pub(crate) async fn woken_together<F: Future + Unpin>(&mut self, mut future: F) -> F::Output {
        poll_fn(|context| {
            let waker = self.tied_to(context.waker()).unwrap_or_else(|| context.waker());
            Pin::new(&mut future).poll(&mut Context::from_waker(waker))
        })
        .await
    }

    /// The waker that wakes by way of the bell, if there is one here. A task stays in its runtime, so its rope is kept.
    fn tied_to(&mut self, task: &Waker) -> Option<&Waker> {
        if !self.0.as_ref().is_some_and(|tied| tied.task.will_wake(task)) {
            self.0 = Bell::here().map(|bell| {
                let ringing = Ringing { bell, waker: task.clone() };
                Tied { task: task.clone(), by_bell: Arc::new(ringing).into() }
            });
        }
        self.0.as_ref().map(|tied| &tied.by_bell)
    }
}

/// From here on what this thread wakes by a bell waits until it calls [`ring`]. Sees for ever to those who do not hear
/// their bell; to be polled on this thread.
pub(crate) async fn ring_patiently() {
    RINGS.set(true);
    loop {
        poll_fn(|context| {
            if RUNG.with_borrow(Vec::is_empty) {
                LISTENER.set(Some(context.waker().clone()));
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        sleep(PATIENCE).await;
        for (bell, heard) in RUNG.take() {
            bell.wake_the_unheard(heard);
        }
    }
}

/// Wakes those whom this thread was to wake by a bell.
pub(crate) fn ring() {
    for (bell, mut noted) in NOTED.take() {
        let mut inside = bell.inside();
        let ringer = match &inside.ringer {
            Some(ringer) if 1 < noted.len() => ringer.clone(),
            // To wake one alone costs no more than to wake the ringer, and nobody need see whether that is polled.
            _ => {
                drop(inside);
                wake_all(&mut noted);
                ROOM.set(noted);
                continue;
            }
        };
        inside.to_wake.append(&mut noted);
        let heard = inside.heard;
        drop(inside);
        noted.shrink_to(MOST_ROOM);
        ROOM.set(noted);
        ringer.wake();
        RUNG.with_borrow_mut(|rung| rung.push((bell, heard)));
        if let Some(listener) = LISTENER.take() {
            listener.wake();
        }
    }
}

fn wake_all(to_wake: &mut Vec<Waker>) {
    to_wake.drain(..).for_each(Waker::wake);
    to_wake.shrink_to(MOST_ROOM);
}

impl Bell {
    /// That of the runtime in which this is called.
    fn here() -> Option<Arc<Self>> {
        let handle = Handle::try_current().ok()?;
        let id = handle.id();
        LAST.with_borrow_mut(|last| match last {
            Some((known, bell)) if *known == id => Some(Arc::clone(bell)),
            _ => Some(Arc::clone(&last.insert((id, Self::of(&handle))).1)),
        })
    }

    fn of(handle: &Handle) -> Arc<Self> {
        let mut bells = BELLS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = bells.get(&handle.id()).and_then(Weak::upgrade) {
            return bell;
        }
        bells.retain(|_, bell| 0 < bell.strong_count());
        let bell = Arc::<Self>::default();
        bells.insert(handle.id(), Arc::downgrade(&bell));
        handle.spawn(Ringer { bell: Arc::clone(&bell), waking: Vec::new() });
        bell
    }

    /// Wakes all one by one, unless the ringer has done so since it was `heard` so often.
    fn wake_the_unheard(&self, heard: u64) {
        let mut inside = self.inside();
        if inside.heard == heard {
            let mut to_wake = std::mem::take(&mut inside.to_wake);
            drop(inside);
            wake_all(&mut to_wake);
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task that wakes the others of its runtime, for as long as that lives.
struct Ringer {
    bell: Arc<Bell>,
    /// Empty while it is not polled, with the room of the last.
    waking: Vec<Waker>,
}

impl Future for Ringer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Self { bell, waking } = self.get_mut();
        let mut inside = bell.inside();
        inside.heard += 1;
        match &mut inside.ringer {
            Some(ringer) => ringer.clone_from(context.waker()),
            none => *none = Some(context.waker().clone()),
        }
        std::mem::swap(&mut inside.to_wake, waking);
        drop(inside);
        wake_all(waking);
        Poll::Pending
    }
}

impl Drop for Ringer {
    fn drop(&mut self) {
        let mut inside = self.bell.inside();
        inside.ringer = None;
        let mut to_wake = std::mem::take(&mut inside.to_wake);
        drop(inside);
        // They need not be tasks of the runtime that is gone, only to have been polled within it.
        wake_all(&mut to_wake);
    }
}

/// Wakes one, by way of its bell where that is worth it.
struct Ringing {
    bell: Arc<Bell>,
    waker: Waker,
}

impl Wake for Ringing {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !RINGS.get() {
            return self.waker.wake_by_ref();
        }
        let waker = self.waker.clone();
        NOTED.with_borrow_mut(|noted| match noted.iter_mut().find(|(bell, _)| Arc::ptr_eq(bell, &self.bell)) {
            Some((_, to_wake)) => to_wake.push(waker),
            None => {
                let mut to_wake = ROOM.take();
                to_wake.push(waker);
                noted.push((Arc::clone(&self.bell), to_wake));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use tokio::runtime::Builder;
    use tokio::sync::oneshot;
    use tokio::task::yield_now;

    use super::*;

    /// Answers all of these on a thread that rings when it is told to, and then sees to those who did not hear it.
    struct Answering {
        go_on: Option<mpsc::Sender<()>>,
        has_rung: mpsc::Receiver<()>,
    }

    impl Answering {
        fn begin(replies: Vec<oneshot::Sender<()>>) -> Self {
            let ((noted, has_noted), (go_on, may_go_on)) = (mpsc::channel(), mpsc::channel::<()>());
            let (rung, has_rung) = mpsc::channel();
            thread::spawn(move || {
                let runtime = Builder::new_current_thread().enable_time().build().expect("it can be made");
                runtime.block_on(async {
                    let mut ringing = Box::pin(ring_patiently());
                    assert!(futures_util::poll!(&mut ringing).is_pending());
                    for reply in replies {
                        reply.send(()).expect("it is waited for");
                    }
                    noted.send(()).expect("the test listens");
                    // It ends with the other end.
                    assert!(may_go_on.recv().is_err());
                    ring();
                    rung.send(()).expect("the test listens");
                    ringing.await;
                });
            });
            has_noted.recv().expect("it answers");
            Self { go_on: Some(go_on), has_rung }
        }

        fn ring(&mut self) {
            self.go_on = None;
            self.has_rung.recv().expect("it rings");
        }
    }

    #[derive(Default)]
    struct Flag(AtomicBool);

    impl Wake for Flag {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    /// Waits as one does who knows no runtime.
    fn block_on<F: Future>(future: F) -> F::Output {
        struct Woken(mpsc::Sender<()>);
        impl Wake for Woken {
            fn wake(self: Arc<Self>) {
                // It may be done already.
                let _ = self.0.send(());
            }
        }
        let (woken, is_woken) = mpsc::channel();
        let (waker, mut future) = (Waker::from(Arc::new(Woken(woken))), Box::pin(future));
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            is_woken.recv().expect("the waker is there");
        }
    }

    #[tokio::test]
    async fn nobody_is_woken_before_the_bell_rings_and_all_are_then() {
        let (replies, answers): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel()).unzip();
        let waiting: Vec<_> = answers
            .into_iter()
            .map(|answer| tokio::spawn(async { Rope::default().woken_together(answer).await }))
            .collect();
        for _ in 0..3 {
            yield_now().await;
        }
        let mut answering = Answering::begin(replies);
        for _ in 0..3 {
            yield_now().await;
        }
        assert!(!waiting.iter().any(|one| one.is_finished()), "it was woken early");
        answering.ring();
        for one in waiting {
            one.await.expect("it does not panic").expect("it is answered");
        }
    }

    #[tokio::test]
    async fn who_waits_in_its_own_way_and_so_blocks_its_runtime_is_woken_all_the_same() {
        // The ringer is there, and has been polled.
        Rope::default().woken_together(Box::pin(yield_now())).await;
        yield_now().await;
        // They wait before they are answered, and this thread runs no other task meanwhile.
        for count in [1, 2] {
            let (replies, answers): (Vec<_>, Vec<_>) = (0..count).map(|_| oneshot::channel()).unzip();
            let answering = async { Answering::begin(replies).ring() };
            let waiting = answers.into_iter().map(async |answer| Rope::default().woken_together(answer).await);
            let waiting = futures_util::future::join_all(waiting);
            let (answered, ()) = block_on(futures_util::future::join(waiting, answering));
            assert!(answered.iter().all(Result::is_ok));
        }
    }

    #[test]
    fn who_was_polled_in_a_runtime_that_has_gone_is_woken() {
        for has_gone_first in [true, false] {
            let runtime = Builder::new_current_thread().build().expect("it can be made");
            let (replies, answers): (Vec<_>, Vec<_>) = (0..2).map(|_| oneshot::channel()).unzip();
            let waiting = answers.into_iter().map(async |answer| Rope::default().woken_together(answer).await);
            let mut waiting: Vec<_> = waiting.map(Box::pin).collect();
            let flags = [Arc::<Flag>::default(), Arc::default()];
            let is_woken = || flags.each_ref().map(|flag| flag.0.load(Ordering::SeqCst));
            runtime.block_on(async {
                for (waiting, flag) in waiting.iter_mut().zip(&flags) {
                    let waker = Waker::from(Arc::clone(flag));
                    assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
                }
                yield_now().await;
            });
            let mut answering = Answering::begin(replies);
            if has_gone_first {
                drop(runtime);
                assert_eq!(is_woken(), [false; 2], "the bell has not rung");
                answering.ring();
            } else {
                answering.ring();
                drop(runtime);
            }
            assert_eq!(is_woken(), [true; 2], "{has_gone_first}");
        }
    }
}
