//! What the members of a fleet write down, and what must hold of it. Knows nothing of lockwork.

pub mod history;
pub mod witness;

/// How many jobs there are where everything happens at once.
pub const KEYS: usize = 40;

/// How often the body of each of these jobs may be begun.
pub const MAX_ATTEMPTS: u32 = 12;
