//! What the verdict on the signatures says, before anybody looks at the petition.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    vec![
        (
            "S15 an accredited entity's name on somebody else's key",
            Bench::with(|b| {
                b.report = report(
                    vec![signature(
                        ana(),
                        vec![Finding::new(Code::ChainUntrusted, "Firma")],
                    )],
                    Vec::new(),
                );
            }),
            Refused,
            &["CA_NOT_ACCREDITED"],
        ),
        (
            "S04 nothing is said about the employer before the signature passes",
            Bench::with(|b| {
                b.employer = None;
                b.report = report(
                    vec![signature(
                        ana(),
                        vec![Finding::new(Code::ChainUntrusted, "x")],
                    )],
                    Vec::new(),
                );
            }),
            Refused,
            &["CA_NOT_ACCREDITED"],
        ),
        (
            "S11 changed after signing",
            Bench::with(|b| {
                b.report = report(
                    vec![signature(
                        ana(),
                        vec![Finding::new(Code::PdfModifiedAfterSigning, "Firma")],
                    )],
                    Vec::new(),
                );
            }),
            Refused,
            &["MODIFIED_AFTER_SIGNING"],
        ),
        (
            "S12 expired, with a trusted timestamp",
            Bench::with(|b| {
                b.report = report(
                    vec![signature(
                        ana(),
                        vec![Finding::new(Code::ChainExpiredAfterTimestamp, "x")],
                    )],
                    Vec::new(),
                );
            }),
            InReview,
            &["CERT_EXPIRED_TIMESTAMPED"],
        ),
        (
            "S14 revocation unknown",
            Bench::with(|b| {
                b.report = report(
                    vec![signature(
                        ana(),
                        vec![Finding::new(Code::RevocationUnknown, "x")],
                    )],
                    Vec::new(),
                );
            }),
            InReview,
            &["REVOCATION_UNKNOWN"],
        ),
        (
            "S10 encrypted, though anybody can open it",
            Bench::with(|b| b.report.document.encrypted = true),
            Refused,
            &["ENCRYPTED"],
        ),
        (
            "S10 active content",
            Bench::with(|b| {
                b.report = report(
                    vec![signature(ana(), Vec::new())],
                    vec![Finding::new(Code::PdfActiveContent, "x")],
                );
            }),
            Refused,
            &["ACTIVE_CONTENT"],
        ),
    ]
}
