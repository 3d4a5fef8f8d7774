//! The attribute's stages on any text. A macro crate exports nothing else, so its files are this crate's too.

#![no_main]

#[path = "../../lockwork-macros/src/args.rs"]
mod args;
#[path = "../../lockwork-macros/src/boxed.rs"]
mod boxed;
#[path = "../../lockwork-macros/src/call.rs"]
mod call;
#[path = "../../lockwork-macros/src/captures.rs"]
mod captures;
#[path = "../../lockwork-macros/src/errors.rs"]
mod errors;
#[path = "../../lockwork-macros/src/expand.rs"]
mod expand;
#[path = "../../lockwork-macros/src/function.rs"]
mod function;
#[path = "../../lockwork-macros/src/fuzz.rs"]
mod fuzz;
#[path = "../../lockwork-macros/src/job.rs"]
mod job;
#[path = "../../lockwork-macros/src/key.rs"]
mod key;
#[path = "../../lockwork-macros/src/misuse.rs"]
mod misuse;
#[path = "../../lockwork-macros/src/params.rs"]
mod params;
#[path = "../../lockwork-macros/src/pipeline.rs"]
mod pipeline;
#[path = "../../lockwork-macros/src/policy.rs"]
mod policy;
#[path = "../../lockwork-macros/src/receiver.rs"]
mod receiver;
#[path = "../../lockwork-macros/src/returns.rs"]
mod returns;
#[path = "../../lockwork-macros/src/schedule.rs"]
mod schedule;
#[path = "../../lockwork-macros/src/shape.rs"]
mod shape;
#[path = "../../lockwork-macros/src/value.rs"]
mod value;
#[path = "../../lockwork-macros/src/zone.rs"]
mod zone;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::attribute(data));
