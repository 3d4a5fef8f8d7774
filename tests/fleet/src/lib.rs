//! What the members of a fleet write down, and what must hold of it. Knows nothing of lockwork.

pub mod history;
pub mod witness;
