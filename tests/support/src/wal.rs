//! SQLite's write-ahead log: how many transactions it holds, and what a power cut leaves of it. Knows the log's form,
//! and nothing of what is in it.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The header of the log, and of each of its frames, in bytes.
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Where in the log's header the size of a page is, and where the salts are, which all frames since the last restart of
/// the log repeat.
const PAGE_SIZE: usize = 8;
const SALTS: Range<usize> = 16..24;

/// Where in a frame's header it says how large the database then is, which is nothing but in the last frame of a
/// transaction, and where the salts are.
const DATABASE_SIZE: Range<usize> = 4..8;
const FRAME_SALTS: Range<usize> = 8..16;

/// A log that has begun.
struct Log {
    file: File,
    salts: Vec<u8>,
    frame_size: u64,
}

impl Log {
    /// `None` where there is no log, or an empty one.
    fn open(path: &Path, options: &OpenOptions) -> io::Result<Option<Self>> {
        let file = match options.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut header = [0; LOG_HEADER];
        if file.metadata()?.len() < LOG_HEADER as u64 {
            return Ok(None);
        }
        file.read_exact_at(&mut header, 0)?;
        let page_size = u32::from_be_bytes([
            header[PAGE_SIZE],
            header[PAGE_SIZE + 1],
            header[PAGE_SIZE + 2],
            header[PAGE_SIZE + 3],
        ]);
        let frame_size = FRAME_HEADER as u64 + u64::from(page_size);
        Ok(Some(Self { file, salts: header[SALTS].to_vec(), frame_size }))
    }

    /// The headers of all frames since the last restart of the log.
    fn frames(&self) -> io::Result<Vec<[u8; FRAME_HEADER]>> {
        let length = self.file.metadata()?.len();
        let mut frames = Vec::new();
        let mut end = LOG_HEADER as u64;
        while end + self.frame_size <= length {
            let mut frame = [0; FRAME_HEADER];
            self.file.read_exact_at(&mut frame, end)?;
            if frame[FRAME_SALTS] != *self.salts {
                break;
            }
            frames.push(frame);
            end += self.frame_size;
        }
        Ok(frames)
    }
}

/// How many transactions the log at `path` holds since it last began anew. It does so when it has a thousand frames.
///
/// # Errors
///
/// If the file cannot be read.
pub fn transactions(path: &Path) -> io::Result<usize> {
    let Some(log) = Log::open(path, OpenOptions::new().read(true))? else { return Ok(0) };
    Ok(log.frames()?.iter().filter(|frame| frame[DATABASE_SIZE] != [0; 4]).count())
}

/// Leaves behind the last frame of the log at `path` the first half of another one, as a power cut does in the middle
/// of a write that nobody was told of. Nobody may have the file open. Says where the log was torn; `None` where there
/// is no log.
///
/// # Errors
///
/// If the file cannot be read or written.
pub fn tear(path: &Path) -> io::Result<Option<u64>> {
    let Some(log) = Log::open(path, OpenOptions::new().read(true).write(true))? else { return Ok(None) };
    let end = LOG_HEADER as u64 + log.frames()?.len() as u64 * log.frame_size;
    // It claims to be the last of a transaction. Its sums are wrong, as most of what they are taken of never came.
    let mut torn = vec![0xA5; usize::try_from(log.frame_size / 2).map_err(io::Error::other)?];
    torn[..8].copy_from_slice(&[0, 0, 0, 2, 0, 0, 0, 9]);
    torn[FRAME_SALTS].copy_from_slice(&log.salts);
    log.file.write_all_at(&torn, end)?;
    if log.file.metadata()?.len() < end + log.frame_size {
        log.file.set_len(end + torn.len() as u64)?;
    }
    Ok(Some(end))
}
