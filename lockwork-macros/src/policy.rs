//! The arguments that are numbers or durations -> the policy's settings. Knows no key and no function.

use std::time::Duration;

use syn::{Expr, Ident};

use crate::args::{Arg, Args};
use crate::errors::Errors;
use crate::value::{self, Count, Days, Time};

/// What the lease is when nobody says.
const DEFAULT_TIMEOUT: Duration = Duration::from_millis(5000);

/// Below it, a busy machine's scheduling alone would look like a death.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(100);

/// One call of a setter of the runtime's `Policy`.
pub(crate) struct Setting {
    /// The setter, and the argument without `_ms`.
    pub(crate) setter: &'static str,
    pub(crate) value: Value,
    /// The value as it stands in the attribute.
    pub(crate) written: Expr,
}

/// A setting's value, known now or to be computed by the compiler.
pub(crate) enum Value {
    Duration(Duration),
    /// `"forever"`, where that is allowed.
    Forever,
    Count(u32),
    /// A constant `Duration`.
    ConstDuration,
    /// A constant `u64` of milliseconds.
    ConstMillis,
    /// A constant `u32`.
    ConstCount,
}

impl Setting {
    /// The user's expression, where it is not known yet what it comes to.
    pub(crate) fn constant(&self) -> Option<&Expr> {
        match self.value {
            Value::ConstDuration | Value::ConstMillis | Value::ConstCount => Some(&self.written),
            Value::Duration(_) | Value::Forever | Value::Count(_) => None,
        }
    }

    /// The duration, if that is known already.
    pub(crate) fn known(&self) -> Option<Duration> {
        match self.value {
            Value::Duration(duration) => Some(duration),
            _ => None,
        }
    }
}

/// Everything that is said about how the job is run.
#[derive(Default)]
pub(crate) struct Policy {
    pub(crate) settings: Vec<Setting>,
    /// `retain` is there, be it right or wrong.
    pub(crate) says_retain: bool,
}

/// What a duration's argument may be.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) name_ms: &'static str,
    /// Why it must not be zero, where it must not.
    pub(crate) zero: Option<&'static str>,
    /// What to do instead of asking for `"forever"`; `None` where that is allowed.
    pub(crate) forever: Option<&'static str>,
    pub(crate) longest: Days,
}

/// The longest duration that a policy may name. Every sum of two is then in range in every store.
const LONGEST: Days = Days(36_500);

const UNBOUNDED: &str = "leave the argument out to let an attempt run as long as it takes";

const RULES: [Rule; 6] = [
    Rule {
        name: "timeout",
        name_ms: "timeout_ms",
        zero: Some("it is how long a silent process counts as alive, so write at least 100 ms"),
        forever: Some("others could never take over from a dead process; write a duration, as in `\"5s\"`"),
        longest: LONGEST,
    },
    Rule {
        name: "backoff",
        name_ms: "backoff_ms",
        zero: None,
        forever: Some("a failed job would never be tried again; write `max_attempts = 1` for that"),
        longest: LONGEST,
    },
    Rule { name: "retain", name_ms: "retain_ms", zero: None, forever: None, longest: LONGEST },
    Rule {
        name: "cooldown",
        name_ms: "cooldown_ms",
        zero: None,
        forever: Some("write a duration, at most 100 years, as in `\"30d\"`"),
        longest: LONGEST,
    },
    Rule {
        name: "wait",
        name_ms: "wait_ms",
        zero: None,
        forever: Some("leave the argument out to wait as long as it takes"),
        longest: LONGEST,
    },
    Rule { name: "max_run", name_ms: "max_run_ms", zero: Some(UNBOUNDED), forever: Some(UNBOUNDED), longest: LONGEST },
];

impl Policy {
    pub(crate) fn read(args: &mut Args, errors: &mut Errors) -> Self {
        let mut policy = Self::default();
        let mut retain = None;
        let mut is_timeout_wrong = args.was_reported("timeout") || args.was_reported("timeout_ms");
        for rule in &RULES {
            let Some(arg) = only_spelling(rule, args, errors) else { continue };
            if rule.name == "retain" {
                policy.says_retain = true;
                retain = Some(arg.value.clone());
            }
            let setting = read_duration(rule, &arg, errors);
            is_timeout_wrong |= rule.name == "timeout" && setting.is_none();
            policy.settings.extend(setting);
        }
        if let Some(retain) = retain.filter(|_| !is_timeout_wrong) {
            policy.check_retain(&retain, errors);
        }
        policy.says_retain |= args.was_reported("retain") || args.was_reported("retain_ms");
        policy.settings.extend(args.take("max_attempts").and_then(|arg| read_attempts(&arg, errors)));
        policy
    }

    fn known(&self, setter: &str) -> Option<Duration> {
        self.setting(setter).and_then(Setting::known)
    }

    pub(crate) fn setting(&self, setter: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.setter == setter)
    }

    /// Where one of the two is a constant the compiler compares them.
    fn check_retain(&mut self, written: &Expr, errors: &mut Errors) {
        let timeout = if self.setting("timeout").is_some() { self.known("timeout") } else { Some(DEFAULT_TIMEOUT) };
        if let (Some(retain), Some(timeout)) = (self.known("retain"), timeout)
            && retain < timeout
        {
            let timeout = timeout.as_millis();
            errors.at(
                written,
                format_args!(
                    "`retain` must be at least the timeout, {timeout} ms here: else the record would be forgotten \
                     during an attempt"
                ),
            );
            self.settings.retain(|setting| setting.setter != "retain");
        }
    }
}

/// The argument, in whichever of its two spellings it is there.
pub(crate) fn only_spelling(rule: &Rule, args: &mut Args, errors: &mut Errors) -> Option<Arg> {
    match (args.take(rule.name), args.take(rule.name_ms)) {
        (Some(first), Some(second)) => {
            read_duration(rule, &first, errors);
            let Rule { name, name_ms, .. } = rule;
            errors.at(&second.name, format_args!("`{name}` and `{name_ms}` are two spellings of one thing; keep one"));
            Some(second)
        }
        (first, second) => first.or(second),
    }
}

pub(crate) fn read_duration(rule: &Rule, arg: &Arg, errors: &mut Errors) -> Option<Setting> {
    let is_ms = arg.name == rule.name_ms;
    let read =
        if is_ms { value::milliseconds(arg, rule.longest, errors) } else { value::duration(arg, rule.longest, errors) };
    let value = match read? {
        Time::Known(duration) => {
            check_known(rule, arg, duration, errors)?;
            Value::Duration(duration)
        }
        Time::Forever => match rule.forever {
            None => Value::Forever,
            Some(instead) => {
                errors.at(&arg.value, format_args!("`{}` cannot be for ever: {instead}", arg.name));
                return None;
            }
        },
        Time::Constant if is_ms => Value::ConstMillis,
        Time::Constant => Value::ConstDuration,
    };
    Some(Setting { setter: rule.name, value, written: arg.value.clone() })
}

fn check_known(rule: &Rule, arg: &Arg, duration: Duration, errors: &mut Errors) -> Option<()> {
    let Arg { name, value } = arg;
    match rule.zero {
        Some(why) if duration.is_zero() => errors.at(value, format_args!("`{name}` must not be zero: {why}")),
        _ if rule.name == "timeout" && duration < SHORTEST_TIMEOUT => errors.at(
            value,
            format_args!("`{name}` must be at least 100 ms: with less, a busy machine looks like a dead process"),
        ),
        _ => return Some(()),
    }
    None
}

fn read_attempts(arg: &Arg, errors: &mut Errors) -> Option<Setting> {
    let value = match value::count(arg, errors)? {
        Count::Known(0) => {
            errors.at(&arg.value, "`max_attempts` must be at least 1: with 0 the function could never run");
            return None;
        }
        Count::Known(count) => Value::Count(count),
        Count::Constant => Value::ConstCount,
    };
    Some(Setting { setter: "max_attempts", value, written: arg.value.clone() })
}

/// The name of the hidden constant that holds a setting.
pub(crate) fn constant_name(setter: &str) -> Ident {
    Ident::new(&format!("__LW_{}", setter.to_uppercase()), proc_macro2::Span::mixed_site())
}
