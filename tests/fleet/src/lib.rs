//! What the members of a fleet and their tests have in common. Knows no store.

/// How many jobs there are where everything happens at once.
pub const KEYS: u32 = 40;

/// How often the body of each of these jobs may be begun.
pub const MAX_ATTEMPTS: u32 = 12;
