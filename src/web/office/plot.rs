//! Bars as SVG, drawn on the server: no script, no library from elsewhere. Beside every plot stands its table, so the plot
//! itself has only a name for those who don't see it.

use crate::domain::Language;
use crate::words;

/// One bar.
pub(in crate::web) struct Bar {
    pub(in crate::web) label: String,
    pub(in crate::web) value: i64,
    pub(in crate::web) x: i64,
    pub(in crate::web) y: i64,
    pub(in crate::web) width: i64,
    pub(in crate::web) height: i64,
    /// Middle of the bar, where its texts stand.
    pub(in crate::web) middle: i64,
    /// Whether its label is written: of many narrow bars only some are.
    pub(in crate::web) named: bool,
    /// Its number, where there is room for it; the tallest bar always says its own.
    pub(in crate::web) said: Option<String>,
}

/// A plot of bars.
pub(in crate::web) struct Bars {
    /// What it shows.
    pub(in crate::web) title: &'static str,
    pub(in crate::web) columns: Vec<Bar>,
    /// Whether there is anything to see.
    pub(in crate::web) empty: bool,
}

/// Width of a plot, in units.
pub(in crate::web) const WIDTH: i64 = 560;
/// Height of the tallest bar.
const TALLEST: i64 = 110;
/// Where bars stand: below are labels, above the tallest bar its number.
const GROUND: i64 = 130;
/// Room that a written label needs.
const LABEL: i64 = 40;
/// Room that a digit needs.
const DIGIT: i64 = 7;

impl Bars {
    /// A plot of named numbers, none of them negative.
    pub(in crate::web) fn of(title: &'static str, values: Vec<(String, i64)>) -> Self {
        let count = i64::try_from(values.len()).unwrap_or(1).max(1);
        let most = values
            .iter()
            .map(|(_, value)| *value)
            .max()
            .unwrap_or(0)
            .max(1);
        let step = WIDTH / count;
        let every = (LABEL / step.max(1)).max(1);
        let columns: Vec<Bar> = values
            .into_iter()
            .zip(0_i64..)
            .map(|((label, value), place)| {
                // One of ten thousand is little, and still there.
                let height = (value.max(0).saturating_mul(TALLEST) / most).max(value.clamp(0, 1));
                let text = thousands(value);
                let room = i64::try_from(text.len())
                    .unwrap_or(i64::MAX)
                    .saturating_mul(DIGIT);
                let fits = value > 0 && (room <= step || value == most);
                let x = place * step + step / 10;
                let width = (step - step / 5).max(1);
                Bar {
                    label,
                    value,
                    x,
                    y: GROUND - height,
                    width,
                    height,
                    middle: x + width / 2,
                    named: place % every == 0,
                    said: fits.then_some(text),
                }
            })
            .collect();
        let empty = columns.iter().all(|bar| bar.value <= 0);
        Self {
            title,
            columns,
            empty,
        }
    }
}

/// A count as people write it.
pub(super) fn thousands(value: i64) -> String {
    words::thousands(u64::try_from(value).unwrap_or_default(), Language::Es)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tallest_bar_fills_the_plot_and_nothing_sticks_out() {
        for count in [1, 5, 24, 60] {
            let values = (0..count).map(|n| (n.to_string(), n)).collect();
            let plot = Bars::of("x", values);
            let last = plot.columns.last().unwrap();
            assert!(last.x + last.width <= WIDTH, "{count}");
            assert_eq!(last.height, if count == 1 { 0 } else { TALLEST }, "{count}");
            assert!(
                plot.columns
                    .iter()
                    .all(|bar| bar.y >= GROUND - TALLEST && bar.height >= 0)
            );
        }
        assert!(Bars::of("x", Vec::new()).columns.is_empty());
    }

    #[test]
    fn little_beside_much_is_seen_and_numbers_do_not_lie_over_one_another() {
        let mut values: Vec<(String, i64)> =
            (0..24).map(|hour| (hour.to_string(), 9_999)).collect();
        values[3].1 = 1;
        values[7].1 = 10_000;
        let plot = Bars::of("x", values);
        assert_eq!(plot.columns[3].height, 1);
        assert_eq!(plot.columns[3].said.as_deref(), Some("1"));
        assert_eq!(plot.columns[4].said, None, "no room for it");
        assert_eq!(
            plot.columns[7].said.as_deref(),
            Some("10.000"),
            "the tallest"
        );
        assert!(!plot.empty);
        let nothing = Bars::of("x", vec![("0".to_owned(), 0)]);
        assert!(nothing.empty && nothing.columns[0].said.is_none());
    }
}
