//! Bars as SVG, drawn on the server: no script, no library from elsewhere. Beside every plot stands its table, so the plot
//! itself has only a name for those who don't see it.

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
}

/// A plot of bars.
pub(in crate::web) struct Bars {
    /// What it shows.
    pub(in crate::web) title: &'static str,
    pub(in crate::web) bars: Vec<Bar>,
}

/// Width of a plot, in units.
pub(in crate::web) const WIDTH: i64 = 560;
/// Height of the tallest bar.
const TALLEST: i64 = 110;
/// Where bars stand: below are labels, above the tallest bar its number.
const GROUND: i64 = 130;
/// Room that a written label needs.
const LABEL: i64 = 40;

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
        let bars = values
            .into_iter()
            .zip(0_i64..)
            .map(|((label, value), place)| {
                let height = value.max(0).saturating_mul(TALLEST) / most;
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
                }
            })
            .collect();
        Self { title, bars }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tallest_bar_fills_the_plot_and_nothing_sticks_out() {
        for count in [1, 5, 24, 60] {
            let values = (0..count).map(|n| (n.to_string(), n)).collect();
            let plot = Bars::of("x", values);
            let last = plot.bars.last().unwrap();
            assert!(last.x + last.width <= WIDTH, "{count}");
            assert_eq!(last.height, if count == 1 { 0 } else { TALLEST }, "{count}");
            assert!(
                plot.bars
                    .iter()
                    .all(|bar| bar.y >= GROUND - TALLEST && bar.height >= 0)
            );
        }
        assert!(Bars::of("x", Vec::new()).bars.is_empty());
    }
}
