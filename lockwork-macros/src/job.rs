//! Arguments and function -> what to generate. Makes every check, reports all that is wrong, and never fails.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, FnArg, GenericParam, Path, Token, WherePredicate, parse_quote_spanned};

use crate::args::Args;
use crate::errors::Errors;
use crate::function::Function;
use crate::key::{Key, Room, Scope};
use crate::params::{Params, mentions, plain};
use crate::policy::{Policy, Setting};
use crate::receiver::Receiver;
use crate::returns::Returns;
use crate::schedule::{Schedule, Timing};
use crate::shape::Shape;

/// Everything that the expansion needs. What was wrong is replaced by something harmless.
pub(crate) struct Job {
    /// The function as callers see it, with the body that an attempt runs.
    pub(crate) function: Function,
    /// `Box::pin`, where the function returns a boxed future instead of being `async`.
    pub(crate) pin: Option<TokenStream>,
    pub(crate) returns: Returns,
    pub(crate) receiver: Option<Receiver>,
    pub(crate) params: Params,
    pub(crate) key: Key,
    pub(crate) policy: Policy,
    pub(crate) timing: Option<Timing>,
    /// The function's generic parameters and `Self`, which no item inside it may name.
    pub(crate) generics: Vec<String>,
    pub(crate) worker: Option<Expr>,
    pub(crate) facade: Path,
    /// The function as it was written, less what was reported about it and the `#[attempt]` parameter.
    pub(crate) original: Function,
}

impl Job {
    pub(crate) fn new(mut args: Args, mut function: Function, errors: &mut Errors) -> Self {
        let shape = Shape::read(&mut function, errors);
        let mut original = function.clone();
        let (pin, output) = match shape {
            Shape::Boxed(boxed) => {
                function.body = boxed.body;
                (Some(boxed.pin), Some(boxed.output))
            }
            Shape::Async | Shape::Sync => (None, None),
        };
        let returns = Returns::read(&function.sig, output.as_ref(), errors);
        let params = Params::take(&mut function.sig, errors);
        original.sig.inputs = without_attempts(&original);
        if pin.is_some() {
            report_boxed_attempts(&params, &mut original, errors);
        }
        let receiver = Receiver::take(&mut function.sig);
        let mut policy = Policy::read(&mut args, errors);
        let mut schedule = Schedule::read(&mut args, &policy, errors);
        report_parameters(&mut policy, &mut schedule, &params, errors);
        let attempts = attempt_names(&params);
        let scope = Scope { room: schedule.room(), ..scope(&function, &params, &attempts) };
        let key = Key::read(&mut args, &scope, errors);
        if !schedule.is_said {
            report_missing_retain(&key, &policy, errors);
        }
        Self {
            pin,
            returns,
            receiver,
            key,
            policy,
            timing: schedule.timing,
            generics: generics(&function),
            worker: args.take("worker").map(|arg| arg.value),
            facade: facade(&mut args, errors),
            original,
            params,
            function,
        }
    }

    /// Whether the key or the worker is made of that parameter.
    pub(crate) fn is_used_outside(&self, name: &str) -> bool {
        let in_key = match &self.key {
            Key::Format(text) => crate::captures::split(&text.value())
                .is_ok_and(|pieces| pieces.iter().any(|piece| piece.name() == Some(name))),
            Key::Computed(expr) => mentions(expr, &|found| found == name),
            Key::Text(_) | Key::Missing => false,
        };
        in_key || self.worker.as_ref().is_some_and(|worker| mentions(worker, &|found| found == name))
    }
}

/// The parameters as callers see them, still with every `mut`.
fn without_attempts(function: &Function) -> Punctuated<FnArg, Token![,]> {
    let is_mark = |attr: &Attribute| attr.path().is_ident("attempt");
    let inputs = function.sig.inputs.iter().cloned().filter_map(|mut arg| match &mut arg {
        FnArg::Receiver(receiver) => {
            receiver.attrs.retain(|attr| !is_mark(attr));
            Some(arg)
        }
        FnArg::Typed(param) => (!param.attrs.iter().any(is_mark)).then_some(arg),
    });
    inputs.collect()
}

/// Takes away too the lifetimes that `#[async_trait]` has given to those parameters.
fn report_boxed_attempts(params: &Params, original: &mut Function, errors: &mut Errors) {
    for attempt in &params.attempts {
        let message = "under `#[async_trait]` a method cannot have an `#[attempt]` parameter, as its trait has none; \
                       call `lockwork::attempt()` in the body instead";
        errors.at(&attempt.pat, message);
        let Some(lifetime) = &attempt.lifetime else { continue };
        let generics = std::mem::take(&mut original.sig.generics.params);
        let is_its =
            |param: &GenericParam| matches!(param, GenericParam::Lifetime(param) if param.lifetime == *lifetime);
        original.sig.generics.params = generics.into_iter().filter(|param| !is_its(param)).collect();
        if let Some(clause) = &mut original.sig.generics.where_clause {
            let is_its = |bound: &WherePredicate| matches!(bound, WherePredicate::Lifetime(bound) if bound.lifetime == *lifetime);
            let predicates = std::mem::take(&mut clause.predicates);
            clause.predicates = predicates.into_iter().filter(|bound| !is_its(bound)).collect();
        }
    }
}

fn report_parameters(policy: &mut Policy, schedule: &mut Schedule, params: &Params, errors: &mut Errors) {
    let names = params.names();
    let mut is_constant = |setting: &Setting| {
        let Some(Expr::Path(path)) = setting.constant() else { return true };
        let Some(name) = path.path.get_ident().filter(|ident| names.contains(&plain(ident))) else { return true };
        errors.at(name, format_args!("`{name}` is a parameter, and a job is the same in every call; use a constant"));
        false
    };
    policy.settings.retain(&mut is_constant);
    schedule.timing.take_if(|timing| timing.period().is_some_and(|period| !is_constant(period)));
}

fn report_missing_retain(key: &Key, policy: &Policy, errors: &mut Errors) {
    if let Some(place) = key.varies().filter(|_| !policy.says_retain) {
        let message = "each value of this key leaves a record, so say how long to keep it; add `retain = \"30d\"`, or \
                       `retain = \"forever\"`";
        errors.at(place, message);
    }
}

fn attempt_names(params: &Params) -> Vec<String> {
    let name = |pat: &syn::Pat| match pat {
        syn::Pat::Ident(ident) => Some(plain(&ident.ident)),
        _ => None,
    };
    params.attempts.iter().filter_map(|attempt| name(&attempt.pat)).collect()
}

fn scope<'a>(function: &Function, params: &Params, attempts: &'a [String]) -> Scope<'a> {
    let mut names = params.names();
    if function.sig.receiver().is_some() {
        names.push("self".to_owned());
    }
    for param in function.sig.generics.const_params() {
        names.push(plain(&param.ident));
    }
    Scope { function: function.sig.ident.to_string(), names, attempts, room: Room { slot: 0 } }
}

fn generics(function: &Function) -> Vec<String> {
    let mut names = vec!["Self".to_owned()];
    for param in &function.sig.generics.params {
        match param {
            GenericParam::Type(param) => names.push(plain(&param.ident)),
            GenericParam::Const(param) => names.push(plain(&param.ident)),
            GenericParam::Lifetime(_) => {}
        }
    }
    names
}

fn facade(args: &mut Args, errors: &mut Errors) -> Path {
    let default = parse_quote_spanned!(Span::mixed_site()=> ::lockwork);
    let Some(written) = args.take("crate").map(|arg| arg.value.into_token_stream()) else { return default };
    match Path::parse_mod_style.parse2(written.clone()) {
        Ok(path) if path.segments.iter().all(|segment| segment.ident != "Self") => path,
        _ => {
            let text = written.to_string();
            let path = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or("::lockwork");
            errors.at(&written, format_args!("`crate` takes the path of the crate `lockwork`; write `crate = {path}`"));
            default
        }
    }
}
