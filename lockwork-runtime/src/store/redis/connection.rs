//! The one connection to the server: made, watched over, replaced when it breaks. Knows no command but `HELLO`.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, PushInfo, PushKind, RedisResult, ServerErrorKind, Value,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use crate::store::redis::address::Address;
use crate::store::redis::answer;
use crate::store::redis::fault::Fault;
use crate::store::redis::script::{self, Script};
use crate::store::redis::seat::{self, Seat};
use crate::store::redis::upkeep::Order;
use crate::store::watch::Watches;
use crate::store::{ConnectError, StoreError, Watch};

/// How long making a connection may take, up to the server's answer to a first command.
const CONNECTING: Duration = Duration::from_secs(2);

/// How long the server may take to answer a command. Then it counts as gone, and the connection is replaced.
const ANSWERING: Duration = Duration::from_millis(1500);

/// How long a command waits for a connection when there is none.
const WAITING: Duration = Duration::from_secs(1);

/// How long anything but a scan may take: it waits for a connection, and a script may have to be sent first, so that
/// there are three commands.
pub(super) const LONGEST: Duration = WAITING.saturating_add(ANSWERING.saturating_mul(3));

/// How many commands may wait to be sent, before those who send them wait for their turn, which costs more.
const UNSENT: usize = 1024;

/// The link to a server, over whichever connection there is at the time.
pub(super) struct Link {
    address: Address,
    client: Client,
    state: watch::Sender<State>,
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
}

impl Live {
    /// The answer to one command; an error anywhere in it is the answer's.
    async fn ask(&mut self, command: &Cmd) -> RedisResult<Value> {
        self.connection.send_packed_command(command).await?.extract_error()
    }

    /// Sends the server the script that it does not have, and asks again.
    async fn ask_with(&mut self, script: &Script, command: &Cmd) -> RedisResult<Value> {
        script.load(&mut self.connection).await?;
        self.ask(command).await
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
        Ok((Arc::new(Self { address, client, state, watches, seat, orders }), told))
    }

    /// Makes the connection of this `number`; one try. From here on commands go over it.
    pub(super) async fn dial(self: &Arc<Self>, number: u64) -> Result<Live, StoreError> {
        let weak = Arc::downgrade(self);
        let config = AsyncConnectionConfig::new()
            // The whole of the dialling below is bounded instead.
            .set_connection_timeout(None)
            .set_response_timeout(Some(ANSWERING))
            .set_pipeline_buffer_size(UNSENT)
            .set_push_sender(move |push| pushed(&weak, number, push));
        let dialling = async {
            let mut connection = self
                .client
                .get_multiplexed_async_connection_with_config(&config)
                .await
                .map_err(|error| Fault::of_connecting(&error))?;
            let hello = redis::cmd("HELLO").query_async(&mut connection).await;
            answer::check_version(&hello.map_err(|error| Fault::of_connecting(&error))?)?;
            Ok(Live { number, connection })
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

    /// The connection, unless there is none just now.
    pub(super) fn up(&self) -> Result<Live, StoreError> {
        match &*self.state.borrow() {
            State::Up(live) => Ok(live.clone()),
            State::Down(error) => Err(error.clone()),
        }
    }

    /// The connection, for which it waits a little while there is none. What asking again does not help, it says at
    /// once.
    async fn live(&self) -> Result<Live, StoreError> {
        match self.up() {
            Ok(live) => Ok(live),
            // Boxed, as it is rare: no command need have room for it.
            Err(_) => Box::pin(self.wait()).await,
        }
    }

    async fn wait(&self) -> Result<Live, StoreError> {
        let mut state = self.state.subscribe();
        let settled = state.wait_for(|state| !matches!(state, State::Down(StoreError::Unavailable(_))));
        // Settled or not, what counts is how it stands now.
        drop(timeout(WAITING, settled).await);
        self.up()
    }

    /// Sends one command.
    pub(super) async fn command(&self, command: &Cmd) -> Result<Value, StoreError> {
        let mut live = self.live().await?;
        let answer = live.ask(command).await;
        self.judge(live.number, answer)
    }

    /// Sends commands in one go. An error that the server has for one of them is among the answers.
    pub(super) async fn pipeline(&self, pipeline: &Pipeline) -> Result<Vec<Value>, StoreError> {
        let mut live = self.live().await?;
        let answers = live.connection.send_packed_commands(pipeline, 0, pipeline.len()).await;
        self.judge(live.number, answers)
    }

    /// Sends the `command` that runs a script, and before it the script, if the server does not have it.
    pub(super) async fn script(&self, script: &Script, command: &Cmd) -> Result<Value, StoreError> {
        let mut live = self.live().await?;
        let mut answer = live.ask(command).await;
        if let Err(error) = &answer
            && error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
        {
            // Boxed, as it is rare: no other command need have room for it.
            answer = Box::pin(live.ask_with(script, command)).await;
        }
        self.judge(live.number, answer)
    }

    /// A watch on `key` that stands.
    pub(super) async fn watch(&self, key: &str) -> Result<Watch, StoreError> {
        self.live().await?;
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
