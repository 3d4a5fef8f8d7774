//! The question which records there are, as somebody puts it together. Knows the engine's messages, no store.

use std::future::{Future, IntoFuture};
use std::pin::Pin;

use tokio::sync::oneshot;

use crate::engine::Engine;
use crate::error::{Error, ErrorKind};
use crate::lookup::Lookup;
use crate::record::Record;
use crate::store::Order;

/// Records to be read, by [`Worker::records`](crate::Worker::records). Awaiting it reads them.
///
/// Who did the last three reports, and how long it took:
///
/// ```
/// # extern crate lockwork_runtime as lockwork;
/// # use std::time::Duration;
/// # use lockwork::{Attempt, Error, Job, State, Worker, slot_of};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// # let worker = Worker::connect("memory:").await?;
/// # let report = Job::new("report").per(Duration::from_secs(600));
/// # worker.run(&report, async |_: Attempt| Ok::<_, Error>(7)).await?;
/// for (key, record) in worker.records("report@").newest_first().limit(3).await? {
///     if let State::Done { value, .. } = &record.state {
///         let (slot, holder, took) = (slot_of(&key), record.holder.label(), record.took);
///         println!("{slot:?}: {holder} in attempt {}, in {took:?}: {value:?}", record.attempts);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "it reads the records when it is awaited"]
#[derive(Clone, Debug)]
pub struct Records {
    engine: Engine,
    query: Query,
}

/// Which records are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) prefix: String,
    pub(crate) behind: Option<String>,
    pub(crate) order: Order,
    pub(crate) limit: usize,
}

impl Records {
    pub(crate) fn new(engine: Engine, prefix: &str) -> Self {
        let query = Query { prefix: prefix.to_owned(), behind: None, order: Order::Ascending, limit: usize::MAX };
        Self { engine, query }
    }

    /// The greatest key first; of a job's slots that is the newest. Default: the least, the oldest.
    pub fn newest_first(mut self) -> Self {
        self.query.order = Order::Descending;
        self
    }

    /// At most so many. Default: all.
    pub fn limit(mut self, limit: usize) -> Self {
        self.query.limit = limit;
        self
    }

    /// Only those that come behind `key` in the order: the next page, when it is the last one's last key.
    pub fn behind(mut self, key: impl AsRef<str>) -> Self {
        self.query.behind = Some(key.as_ref().to_owned());
        self
    }
}

impl IntoFuture for Records {
    type Output = Result<Vec<(String, Record)>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            self.engine.look_up(Lookup::Records(self.query, reply));
            answer.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Store, "lockwork's own thread has ended")))
        })
    }
}
