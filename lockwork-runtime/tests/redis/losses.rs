//! Workers behind a network that loses replies, goes silent, and is slow: each transition is applied once, and counted
//! once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lockwork_runtime::{Attempt, Error, Event, Job, Outcome, Record, State, Worker};
use lockwork_test_support::RedisServer;
use lockwork_test_support::proxy::{Direction, Fault, Proxy, Then};
use tokio::sync::Notify;

use crate::{PATIENCE, until};

/// What a first claim is, and what every other transition is.
const CLAIM: &str = "SET";
const SCRIPT: &str = "EVALSHA";

/// Far longer than a test, so that nobody gives a sign of life in it, and nobody is taken for dead.
const LONG: Duration = Duration::from_secs(600);

/// Long enough for two of lockwork's waits for an answer that does not come, short enough to see one renewed.
const RENEWED: Duration = Duration::from_secs(7);

/// A worker behind a proxy, and what it told of.
struct Cut {
    server: RedisServer,
    proxy: Arc<Proxy>,
    worker: Worker,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Cut {
    /// The server has the script already, and one job is done.
    async fn new() -> Self {
        let server = RedisServer::start();
        let proxy = Arc::new(Proxy::start(server.port(), 1));
        let events = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&events);
        let builder = Worker::builder(format!("redis://127.0.0.1:{}", proxy.port())).on_event(move |event: &Event| {
            told.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        });
        let worker = builder.connect().await.expect("the server is there");
        let cut = Self { server, proxy, worker, events };
        numbers(&cut.worker, &Job::new("first")).await.expect("the body returns `Ok`");
        cut.events().clear();
        cut
    }

    fn events(&self) -> std::sync::MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn told(&self, name: &str) -> usize {
        self.events().iter().filter(|event| format!("{event:?}").starts_with(name)).count()
    }

    /// Another worker, whose way to the server is good.
    async fn neighbour(&self) -> Worker {
        Worker::connect(self.server.url()).await.expect("the server is there")
    }

    async fn record(&self) -> Record {
        let record = self.neighbour().await.record("job").await;
        record.expect("the server is there").expect("the job was begun")
    }
}

/// Does the job with a body that returns its attempt's number.
async fn numbers(worker: &Worker, job: &Job) -> Result<Outcome<u32>, Error> {
    worker.run(job, async |attempt: Attempt| Ok::<_, Error>(attempt.number())).await
}

/// Waits for what must happen.
async fn in_time<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(2 * PATIENCE, what).await.expect("it ends")
}

/// What follows on a lost reply: the connection is cut, or it goes silent.
const WAYS: [Then; 2] = [Then::Reset, Then::Silence];

#[tokio::test]
async fn a_claim_whose_reply_is_lost_is_the_same_attempt() {
    for then in WAYS {
        let cut = Cut::new().await;
        cut.proxy.swallow_reply_to(CLAIM, then);
        let outcome = in_time(numbers(&cut.worker, &Job::new("job").timeout(LONG))).await.expect("it is done");
        assert_eq!((outcome.value, outcome.attempt, outcome.ran_here), (1, 1, true), "{then:?}");
        assert_eq!((cut.proxy.swallowed(), cut.told("Claimed")), (1, 1), "{then:?}");
    }
}

#[tokio::test]
async fn a_sign_of_life_whose_reply_is_lost_is_given_again() {
    for then in WAYS {
        let cut = Cut::new().await;
        let body = async |attempt: Attempt| {
            cut.proxy.swallow_reply_to(SCRIPT, then);
            until("the lease is renewed after all", async || cut.told("Renewed") > 0).await;
            Ok::<_, Error>(attempt.number())
        };
        let outcome = in_time(cut.worker.run(&Job::new("job").timeout(RENEWED), body)).await.expect("it is done");
        assert_eq!((outcome.value, cut.record().await.attempts), (1, 1), "{then:?}");
        assert_eq!((cut.proxy.swallowed(), cut.told("LeaseLost")), (1, 0), "{then:?}");
    }
}

#[tokio::test]
async fn a_completion_whose_reply_is_lost_is_recorded_once() {
    for then in WAYS {
        let cut = Cut::new().await;
        let body = async |attempt: Attempt| {
            cut.proxy.swallow_reply_to(SCRIPT, then);
            Ok::<_, Error>(attempt.number())
        };
        let outcome = in_time(cut.worker.run(&Job::new("job").timeout(LONG), body)).await.expect("it is done");
        assert_eq!((outcome.value, outcome.ran_here), (1, true), "{then:?}");
        assert_eq!((cut.proxy.swallowed(), cut.told("Completed")), (1, 1), "{then:?}");
        // Its own process knows it for its own.
        assert!(matches!(cut.events()[..], [.., Event::Completed { ran_here: true, .. }]), "{then:?}");
        let record = cut.record().await;
        assert!(matches!(record.state, State::Done { .. }) && record.attempts == 1, "{then:?}: {record:?}");
    }
}

#[tokio::test]
async fn a_failure_whose_reply_is_lost_is_counted_once() {
    for then in WAYS {
        let cut = Cut::new().await;
        let body = async |attempt: Attempt| {
            if attempt.number() == 1 {
                cut.proxy.swallow_reply_to(SCRIPT, then);
                return Err("no luck".into());
            }
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(attempt.number())
        };
        let job = Job::new("job").timeout(LONG).backoff(Duration::ZERO);
        let outcome = in_time(cut.worker.run(&job, body)).await.expect("it is done");
        assert_eq!((outcome.value, cut.record().await.attempts), (2, 2), "{then:?}");
        assert_eq!((cut.proxy.swallowed(), cut.told("AttemptFailed")), (1, 1), "{then:?}");
    }
}

#[tokio::test]
async fn an_attempt_handed_back_without_a_reply_is_not_counted() {
    for then in WAYS {
        let cut = Cut::new().await;
        let begun = Notify::new();
        let body = async |_: Attempt| {
            cut.proxy.swallow_reply_to(SCRIPT, then);
            begun.notify_one();
            std::future::pending::<Result<u32, Error>>().await
        };
        let job = Job::new("job").timeout(LONG);
        tokio::select! {
            returned = cut.worker.run(&job, body) => panic!("it never ends by itself: {returned:?}"),
            () = begun.notified() => {}
        }
        // Nobody is taken for dead in this test, so it was handed back.
        let outcome = in_time(numbers(&cut.neighbour().await, &job)).await.expect("it is done");
        assert_eq!(outcome.attempt, 1, "{then:?}");
        until("the reply is lost", async || cut.proxy.swallowed() == 1).await;
    }
}

#[tokio::test]
async fn a_half_open_connection_is_noticed_by_who_holds() {
    let cut = Cut::new().await;
    let body = async |attempt: Attempt| {
        cut.proxy.half_open();
        Ok::<_, Error>(attempt.number())
    };
    let outcome = in_time(cut.worker.run(&Job::new("job").timeout(LONG), body)).await.expect("it is done");
    assert_eq!((outcome.attempt, outcome.ran_here, cut.proxy.accepted()), (1, true, 2));
}

#[tokio::test]
async fn a_half_open_connection_is_noticed_by_who_waits() {
    let cut = Cut::new().await;
    let holder = cut.neighbour().await;
    let (begun, end) = (Notify::new(), Notify::new());
    let body = async |attempt: Attempt| {
        begun.notify_one();
        end.notified().await;
        Ok::<_, Error>(attempt.number())
    };
    let job = Job::new("job").timeout(RENEWED);
    let waits = async {
        begun.notified().await;
        numbers(&cut.worker, &job).await
    };
    let cuts = async {
        until("it waits", async || cut.told("Busy") == 1).await;
        cut.proxy.half_open();
        end.notify_one();
    };
    let (held, waited, ()) = in_time(async { tokio::join!(holder.run(&job, body), waits, cuts) }).await;
    assert_eq!(held.map(|outcome| outcome.ran_here), Ok(true));
    assert_eq!(waited.map(|outcome| (outcome.value, outcome.ran_here)), Ok((1, false)));
    assert_eq!(cut.proxy.accepted(), 2);
}

#[tokio::test]
async fn bytes_may_come_one_by_one() {
    let cut = Cut::new().await;
    for direction in [Direction::Requests, Direction::Replies] {
        cut.proxy.set(direction, Fault::OneByOne);
    }
    let holder = cut.neighbour().await;
    let (begun, end) = (Notify::new(), Notify::new());
    let body = async |_: Attempt| {
        begun.notify_one();
        end.notified().await;
        Ok::<_, Error>("a value of some length ".repeat(20))
    };
    let job = Job::new("job").timeout(LONG);
    let waits = async {
        begun.notified().await;
        cut.worker.run(&job, async |_: Attempt| Ok::<_, Error>(String::new())).await
    };
    let ends = async {
        until("it waits", async || cut.told("Busy") == 1).await;
        end.notify_one();
    };
    let (held, waited, ()) = in_time(async { tokio::join!(holder.run(&job, body), waits, ends) }).await;
    assert_eq!(held.map(|outcome| outcome.value), waited.map(|outcome| outcome.value));
    let outcome = in_time(numbers(&cut.worker, &Job::new("other"))).await.expect("it is done");
    assert_eq!((outcome.ran_here, cut.proxy.accepted()), (true, 1));
}

/// Writes down that it is dropped.
struct Noted<'a>(&'a Mutex<Vec<&'static str>>);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push("dropped");
    }
}

#[tokio::test]
async fn behind_a_delay_longer_than_the_lease_a_body_is_dropped_before_another_begins() {
    let cut = Cut::new().await;
    let other = cut.neighbour().await;
    let (begun, course) = (Notify::new(), Mutex::new(Vec::new()));
    let job = Job::new("job").timeout(Duration::from_secs(1));
    let slow = async |_: Attempt| {
        let _noted = Noted(&course);
        for direction in [Direction::Requests, Direction::Replies] {
            cut.proxy.set(direction, Fault::Delay { fixed: Duration::from_secs(3), jitter: Duration::ZERO });
        }
        begun.notify_one();
        std::future::pending::<Result<u32, Error>>().await
    };
    let takes_over = async {
        begun.notified().await;
        let body = async |attempt: Attempt| {
            course.lock().unwrap_or_else(PoisonError::into_inner).push("begun");
            cut.proxy.heal();
            Ok::<_, Error>(attempt.number())
        };
        other.run(&job, body).await
    };
    let (slow, fast) = in_time(async { tokio::join!(cut.worker.run(&job, slow), takes_over) }).await;
    assert_eq!(*course.lock().unwrap_or_else(PoisonError::into_inner), ["dropped", "begun"]);
    let [slow, fast] = [slow, fast].map(|outcome| outcome.map(|outcome| (outcome.value, outcome.ran_here)));
    assert_eq!((slow, fast), (Ok((2, false)), Ok((2, true))));
}

#[tokio::test]
async fn a_request_that_comes_when_nobody_expects_it_any_more_changes_nothing() {
    let cut = Cut::new().await;
    // The completion is on its way for so long that its connection is given up, and made again on another.
    let body = async |attempt: Attempt| {
        cut.proxy.set_one(0, Direction::Requests, Fault::Hold);
        Ok::<_, Error>(attempt.number())
    };
    let outcome = in_time(cut.worker.run(&Job::new("job").timeout(LONG), body)).await.expect("it is done");
    assert_eq!((outcome.attempt, outcome.ran_here, cut.proxy.accepted()), (1, true, 2));
    let recorded = cut.record().await;
    cut.server.reset_calls();
    cut.proxy.heal();
    until("it has come", async || cut.server.calls().iter().any(|(command, _)| command == "evalsha")).await;
    assert_eq!(cut.record().await, recorded);
    assert!(matches!(recorded.state, State::Done { .. }));
}
