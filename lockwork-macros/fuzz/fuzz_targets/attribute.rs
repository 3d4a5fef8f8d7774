//! The attribute's stages on any text. A macro crate exports nothing else, so its files are this crate's too.

#![no_main]

#[path = "../../src/args.rs"]
mod args;
#[path = "../../src/boxed.rs"]
mod boxed;
#[path = "../../src/call.rs"]
mod call;
#[path = "../../src/captures.rs"]
mod captures;
#[path = "../../src/errors.rs"]
mod errors;
#[path = "../../src/expand.rs"]
mod expand;
#[path = "../../src/function.rs"]
mod function;
#[path = "../../src/fuzz.rs"]
mod fuzz;
#[path = "../../src/job.rs"]
mod job;
#[path = "../../src/key.rs"]
mod key;
#[path = "../../src/misuse.rs"]
mod misuse;
#[path = "../../src/params.rs"]
mod params;
#[path = "../../src/pipeline.rs"]
mod pipeline;
#[path = "../../src/policy.rs"]
mod policy;
#[path = "../../src/receiver.rs"]
mod receiver;
#[path = "../../src/returns.rs"]
mod returns;
#[path = "../../src/shape.rs"]
mod shape;
#[path = "../../src/timing.rs"]
mod timing;
#[path = "../../src/value.rs"]
mod value;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::attribute(data));
