//! The worker: the handle that people hold. Knows the engine's messages, never a store.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use tokio::sync::{OnceCell, oneshot};

use crate::attempt::Attempt;
use crate::bounds::{FromError, Shared};
use crate::call::{Call, Step};
use crate::connect;
use crate::drive::Drive;
use crate::engine::{Engine, Options};
use crate::error::{Error, ErrorKind};
use crate::event::{Event, Listener};
use crate::job::{Job, Key};
use crate::lookup::{Lookup, Reply};
use crate::outcome::Outcome;
use crate::policy::LONGEST;
use crate::record::Record;
use crate::records::Records;

/// A process's way to a store: runs jobs, and keeps their leases alive on a thread of its own.
///
/// Clones are the same worker. It may be used from any executor.
#[derive(Clone)]
pub struct Worker {
    engine: Engine,
    namespace: String,
}

/// A worker to be.
#[must_use = "it connects with `connect`"]
pub struct WorkerBuilder {
    url: String,
    options: Options,
}

/// The environment variable that names the store of a process that installs no worker.
const URL_VARIABLE: &str = "LOCKWORK_URL";

static INSTALLED: OnceCell<Worker> = OnceCell::const_new();

/// Makes `worker` the one that annotated functions use in this process.
///
/// # Errors
///
/// [`AlreadyInstalled`](ErrorKind::AlreadyInstalled) when there is one, which stays. That may be one which an earlier
/// call opened by `LOCKWORK_URL`.
pub fn install(worker: Worker) -> Result<(), Error> {
    INSTALLED.set(worker).map_err(|_| {
        let text =
            "a worker is installed already and stays: install once, before the first annotated function is called";
        Error::new(ErrorKind::AlreadyInstalled, text)
    })
}

/// The engine of the process's worker: the installed one, else that of `LOCKWORK_URL`. A test may stand for a process.
pub(crate) async fn installed_engine() -> Result<Engine, Error> {
    #[cfg(any(test, feature = "testing"))]
    if let Some(engine) = crate::testing::engine_here() {
        return Ok(engine);
    }
    let worker = INSTALLED
        .get_or_try_init(|| async {
            let url = std::env::var(URL_VARIABLE).map_err(|_| {
                let text = "no worker: call `lockwork::install(Worker::connect(URL).await?)?` first, or set the \
                            environment variable LOCKWORK_URL, for example to `redis://127.0.0.1/`";
                Error::new(ErrorKind::NoWorker, text)
            })?;
            Worker::connect(&url).await
        })
        .await?;
    Ok(worker.engine().clone())
}

impl Worker {
    /// Connects to the store at `url`, with the defaults of [`Worker::builder`].
    ///
    /// | URL | store |
    /// |---|---|
    /// | `memory:` | this process's memory, anew with each connect; `memory:NAME` is shared by those who say `NAME` |
    /// | `sqlite:PATH` | a file, for the processes of one host (feature `sqlite`) |
    /// | `redis://[USER:PASSWORD@]HOST[:PORT][/DB]` | Redis 7 or later, or Valkey (feature `redis`, on by default) |
    /// | `rediss://…` | the same by TLS (feature `tls`) |
    /// | `redis+unix:///SOCKET` | the same by a Unix socket |
    ///
    /// # Errors
    ///
    /// [`BadUrl`](ErrorKind::BadUrl), or [`Store`](ErrorKind::Store) when the store refuses, or does not answer for the
    /// patience of 10 s. None holds the password.
    ///
    /// # Cancellation safety
    ///
    /// Dropping the future gives up the connection.
    pub async fn connect(url: impl AsRef<str>) -> Result<Self, Error> {
        Self::builder(url).connect().await
    }

    /// A worker for the store at `url`, to be set up.
    pub fn builder(url: impl AsRef<str>) -> WorkerBuilder {
        WorkerBuilder { url: url.as_ref().to_owned(), options: Options::default() }
    }

    /// Runs a job: returns when its fate is settled, by whomever.
    ///
    /// The body is begun when this process gets an attempt, possibly never, possibly more than once.
    ///
    /// ```
    /// # extern crate lockwork_runtime as lockwork;
    /// use lockwork::{Attempt, Error, Job, Outcome, Worker};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// let worker = Worker::connect("memory:").await?;
    /// let job = Job::new("answer").max_attempts(3);
    /// let outcome: Outcome<u64> = worker.run(&job, |_attempt: Attempt| async { Ok::<_, Error>(42) }).await?;
    /// assert_eq!((outcome.value, outcome.ran_here, outcome.attempt), (42, true, 1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The body's own error, when the last attempt was this call's; else an [`Error`], turned into `E`. Its kinds are
    /// [`Exhausted`](ErrorKind::Exhausted), [`Busy`](ErrorKind::Busy) with a [`Job::wait`], [`Store`](ErrorKind::Store),
    /// [`Unrecorded`](ErrorKind::Unrecorded), [`Value`](ErrorKind::Value), [`Reentrant`](ErrorKind::Reentrant),
    /// [`BadKey`](ErrorKind::BadKey) and [`BadJob`](ErrorKind::BadJob).
    ///
    /// # Panics
    ///
    /// When the body does, after the attempt was noted as failed.
    ///
    /// # Cancellation safety
    ///
    /// Dropping the future drops the body, if it runs, and gives the attempt back, uncounted.
    pub async fn run<T, E, F, Fut>(&self, job: &Job, mut body: F) -> Result<Outcome<T>, E>
    where
        T: Shared,
        E: FromError,
        F: FnMut(Attempt) -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut call = Call::new(job, Some(self));
        let returned = loop {
            let attempt = match call.next().await {
                Step::Run(attempt) => attempt,
                Step::Return(returned) => break returned,
            };
            let seen = attempt.clone();
            // The closure is called inside, so that its own panic is the body's too.
            let driven = Drive::new(attempt, async { body(seen).await }).await;
            if let Some(returned) = call.settle(driven) {
                break returned;
            }
        };
        let value = returned?;
        let Some(done) = call.into_done() else { unreachable!("only a completed job has a value") };
        let holder = done.record.holder.label().to_owned();
        Ok(Outcome { value, ran_here: done.ran_here, attempt: done.record.attempts, holder })
    }

    /// Reads the record of `key`; `None` when the job has never been begun, or is forgotten.
    ///
    /// # Errors
    ///
    /// [`BadKey`](ErrorKind::BadKey), or [`Store`](ErrorKind::Store), also when the record is of another version.
    ///
    /// # Cancellation safety
    ///
    /// Dropping the future has no effect.
    pub async fn record(&self, key: impl AsRef<str>) -> Result<Option<Record>, Error> {
        let key = Key::parse(key.as_ref())?;
        self.look_up(|reply| Lookup::Record(key, reply)).await
    }

    /// Reads the records whose keys begin with `prefix`, ordered by key. An empty prefix is all of the namespace; that of
    /// a job's slots is its key with an `@`, as in `report@`. [`Records`] has what there is to choose: the order, and pages.
    ///
    /// A prefix is no more than that: `report@` is also the beginning of the key `report@eu`, so with a job of that name
    /// its records would be listed, too, and before the newest of the other's.
    ///
    /// # Errors
    ///
    /// [`Store`](ErrorKind::Store), also when one of the records is of another version.
    ///
    /// # Cancellation safety
    ///
    /// Dropping the future has no effect.
    pub fn records(&self, prefix: impl AsRef<str>) -> Records {
        Records::new(self.engine.clone(), prefix.as_ref())
    }

    /// Removes the record of `key`, whatever it says, so that the job may run again. Says whether there was one.
    ///
    /// An attempt that runs meanwhile learns at its next sign of life that it does not count any more.
    ///
    /// # Errors
    ///
    /// [`BadKey`](ErrorKind::BadKey) or [`Store`](ErrorKind::Store).
    ///
    /// # Cancellation safety
    ///
    /// After dropping the future the record may or may not have been removed.
    pub async fn forget(&self, key: impl AsRef<str>) -> Result<bool, Error> {
        let key = Key::parse(key.as_ref())?;
        self.look_up(|reply| Lookup::Forget(key, reply)).await
    }

    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn over(engine: Engine, namespace: String) -> Self {
        Self { engine, namespace }
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    async fn look_up<T>(&self, question: impl FnOnce(Reply<T>) -> Lookup) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.engine.look_up(question(reply));
        answer.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Store, "lockwork's own thread has ended")))
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("namespace", &self.namespace).finish_non_exhaustive()
    }
}

impl WorkerBuilder {
    /// Keeps this worker's records apart from those of other namespaces in the same store. Letters, digits, `-`, `_`
    /// and `.`, 1 to 64 of them; default `lockwork`.
    pub fn namespace(mut self, namespace: impl AsRef<str>) -> Self {
        namespace.as_ref().clone_into(&mut self.options.namespace);
        self
    }

    /// How long a store that does not answer, or takes no writes, is asked again before a call fails. Default 10 s.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.options.patience = patience.min(LONGEST);
        self
    }

    /// Tells `listener` of every [`Event`]. What decides a call's fate is told before the call returns.
    ///
    /// It is called on the thread that keeps leases alive, within a call, or where a call is dropped. So it must be quick, and
    /// wait for no lock that is held there: it hands on what takes longer.
    pub fn on_event(mut self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        self.options.listener = Listener::new(listener);
        self
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// As [`Worker::connect`], and [`BadKey`](ErrorKind::BadKey) for a namespace that cannot be one.
    ///
    /// # Cancellation safety
    ///
    /// Dropping the future gives up the connection.
    pub async fn connect(self) -> Result<Worker, Error> {
        let Self { url, options } = self;
        check_namespace(&options.namespace)?;
        let namespace = options.namespace.clone();
        let engine = connect::connect(url, options).await?;
        Ok(Worker { engine, namespace })
    }
}

impl fmt::Debug for WorkerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("WorkerBuilder").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A colon would let two pairs of namespace and key share a record.
pub(crate) fn check_namespace(namespace: &str) -> Result<(), Error> {
    let is_taken = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    if namespace.is_empty() || 64 < namespace.len() || !namespace.chars().all(is_taken) {
        let text = format!("the namespace {namespace:?} is none: write 1 to 64 letters, digits, `-`, `_` or `.`");
        return Err(Error::new(ErrorKind::BadKey, text));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
