//! Text -> a cron expression of five fields, or all that is wrong with it, each at its place. Knows no time zone and no clock.
//!
//! The attribute asks it while a crate is compiled, and the runtime when a job is made. So both refuse the same
//! expressions, with the same words. What is accepted is a part of what the library takes that finds the slots: of what is
//! ambiguous, or says nothing, that library is more tolerant.

mod days;
mod field;
mod item;
mod unit;
mod whole;

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;

use days::Days;
use field::Field;
use unit::{DAY, HOUR, MINUTE, MONTH, Unit, WEEKDAY};

/// Something that is wrong with an expression, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    place: Range<usize>,
    what: String,
}

impl Mistake {
    /// Where it is, in bytes of the expression.
    #[must_use]
    pub fn place(&self) -> Range<usize> {
        self.place.clone()
    }
}

/// The rest of a sentence that begins with "in `cron`, ".
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// Checks an expression: five fields, which some day fits.
///
/// ```
/// assert_eq!(lockwork_cron::check("0 3 * * mon-fri"), Ok(()));
///
/// let mistakes = lockwork_cron::check("0 24 * * *").unwrap_err();
/// assert_eq!(mistakes[0].to_string(), "the hour `24` cannot be: hours are 0 to 23; midnight is `0`");
/// assert_eq!(mistakes[0].place(), 2..4);
/// ```
///
/// # Errors
///
/// All that is wrong, from left to right. What follows from another mistake is left out.
pub fn check(expression: &str) -> Result<(), Vec<Mistake>> {
    let pieces = pieces(expression);
    let [minute, hour, day, month, weekday] = pieces[..] else {
        return Err(vec![whole::mistake(expression, &pieces)]);
    };
    if let Some(mistake) = whole::swapped(expression, &minute, &hour) {
        return Err(vec![mistake]);
    }
    let mut mistakes = Vec::new();
    let mut read = |unit: &'static Unit, piece: Piece<'_>| match Field::parse(unit, piece) {
        Ok(field) => Some(field),
        Err(found) => {
            mistakes.extend(found);
            None
        }
    };
    read(&MINUTE, minute);
    read(&HOUR, hour);
    let fields = (read(&DAY, day), read(&MONTH, month), read(&WEEKDAY, weekday));
    if let (Some(days), Some(months), Some(weekdays)) = fields
        && let Some(what) = (Days { days, months, weekdays }).why_never()
    {
        mistakes.push(Mistake { place: day.start..weekday.end(), what });
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// A part of the expression's text.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    start: usize,
    text: &'a str,
}

impl<'a> Piece<'a> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    fn mistake(&self, what: String) -> Mistake {
        Mistake { place: self.start..self.end(), what }
    }

    /// Its parts between letters that are `is_separator`, empty ones too.
    fn split(self, is_separator: fn(char) -> bool) -> impl Iterator<Item = Self> {
        let mut start = self.start;
        self.text.split_inclusive(is_separator).map(move |part| {
            let piece = Piece { start, text: part };
            start += part.len();
            piece
        })
    }
}

fn pieces(expression: &str) -> Vec<Piece<'_>> {
    let all = Piece { start: 0, text: expression };
    let trimmed = all.split(char::is_whitespace).map(|piece| Piece { text: piece.text.trim_end(), ..piece });
    trimmed.filter(|piece| !piece.text.is_empty()).collect()
}
