//! The one connection to the server: made, watched over, replaced when it breaks. Knows no command but `HELLO`.

use std::ops::Deref;
use std::sync::{Arc, Weak};
use std::task::Waker;
use std::time::Duration;
use std::{fmt, io};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, PushInfo, PushKind, RedisResult, ServerErrorKind, Value};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::store::redis::address::Address;
use crate::store::redis::answer;
use crate::store::redis::batch::{Answer, Asking};
use crate::store::redis::dial::dial;
use crate::store::redis::fault::{Fault, of_connection};
use crate::store::redis::multiplexer::{Multiplexer, Traffic};
use crate::store::redis::script;
use crate::store::redis::seat::{self, Seat};
use crate::store::redis::sending::{Answered, Sending, Sent};
use crate::store::redis::upkeep::Order;
use crate::store::watch::Watches;
use crate::store::{ConnectError, StoreError, Watch};

/// How long making a connection may take, up to the server's answer to a first command.
const CONNECTING: Duration = Duration::from_secs(2);

/// How long the server may take to answer a command. Then it counts as gone, and the connection is replaced.
pub(super) const ANSWERING: Duration = Duration::from_millis(1500);

/// How long a command waits for a connection when there is none.
const WAITING: Duration = Duration::from_secs(1);

/// How long anything but a scan may take: it waits for a connection, and a script may have to be sent first, so that
/// there are three commands.
pub(super) const LONGEST: Duration = WAITING.saturating_add(ANSWERING.saturating_mul(3));

/// The link to a server, over whichever connection there is at the time.
pub(super) struct Link {
    address: Address,
    client: Client,
    state: watch::Sender<State>,
    traffic: Arc<Traffic>,
    pub(super) watches: Watches,
    pub(super) seat: Seat,
    orders: mpsc::UnboundedSender<Order>,
}

enum State {
    Up(Live),
    Down(StoreError),
}

/// A connection that was made. Its number tells it from those before and after it.
#[derive(Clone)]
pub(super) struct Live {
    pub(super) number: u64,
    pub(super) connection: MultiplexedConnection,
    pub(super) multiplexer: Arc<Held>,
}

/// Closes a multiplexer with whoever is the last to hold it.
pub(super) struct Held(Arc<Multiplexer>);

impl Deref for Held {
    type Target = Arc<Multiplexer>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.close(of_connection(io::ErrorKind::BrokenPipe));
    }
}

impl Link {
    /// A link that has no connection yet, and what its upkeep is told.
    ///
    /// # Errors
    ///
    /// When a file that the address names cannot be used.
    pub(super) fn new(address: Address) -> Result<(Arc<Self>, mpsc::UnboundedReceiver<Order>), ConnectError> {
        let client = address.client()?;
        let (orders, told) = mpsc::unbounded_channel();
        let left = orders.clone();
        // The upkeep may have ended with its store while a watch lives on; then nothing is left to be done.
        let watches = Watches::with_on_last(move |key| drop(left.send(Order::Left(key.into()))));
        let down = Fault::unavailable("not connected yet").at(&address);
        let (state, seat) = (watch::Sender::new(State::Down(down)), Seat::draw(address.database()));
        let traffic = Arc::default();
        Ok((Arc::new(Self { address, client, state, traffic, watches, seat, orders }), told))
    }

    /// Makes the connection of this `number`; one try. From here on commands go over it.
    pub(super) async fn dial(self: &Arc<Self>, number: u64) -> Result<Live, StoreError> {
        let weak = Arc::downgrade(self);
        let config = AsyncConnectionConfig::new()
            // The whole of the dialling below is bounded instead.
            .set_connection_timeout(None)
            // What is on its way is watched as a whole.
            .set_response_timeout(None)
            .set_push_sender(move |push| pushed(&weak, number, push));
        let dialling = async {
            let dialled = dial(&self.address.info, &self.client, config).await;
            let (connection, driver) = dialled.map_err(|error| Fault::of_connecting(&error))?;
            let multiplexer = Multiplexer::new(connection.clone(), driver, Arc::clone(&self.traffic));
            tokio::spawn(tend(Arc::downgrade(self), number, Arc::clone(&multiplexer)));
            let live = Live { number, connection, multiplexer: Arc::new(Held(multiplexer)) };
            let hello = async {
                live.multiplexer.ask(None, |asking| asking.command(redis::cmd("HELLO")))?.await?.extract_error()
            };
            let hello = hello.await.map_err(|error| Fault::of_connecting(&error))?;
            answer::check_version(&hello)?;
            Ok(live)
        };
        let in_time = timeout(CONNECTING, dialling).await;
        let dialled = in_time.unwrap_or_else(|_| Err(Fault::too_late()));
        let next = dialled.map_err(|fault| fault.at(&self.address));
        self.state.send_replace(match &next {
            Ok(live) => State::Up(live.clone()),
            Err(error) => State::Down(error.clone()),
        });
        next
    }

    /// The connection's number, unless there is none just now.
    pub(super) fn up(&self) -> Result<u64, StoreError> {
        self.with_live(|live| live.number)
    }

    /// Waits a little for a connection while there is none. What asking again does not help, it says at once.
    async fn reach(&self) -> Result<(), StoreError> {
        if matches!(&*self.state.borrow(), State::Up(_)) {
            return Ok(());
        }
        // Boxed, as it is rare: no command need have room for it.
        Box::pin(self.wait()).await
    }

    async fn wait(&self) -> Result<(), StoreError> {
        let mut state = self.state.subscribe();
        let settled = state.wait_for(|state| !matches!(state, State::Down(StoreError::Unavailable(_))));
        // Settled or not, what counts is how it stands now.
        drop(timeout(WAITING, settled).await);
        self.up().map(drop)
    }

    /// Does something with the connection, unless there is none just now.
    fn with_live<T>(&self, act: impl FnOnce(&Live) -> T) -> Result<T, StoreError> {
        match &*self.state.borrow() {
            State::Up(live) => Ok(act(live)),
            State::Down(error) => Err(error.clone()),
        }
    }

    /// Sends one command, and has the answer read.
    pub(super) fn command<'a, T>(
        &'a self,
        command: impl Fn() -> Cmd + Send + Sync + 'a,
        read: impl FnOnce(Value) -> Result<T, Fault> + Send + 'a,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'a {
        self.request(move |asking| asking.command(command()), read)
    }

    /// Sends what `add` adds, and has the answer read.
    #[expect(clippy::manual_async_fn, reason = "an async function would have room for its arguments twice")]
    fn request<'a, T>(
        &'a self,
        add: impl Fn(Asking<'_>) -> Answer + Send + Sync + 'a,
        read: impl FnOnce(Value) -> Result<T, Fault> + Send + 'a,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'a {
        async move {
            let Answered { number, answer } = self.send(&add).await?;
            self.read(number, answer.and_then(Value::extract_error), read)
        }
    }

    /// Sends commands in one go, or as good as. An error that the server has for one of them is among the answers.
    pub(super) async fn commands(&self, commands: Vec<Cmd>) -> Result<Vec<Value>, StoreError> {
        let mut asked = Vec::with_capacity(commands.len());
        for command in commands {
            self.reach().await?;
            asked.push(self.ask(None, |asking| asking.command(command))?);
        }
        let mut answers = Vec::with_capacity(asked.len());
        for sent in asked {
            let Answered { number, answer } = sent.await;
            answers.push(self.judge(number, answer)?);
        }
        Ok(answers)
    }

    /// Sends what `add` adds, which is to run a script, and has the answer read. If the server does not have that script,
    /// it is sent all, and asked again.
    #[expect(clippy::manual_async_fn, reason = "an async function would have room for its arguments twice")]
    pub(super) fn script<'a, T>(
        &'a self,
        add: impl Fn(Asking<'_>) -> Answer + Send + Sync + 'a,
        read: impl FnOnce(Value) -> Result<T, Fault> + Send + 'a,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + 'a {
        async move {
            let Answered { number, answer } = self.send(&add).await?;
            let Some(answer) = unless_missing(answer.and_then(Value::extract_error)) else {
                // Boxed, as it is rare: no other command need have room for it.
                return Box::pin(async move {
                    for loaded in self.commands(script::loads()).await? {
                        self.judge(number, loaded.extract_error())?;
                    }
                    self.request(add, read).await
                })
                .await;
            };
            self.read(number, answer, read)
        }
    }

    /// Calls `ask` and sends what it asks right here, if there is a connection over which nothing else is on its way, and
    /// nobody is about to ask something else. Says whether it did.
    pub(super) fn ask_here(&self, ask: &mut dyn FnMut()) -> bool {
        if self.traffic.is_dense() {
            return false;
        }
        // Not asked within, as what is asked may give up the connection.
        self.with_live(|live| Arc::clone(&live.multiplexer)).is_ok_and(|multiplexer| multiplexer.ask_here(ask))
    }

    /// Sends what `add` adds, and waits for the answer; while there is no connection, a little for one.
    fn send<'a, A: Fn(Asking<'_>) -> Answer + Sync>(&'a self, add: &'a A) -> Sending<'a, A> {
        Sending::New(self, add)
    }

    /// As [`Link::send`], after the connection was found to be given up.
    pub(super) async fn send_later(&self, add: impl Fn(Asking<'_>) -> Answer) -> Result<Answered, StoreError> {
        self.reach().await?;
        Ok(self.ask(None, add)?.await)
    }

    /// Sends what `add` adds over the connection, if there is one, in the name of the `asker`. Waits for nothing, so that no
    /// future has room for the command while it waits.
    pub(super) fn ask(
        &self,
        asker: Option<&Waker>,
        add: impl FnOnce(Asking<'_>) -> Answer,
    ) -> Result<Sent, StoreError> {
        let (number, answer) = self.with_live(|live| (live.number, live.multiplexer.ask(asker, add)))?;
        self.judge(number, answer).map(|answer| Sent { number, answer })
    }

    /// A watch on `key` that stands.
    pub(super) async fn watch(&self, key: &str) -> Result<Watch, StoreError> {
        self.reach().await?;
        // Listed before it is ordered: from here on the upkeep wants the subscription, also on a later connection.
        let watch = self.watches.join(key);
        let (stands, standing) = oneshot::channel();
        let order = Order::Stand { key: key.into(), stands };
        if self.orders.send(order).is_err() {
            return Err(self.error(&Fault::unavailable("the runtime of its connection has ended")));
        }
        match timeout(WAITING + ANSWERING, standing).await {
            Ok(Ok(answer)) => answer.map(|()| watch),
            Ok(Err(_)) => Err(self.error(&Fault::unavailable("the runtime of its connection has ended"))),
            Err(_) => Err(self.up().err().unwrap_or_else(|| self.error(&Fault::unavailable("it does not answer")))),
        }
    }

    /// Reads an answer over the connection of this `number`.
    fn read<T>(
        &self,
        number: u64,
        answer: RedisResult<Value>,
        read: impl FnOnce(Value) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        read(self.judge(number, answer)?).map_err(|fault| self.error(&fault))
    }

    /// What an answer over the connection of this `number` means, for the connection too.
    pub(super) fn judge<T>(&self, number: u64, answer: RedisResult<T>) -> Result<T, StoreError> {
        answer.map_err(|error| {
            let fault = Fault::of_command(&error);
            let told = self.error(&fault);
            if fault.replace {
                self.lost(number, told.clone());
            }
            told
        })
    }

    pub(super) fn error(&self, fault: &Fault) -> StoreError {
        fault.at(&self.address)
    }

    /// Gives up the connection of this `number`, if it is still the one; the upkeep makes another.
    pub(super) fn lost(&self, number: u64, why: StoreError) {
        let mut other = State::Down(why.clone());
        let was_up = self.state.send_if_modified(|state| {
            let is_it = matches!(state, State::Up(live) if live.number == number);
            if is_it {
                std::mem::swap(state, &mut other);
            }
            is_it
        });
        if was_up {
            tracing::debug!(target: "lockwork", error = %why, "connection lost");
            // Without an upkeep the store is gone, and nobody needs a connection.
            drop(self.orders.send(Order::Redial));
        }
    }
}

/// The answer to a command that runs a script, unless the server does not have that.
fn unless_missing(answer: RedisResult<Value>) -> Option<RedisResult<Value>> {
    let is_missing = answer.as_ref().is_err_and(|error| error.kind() == ErrorKind::Server(ServerErrorKind::NoScript));
    (!is_missing).then_some(answer)
}

/// Polls a connection until it ends, and gives it up then.
async fn tend(link: Weak<Link>, number: u64, multiplexer: Arc<Multiplexer>) {
    let why = multiplexer.run(ANSWERING).await;
    if let Some(link) = link.upgrade() {
        link.lost(number, link.error(&Fault::of_command(&why)));
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Link").field(&self.address).finish()
    }
}

/// The record that a message is, unless it is empty, or longer than the script would have sent.
fn told(message: &[Value]) -> Option<&[u8]> {
    let [Value::BulkString(record)] = message else { return None };
    Some(record.as_slice()).filter(|record| (1..=script::LONGEST_TOLD).contains(&record.len()))
}

/// What the server says unasked. Runs inside the connection, which must not keep its own link alive.
fn pushed(link: &Weak<Link>, number: u64, push: PushInfo) -> Result<(), ()> {
    let link = link.upgrade().ok_or(())?;
    match push.kind {
        PushKind::Message => {
            if let [Value::BulkString(channel), message @ ..] = &push.data[..]
                && let Ok(channel) = std::str::from_utf8(channel)
            {
                link.watches.wake(seat::key(channel), told(message));
            }
        }
        PushKind::Disconnection => {
            link.lost(number, link.error(&Fault::unavailable("the server closed the connection")));
        }
        _ => {}
    }
    Ok(())
}
