//! Whether some day of some year fits the three fields that name days. Knows no hour.

use crate::field::{Field, Last};
use crate::unit::DAY;

const MONTHS: [(&str, u32); 12] = [
    ("January", 31),
    ("February", 29),
    ("March", 31),
    ("April", 30),
    ("May", 31),
    ("June", 30),
    ("July", 31),
    ("August", 31),
    ("September", 30),
    ("October", 31),
    ("November", 30),
    ("December", 31),
];

/// The fields that name days.
#[derive(Debug)]
pub(crate) struct Days {
    pub(crate) days: Field,
    pub(crate) months: Field,
    pub(crate) weekdays: Field,
}

/// A day of some month.
#[derive(Clone, Copy)]
struct Date {
    day: u32,
    /// The days that its month has.
    length: u32,
    /// 0 is Sunday.
    weekday: u32,
}

impl Days {
    /// Why no day ever fits; `None` if one does.
    pub(crate) fn why_never(&self) -> Option<String> {
        let months: Vec<_> = (1..).zip(MONTHS).filter(|(month, _)| self.has_month(*month)).map(|(_, m)| m).collect();
        if months.iter().any(|(_, length)| self.comes_in(*length) || (*length == 29 && self.comes_in(28))) {
            return None;
        }
        let lowest = (self.days.numbers | self.days.nearest).trailing_zeros();
        if DAY.last < lowest || months.iter().any(|(_, length)| lowest <= *length) {
            let why = "no day is ever both that day of the month and that day of the week";
            return Some(format!("the date never comes: {why}; correct one, or leave out the `+`"));
        }
        let th = if lowest == 31 { "st" } else { "th" };
        let verb = if months.len() == 1 { "has" } else { "have" };
        let months = names(&months.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let cure = "correct the day or the month; the last day of a month is `L`";
        Some(format!("the date never comes: {months} {verb} no {lowest}{th}; {cure}"))
    }

    fn has_month(&self, month: u32) -> bool {
        self.months.is_any || self.months.numbers >> month & 1 == 1
    }

    /// Whether a day fits in a month of that length. Each month begins with every day of the week, in leap years too.
    fn comes_in(&self, length: u32) -> bool {
        let dates =
            (0..7).flat_map(|first| (1..=length).map(move |day| Date { day, length, weekday: (first + day - 1) % 7 }));
        dates.into_iter().any(|date| self.fits(date))
    }

    /// Where both fields name days, one of them is enough, unless they are joined.
    fn fits(&self, date: Date) -> bool {
        let (day, weekday) = (|| self.days.fits_day(date), || self.weekdays.fits_weekday(date));
        match (self.days.is_any, self.weekdays.is_any) {
            (true, _) => weekday(),
            (false, true) => day(),
            (false, false) if self.weekdays.is_joined => day() && weekday(),
            (false, false) => day() || weekday(),
        }
    }
}

impl Field {
    fn fits_day(&self, date: Date) -> bool {
        let Date { day, length, .. } = date;
        let is_last = match self.last {
            Some(Last::Day) => day == length,
            Some(Last::WorkingDay) => nearest_working_day(length, date, Last::WorkingDay) == day,
            None => false,
        };
        let named = |other: u32| self.nearest >> other & 1 == 1;
        let is_nearest =
            || (1..=length).any(|other| named(other) && nearest_working_day(other, date, Last::Day) == day);
        self.is_any || is_last || self.numbers >> day & 1 == 1 || is_nearest()
    }

    fn fits_weekday(&self, date: Date) -> bool {
        let Date { day, length, weekday } = date;
        let is_named = |weekdays: u64| weekdays >> weekday & 1 == 1;
        let which = usize::try_from((day - 1) / 7).unwrap_or(usize::MAX);
        self.is_any
            || is_named(self.numbers)
            || self.nth.get(which).is_some_and(|weekdays| is_named(*weekdays))
            || (length < day + 7 && is_named(self.last_of))
    }
}

/// The day from Monday to Friday that is nearest to `day` in the month of `date`; for [`Last::WorkingDay`] none after it.
fn nearest_working_day(day: u32, date: Date, last: Last) -> u32 {
    let weekday = (date.weekday + 35 + day - date.day) % 7;
    match (weekday, last) {
        (6, _) if 1 < day => day - 1,
        (6, _) => day + 2,
        (0, Last::Day) if day < date.length => day + 1,
        (0, _) => day - 2,
        _ => day,
    }
}

/// `April, June and September`
fn names(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}
