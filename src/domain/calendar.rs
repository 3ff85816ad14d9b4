//! The calendar people in Ecuador live by, and how they say dates and spans. Everything else is stored and computed in
//! UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::{TimeZone, offset};
use jiff::{SignedDuration, Timestamp};

use super::{Holidays, Language};

/// Date and hour in `America/Guayaquil`, which has kept UTC−5 without daylight saving since 1993: a fixed offset needs no
/// time zone data on the machine. Galápagos is an hour behind and is not asked.
#[must_use]
pub fn in_ecuador(at: Timestamp) -> DateTime {
    TimeZone::fixed(offset(-5)).to_datetime(at)
}

/// The moment so many working days (*término*, COA Art. 158 and 159) behind `at`: days are counted from the next one on.
#[must_use]
pub fn working_days_later(at: Timestamp, days: u32, holidays: &Holidays) -> Timestamp {
    let day = SignedDuration::from_hours(24);
    let mut left = days;
    let mut then = at;
    while left > 0 {
        then += day;
        if !holidays.rests(in_ecuador(then).date()) {
            left -= 1;
        }
    }
    then
}

/// The last second of a term of so many working days for a company: its last day is whole.
#[must_use]
pub fn term_ends(at: Timestamp, days: u32, holidays: &Holidays) -> Timestamp {
    let last = in_ecuador(working_days_later(at, days, holidays)).date();
    beginning_of(last) + SignedDuration::from_secs(24 * 3600 - 1)
}

/// When a day begins in Ecuador.
#[must_use]
pub fn beginning_of(day: Date) -> Timestamp {
    let midnight = day.at(5, 0, 0, 0);
    // UTC itself is never ambiguous; only the very ends of time have no moment.
    TimeZone::UTC
        .to_timestamp(midnight)
        .unwrap_or(Timestamp::MAX)
}

/// «21 de noviembre de 2026».
#[must_use]
pub fn say_day(date: Date) -> String {
    const MONTHS: [&str; 12] = [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ];
    let month = usize::try_from(date.month() - 1)
        .ok()
        .and_then(|index| MONTHS.get(index))
        .unwrap_or(&"");
    format!("{} de {month} de {}", date.day(), date.year())
}

/// The same for the day of a moment.
#[must_use]
pub fn say_day_of(at: Timestamp) -> String {
    say_day(in_ecuador(at).date())
}

/// «21 de noviembre de 2026, 10:32:05»: for receipts, where the second matters.
#[must_use]
pub fn say_second(at: Timestamp) -> String {
    let local = in_ecuador(at);
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    format!(
        "{}, {hour:02}:{minute:02}:{second:02}",
        say_day(local.date())
    )
}

/// «21 de noviembre de 2026, 10:32»: for terms, where seconds would be pedantic.
#[must_use]
pub fn say_minute(at: Timestamp) -> String {
    let local = in_ecuador(at);
    format!(
        "{}, {:02}:{:02}",
        say_day(local.date()),
        local.hour(),
        local.minute()
    )
}

/// The day of a moment in either language: «21 de noviembre de 2026», «21 November 2026».
#[must_use]
pub fn day_in(language: Language, at: Timestamp) -> String {
    match language {
        Language::Es => say_day_of(at),
        Language::En => date_in(language, in_ecuador(at).date()),
    }
}

/// A day in either language.
#[must_use]
pub fn date_in(language: Language, date: Date) -> String {
    match language {
        Language::Es => say_day(date),
        Language::En => date.strftime("%-d %B %Y").to_string(),
    }
}

/// A moment to the second, in either language.
#[must_use]
pub fn clock_in(language: Language, at: Timestamp) -> String {
    match language {
        Language::Es => say_second(at),
        Language::En => in_ecuador(at).strftime("%-d %B %Y, %H:%M:%S").to_string(),
    }
}

/// The same with its zone: what a report rests on.
#[must_use]
pub fn second_in(language: Language, at: Timestamp) -> String {
    format!("{} (UTC-5)", clock_in(language, at))
}

/// A moment to the minute, in either language: «21 de noviembre de 2026, 10:32», «21 November 2026, 10:32».
#[must_use]
pub fn minute_in(language: Language, at: Timestamp) -> String {
    match language {
        Language::Es => say_minute(at),
        Language::En => in_ecuador(at).strftime("%-d %B %Y, %H:%M").to_string(),
    }
}

/// «2026-11-21 10:32:05 (UTC-5)»: for lines of a table. Ecuador's continental time has no daylight saving.
#[must_use]
pub fn stamp(at: Timestamp) -> String {
    in_ecuador(at)
        .strftime("%Y-%m-%d %H:%M:%S (UTC-5)")
        .to_string()
}

/// «3 minutos», «24 horas», «90 segundos»: a span of seconds as one would say it.
#[must_use]
pub fn say_span(seconds: u64) -> String {
    span_in(Language::Es, seconds)
}

/// The same in either language.
#[must_use]
pub fn span_in(language: Language, seconds: u64) -> String {
    match seconds {
        s if s >= 3600 && s % 3600 == 0 => counted(
            s / 3600,
            language.pick(["hora", "horas"], ["hour", "hours"]),
        ),
        s if s >= 60 && s % 60 == 0 => counted(
            s / 60,
            language.pick(["minuto", "minutos"], ["minute", "minutes"]),
        ),
        s => counted(
            s,
            language.pick(["segundo", "segundos"], ["second", "seconds"]),
        ),
    }
}

/// «5 años», «6 meses», «45 días»: a term of days as one would say it, a month being 30 of them and a year 365.
#[must_use]
pub fn days_in(language: Language, days: u64) -> String {
    match days {
        d if d >= 365 && d % 365 == 0 => {
            counted(d / 365, language.pick(["año", "años"], ["year", "years"]))
        }
        d if d >= 30 && d % 30 == 0 => {
            counted(d / 30, language.pick(["mes", "meses"], ["month", "months"]))
        }
        d => counted(d, language.pick(["día", "días"], ["day", "days"])),
    }
}

/// «1 día», «3 días».
#[must_use]
pub fn counted(count: u64, [one, many]: [&str; 2]) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_said_in_the_largest_unit_that_fits() {
        for (days, said) in [
            (1, "1 día"),
            (7, "7 días"),
            (30, "1 mes"),
            (45, "45 días"),
            (180, "6 meses"),
            (365, "1 año"),
            (1825, "5 años"),
            (1826, "1826 días"),
        ] {
            assert_eq!(days_in(Language::Es, days), said);
        }
        for (days, said) in [(1, "1 day"), (60, "2 months"), (365, "1 year")] {
            assert_eq!(days_in(Language::En, days), said);
        }
    }

    #[test]
    fn the_hour_is_that_of_ecuador() {
        let at: Timestamp = "2026-11-21T02:05:09Z".parse().unwrap();
        assert_eq!(say_second(at), "20 de noviembre de 2026, 21:05:09");
        assert_eq!(say_minute(at), "20 de noviembre de 2026, 21:05");
        assert_eq!(minute_in(Language::En, at), "20 November 2026, 21:05");
    }

    #[test]
    fn working_days_leave_weekends_and_holidays_out() {
        let friday: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        let quito = Holidays::with(["2026-12-07".parse().unwrap()]);
        for (days, expected, in_quito) in [
            (0, "2026-11-20", "2026-11-20"),
            (1, "2026-11-23", "2026-11-23"),
            (5, "2026-11-27", "2026-11-27"),
            (20, "2026-12-18", "2026-12-21"),
            (25, "2026-12-28", "2026-12-29"),
        ] {
            let when = |day| format!("{day}T15:00:00Z").parse::<Timestamp>().unwrap();
            let later = |holidays: &Holidays| working_days_later(friday, days, holidays);
            assert_eq!(later(&Holidays::default()), when(expected), "{days}");
            assert_eq!(later(&quito), when(in_quito), "{days}");
        }
    }

    /// Who reads «hasta el 23 de noviembre» has that day.
    #[test]
    fn the_last_day_of_a_term_is_whole() {
        for received in [
            "2026-11-20T15:00:00Z",
            "2026-11-20T05:00:00Z",
            "2026-11-21T04:59:59Z",
        ] {
            let ends = term_ends(received.parse().unwrap(), 1, &Holidays::default());
            assert_eq!(
                say_second(ends),
                "23 de noviembre de 2026, 23:59:59",
                "{received}"
            );
        }
    }

    #[test]
    fn spans_are_said_as_people_say_them() {
        let vectors = [
            (180, "3 minutos"),
            (60, "1 minuto"),
            (86400, "24 horas"),
            (3600, "1 hora"),
            (90, "90 segundos"),
            (1, "1 segundo"),
        ];
        for (seconds, expected) in vectors {
            assert_eq!(say_span(seconds), expected);
        }
        for (seconds, expected) in [(180, "3 minutes"), (3600, "1 hour"), (90, "90 seconds")] {
            assert_eq!(span_in(Language::En, seconds), expected);
        }
    }
}
