//! How failed sign-ins slow down the next ones, without letting anybody lock others out (PRODUCT threat 22).
//!
//! - **Pair** of name and address: whoever guesses from one place waits ever longer, up to a quarter of an hour.
//! - **Address**: guessing through many names from one place is slowed down to one in a minute.
//! - **Name** from browsers that never signed in as this member: guessing from many places is slowed down to one in a
//!   minute.
//! - A **known browser** (its cookie comes from a complete sign-in) is counted by itself alone: whatever strangers do, a
//!   member gets in from their own desk. One without such a browser gets a new one-time link from the operator.
//!
//! A name that nobody has is counted like any other, so waiting tells nothing.

use std::net::IpAddr;

use jiff::SignedDuration;

use crate::domain::{Sha256, Token};
use crate::store::Attempt;

/// Failures that lie longer back count no more.
pub(super) const MEMORY: SignedDuration = SignedDuration::from_hours(1);

/// Typing errors that cost nothing.
const FREE: i64 = 5;
/// The same for a whole address or name, where many people may be mistaken.
const FREE_OF_MANY: i64 = 50;
/// Longest pause for one place and one name.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);
/// Longest pause where others may suffer from it.
const LONGEST_OF_MANY: SignedDuration = SignedDuration::from_mins(1);

/// The places an attempt is counted by, its own one first.
pub(super) fn attempts(user: &str, address: IpAddr, known_device: Option<&Token>) -> Vec<Attempt> {
    let own = |place| Attempt { place, wait_after };
    let of_many = |place| Attempt {
        place,
        wait_after: wait_of_many,
    };
    if let Some(device) = known_device {
        return vec![own(place("device", &device.hash().to_string()))];
    }
    let user = user.trim().to_lowercase();
    vec![
        own(place("pair", &format!("{address} {user}"))),
        of_many(place("address", &address.to_string())),
        of_many(place("name", &user)),
    ]
}

/// The place a signed-in member's typing of the old password is counted by.
pub(super) fn of_session(session: Sha256) -> Vec<Attempt> {
    vec![Attempt {
        place: place("session", &session.to_string()),
        wait_after,
    }]
}

fn place(kind: &str, of: &str) -> Sha256 {
    Sha256::of(format!("{kind}:{of}").as_bytes())
}

/// Five seconds after the fifth failure, then twice as long each time.
fn wait_after(failures: i64) -> SignedDuration {
    let doublings = failures.saturating_sub(FREE);
    match u32::try_from(doublings) {
        Ok(doublings) => {
            let seconds =
                5_i64.saturating_mul(1_i64.checked_shl(doublings.min(20)).unwrap_or(i64::MAX));
            SignedDuration::from_secs(seconds).min(LONGEST)
        }
        Err(_) => SignedDuration::ZERO,
    }
}

fn wait_of_many(failures: i64) -> SignedDuration {
    let over = failures.saturating_sub(FREE_OF_MANY);
    if over < 0 {
        SignedDuration::ZERO
    } else {
        SignedDuration::from_secs(over.saturating_add(1)).min(LONGEST_OF_MANY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_free_and_guessing_is_not() {
        let seconds = |failures| wait_after(failures).as_secs();
        assert_eq!(
            [0, 4, 5, 6, 7, 12, 13, 10_000].map(seconds),
            [0, 0, 5, 10, 20, 640, 900, 900]
        );
        let of_many = |failures| wait_of_many(failures).as_secs();
        assert_eq!(
            [0, 49, 50, 51, 109, 1_000].map(of_many),
            [0, 0, 1, 2, 60, 60]
        );
    }

    #[test]
    fn a_known_browser_is_counted_by_itself() {
        let device = Token::from_random([1; 24]);
        let address = "192.0.2.1".parse().unwrap();
        let known = attempts("ana", address, Some(&device));
        let stranger = attempts("ana", address, None);
        assert_eq!(known.len(), 1);
        assert!(
            stranger
                .iter()
                .all(|attempt| attempt.place != known[0].place)
        );
        assert_eq!(attempts(" ANA ", address, None)[0].place, stranger[0].place);
    }
}
