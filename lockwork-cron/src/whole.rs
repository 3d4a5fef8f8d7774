//! What is wrong with an expression that has not five fields, or has two of them swapped.

use crate::{Mistake, Piece};

const FIELDS: &str = "minute, hour, day of the month, month, day of the week";

/// The names that other implementations have for whole expressions, and what to write instead.
const NICKNAMES: [(&str, &str); 9] = [
    ("@yearly", "write `0 0 1 1 *`"),
    ("@annually", "write `0 0 1 1 *`"),
    ("@monthly", "write `0 0 1 * *`"),
    ("@weekly", "write `0 0 * * sun`"),
    ("@daily", "write `0 0 * * *`"),
    ("@midnight", "write `0 0 * * *`"),
    ("@hourly", "write `0 * * * *`"),
    ("@every", "for a period there is `per`, as in `per = \"10m\"`"),
    ("@reboot", "a slot is a time: call the function where the program starts"),
];

/// Why an expression of these fields, which are not five, is none.
pub(crate) fn mistake(expression: &str, fields: &[Piece<'_>]) -> Mistake {
    let all = match fields {
        [] => Piece { start: 0, text: expression },
        [first, .., last] => Piece { start: first.start, text: &expression[first.start..last.end()] },
        [one] => *one,
    };
    all.mistake(what(all.text, fields))
}

fn what(text: &str, fields: &[Piece<'_>]) -> String {
    let texts: Vec<&str> = fields.iter().map(|field| field.text).collect();
    match texts[..] {
        [] => format!("there is nothing; it takes {FIELDS}, as in `0 3 * * *`"),
        [nickname, ..] if nickname.starts_with('@') => format!("`{text}` is no expression; {}", instead(nickname)),
        [zone, ..] if zone.to_ascii_uppercase().contains("TZ=") => {
            let name = zone.rsplit('=').next().unwrap_or_default();
            format!("there is a time zone; give it to its own argument, `tz = \"{name}\"`")
        }
        [one] if is_period(one) => format!("`{one}` is a period; write `per = \"{one}\"` instead"),
        [_, minute, hour, day, month, weekday, year] if is_year(year) => format!(
            "there are seven fields, and it takes five, without seconds and year; \
             write `{minute} {hour} {day} {month} {weekday}`"
        ),
        [minute, hour, day, month, weekday, year] if is_year(year) => {
            format!("there are six fields, and it takes no year; write `{minute} {hour} {day} {month} {weekday}`")
        }
        [second, minute, hour, day, month, weekday] => {
            let period = match second.strip_prefix("*/") {
                Some(period) => format!("`per = \"{period}s\"`, or "),
                None if *second == *"*" => "`per = \"1s\"`, or ".to_owned(),
                None => String::new(),
            };
            format!(
                "there are six fields, and it takes five, without seconds; \
                 write {period}`{minute} {hour} {day} {month} {weekday}`"
            )
        }
        _ => {
            let (count, verb) = match texts.len() {
                1 => ("one field".to_owned(), "is"),
                2 => ("two fields".to_owned(), "are"),
                3 => ("three fields".to_owned(), "are"),
                4 => ("four fields".to_owned(), "are"),
                more => (format!("{more} fields"), "are"),
            };
            format!("there {verb} {count}, and it takes five: {FIELDS}, as in `0 3 * * *`")
        }
    }
}

fn instead(nickname: &str) -> &'static str {
    let resembles = |known: &str| nickname.get(..3).is_some_and(|start| known.starts_with(&start.to_ascii_lowercase()));
    let known = NICKNAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(nickname));
    let meant = known.or_else(|| NICKNAMES.iter().find(|(known, _)| resembles(known)));
    meant.map_or("it takes five fields, as in `0 3 * * *`", |(_, instead)| instead)
}

/// `10m`, `1h30m`
fn is_period(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_digit())
        && text.ends_with(|letter: char| letter.is_ascii_alphabetic())
        && text.bytes().all(|letter| letter.is_ascii_alphanumeric())
}

fn is_year(text: &str) -> bool {
    matches!(text.parse::<u32>(), Ok(1970..=5000))
}

/// An hour that only is one as a minute, before which there is a minute that could be an hour.
pub(crate) fn swapped(expression: &str, minute: &Piece<'_>, hour: &Piece<'_>) -> Option<Mistake> {
    let number = |piece: &Piece<'_>| piece.text.parse::<u32>().ok();
    let (Some(0..=23), Some(25..=59)) = (number(minute), number(hour)) else { return None };
    let both = Piece { start: minute.start, text: &expression[minute.start..hour.end()] };
    let (minute, hour) = (minute.text, hour.text);
    Some(both.mistake(format!("the hour `{hour}` cannot be: the minute stands first; write `{hour} {minute}`")))
}
