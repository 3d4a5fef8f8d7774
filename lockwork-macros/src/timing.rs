//! The arguments that tell when a job's slots begin. Knows no key and no function.

use syn::{Expr, Lit, LitStr};

use crate::args::{Arg, Args};
use crate::errors::Errors;
use crate::policy::{self, Setting};

/// When the slots of a job begin.
pub(crate) enum Timing {
    /// One for each period.
    Per(Box<Setting>),
    /// One for each time that the expression names.
    Cron { expression: LitStr, tz: Option<LitStr> },
}

impl Timing {
    /// The timing, if one is said.
    pub(crate) fn read(args: &mut Args, errors: &mut Errors) -> Option<Self> {
        let per = policy::read_period(args, errors);
        let (cron, tz) = (args.take("cron"), args.take("tz"));
        if let Some(tz) = &tz
            && cron.is_none()
            && !args.was_reported("cron")
        {
            errors.at(&tz.name, "`tz` is the time zone of a `cron` expression, of which there is none; remove it");
        }
        let Some(cron) = cron else { return per.map(|per| Self::Per(Box::new(per))) };
        if per.is_some() {
            errors.at(&cron.name, "`per` and `cron` both tell when a slot begins; keep one");
        }
        if cfg!(not(feature = "cron")) {
            errors.at(&cron.name, "`cron` needs lockwork's Cargo feature `cron`, which is off: turn it on");
        }
        let expression = text(&cron, "the five fields in a string, as in `\"0 3 * * *\"`", errors);
        let tz = tz.map(|tz| text(&tz, "the name of a time zone in a string, as in `\"Europe/Berlin\"`", errors));
        match (expression, tz) {
            (Some(expression), None) => Some(Self::Cron { expression, tz: None }),
            (Some(expression), Some(Some(tz))) => Some(Self::Cron { expression, tz: Some(tz) }),
            _ => None,
        }
    }
}

fn text(arg: &Arg, what: &str, errors: &mut Errors) -> Option<LitStr> {
    let mut value = &arg.value;
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => return Some(text.clone()),
            other => errors.at(other, format_args!("`{}` takes {what}", arg.name)),
        },
        other => errors.at(other, format_args!("`{}` takes {what}", arg.name)),
    }
    None
}
