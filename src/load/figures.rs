//! What came of a stretch of load, as a row of a table in which every figure stands beside what it is measured by.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

/// The head of the table that rows belong to (Markdown).
pub const TABLE_HEAD: &str = "\
| service | load | sent/s | decided/s | of the floor (1/s) | of bare (1/s) | receipt p50 · p99 ms | decided p50 · p99 ms | refused 503 (p99 ms) | CPU ms each | memory MB |
|---|---|---|---|---|---|---|---|---|---|---|";

/// A stretch of load.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Which load.
    pub load: String,
    /// Uploads sent.
    pub sent: usize,
    /// Uploads sent a second.
    pub sent_per_second: f64,
    /// Petitions decided a second, from the first upload to the last decision.
    pub decided_per_second: f64,
    /// Verifications a second of the same files on the same machine in the same run.
    pub bare_per_second: f64,
    /// The same files taken, synced and verified a second by a service that does nothing else, with the same client.
    pub floor_per_second: f64,
    /// From the moment an upload was due until its receipt.
    pub receipt: Spread,
    /// From the moment an upload was due until its decision.
    pub decision: Spread,
    /// Uploads that were told to come back.
    pub turned_away: usize,
    /// How long that took.
    pub turning_away: Spread,
    /// Processor time of the service for each decided petition, in milliseconds.
    pub processor_ms: Option<f64>,
    /// The most memory its process has held, in bytes.
    pub memory: Option<u64>,
}

/// How durations lie: the middle one, and the one that 99 of 100 stay within.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Milliseconds of the middle one.
    pub p50: f64,
    /// Milliseconds that 99 of 100 stay within.
    pub p99: f64,
}

impl Spread {
    /// Of these durations; zero when there are none.
    pub(super) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |hundredths: usize| {
            let place = (durations.len() * hundredths)
                .div_ceil(100)
                .saturating_sub(1);
            let duration = durations.get(place).copied().unwrap_or_default();
            duration.as_secs_f64() * 1000.0
        };
        Self {
            p50: at(50),
            p99: at(99),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0} · {:.0}", self.p50, self.p99)
    }
}

impl Row {
    /// The row of a table, for a service of this name.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts and bytes of one run, told with three digits"
    )]
    pub fn in_table(&self, service: &str) -> String {
        let of = |rate: f64| {
            format!(
                "{:.0} % ({rate:.0})",
                100.0 * self.decided_per_second / rate
            )
        };
        let away = 100.0 * self.turned_away as f64 / self.sent.max(1) as f64;
        let maybe = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
        format!(
            "| {service} | {} | {:.0} | {:.0} | {} | {} | {} | {} | {away:.0} % ({:.0}) | {} | {} |",
            self.load,
            self.sent_per_second,
            self.decided_per_second,
            of(self.floor_per_second),
            of(self.bare_per_second),
            self.receipt,
            self.decision,
            self.turning_away.p99,
            maybe(self.processor_ms.map(|ms| format!("{ms:.1}"))),
            maybe(
                self.memory
                    .map(|bytes| format!("{:.0}", bytes as f64 / 1e6))
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_hundred_the_ninety_ninth_counts() {
        let durations = |range: std::ops::RangeInclusive<u64>| range.map(Duration::from_millis);
        let spread = Spread::of(durations(1..=100).rev().collect());
        assert_eq!(
            spread,
            Spread {
                p50: 50.0,
                p99: 99.0
            }
        );
        // The slowest of a few is their p99: nothing is hidden by a small number.
        assert!((Spread::of(durations(1..=3).collect()).p99 - 3.0).abs() < 1e-9);
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
