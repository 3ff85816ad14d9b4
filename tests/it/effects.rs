//! From a decision to its effects: messages by mail and SMS and what becomes of them, alarms, accounts that are unblocked,
//! addresses that were missing. With a clock that the test moves.

mod denials;
mod leaving;
mod locked_accounts;
mod missing_addresses;
mod notices;
mod undelivered_mail;

use clavero::store::{MessageKind, MessageState};
use jiff::SignedDuration;

use crate::bench::{Bench, Petition};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const MINE: &str = "2990006065001"; // no e-mail on file
const BRANCH: &str = "0001";

/// Gives an employer of the samples a mobile telephone.
async fn with_mobile(bench: &Bench, ruc: &str) {
    let mobile = "022000000 / 099 123 4567";
    bench
        .changes_employer(ruc, "mobile", |it| it.phone = Some(mobile.to_owned()))
        .await;
}

async fn states(bench: &Bench, petition: &Petition) -> Vec<(MessageKind, MessageState)> {
    let messages = bench
        .intake
        .store()
        .messages_of(&petition.number)
        .await
        .unwrap();
    messages
        .iter()
        .map(|message| (message.kind, message.state))
        .collect()
}
