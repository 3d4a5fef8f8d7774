//! Many writes become one transaction, and each has an outcome of its own. Knows no SQL, no threads, and not who asked.

use std::collections::HashSet;
use std::rc::Rc;

use crate::store::Swapped;

use super::table::Table;
use super::write::Write;

/// What became of a write. Those which failed together share their error.
pub(super) type Outcome = Result<Swapped, Rc<rusqlite::Error>>;

/// Makes the writes in one transaction, in their order, and says what became of each.
///
/// `Written` is on the disk by then. One that cannot be written fails alone. Where the file cannot be locked, or the
/// commit fails, all fail for which it mattered.
pub(super) fn write(table: &mut Table, writes: &[Write]) -> Vec<Outcome> {
    let mut outcomes = lost_already(table, writes);
    loop {
        let open: Vec<usize> = (0..writes.len()).filter(|&index| outcomes[index].is_none()).collect();
        if open.is_empty() {
            break;
        }
        match together(table, writes, &open) {
            Ok(swapped) => {
                for (index, swapped) in open.into_iter().zip(swapped) {
                    outcomes[index] = Some(Ok(swapped));
                }
            }
            // The others begin anew without it: their part of the transaction is gone.
            Err(Failed::One(index, error)) => outcomes[index] = Some(Err(Rc::new(error))),
            Err(Failed::All(error)) => {
                let error = Rc::new(error);
                for index in open {
                    outcomes[index] = Some(Err(Rc::clone(&error)));
                }
            }
        }
    }
    outcomes.into_iter().map(|outcome| outcome.expect("the loop ends when each has one")).collect()
}

/// The outcomes that can be told without the write lock, for which somebody who has not lost may have to wait.
fn lost_already(table: &Table, writes: &[Write]) -> Vec<Option<Outcome>> {
    let mut undecided = HashSet::new();
    let mut outcomes = Vec::with_capacity(writes.len());
    for write in writes {
        // What it will find depends on the earlier one.
        let outcome = if undecided.contains(&write.key) { None } else { table.conflict(write).transpose() };
        if outcome.is_none() {
            undecided.insert(&write.key);
        }
        outcomes.push(outcome.map(|outcome| outcome.map_err(Rc::new)));
    }
    outcomes
}

/// Why a transaction was not made.
enum Failed {
    One(usize, rusqlite::Error),
    All(rusqlite::Error),
}

/// Makes the writes that are `open` in one transaction, or none of them.
fn together(table: &mut Table, writes: &[Write], open: &[usize]) -> Result<Vec<Swapped>, Failed> {
    let writing = table.begin().map_err(Failed::All)?;
    let write = |&index: &usize| writing.write(&writes[index]).map_err(|error| Failed::One(index, error));
    let swapped = open.iter().map(write).collect::<Result<Vec<_>, _>>()?;
    if swapped.contains(&Swapped::Written) {
        writing.commit().map_err(Failed::All)?;
    }
    Ok(swapped)
}

#[cfg(test)]
mod tests;
