//! ASN.1 times as moments. RFC 3161 tokens carry fractions of a second, which stricter readers refuse.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::asn1::{Asn1Error, Element, tag};

/// `UTCTime` (X.680 §47, years 1950–2049 by RFC 5280 §4.1.2.5.1) or `GeneralizedTime` (X.680 §46), in UTC or with an
/// offset, with seconds optional as BER allows.
///
/// # Errors
/// When it is neither, or names no moment.
pub fn read(element: &Element<'_>) -> Result<Timestamp, Asn1Error> {
    let text = std::str::from_utf8(element.body).map_err(|_| Asn1Error::Unexpected)?;
    let year_digits = match element.tag {
        tag::UTC_TIME => 2,
        tag::GENERALIZED_TIME => 4,
        _ => return Err(Asn1Error::Unexpected),
    };
    parse(text, year_digits).ok_or(Asn1Error::Unexpected)
}

fn parse(text: &str, year_digits: usize) -> Option<Timestamp> {
    if !text.is_ascii() {
        return None;
    }
    let mut rest = text;
    let mut take = |count: usize| -> Option<i16> {
        let (digits, after) = rest.split_at_checked(count)?;
        let number = digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| digits.parse().ok())??;
        rest = after;
        Some(number)
    };
    let mut year = take(year_digits)?;
    if year_digits == 2 {
        year = year.checked_add(if year < 50 { 2000 } else { 1900 })?;
    }
    let mut small = || take(2).and_then(|number| i8::try_from(number).ok());
    let (month, day, hour, minute) = (small()?, small()?, small()?, small()?);
    // A leap second is told as the one before it.
    let second = match small().unwrap_or(0) {
        60 => 59,
        second => second,
    };
    let mut nanoseconds: i32 = 0;
    if let Some(after) = rest.strip_prefix(['.', ',']) {
        let end = after
            .find(|character: char| !character.is_ascii_digit())
            .unwrap_or(after.len());
        let (digits, after) = after.split_at_checked(end)?;
        let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
        nanoseconds = nine.parse().ok().filter(|_| !digits.is_empty())?;
        rest = after;
    }
    let offset = offset(rest)?;
    let local = DateTime::new(year, month, day, hour, minute, second, nanoseconds).ok()?;
    let utc = Offset::UTC.to_timestamp(local).ok()?;
    utc.checked_sub(offset).ok()
}

fn offset(text: &str) -> Option<SignedDuration> {
    if text == "Z" {
        return Some(SignedDuration::ZERO);
    }
    let (sign, digits) = text.split_at_checked(1)?;
    let (hours, minutes) = digits.split_at_checked(2)?;
    let number = |digits: &str| -> Option<i64> {
        (digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| digits.parse().ok())?
    };
    let minutes = number(hours)?
        .checked_mul(60)?
        .checked_add(number(minutes)?)?;
    match sign {
        "+" => Some(SignedDuration::from_mins(minutes)),
        "-" => Some(SignedDuration::from_mins(minutes.checked_neg()?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_forms_that_occur_and_refuses_the_rest() {
        let cases: &[(&str, usize, Option<&str>)] = &[
            ("261121120000Z", 2, Some("2026-11-21T12:00:00Z")),
            ("491231235959Z", 2, Some("2049-12-31T23:59:59Z")),
            ("500101000000Z", 2, Some("1950-01-01T00:00:00Z")),
            ("2611211200Z", 2, Some("2026-11-21T12:00:00Z")),
            ("261121070000-0500", 2, Some("2026-11-21T12:00:00Z")),
            ("20261121120000Z", 4, Some("2026-11-21T12:00:00Z")),
            ("20261121120000.25Z", 4, Some("2026-11-21T12:00:00.25Z")),
            // The seconds that clocks are stopped for (X.680 §46.3 has them).
            ("20161231235960Z", 4, Some("2016-12-31T23:59:59Z")),
            ("20161231235961Z", 4, None),
            ("20261121120000.Z", 4, None),
            ("20261121120000", 4, None),
            ("20261321120000Z", 4, None),
            ("2026112112000Z", 4, None),
            ("+6112112000Z", 2, None),
            ("", 4, None),
        ];
        for (text, digits, expected) in cases {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(parse(text, *digits), expected, "{text}");
        }
    }
}
