//! From a decision to its effects: messages by mail and SMS and what becomes of them, alarms, accounts that are unblocked,
//! addresses that were missing. With a clock that the test moves.

mod denials;
mod leaving;
mod locked_accounts;
mod missing_addresses;
mod notices;
mod undelivered_mail;

use clavero::domain::Token;
use clavero::store::{MessageKind, MessageState};

use crate::bench::{Bench, Petition};

const MINE: &str = "2990006065001"; // no e-mail on file
const BRANCH: &str = "0001";

/// Gives an employer of the samples a mobile telephone.
async fn with_mobile(bench: &Bench, ruc: &str) {
    let mobile = "022000000 / 099 123 4567";
    bench
        .changes_employer(ruc, "mobile", |it| it.phone = Some(mobile.to_owned()))
        .await;
}

/// The link that stops the account, in a message.
fn stop_in(text: &str) -> Option<Token> {
    let link = text
        .split_whitespace()
        .find(|word| word.contains("/no-fui-yo/"))?;
    Token::presented(link.rsplit('/').next()?)
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
