//! The arguments `per`, `cron` and `tz` -> when the job's slots begin. Knows no key and no function.

use syn::LitStr;

use crate::args::{Arg, Args};
use crate::errors::Errors;
use crate::key::Room;
use crate::policy::{Policy, Rule, Setting, only_spelling, read_duration};
use crate::value::Days;

/// What tells the slots.
pub(crate) enum Timing {
    /// A setting that is called `per`.
    Per(Box<Setting>),
    #[cfg_attr(not(feature = "cron"), expect(dead_code, reason = "without its feature nothing makes one"))]
    Cron { expression: LitStr, tz: Option<LitStr> },
}

impl Timing {
    pub(crate) fn period(&self) -> Option<&Setting> {
        match self {
            Self::Per(period) => Some(period),
            Self::Cron { .. } => None,
        }
    }
}

/// Whether the job has slots, and which.
pub(crate) struct Schedule {
    /// They are asked for, be it right or wrong.
    pub(crate) is_said: bool,
    pub(crate) timing: Option<Timing>,
}

const PER: Rule = Rule {
    name: "per",
    name_ms: "per_ms",
    zero: Some("it is the time from one slot to the next"),
    forever: Some("leave the argument out for a job that is done once"),
    longest: Days(365),
};

impl Schedule {
    pub(crate) fn read(args: &mut Args, policy: &Policy, errors: &mut Errors) -> Self {
        let is_reported = ["per", "per_ms", "cron"].into_iter().any(|name| args.was_reported(name));
        let per = only_spelling(&PER, args, errors);
        let (cron, tz) = (args.take("cron"), args.take("tz"));
        let is_said = per.is_some() || cron.is_some() || is_reported;
        if let (Some(_), Some(cron)) = (&per, &cron) {
            errors.at(&cron.name, "`per` and `cron` both say when slots begin; keep one of them");
        } else if let (None, Some(tz)) = (&cron, &tz)
            && !args.was_reported("cron")
        {
            let why = if per.is_some() { "`per` counts its periods in UTC" } else { "there is none here" };
            errors.at(&tz.name, format_args!("`tz` is the time zone of `cron`, and {why}; leave it out"));
        }
        let period = per.and_then(|per| read_period(&per, errors));
        if let (Some(period), Some(retain)) = (&period, policy.setting("retain")) {
            check_retain(period, retain, errors);
        }
        let cron = read_cron(cron, tz, errors);
        Self { is_said, timing: period.map(|period| Timing::Per(Box::new(period))).or(cron) }
    }

    /// What the slot leaves for the key. Of a constant period it is only known later how finely its slots are named.
    pub(crate) fn room(&self) -> Room {
        let has_millis = |period: &Setting| period.known().is_some_and(|period| period.subsec_millis() != 0);
        let slot = match &self.timing {
            Some(Timing::Per(period)) if has_millis(period) => "@2026-11-23T02:00:00.250Z".len(),
            Some(_) => "@2026-11-23T02:00:00Z".len(),
            None => 0,
        };
        Room { slot }
    }
}

fn read_period(per: &Arg, errors: &mut Errors) -> Option<Setting> {
    let period = read_duration(&PER, per, errors)?;
    if period.known().is_some_and(|known| !known.subsec_nanos().is_multiple_of(1_000_000)) {
        let message = "`per` must be a whole number of milliseconds: that is how slots are named";
        errors.at(&per.value, message);
        return None;
    }
    Some(period)
}

/// Where one of the two is a constant the compiler compares them.
fn check_retain(period: &Setting, retain: &Setting, errors: &mut Errors) {
    if let (Some(period), Some(known)) = (period.known(), retain.known())
        && known < period
    {
        let period = humantime::format_duration(period);
        let message = format_args!(
            "`retain` must be at least the period, {period} here: else a slot's record would be forgotten before the \
             slot is over, and the job would run again"
        );
        errors.at(&retain.written, message);
    }
}

#[cfg(not(feature = "cron"))]
fn read_cron(cron: Option<Arg>, _: Option<Arg>, errors: &mut Errors) -> Option<Timing> {
    let cure = "turn it on, as by `cargo add lockwork --features cron`";
    errors.at(&cron?.name, format_args!("`cron` needs lockwork's Cargo feature `cron`, which is off; {cure}"));
    None
}

#[cfg(feature = "cron")]
fn read_cron(cron: Option<Arg>, tz: Option<Arg>, errors: &mut Errors) -> Option<Timing> {
    let tz = tz.map(|tz| read_zone(&tz, errors));
    let cron = cron?;
    let example = "`cron = \"0 3 * * *\"`";
    let expression = text(&cron, example, "one that is only known when the program runs goes to `Job::cron`", errors)?;
    if let Err(mistakes) = lockwork_cron::check(&expression.value()) {
        for mistake in mistakes {
            errors.inside(&expression, mistake.place(), format_args!("in `cron`, {mistake}"));
        }
        return None;
    }
    match tz {
        Some(None) => None,
        Some(tz) => Some(Timing::Cron { expression, tz }),
        None => Some(Timing::Cron { expression, tz: None }),
    }
}

#[cfg(feature = "cron")]
fn read_zone(tz: &Arg, errors: &mut Errors) -> Option<LitStr> {
    let example = "`tz = \"Europe/Berlin\"`";
    let name = text(tz, example, "one that is only known when the program runs goes to `Job::cron`", errors)?;
    match crate::zone::why_unknown(&name.value()) {
        Some(why) => {
            errors.at(&name, format_args!("`tz` {why}"));
            None
        }
        None => Some(name),
    }
}

/// The text of an argument that has to be there when the crate is compiled.
#[cfg(feature = "cron")]
fn text(arg: &Arg, example: &str, otherwise: &str, errors: &mut Errors) -> Option<LitStr> {
    match crate::key::literal(&arg.value) {
        Some(syn::Lit::Str(text)) => return Some(text.clone()),
        Some(_) => errors.at(&arg.value, format_args!("`{}` takes a string, as in {example}", arg.name)),
        None => {
            let why = "and no expression, as it is checked while the crate is compiled";
            errors.at(&arg.value, format_args!("`{}` takes a string, as in {example}, {why}; {otherwise}", arg.name));
        }
    }
    None
}
