//! Stores that cannot be had: each says what is wrong, none says the password, and none that is final takes long.

use std::error::Error as _;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

use lockwork::{Attempt, Error, ErrorKind, Job, Outcome, Worker};
use lockwork_test_support::{RedisServer, Reply};
use tokio::time::timeout;

/// A password that must not be seen. In a URL its characters need no escape.
const CANARY: &str = "c4n4ry-S3cret";

/// What is final is told before this, and the patience of the workers here is longer.
const AT_ONCE: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(600);

/// All that `tracing` was told in this process.
static TRACED: LazyLock<Traced> = LazyLock::new(|| {
    let traced = Traced::default();
    let writer = traced.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
    tracing::subscriber::set_global_default(subscriber.finish()).expect("nobody else sets one");
    traced
});

#[derive(Clone, Default)]
struct Traced(Arc<Mutex<Vec<u8>>>);

impl io::Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Traced {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// The error of a worker that cannot be connected, without the password in any form of it.
async fn refusal(url: &str, patience: Duration) -> Error {
    LazyLock::force(&TRACED);
    let connecting = timeout(AT_ONCE, Worker::builder(url).patience(patience).connect());
    let error = connecting.await.expect("it is told at once").expect_err("there is no such store");
    assert_silent(&error);
    error
}

fn assert_silent(error: &Error) {
    for shown in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
    assert!(error.source().is_none(), "{error:?}");
    assert!(!TRACED.text().contains(CANARY), "{}", TRACED.text());
}

#[tokio::test]
async fn urls_that_name_no_store() {
    let urls = [
        (format!("mysql://:{CANARY}@localhost"), "\"mysql\""),
        (format!("redis://:{CANARY}@localhost:port"), "Write"),
        (format!("redis://:{CANARY}@"), "Write"),
        ("sqlite:".to_owned(), "sqlite:"),
        ("localhost".to_owned(), "scheme"),
        (String::new(), "scheme"),
    ];
    for (url, why) in urls {
        let error = refusal(&url, PATIENCE).await;
        assert_eq!(error.kind(), ErrorKind::BadUrl, "{url}: {error}");
        assert!(error.to_string().contains(why), "{url}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for_as_long_as_the_patience_lasts() {
    let server = RedisServer::start();
    let url = server.url().replace("redis://", &format!("redis://:{CANARY}@"));
    server.kill();
    let error = refusal(&url, Duration::from_millis(500)).await;
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("gave up after 500ms"), "{error}");
    assert!(error.to_string().contains(&server.port().to_string()), "{error}");
}

#[tokio::test]
async fn a_file_that_cannot_be_one_is_refused_at_once() {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    let missing = directory.path().join("missing/jobs.db");
    let text = directory.path().join("text");
    std::fs::write(&text, "this is no database, and it is longer than the header of one would be, by a good deal")
        .expect("it can be written");
    for path in [directory.path(), &missing, &text] {
        let error = refusal(&format!("sqlite:{}", path.display()), PATIENCE).await;
        assert_eq!(error.kind(), ErrorKind::Store, "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
    assert!(std::fs::read_to_string(&text).expect("it is still text").starts_with("this is no database"));
}

#[tokio::test]
async fn a_wrong_password_is_refused_at_once() {
    let server = RedisServer::start();
    server.command(&["CONFIG", "SET", "requirepass", CANARY]);
    for (credentials, code) in [(format!(":x{CANARY}@"), "WRONGPASS"), (String::new(), "NOAUTH")] {
        let url = server.url().replace("redis://", &format!("redis://{credentials}"));
        let error = refusal(&url, PATIENCE).await;
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().contains(code), "{error}");
    }
}

#[tokio::test]
async fn a_user_without_rights_is_refused_at_once() {
    let server = RedisServer::start();
    let password = format!(">{CANARY}");
    let rights = ["~lockwork:*", "&lockwork:*", "-@all", "+time", "+get", "+pttl"];
    let made = server.command(&[&["ACL", "SETUSER", "lw", "on", &password], &rights[..]].concat());
    assert_eq!(made, Reply::Status("OK".into()));
    let url = server.url().replace("redis://", &format!("redis://lw:{CANARY}@"));
    let worker = Worker::builder(&url).patience(PATIENCE).connect().await;
    let error = match worker {
        // Whichever command comes first.
        Err(error) => error,
        Ok(worker) => timeout(AT_ONCE, run(&worker)).await.expect("it is told at once").expect_err("it has no right"),
    };
    assert_silent(&error);
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().contains("lacks a right"), "{error}");
}

#[tokio::test]
async fn a_server_that_dies_is_told_without_the_password() {
    LazyLock::force(&TRACED);
    let server = RedisServer::start_with(&["--requirepass", CANARY]);
    let events = Arc::new(Mutex::new(String::new()));
    let url = server.url().replace("redis://", &format!("redis://:{CANARY}@"));
    let told = Arc::clone(&events);
    let builder = Worker::builder(&url).patience(Duration::from_millis(500)).on_event(move |event| {
        told.lock().unwrap_or_else(PoisonError::into_inner).push_str(&format!("{event:?}\n"));
    });
    assert!(!format!("{builder:?}").contains(CANARY), "{builder:?}");
    let worker = builder.connect().await.expect("the password is right");
    assert!(!format!("{worker:?}").contains(CANARY), "{worker:?}");
    server.kill();
    let error = run(&worker).await.expect_err("the server is dead");
    assert_eq!(error.kind(), ErrorKind::Store, "{error}");
    assert_silent(&error);
    let events = events.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(events.contains("StoreTrouble") && !events.contains(CANARY), "{events}");
    assert!(TRACED.text().contains("store trouble"), "{}", TRACED.text());
}

async fn run(worker: &Worker) -> Result<Outcome<u32>, Error> {
    let body = async |attempt: Attempt| Ok::<_, Error>(attempt.number());
    worker.run(&Job::new("job"), body).await
}
