//! Letters of the signer's own.

use super::*;

fn without_mailbox(content: PetitionContent) -> Reading {
    Reading::of_letter(LetterReading {
        content: Some(content),
        mailbox_lost: true,
        ..LetterReading::default()
    })
}

/// Ana and Luis, who sign together.
fn both() -> Vec<LegalRepresentative> {
    [(ANA, "ANA PEÑA"), (LUIS, "LUIS VERA")]
        .map(|(document, name)| representative(document, name, RepresentationMode::Joint))
        .to_vec()
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        (
            "unambiguous letter",
            Bench::with(|b| b.reading = letter(reset())),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "letter that changes the address",
            Bench::with(|b| {
                let content = PetitionContent {
                    action: Action::ChangeEmail,
                    ..reset()
                };
                b.reading = letter(content.clone());
                b.expected = None;
            }),
            InReview,
            &["LETTER_CHANGES_EMAIL"],
        ),
        (
            "letter signed four days ago",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report.signatures[0].signing_time_claimed =
                    Some("2026-11-17T12:00:00Z".parse().unwrap());
            }),
            InReview,
            &["LETTER_TOO_OLD"],
        ),
        (
            "letter without a signing time",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report.signatures[0].signing_time_claimed = None;
            }),
            InReview,
            &["LETTER_UNDATED"],
        ),
        (
            "letter in fonts of its own",
            Bench::with(|b| {
                b.reading = Reading::of_letter(LetterReading {
                    content: Some(reset()),
                    drawn: true,
                    ..LetterReading::default()
                });
            }),
            InReview,
            &["LETTER_OWN_FONTS"],
        ),
        (
            "letter that is more than plain text",
            Bench::with(|b| {
                b.reading = Reading::of_letter(LetterReading {
                    content: Some(reset()),
                    ornate: true,
                    ..LetterReading::default()
                });
            }),
            InReview,
            &["LETTER_NOT_PLAIN"],
        ),
        (
            "letter that names another address",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.reading.emails = vec!["x@y.ec".parse().unwrap()];
            }),
            InReview,
            &["LETTER_NAMES_OTHER_EMAIL"],
        ),
        (
            "letter that names the address on file, in capitals",
            Bench::with(|b| {
                b.reading = letter(reset());
                let on_file = b.employer.as_ref().unwrap().email.as_ref().unwrap();
                b.reading.emails = vec![on_file.as_str().to_uppercase().parse().unwrap()];
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "letter of somebody else, which the representative signed too",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report = signed_by(vec![luis(), ana()]);
            }),
            InReview,
            &["OTHER_SIGNATURE"],
        ),
        (
            "letter that somebody unknown to the registry signed behind the representative",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report = signed_by(vec![ana(), luis()]);
            }),
            InReview,
            &["OTHER_SIGNATURE"],
        ),
        (
            "letter that somebody signed too whose certificate tells no name",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report = signed_by(vec![ana(), ana()]);
                b.report.signatures[1].signer = None;
            }),
            InReview,
            &["OTHER_SIGNATURE"],
        ),
        (
            "letter that a joint representative signed beside one who signs alone",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report = signed_by(vec![ana(), luis()]);
                let mut other = representative(LUIS, "LUIS VERA", RepresentationMode::Joint);
                other.required_signatures = 3;
                b.employer.as_mut().unwrap().representatives.push(other);
            }),
            InReview,
            &["OTHER_SIGNATURE"],
        ),
        (
            "letter that its only signer signed twice",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report = signed_by(vec![ana(), ana()]);
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "letter of two who each sign alone",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report = signed_by(vec![ana(), luis()]);
                let other = representative(LUIS, "LUIS VERA", RepresentationMode::Sole);
                b.employer.as_mut().unwrap().representatives.push(other);
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "letter of two who each sign alone, one with another company's certificate",
            Bench::with(|b| {
                b.reading = letter(reset());
                let of_other = signer(
                    LUIS,
                    "LUIS VERA",
                    Some(SignerClass::NaturalPerson),
                    Some(OTHER),
                );
                b.report = signed_by(vec![ana(), of_other]);
                let other = representative(LUIS, "LUIS VERA", RepresentationMode::Sole);
                b.employer.as_mut().unwrap().representatives.push(other);
            }),
            InReview,
            &["OTHER_SIGNATURE"],
        ),
        (
            "letter of all who sign together",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report = signed_by(vec![ana(), luis()]);
                b.employer.as_mut().unwrap().representatives = both();
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "letter of all who sign together, and of a stranger",
            Bench::with(|b| {
                b.reading = letter(reset());
                let stranger = signer(
                    "1805047204",
                    "EVA ROJAS",
                    Some(SignerClass::NaturalPerson),
                    None,
                );
                b.report = signed_by(vec![stranger, ana(), luis()]);
                b.employer.as_mut().unwrap().representatives = both();
            }),
            InReview,
            &["OTHER_SIGNATURE"],
        ),
        (
            "letter of one of those who sign together, and of a stranger",
            Bench::with(|b| {
                b.reading = letter(reset());
                let stranger = signer(
                    "1805047204",
                    "EVA ROJAS",
                    Some(SignerClass::NaturalPerson),
                    None,
                );
                b.report = signed_by(vec![stranger, ana()]);
                b.employer.as_mut().unwrap().representatives = both();
            }),
            InReview,
            &["JOINT_SIGNATURE_MISSING", "OTHER_SIGNATURE"],
        ),
        (
            "letter of two of the three who sign together",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report = signed_by(vec![ana(), luis()]);
                let mut three = both();
                for row in &mut three {
                    row.required_signatures = 3;
                }
                b.employer.as_mut().unwrap().representatives = three;
            }),
            InReview,
            &["JOINT_SIGNATURE_MISSING"],
        ),
        (
            "letter of nobody who may ask for it",
            Bench::with(|b| {
                b.reading = letter(reset());
                let stranger = signer(
                    "1805047204",
                    "EVA ROJAS",
                    Some(SignerClass::NaturalPerson),
                    None,
                );
                b.report = signed_by(vec![stranger, luis()]);
            }),
            Refused,
            &["SIGNER_NOT_REPRESENTATIVE"],
        ),
        (
            "letter signed for receipt, in words",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.report.signatures[0].reason = Some("Recibido. No conforme.".to_owned());
            }),
            InReview,
            &["SIGNED_FOR_OTHER_PURPOSE"],
        ),
        (
            "letter whose signature says in its place that it is for receipt",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.states(StatementPlace::Location, "Recibí copia. No solicito nada.");
            }),
            InReview,
            &["SIGNED_FOR_OTHER_PURPOSE"],
        ),
        (
            "form whose signature says in its place that it is for receipt",
            Bench::with(|b| b.states(StatementPlace::Location, "Recibí copia. No solicito nada.")),
            InReview,
            &["SIGNED_FOR_OTHER_PURPOSE"],
        ),
        (
            "letter signed in Quito by its signer",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.states(StatementPlace::Location, "Quito - Ecuador");
                b.states(StatementPlace::Name, "Ana Peña");
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "letter whose signature bears another name",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.states(StatementPlace::Name, "Juan Pérez");
            }),
            InReview,
            &["SIGNED_FOR_OTHER_PURPOSE"],
        ),
        (
            "form whose signature bears another name",
            Bench::with(|b| b.states(StatementPlace::Name, "Juan Pérez")),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "form signed for receipt, as a commitment",
            Bench::with(|b| {
                b.report.signatures[0].commitment_types = vec!["proofOfReceipt".to_owned()];
            }),
            InReview,
            &["SIGNED_FOR_OTHER_PURPOSE"],
        ),
        (
            "form signed as its own",
            Bench::with(|b| {
                b.report.signatures[0].commitment_types = vec!["proofOfCreation".to_owned()];
                b.report.signatures[0].reason = Some("Firma Electrónica".to_owned());
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "letter that says that the mailbox on file is lost",
            Bench::with(|b| b.reading = without_mailbox(reset())),
            InReview,
            &["LETTER_MAILBOX_LOST"],
        ),
        (
            "letter that changes the address, and says why",
            Bench::with(|b| {
                b.reading = without_mailbox(PetitionContent {
                    action: Action::ChangeEmail,
                    ..reset()
                });
                b.expected = None;
            }),
            InReview,
            &["LETTER_CHANGES_EMAIL"],
        ),
        (
            "letter that names another company",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.reading.companies = vec!["OTRA COMPAÑÍA S.A.".to_owned()];
            }),
            InReview,
            &["LETTER_FOR_OTHER"],
        ),
    ]
}
