//! A field -> the numbers and the days that it stands for. Knows no other field.

use crate::item::Item;
use crate::unit::{Unit, WEEKDAY};
use crate::{Mistake, Piece};

/// What a field stands for. Numbers are bits.
#[derive(Debug, Default)]
pub(crate) struct Field {
    /// It is `*`, and leaves the days to the other field.
    pub(crate) is_any: bool,
    /// It begins with `+`: a day has to fit the day of the month, too.
    pub(crate) is_joined: bool,
    pub(crate) numbers: u64,
    /// The days of the month whose nearest working day is meant.
    pub(crate) nearest: u64,
    pub(crate) last: Option<Last>,
    /// The days of the week of which only the first is meant, only the second, and so on.
    pub(crate) nth: [u64; 5],
    /// The days of the week of which only the last is meant.
    pub(crate) last_of: u64,
}

/// A last day of the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Last {
    Day,
    WorkingDay,
}

impl Field {
    pub(crate) fn parse(unit: &'static Unit, piece: Piece<'_>) -> Result<Self, Vec<Mistake>> {
        let mut field = Self::default();
        let mut list = piece;
        if let Some(rest) = piece.text.strip_prefix('+').filter(|_| *unit == WEEKDAY) {
            field.is_joined = true;
            list = Piece { start: piece.start + 1, text: rest };
        }
        if list.text.is_empty() {
            return Err(vec![piece.mistake("`+` needs a day of the week behind it, as in `+fri`".to_owned())]);
        }
        if list.text.split(',').any(str::is_empty) {
            return Err(vec![piece.mistake(format!("`{}` has a comma with nothing beside it; remove it", piece.text))]);
        }
        let mut mistakes = Vec::new();
        let is_list = list.text.contains(',');
        for part in list.split(|letter| letter == ',') {
            let part = Piece { text: part.text.trim_end_matches(','), ..part };
            match Item::parse(unit, part.text) {
                Ok(Item::Any) if is_list => {
                    let text = part.text;
                    mistakes.push(part.mistake(format!("`{text}` is every {} already; write it alone", unit.name)));
                }
                Ok(Item::Last(last)) if field.last.is_some_and(|other| other != last) => {
                    mistakes.push(part.mistake("`L` and `LW` are two last days; keep one of them".to_owned()));
                }
                Ok(item) => field.add(item),
                Err(what) => mistakes.push(part.mistake(what)),
            }
        }
        if mistakes.is_empty() { Ok(field) } else { Err(mistakes) }
    }

    fn add(&mut self, item: Item) {
        match item {
            Item::Any => self.is_any = true,
            Item::Numbers(numbers) => self.numbers |= numbers,
            Item::Nearest(day) => self.nearest |= 1 << day,
            Item::Last(last) => self.last = Some(last),
            Item::Nth(weekday, nth) => self.nth[nth] |= 1 << weekday,
            Item::LastOf(weekday) => self.last_of |= 1 << weekday,
        }
    }
}
