//! How an application tests its job: `invoices.rs` is its code, `fakes.rs` its services in tests. The job is called as it is;
//! `Process::call` says in which process.

mod fakes;
mod invoices;

use std::time::Duration;

use anyhow::Result;
use fakes::{FakeLedger, FakeMailer, MAILING};
use invoices::send_invoice;
use lockwork::testing::Fleet;
use lockwork::{Error, ErrorKind, Event};
use tokio::time::{sleep, timeout};

const LEASE: Duration = Duration::from_secs(10);

#[tokio::test(start_paused = true)]
async fn an_invoice_is_mailed_and_booked_once_for_all() -> Result<()> {
    let (fleet, mailer, ledger) = (Fleet::new(), FakeMailer::new(), FakeLedger::default());
    let [one, other] = [fleet.process().await, fleet.process().await];
    let (first, second) =
        tokio::join!(one.call(send_invoice(7, &mailer, &ledger)), other.call(send_invoice(7, &mailer, &ledger)),);
    assert_eq!((first?, second?, mailer.asked()), (1, 1, 1));
    assert_eq!(mailer.letters(), ["please pay invoice 7"]);
    assert_eq!(ledger.entries().len(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_mailer_that_is_down_for_a_while_is_tried_again() -> Result<()> {
    let (fleet, mailer, ledger) = (Fleet::new(), FakeMailer::new(), FakeLedger::default());
    let process = fleet.process().await;
    mailer.break_down();
    let mend = async {
        mailer.first_asked().await;
        mailer.mend();
    };
    let (attempt, ()) = tokio::join!(process.call(send_invoice(7, &mailer, &ledger)), mend);
    assert_eq!((attempt?, mailer.letters().len()), (2, 1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cancelled_after_the_mailing_does_not_mail_again() -> Result<()> {
    let (fleet, mailer, ledger) = (Fleet::new(), FakeMailer::new(), FakeLedger::default());
    let process = fleet.process().await;
    assert!(timeout(MAILING / 2, process.call(send_invoice(7, &mailer, &ledger))).await.is_err());
    assert_eq!((mailer.letters().len(), ledger.entries().len()), (1, 0));

    // The attempt was handed back, so it is the first one again, and the mailer knows its letter.
    assert_eq!(process.call(send_invoice(7, &mailer, &ledger)).await?, 1);
    assert_eq!((mailer.asked(), mailer.letters().len(), ledger.entries().len()), (2, 1, 1));
    assert!(process.take_events().iter().any(|event| matches!(event, Event::HandedBack { .. })));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_after_the_mailing_is_followed_by_one_that_does_not_mail_again() -> Result<()> {
    let (fleet, mailer, ledger) = (Fleet::new(), FakeMailer::new(), FakeLedger::default());
    let [doomed, heir] = [fleet.process().await, fleet.process().await];
    let follow = async {
        mailer.first_asked().await;
        doomed.kill();
        heir.call(send_invoice(7, &mailer, &ledger)).await
    };
    let attempt = tokio::select! {
        _ = doomed.call(send_invoice(7, &mailer, &ledger)) => panic!("a dead process does not return"),
        attempt = follow => attempt?,
    };
    assert_eq!((attempt, mailer.asked(), mailer.letters().len(), ledger.entries().len()), (2, 2, 1, 1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_cut_off_stops_before_another_one_begins() -> Result<()> {
    let (fleet, ledger) = (Fleet::new(), FakeLedger::default());
    let [lonely, other] = [fleet.process().await, fleet.process().await];
    let mailer = FakeMailer::answering_after(LEASE * 2);
    let follow = async {
        mailer.first_asked().await;
        lonely.cut_off();
        let attempt = other.call(send_invoice(7, &mailer, &ledger)).await;
        lonely.reconnect();
        attempt
    };
    let (learnt, attempt) = tokio::join!(lonely.call(send_invoice(7, &mailer, &ledger)), follow);
    assert_eq!((learnt?, attempt?), (2, 2));
    sleep(LEASE * 2).await;
    assert_eq!((ledger.entries().len(), ledger.refused().len()), (1, 0));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_was_taken_over_and_does_not_know_cannot_book() -> Result<()> {
    let (fleet, mailer, ledger) = (Fleet::new(), FakeMailer::new(), FakeLedger::default());
    let [before, after] = [fleet.process().await, fleet.process().await];
    let jump = async {
        sleep(MAILING / 2).await;
        fleet.advance_clock(LEASE);
    };
    let (first, second, ()) = tokio::join!(
        before.call(send_invoice(7, &mailer, &ledger)),
        after.call(send_invoice(7, &mailer, &ledger)),
        jump,
    );
    assert_eq!((first?, second?), (2, 2));
    assert_eq!((ledger.entries().len(), ledger.refused().len(), mailer.letters().len()), (1, 1, 1));
    assert!(ledger.refused()[0] < ledger.entries()[0].0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn when_the_mailer_stays_down_everybody_is_told_until_the_cooldown_is_over() -> Result<()> {
    let (fleet, mailer, ledger) = (Fleet::new(), FakeMailer::new(), FakeLedger::default());
    let [one, other] = [fleet.process().await, fleet.process().await];
    mailer.break_down();
    let own = one.call(send_invoice(7, &mailer, &ledger)).await.expect_err("the mailer is down");
    assert_eq!(own.to_string(), "the invoice was not mailed");
    assert_eq!(mailer.asked(), 3);

    mailer.mend();
    let told = other.call(send_invoice(7, &mailer, &ledger)).await.expect_err("the attempts are spent");
    let told: Error = told.downcast()?;
    assert_eq!((told.kind(), told.attempts()), (ErrorKind::Exhausted, 3));
    sleep(told.retry_in().expect("a cooldown ends")).await;
    assert_eq!(other.call(send_invoice(7, &mailer, &ledger)).await?, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn whatever_the_store_loses_nobody_gets_two_letters_of_one_series() -> Result<()> {
    for seed in 0..200 {
        let (fleet, mailer, ledger) = (Fleet::new(), FakeMailer::new(), FakeLedger::default());
        let [one, other] = [fleet.process().await, fleet.process().await];
        one.faults().by_chance(seed, 0.3, LEASE);
        other.faults().by_chance(seed + 1, 0.3, LEASE);
        let (first, second) =
            tokio::join!(one.call(send_invoice(7, &mailer, &ledger)), other.call(send_invoice(7, &mailer, &ledger)),);
        assert!(mailer.letters().len() <= 1, "seed {seed}: {:?}", mailer.letters());
        if let (Ok(first), Ok(second)) = (first, second) {
            assert_eq!(first, second, "seed {seed}");
        }
    }
    Ok(())
}
