//! Attempt stub.
/// An attempt.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub(crate) number: u32,
}
impl Attempt {
    /// Its number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.number
    }
}
