//! The thread's work on a desk that was filled before: what becomes one transaction, and who is told when.

use std::path::Path;

use lockwork_test_support::wal;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::store::sqlite::{spoil, write::Write};
use crate::store::{Swap, Wake, Watch};

use super::*;

type Outcome = Result<Swapped, StoreError>;

/// A file, and notes on a desk at which nobody works yet.
struct Scene {
    path: PathBuf,
    watches: Watches,
    sender: Sender<Note>,
    notes: Receiver<Note>,
    _directory: TempDir,
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("the system has room for a temporary directory");
        let path = directory.path().join("jobs.db");
        let (sender, notes) = mpsc::channel();
        Self { path, watches: Watches::default(), sender, notes, _directory: directory }
    }

    fn put(&self, note: Note) {
        self.sender.send(note).expect("the desk is here");
    }

    fn write(&self, key: &str, next: &[u8]) -> oneshot::Receiver<Outcome> {
        let (reply, answer) = oneshot::channel();
        let write = Write::from(Swap { key, expected: None, next, keep: None, wake: Wake::All });
        self.put(Note::Write((write, reply)));
        answer
    }

    /// Does all that lies on the desk. Says how many transactions it made of it.
    fn work(&self) -> usize {
        let desk = Desk::open(self.path.clone(), self.sender.clone(), self.watches.clone()).expect("nobody is here");
        let before = transactions(&self.path);
        // Who closes the file last clears its log away.
        let _witness = witness(&self.path);
        self.put(Note::Close);
        desk.work(&self.notes);
        transactions(&self.path) - before
    }
}

fn witness(path: &Path) -> Connection {
    let witness = Connection::open(path).expect("it is there");
    witness.query_row("SELECT count(*) FROM lockwork_records", [], |_| Ok(())).expect("it can be read");
    witness
}

fn transactions(path: &Path) -> usize {
    wal::transactions(&path.with_extension("db-wal")).expect("it can be read")
}

fn answer(mut reply: oneshot::Receiver<Outcome>) -> Outcome {
    reply.try_recv().expect("it was answered")
}

async fn is_woken(watch: &mut Watch) -> bool {
    tokio::time::timeout(Duration::ZERO, watch.changed()).await.is_ok()
}

#[test]
fn what_waits_is_written_in_few_transactions() {
    let scene = Scene::new();
    let answers: Vec<_> = (0..1000).map(|number| scene.write(&number.to_string(), b"one")).collect();
    assert_eq!(scene.work(), 1000_usize.div_ceil(MOST_NOTES));
    for reply in answers {
        assert_eq!(answer(reply), Ok(Swapped::Written));
    }
}

#[test]
fn large_writes_do_not_hold_up_others_for_long() {
    let scene = Scene::new();
    let answers = ["a", "b", "c", "d"].map(|key| scene.write(key, &[7; 600_000]));
    assert_eq!(scene.work(), 2);
    assert_eq!(answers.map(answer), [const { Ok(Swapped::Written) }; 4]);
}

#[test]
fn a_read_comes_after_the_writes_before_it_and_sees_only_what_is_on_the_disk() {
    let scene = Scene::new();
    let path = scene.path.clone();
    let (reply, read) = oneshot::channel();
    scene.write("a", b"one");
    scene.put(Note::Call(Box::new(move |desk| {
        let others = File::open(&path).expect("it is there").1.load("a");
        reply.send((desk.load("a"), others.expect("it can be read"))).expect("it is waited for");
    })));
    scene.write("b", b"one");
    assert_eq!(scene.work(), 1, "a read in between does not part them");
    let (here, others) = { read }.try_recv().expect("it was answered");
    let here = here.expect("it can be read");
    assert_eq!(here.as_ref().map(|seen| &seen.bytes[..]), Some(&b"one"[..]));
    assert_eq!(here, others);
}

#[tokio::test]
async fn nobody_is_woken_by_a_transaction_that_fails() {
    let scene = Scene::new();
    let mut watch = scene.watches.join("a");
    drop(File::open(&scene.path).expect("nobody is here"));
    let others = witness(&scene.path);
    spoil::fail_commits(&others);
    let [one, other] = ["a", "b"].map(|key| scene.write(key, b"one"));
    assert_eq!(scene.work(), 0);
    for reply in [one, other] {
        assert!(matches!(answer(reply), Err(StoreError::Refused(why)) if why.contains("\"")), "it names the file");
    }
    assert!(!is_woken(&mut watch).await);
    spoil::mend_commits(&others);
    let one = scene.write("a", b"one");
    scene.work();
    assert_eq!(answer(one), Ok(Swapped::Written));
    assert!(is_woken(&mut watch).await);
}
