//! Whose turn it is to be polled by the engine. Knows nothing of who stands at a post.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::bell;
use crate::engine::post::Post;

/// Those that the engine is to poll.
#[derive(Default)]
pub(super) struct Ready(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    /// Those who became ready since their turn began who are polled now.
    posts: Vec<Arc<Post>>,
    /// Those whose turn it is, the last one first.
    turn: Vec<Arc<Post>>,
    /// To be woken when there is somebody to poll.
    engine: Option<Waker>,
}

impl Ready {
    pub(super) fn add(&self, post: &Arc<Post>) {
        let mut queue = self.queue();
        queue.posts.push(Arc::clone(post));
        let engine = queue.engine.take();
        drop(queue);
        if let Some(engine) = engine {
            engine.wake();
        }
    }

    /// Moves the next ones into `batch`: about so `many`, or all if few would be left.
    pub(super) fn take(&self, many: usize, batch: &mut Vec<Arc<Post>>) {
        let mut queue = self.queue();
        if queue.turn.is_empty() {
            drop(queue);
            // Who sleeps rings, but with enough to do this thread may not sleep for long.
            bell::ring();
            queue = self.queue();
            let Queue { posts, turn, .. } = &mut *queue;
            std::mem::swap(posts, turn);
            turn.reverse();
        }
        let rest = queue.turn.len().saturating_sub(many);
        let rest = if rest <= many / 4 { 0 } else { rest };
        batch.extend(queue.turn.drain(rest..).rev());
    }

    /// Wakes the engine when there is somebody to poll, which may be now.
    pub(super) fn wait(&self, engine: &Waker) {
        let mut queue = self.queue();
        if queue.turn.is_empty() && queue.posts.is_empty() {
            queue.engine = Some(engine.clone());
        } else {
            drop(queue);
            engine.wake_by_ref();
        }
    }

    /// Forgets all of them.
    pub(super) fn clear(&self) {
        *self.queue() = Queue::default();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing under the lock can leave it half done, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
