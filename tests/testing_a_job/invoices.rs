//! An application's job, as it is in production: an invoice is mailed and booked, once. Knows no test.

use anyhow::{Context, Result};
use lockwork::{Attempt, global_once};

/// Who delivers letters: one letter for each idempotency key, however often it is asked.
pub(crate) trait Mailer {
    async fn send(&self, idempotency_key: &str, letter: String) -> Result<()>;
}

/// Where invoices are booked: an entry with a lower fence than one that is there is refused.
pub(crate) trait Ledger {
    async fn book(&self, fence: u64, invoice: u32) -> Result<()>;
}

/// Mails an invoice and books it. Returns the attempt that did it.
#[global_once(
    key = "invoice:{invoice}",
    timeout = "10s",
    max_attempts = 3,
    backoff = "1s",
    cooldown = "1h",
    retain = "30d"
)]
pub(crate) async fn send_invoice(
    invoice: u32,
    mailer: &impl Mailer,
    ledger: &impl Ledger,
    #[attempt] attempt: &Attempt,
) -> Result<u32> {
    let letter = format!("please pay invoice {invoice}");
    mailer.send(&attempt.idempotency_key(), letter).await.context("the invoice was not mailed")?;
    ledger.book(attempt.fence(), invoice).await.context("the invoice was not booked")?;
    Ok(attempt.number())
}
