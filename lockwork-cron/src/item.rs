//! One item of a field's list: a number, a range, a step, or a special day. Knows nothing of the list.

use crate::field::Last;
use crate::unit::{DAY, MONTH, Unit, WEEKDAY};

/// What an item stands for. Numbers are bits; of the days of the week, Sunday is 0.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Any,
    Numbers(u64),
    /// The working day that is nearest to this day of the month.
    Nearest(u32),
    Last(Last),
    /// The day of the week, and which of the month's, from 0 on.
    Nth(u32, usize),
    /// The last such day of the week in the month.
    LastOf(u32),
}

type Read<T> = Result<T, String>;

impl Item {
    /// # Errors
    ///
    /// What is wrong, and what to do.
    pub(crate) fn parse(unit: &'static Unit, text: &str) -> Read<Self> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if text == "?" {
            let name = unit.name;
            let why = || format!("`?` is for a day, and has no place in the {name}; write `*`");
            return if unit.is_a_day() { Ok(Self::Any) } else { Err(why()) };
        }
        if let Some(special) = special(unit, text)? {
            return Ok(special);
        }
        let numbers = match text.split_once('/') {
            Some((base, step)) => stepped(unit, text, base, step)?,
            None => match text.split_once('-') {
                Some((from, to)) => {
                    let (from, to) = range(unit, text, from, to)?;
                    bits(unit, from, to, 1)
                }
                None => bits_of(unit, number(unit, text)?),
            },
        };
        Ok(Self::Numbers(numbers))
    }
}

/// An item with one of the letters `L`, `W` and `#`, other than in a name.
fn special(unit: &'static Unit, text: &str) -> Read<Option<Item>> {
    let upper = text.to_ascii_uppercase();
    let end = upper.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()).len();
    let is_last_of = |end: &str| end.strip_suffix('L').is_some_and(|name| WEEKDAY.number_of(name).is_some());
    let is_letter = matches!(&upper[end..], "L" | "W" | "LW") || is_last_of(&upper[end..]);
    if !is_letter && !upper.contains('#') && !upper.starts_with("L-") {
        Ok(None)
    } else if *unit == DAY {
        day(&upper, text).map(Some)
    } else if *unit == WEEKDAY {
        weekday(&upper, text).map(Some)
    } else {
        Err(format!("`{text}` has no place in the {}: `L`, `W` and `#` are for days", unit.name))
    }
}

fn day(upper: &str, text: &str) -> Read<Item> {
    match upper {
        "L" => Ok(Item::Last(Last::Day)),
        "LW" => Ok(Item::Last(Last::WorkingDay)),
        _ if upper.contains('#') => {
            Err(format!("`{text}` counts days of the week, so it belongs into the fifth field, as in `* * fri#2`"))
        }
        _ if upper.starts_with("L-") => {
            Err(format!("`{text}` cannot be: no days are counted from the last, which is `L`; write a day, as in `28`"))
        }
        _ => match upper.strip_suffix('W') {
            Some("") => Err("`W` needs a day before it, as in `15W`, the working day nearest to the 15th".to_owned()),
            Some(of) if of.contains(['-', '/']) => Err(format!("`{text}` cannot be: `W` takes one day, as in `15W`")),
            Some(of) => number(&DAY, of).map(Item::Nearest),
            None => Err(format!(
                "`{text}` cannot be: the last day of the month is `L` alone; the last of a day of the week \
                 belongs into the fifth field, as in `* * friL`"
            )),
        },
    }
}

fn weekday(upper: &str, text: &str) -> Read<Item> {
    let (of, which) = upper.split_once('#').unwrap_or_else(|| {
        let split = upper.len() - 1;
        upper.split_at(split)
    });
    if which == "W" {
        return Err(format!("`{text}` cannot be: `W` is for the day of the month, as in `15W * *`"));
    }
    if of.is_empty() && which == "L" {
        let cure = "write `friL` for the month's last friday, `sat` for the last day of the week";
        return Err(format!("`{text}` does not say the last of which day; {cure}"));
    }
    if of.is_empty() {
        return Err(format!("`{text}` needs a day of the week before it, as in `fri#2`, the second friday"));
    }
    if of.contains(['-', '/', '*']) {
        return Err(format!("`{text}` cannot be: `#` and `L` take one day, as in `fri#2`; write a list of such days"));
    }
    let of = number(&WEEKDAY, of).map(|number| number % 7)?;
    match which {
        "L" => Ok(Item::LastOf(of)),
        "1" | "2" | "3" | "4" | "5" => Ok(Item::Nth(of, usize::from(which.as_bytes()[0] - b'1'))),
        _ => Err(format!("`{text}` cannot be: `#` takes a number from 1 to 5, as in `fri#2`, the second friday")),
    }
}

fn stepped(unit: &'static Unit, text: &str, base: &str, step: &str) -> Read<u64> {
    if step.is_empty() || !step.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(format!("`{text}` has no step: behind the `/` there must be a number, as in `*/5`"));
    }
    let (from, to) = match base.split_once('-') {
        Some((from, to)) => range(unit, text, from, to)?,
        None if base == "*" => (unit.least, unit.last),
        None if base.is_empty() || base == "?" => {
            return Err(format!("`{text}` steps through nothing; write `*/{step}`"));
        }
        None => {
            number(unit, base)?;
            let most = unit.last;
            return Err(format!("`{text}` has a step but no range; write `{base}-{most}/{step}`, or `{base}` alone"));
        }
    };
    match step.parse().ok() {
        Some(0) => Err(format!("`{text}` has a step of 0; it must be 1 at least")),
        Some(step) if step <= to - from => Ok(bits(unit, from, to, step)),
        _ => {
            let first = if base == "*" { from.to_string() } else { base.split('-').next().unwrap_or(base).to_owned() };
            let per = match unit.period {
                Some(period) if base == "*" => format!(", or for a period `per = \"{step}{period}\"`"),
                _ => String::new(),
            };
            Err(format!(
                "`{text}` is one {} only, as its step is larger than the range of {from} to {to}; write `{first}`{per}",
                unit.name
            ))
        }
    }
}

fn range(unit: &'static Unit, text: &str, from: &str, to: &str) -> Read<(u32, u32)> {
    if from.is_empty() || to.is_empty() {
        let missing = if from.is_empty() { "no beginning" } else { "no end" };
        return Err(format!("`{text}` is a range with {missing}; write both, as in `1-5`"));
    }
    let (first, mut last) = (number(unit, from)?, number(unit, to)?);
    if *unit == WEEKDAY && to.eq_ignore_ascii_case("sun") {
        if from.eq_ignore_ascii_case(to) {
            return Err(format!("`{text}` could be one day or all of them; write `sun` or `*`"));
        }
        last = 7;
    }
    if first <= last {
        return Ok((first, last));
    }
    let (least, most) = match from.parse::<u32>() {
        Err(_) if !unit.names.is_empty() => (unit.names[0].to_owned(), unit.names[unit.names.len() - 1].to_owned()),
        _ => (unit.least.to_string(), unit.last.to_string()),
    };
    let wrapped =
        |end: &str, one: &str, other: &str| if end == one { end.to_owned() } else { format!("{one}-{other}") };
    let cure = match first {
        7 => wrapped(to, &least, to),
        _ => format!("{},{}", wrapped(&most, from, &most), wrapped(to, &least, to)),
    };
    Err(format!("`{text}` runs backwards; write `{cure}`, or `{to}-{from}`"))
}

/// A number, or the name of one.
fn number(unit: &'static Unit, text: &str) -> Read<u32> {
    let Unit { name, range, .. } = unit;
    if !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()) {
        return match text.parse() {
            Ok(number) if unit.least <= number && number <= unit.most => Ok(number),
            _ => {
                let midnight = if *name == "hour" && text == "24" { "; midnight is `0`" } else { "" };
                Err(format!("the {name} `{text}` cannot be: {range}{midnight}"))
            }
        };
    }
    if let Some(number) = unit.number_of(text) {
        return Ok(number);
    }
    for other in [&MONTH, &WEEKDAY] {
        if other != unit && other.number_of(text).is_some() {
            return Err(format!("`{text}` is a {}, and this is the {name}: {range}", other.name));
        }
    }
    match unit.meant(text) {
        Some(meant) => Err(format!("`{text}` is no {name}; did you mean `{meant}`?")),
        None => Err(format!("`{text}` is no {name}: {range}")),
    }
}

fn bits(unit: &'static Unit, from: u32, to: u32, step: u32) -> u64 {
    let step = usize::try_from(step).unwrap_or(usize::MAX);
    (from..=to).step_by(step).fold(0, |bits, number| bits | bits_of(unit, number))
}

fn bits_of(unit: &'static Unit, number: u32) -> u64 {
    1 << if *unit == WEEKDAY { number % 7 } else { number }
}
