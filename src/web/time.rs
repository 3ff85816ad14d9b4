//! Times as people in Ecuador read them. Stored and computed in UTC everywhere else.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::words;

/// `America/Guayaquil`, which has kept UTC−5 without daylight saving since 1993: a fixed offset needs no time zone
/// data on the machine.
fn in_ecuador(at: Timestamp) -> DateTime {
    TimeZone::fixed(jiff::tz::offset(-5)).to_datetime(at)
}

/// «21 de noviembre de 2026».
#[must_use]
pub fn day(at: Timestamp) -> String {
    words::day(in_ecuador(at).date())
}

/// «21 de noviembre de 2026 a las 09:45»: for terms, where [`words::moment`] with its seconds would be pedantic.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    let local = in_ecuador(at);
    format!(
        "{} a las {:02}:{:02}",
        words::day(local.date()),
        local.hour(),
        local.minute()
    )
}

/// «3 minutos», «90 segundos»: a span as one would say it.
#[must_use]
pub fn span(seconds: u64) -> String {
    match seconds {
        60 => "1 minuto".to_owned(),
        s if s > 0 && s % 3600 == 0 => {
            format!("{} hora{}", s / 3600, if s == 3600 { "" } else { "s" })
        }
        s if s > 0 && s % 60 == 0 => format!("{} minutos", s / 60),
        s => format!("{s} segundos"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_is_that_of_ecuador() {
        let at: Timestamp = "2026-11-21T02:05:09Z".parse().unwrap();
        assert_eq!(moment(at), "20 de noviembre de 2026 a las 21:05");
        assert_eq!(
            (span(180), span(90), span(3600), span(86400)),
            (
                "3 minutos".into(),
                "90 segundos".into(),
                "1 hora".into(),
                "24 horas".into()
            )
        );
    }
}
