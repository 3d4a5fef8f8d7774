//! Worker stub.
/// A worker.
#[derive(Clone, Debug)]
pub struct Worker;
impl Worker {
    /// Connects.
    #[expect(clippy::unused_async)]
    pub async fn connect(_url: &str) -> Result<Self, crate::Error> {
        Ok(Self)
    }
}
