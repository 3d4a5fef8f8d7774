//! The five units that a field can be of: their words, ranges and names.

/// What the numbers of a field count.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    pub(crate) name: &'static str,
    pub(crate) least: u32,
    /// The largest number that a field goes round to.
    pub(crate) last: u32,
    /// The largest number that may be written.
    pub(crate) most: u32,
    /// What it may be, in words.
    pub(crate) range: &'static str,
    /// What `per` calls it.
    pub(crate) period: Option<&'static str>,
    /// The names of the numbers from `least` on.
    pub(crate) names: &'static [&'static str],
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

pub(crate) const MINUTE: Unit = Unit {
    name: "minute",
    least: 0,
    last: 59,
    most: 59,
    range: "minutes are 0 to 59",
    period: Some("min"),
    names: &[],
};
pub(crate) const HOUR: Unit =
    Unit { name: "hour", least: 0, last: 23, most: 23, range: "hours are 0 to 23", period: Some("h"), names: &[] };
pub(crate) const DAY: Unit = Unit {
    name: "day of the month",
    least: 1,
    last: 31,
    most: 31,
    range: "days of the month are 1 to 31",
    period: Some("d"),
    names: &[],
};
pub(crate) const MONTH: Unit = Unit {
    name: "month",
    least: 1,
    last: 12,
    most: 12,
    range: "months are 1 to 12, or `jan` to `dec`",
    period: None,
    names: &MONTHS,
};
pub(crate) const WEEKDAY: Unit = Unit {
    name: "day of the week",
    least: 0,
    last: 6,
    most: 7,
    range: "days of the week are 0 to 7, or `sun` to `sat`; both 0 and 7 are `sun`",
    period: None,
    names: &WEEKDAYS,
};

impl Unit {
    pub(crate) fn number_of(&self, name: &str) -> Option<u32> {
        let place = self.names.iter().position(|known| known.eq_ignore_ascii_case(name))?;
        Some(self.least + u32::try_from(place).ok()?)
    }

    pub(crate) fn is_a_day(&self) -> bool {
        *self == DAY || *self == WEEKDAY
    }

    /// The name that somebody meant who wrote `wrong`: the beginning of a long one, or one with a slip in it.
    pub(crate) fn meant(&self, wrong: &str) -> Option<&'static str> {
        let wrong = wrong.to_ascii_lowercase();
        let sorted = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            bytes.sort_unstable();
            bytes
        };
        let is_slip = |name: &str| {
            let same = name.bytes().zip(wrong.bytes()).filter(|(one, other)| one == other).count();
            wrong.len() == name.len() && (same == name.len() - 1 || sorted(name) == sorted(&wrong))
        };
        let names = || self.names.iter().copied();
        names().find(|name| wrong.starts_with(name)).or_else(|| names().find(|name| is_slip(name)))
    }
}
