//! Hears when other processes write to the file, by the notices of the operating system. Reads nothing.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::notes::Note;

/// Sends [`Note::Stirred`] when the write-ahead log of a file changes, for as long as it exists.
pub(super) struct Ear {
    _watcher: RecommendedWatcher,
    told: Arc<AtomicBool>,
}

impl Ear {
    /// An ear on the log of the file at `path`; none where the operating system grants no notices.
    pub(super) fn open(path: &Path, desk: Sender<Note>) -> Option<Self> {
        let log = log_name(path)?;
        let told = Arc::new(AtomicBool::new(false));
        let already_told = Arc::clone(&told);
        let handler = move |event: notify::Result<notify::Event>| {
            let stirs = match &event {
                Ok(event) => event.need_rescan() || event.paths.iter().any(|path| path.file_name() == Some(&log)),
                Err(_) => true,
            };
            // One note at a time lies on the desk, so a busy log does not pile them up.
            if stirs && !already_told.swap(true, Ordering::AcqRel) {
                let _ = desk.send(Note::Stirred);
            }
        };
        let mut watcher = notify::recommended_watcher(handler).ok()?;
        // The directory, since the log itself is removed and made anew as processes come and go.
        watcher.watch(path.parent()?, RecursiveMode::NonRecursive).ok()?;
        Some(Self { _watcher: watcher, told })
    }

    /// What stirs from now on is told anew. To be called before the file is looked at.
    pub(super) fn listen_again(&self) {
        self.told.store(false, Ordering::Release);
    }
}

fn log_name(path: &Path) -> Option<OsString> {
    let mut name = path.file_name()?.to_owned();
    name.push("-wal");
    Some(name)
}
