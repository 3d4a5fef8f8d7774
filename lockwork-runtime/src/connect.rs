//! From a URL to a running engine. Knows no keys.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::engine::{Engine, Options, thread};
use crate::error::{Error, ErrorKind};
use crate::random;
use crate::store::open::open;
use crate::store::{ConnectError, Store, StoreError};

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Opens the store on lockwork's own thread, and starts an engine for it there.
pub(crate) async fn connect(url: String, options: Options) -> Result<Engine, Error> {
    let runtime = thread::handle()
        .map_err(|error| Error::new(ErrorKind::Store, format!("lockwork's own thread cannot be started: {error}")))?;
    let (mut reply, answer) = oneshot::channel();
    runtime.spawn(async move {
        let opened = tokio::select! {
            opened = open_patiently(&url, options) => opened,
            () = reply.closed() => return,
        };
        let engine = opened.map(|(engine, running)| {
            tokio::spawn(running);
            engine
        });
        // One who has gone needs no answer; the engine ends with its only handle.
        let _ = reply.send(engine);
    });
    answer.await.unwrap_or_else(|_| Err(Error::new(ErrorKind::Store, "lockwork's own thread has ended")))
}

/// Tries again for the patience while the store may come to answer.
async fn open_patiently(
    url: &str,
    options: Options,
) -> Result<(Engine, impl Future<Output = ()> + Send + 'static), Error> {
    let start = Clock::Machine.now();
    let patience = options.patience;
    loop {
        let opened = async {
            let store: Arc<dyn Store> = open(url).await?;
            Ok(Engine::new(store, options.clone(), Clock::Machine).await?)
        };
        let silent = || StoreError::Unavailable(format!("the store did not answer within {patience:?}"));
        match timeout(patience, opened).await.unwrap_or_else(|_| Err(ConnectError::Store(silent()))) {
            Ok(engine) => return Ok(engine),
            Err(ConnectError::BadUrl(why)) => return Err(Error::new(ErrorKind::BadUrl, why)),
            Err(ConnectError::Store(StoreError::Refused(why))) => return Err(Error::new(ErrorKind::Store, why)),
            Err(ConnectError::Store(StoreError::Unavailable(why))) => {
                if start + patience <= Clock::Machine.now() {
                    let text = format!("{why}; gave up after {patience:?}: is it running, and does the URL name it?");
                    return Err(Error::new(ErrorKind::Store, text));
                }
                sleep(random::up_to(LONGEST_PAUSE)).await;
            }
        }
    }
}
