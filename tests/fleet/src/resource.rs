//! What bodies write to: for each job a file, which takes no write with a lower fence than one it has taken. Knows
//! nothing of lockwork.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::Duration;

use lockwork_test_support::history::Deed;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tokio::time::sleep;

use crate::notes::Notes;

/// How long a write waits for its turn at a time.
const TURN: Duration = Duration::from_millis(5);

/// A directory of such files.
pub(crate) struct Resource {
    directory: PathBuf,
}

impl Resource {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Writes with this fence, or finds that it is too low; whichever it is, the resource notes it. Whoever else
    /// writes there waits meanwhile, also in other processes.
    pub(crate) async fn write(&self, key: &str, fence: u64, notes: &Notes) -> io::Result<()> {
        let path = self.directory.join(key);
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        // It is locked until it is closed. Who has it may be stopped, and the other bodies here do not wait with this.
        while let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != Errno::WOULDBLOCK {
                return Err(error.into());
            }
            sleep(TURN).await;
        }
        let is_taken = highest(&mut file)? <= fence;
        if is_taken {
            file.seek(SeekFrom::Start(0))?;
            // Always of the same length, so that one write is all.
            write!(file, "{fence:020}")?;
        }
        notes.note(key, Deed::Write { fence, is_taken })
    }
}

fn highest(file: &mut File) -> io::Result<u64> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    if text.is_empty() { Ok(0) } else { text.parse().map_err(io::Error::other) }
}
