//! The document and its number.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    vec![
        (
            "S18 used",
            Bench::with(|b| b.circumstances.used = true),
            Refused,
            &["ALREADY_USED"],
        ),
        (
            "expired number",
            Bench::with(|b| b.circumstances.expires_at = AT.parse().unwrap()),
            Refused,
            &["PETITION_EXPIRED"],
        ),
        (
            "revoked between reception and decision",
            Bench::with(|b| {
                let finding = Finding::new(Code::RevocationLater, "x");
                b.report = report(vec![signature(ana(), vec![finding])], Vec::new());
            }),
            InReview,
            &["CERT_REVOKED_SINCE"],
        ),
        (
            "frozen account",
            Bench::with(|b| b.circumstances.frozen = true),
            InReview,
            &["FROZEN"],
        ),
        (
            "the form of another employer under this number",
            Bench::with(|b| {
                b.expected.as_mut().unwrap().ruc = "0997939670001".parse().unwrap();
            }),
            Refused,
            &["RUC_MISMATCH"],
        ),
        (
            "the form of another number for the same employer",
            Bench::with(|b| b.other_number = true),
            Refused,
            &["WRONG_FORM"],
        ),
        (
            "something between form and signature",
            Bench::with(|b| {
                b.reading = Reading::of_form(
                    reset(),
                    &[Finding::new(Code::PdfModifiedAfterSigning, "x")],
                    false,
                );
            }),
            InReview,
            &["EXTRA_REVISION"],
        ),
        (
            "values covered by a visible signature",
            Bench::with(|b| b.reading = Reading::of_form(reset(), &[], true)),
            InReview,
            &["VALUES_COVERED"],
        ),
        (
            "nothing could be read",
            Bench::with(|b| {
                b.reading = Reading::default();
            }),
            InReview,
            &["LETTER_UNCLEAR"],
        ),
    ]
}
