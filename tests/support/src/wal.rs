//! What a power cut leaves of SQLite's write-ahead log. Knows the log's form, and nothing of what is in it.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The header of the log, and of each of its frames, in bytes.
const LOG_HEADER: u64 = 32;
const FRAME_HEADER: u64 = 24;

/// Where in the log's header the size of a page is, and where the salts are, which all frames since the last restart of
/// the log repeat.
const PAGE_SIZE: usize = 8;
const SALTS: std::ops::Range<usize> = 16..24;

/// Where in a frame's header the salts are.
const FRAME_SALTS: std::ops::Range<usize> = 8..16;

/// Leaves behind the last frame of the log at `path` the first half of another one, as a power cut does in the middle of
/// a write that nobody was told of. Nobody may have the file open. Says where the log was torn; `None` where there is no
/// log.
///
/// # Errors
///
/// If the file cannot be read or written.
pub fn tear(path: &Path) -> io::Result<Option<u64>> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    let mut log = [0; LOG_HEADER as usize];
    if length < LOG_HEADER {
        return Ok(None);
    }
    file.read_exact_at(&mut log, 0)?;
    let page_size = u32::from_be_bytes([log[PAGE_SIZE], log[PAGE_SIZE + 1], log[PAGE_SIZE + 2], log[PAGE_SIZE + 3]]);
    let frame_size = FRAME_HEADER + u64::from(page_size);
    let mut end = LOG_HEADER;
    while end + frame_size <= length {
        let mut frame = [0; FRAME_HEADER as usize];
        file.read_exact_at(&mut frame, end)?;
        if frame[FRAME_SALTS] != log[SALTS] {
            break;
        }
        end += frame_size;
    }
    // It claims to be the last of a transaction. Its sums are wrong, as most of what they are taken of never came.
    let mut torn = vec![0xA5; usize::try_from(frame_size / 2).map_err(io::Error::other)?];
    torn[..8].copy_from_slice(&[0, 0, 0, 2, 0, 0, 0, 9]);
    torn[FRAME_SALTS].copy_from_slice(&log[SALTS]);
    file.write_all_at(&torn, end)?;
    if length < end + frame_size {
        file.set_len(end + torn.len() as u64)?;
    }
    Ok(Some(end))
}
