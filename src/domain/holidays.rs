//! Days of rest beside Saturdays and Sundays, which no term in days counts (COA Art. 159): those of the whole country as the
//! law moves them (Código del Trabajo Art. 65, as reformed in R.O.S. 906 of 20-12-2016), and what the operator adds.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};

/// Days on which nobody has to answer anything.
#[derive(Debug, Clone, Default)]
pub struct Holidays {
    /// Of the place of the office or of the company (COA Art. 159), or by decree.
    more: BTreeSet<Date>,
}

impl Holidays {
    /// Those of the law, and these.
    #[must_use]
    pub fn with(more: impl IntoIterator<Item = Date>) -> Self {
        Self {
            more: more.into_iter().collect(),
        }
    }

    /// Whether this is no working day.
    #[must_use]
    pub fn rests(&self, day: Date) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        // The first of January may be rested on the day before.
        let law = || [day.year(), day.year() + 1].into_iter().flat_map(national);
        weekend || self.more.contains(&day) || law().any(|holiday| holiday == day)
    }
}

/// The days of rest that the holidays of a year become.
fn national(year: i16) -> [Date; 11] {
    let day = |month, day| date(year, month, day);
    let easter = easter(year);
    let [dead, cuenca] = neighbours(day(11, 2));
    [
        off_weekend(day(1, 1)),
        easter - 48.days(),
        easter - 47.days(),
        easter - 2.days(),
        moved(day(5, 1)),
        moved(day(5, 24)),
        moved(day(8, 10)),
        moved(day(10, 9)),
        dead,
        cuenca,
        off_weekend(day(12, 25)),
    ]
}

/// Where the rest goes for a holiday on a Saturday or Sunday; New Year and Christmas are moved for nothing else.
fn off_weekend(day: Date) -> Date {
    match day.weekday() {
        Weekday::Saturday => day - 1.day(),
        Weekday::Sunday => day + 1.day(),
        _ => day,
    }
}

/// Where it goes for any other: next to the weekend.
fn moved(day: Date) -> Date {
    match day.weekday() {
        Weekday::Tuesday => day - 1.day(),
        Weekday::Wednesday => day + 2.days(),
        Weekday::Thursday => day + 1.day(),
        _ => off_weekend(day),
    }
}

/// Where it goes for two holidays that follow one another, 2 and 3 November: both next to the same weekend, or around it.
fn neighbours(first: Date) -> [Date; 2] {
    let second = first + 1.day();
    match first.weekday() {
        Weekday::Monday | Weekday::Thursday => [first, second],
        Weekday::Tuesday | Weekday::Friday => [first - 1.day(), first],
        Weekday::Wednesday | Weekday::Sunday => [second, second + 1.day()],
        Weekday::Saturday => [first - 1.day(), second + 1.day()],
    }
}

/// Easter Sunday (Meeus, Jones and Butcher).
fn easter(year: i16) -> Date {
    let (golden, century, of_century) = (year % 19, year / 100, year % 100);
    let moon = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - moon + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    date(year, 3, 22) + i32::from(epact + weekday - 7 * late).days()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the calendars of the Ministry of Tourism had them; that of 2027 by the same law.
    #[test]
    fn days_of_rest_are_those_of_the_official_calendars() {
        let calendars: &[(i16, [&str; 11])] = &[
            (
                2018,
                [
                    "01-01", "02-12", "02-13", "03-30", "04-30", "05-25", "08-10", "10-08",
                    "11-01", "11-02", "12-25",
                ],
            ),
            (
                2019,
                [
                    "01-01", "03-04", "03-05", "04-19", "05-03", "05-24", "08-09", "10-11",
                    "11-01", "11-04", "12-25",
                ],
            ),
            (
                2022,
                [
                    "12-31", "02-28", "03-01", "04-15", "05-02", "05-23", "08-12", "10-10",
                    "11-03", "11-04", "12-26",
                ],
            ),
            (
                2025,
                [
                    "01-01", "03-03", "03-04", "04-18", "05-02", "05-23", "08-11", "10-10",
                    "11-03", "11-04", "12-25",
                ],
            ),
            (
                2027,
                [
                    "01-01", "02-08", "02-09", "03-26", "04-30", "05-24", "08-09", "10-08",
                    "11-01", "11-02", "12-24",
                ],
            ),
        ];
        for (year, days) in calendars {
            let computed = national(*year).map(|day| day.strftime("%m-%d").to_string());
            assert_eq!(&computed.each_ref().map(String::as_str), days, "{year}");
            for day in national(*year) {
                assert!(Holidays::default().rests(day), "{day}");
            }
        }
    }

    #[test]
    fn easter_is_where_the_church_has_it() {
        for (year, month, day) in [
            (1961, 4, 2),
            (2008, 3, 23),
            (2011, 4, 24),
            (2026, 4, 5),
            (2038, 4, 25),
            (2049, 4, 18),
        ] {
            assert_eq!(easter(year), date(year, month, day));
        }
    }

    #[test]
    fn the_operator_adds_days_of_the_place() {
        let quito = date(2027, 12, 6);
        assert!(!Holidays::default().rests(quito));
        assert!(Holidays::with([quito]).rests(quito));
        assert!(!Holidays::with([quito]).rests(date(2027, 12, 7)));
    }
}
