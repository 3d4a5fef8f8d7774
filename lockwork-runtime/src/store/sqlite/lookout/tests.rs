//! The lookout with each of its senses alone: notices, the poll behind them, and the poll without them.

use std::sync::mpsc::{self, Receiver};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::store::{Swap, Swapped, Wake, Watch};

use super::*;

/// Far longer than anything takes, so that a test that would hang fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A file with a lookout on it, and a table over which others write to it.
struct Scene {
    table: Table,
    others: Table,
    watches: Watches,
    lookout: Lookout,
    notes: Receiver<Note>,
    directory: TempDir,
}

fn open(path: &Path) -> Table {
    let connection = Connection::open(path).expect("the directory is there");
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).expect("nobody else is here");
    Table::open(connection).expect("nobody else is here").expect("the name is free")
}

impl Scene {
    /// A scene whose lookout listens beside the file at `ear`, as seen from the file's directory.
    fn new(ear: &str) -> Self {
        let directory = tempfile::tempdir().expect("the system has room for a temporary directory");
        let path = directory.path().join("jobs.db");
        std::fs::create_dir(directory.path().join("quiet")).expect("it is new");
        let (desk, notes) = mpsc::channel();
        let watches = Watches::default();
        let lookout = Lookout::new(&directory.path().join(ear), desk, watches.clone());
        Self { table: open(&path), others: open(&path), watches, lookout, notes, directory }
    }

    fn watch(&mut self, key: &str) -> Watch {
        let watch = self.watches.join(key);
        self.lookout.begin(&self.table).expect("the file can be read");
        watch
    }

    fn others_write(&mut self, key: &str, wake: Wake) {
        let swap = Swap { key, expected: None, next: b"one", keep: None, wake };
        assert_eq!(self.others.swap(&swap).expect("nobody else writes"), Swapped::Written);
    }

    fn look(&mut self) {
        self.lookout.look(&self.table).expect("the file can be read");
    }

    /// The pause after the next look.
    fn pause(&self) -> Duration {
        self.lookout.watch.as_ref().expect("somebody watches").pause
    }
}

async fn is_woken(watch: &mut Watch) -> bool {
    tokio::time::timeout(Duration::ZERO, watch.changed()).await.is_ok()
}

#[tokio::test]
async fn the_ear_hears_what_others_write() {
    let mut scene = Scene::new("jobs.db");
    let (mut one, mut other) = (scene.watch("a"), scene.watch("b"));
    for (key, watch) in [("a", &mut one), ("b", &mut other)] {
        scene.others_write(key, Wake::All);
        while !is_woken(watch).await {
            match scene.notes.recv_timeout(PATIENCE) {
                Ok(Note::Stirred) => scene.look(),
                other => panic!("{key} is not heard: {:?}", other.err()),
            }
        }
    }
}

#[tokio::test]
async fn a_look_wakes_those_whose_keys_were_marked() {
    let mut scene = Scene::new("quiet/jobs.db");
    let (mut one, mut other) = (scene.watch("a"), scene.watch("b"));
    scene.others_write("a", Wake::All);
    scene.others_write("b", Wake::Nobody);
    scene.look();
    assert!(is_woken(&mut one).await);
    assert!(!is_woken(&mut other).await);
    scene.look();
    assert!(!is_woken(&mut one).await, "of that it was told");
}

#[tokio::test]
async fn what_was_marked_before_the_watch_wakes_nobody() {
    let mut scene = Scene::new("quiet/jobs.db");
    scene.others_write("a", Wake::All);
    let mut watch = scene.watch("a");
    scene.others_write("b", Wake::All);
    scene.look();
    assert!(!is_woken(&mut watch).await);
}

#[tokio::test]
async fn looks_come_often_after_a_stir_and_then_seldom() {
    let mut scene = Scene::new("quiet/jobs.db");
    let _watch = scene.watch("a");
    let mut pauses = Vec::new();
    for _ in 0..12 {
        scene.look();
        pauses.push(scene.pause());
    }
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert_eq!((pauses[0], pauses[11]), (WITH_EAR.first * 2, WITH_EAR.longest), "{pauses:?}");
    scene.lookout.stirred();
    assert_eq!(scene.pause(), WITH_EAR.first);
    assert!(scene.lookout.next().expect("somebody watches") <= clock::now() + WITH_EAR.first);
}

#[tokio::test]
async fn without_an_ear_looks_come_often() {
    let mut scene = Scene::new("there is no such directory/jobs.db");
    let mut watch = scene.watch("a");
    for _ in 0..10 {
        scene.look();
        assert!(scene.pause() <= WITHOUT_EAR.longest);
    }
    scene.others_write("a", Wake::All);
    scene.look();
    assert!(is_woken(&mut watch).await);
    assert_eq!(scene.pause(), WITHOUT_EAR.first, "where something happened more may follow");
}

#[tokio::test]
async fn nobody_is_looked_out_for_when_nobody_watches() {
    let mut scene = Scene::new("jobs.db");
    assert!(scene.lookout.next().is_none());
    let watch = scene.watch("a");
    assert!(scene.lookout.next().is_some());
    drop(watch);
    scene.look();
    assert!(scene.lookout.next().is_none());
    let mut watch = scene.watch("a");
    scene.others_write("a", Wake::All);
    scene.look();
    assert!(is_woken(&mut watch).await);
}

#[tokio::test]
async fn a_table_that_was_emptied_by_hand_wakes_all() {
    let mut scene = Scene::new("quiet/jobs.db");
    for key in ["a", "b", "c"] {
        scene.others_write(key, Wake::All);
    }
    let mut watch = scene.watch("a");
    let by_hand = Connection::open(scene.directory.path().join("jobs.db")).expect("it is there");
    by_hand.execute("DELETE FROM lockwork_records", []).expect("nobody else writes");
    scene.look();
    assert!(is_woken(&mut watch).await);
    scene.others_write("a", Wake::All);
    scene.look();
    assert!(is_woken(&mut watch).await, "though its mark is a small one");
}

#[tokio::test]
async fn trouble_with_looking_wakes_all() {
    let mut scene = Scene::new("quiet/jobs.db");
    let mut watch = scene.watch("a");
    let by_hand = Connection::open(scene.directory.path().join("jobs.db")).expect("it is there");
    by_hand.execute_batch("DROP TABLE lockwork_records").expect("nobody else writes");
    assert!(scene.lookout.look(&scene.table).is_err());
    assert!(is_woken(&mut watch).await);
    assert_eq!(scene.pause(), WITH_EAR.longest, "trouble is not met faster than need be");
}
