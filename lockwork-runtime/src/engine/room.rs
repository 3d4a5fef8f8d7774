//! Room for a keeper's future, which another one can have after it. Knows no transitions.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::engine::post::Post;

/// Room for one keeper at a time.
pub(super) type Room = Pin<Box<dyn Admit>>;

/// What a room does.
///
/// A keeper is made where it stays: a future of a kilobyte is not to be moved there from elsewhere.
pub(super) trait Admit: Send {
    /// Makes the keeper that is to stand at `post`. The one before it is gone then.
    fn admit(self: Pin<&mut Self>, post: &Arc<Post>);

    /// Polls the keeper that was made last.
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()>;
}

pin_project! {
    struct Of<M, F> {
        make: M,
        #[pin]
        keeper: Option<F>,
    }
}

/// A room for what `make` makes.
pub(super) fn of<F: Future<Output = ()> + Send + 'static>(make: impl FnMut(&Arc<Post>) -> F + Send + 'static) -> Room {
    Box::pin(Of { make, keeper: None })
}

impl<M, F> Admit for Of<M, F>
where
    M: FnMut(&Arc<Post>) -> F + Send,
    F: Future<Output = ()> + Send,
{
    fn admit(self: Pin<&mut Self>, post: &Arc<Post>) {
        let mut this = self.project();
        this.keeper.set(Some((this.make)(post)));
    }

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.project().keeper.as_pin_mut().map_or(Poll::Ready(()), |keeper| keeper.poll(context))
    }
}
