//! Who signed, beside those who are registered.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    vec![
        (
            "S01 clean form, signed with the certificate of a legal representative of this company",
            Bench::with(|b| {
                b.report = signed_by(vec![signer(
                    ANA,
                    "ANA PEÑA",
                    Some(SignerClass::LegalRepresentative),
                    Some("1790993949001"),
                )]);
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "S02 the same with a certificate of a natural person: the document number matches",
            Bench::clean(),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "S03 natural person without a registered representative",
            Bench::with(|b| {
                b.concerns("1759121716001", EmployerKind::NaturalPerson);
            }),
            Approved,
            &["MATCHED_OWN_RUC"],
        ),
        (
            "a trust company represents it: no person is registered, and its manager signs with a certificate of that company",
            Bench::with(|b| {
                let employer = b.employer.as_mut().unwrap();
                employer.representatives = vec![representative(
                    "1791234567001",
                    "FIDUCIARIA S.A.",
                    RepresentationMode::Sole,
                )];
                b.report = signed_by(vec![signer(
                    ANA,
                    "ANA PEÑA",
                    Some(SignerClass::LegalRepresentative),
                    Some("1791234567001"),
                )]);
            }),
            InReview,
            &["REPRESENTATIVE_UNKNOWN"],
        ),
        (
            "the same beside a person who is registered: then the person signs",
            Bench::with(|b| {
                let employer = b.employer.as_mut().unwrap();
                employer.representatives.push(representative(
                    "1791234567001",
                    "FIDUCIARIA S.A.",
                    RepresentationMode::Sole,
                ));
                b.report = signed_by(vec![luis()]);
            }),
            Refused,
            &["SIGNER_NOT_REPRESENTATIVE"],
        ),
        (
            "a passport that reads like the representative's cédula is not that",
            Bench::with(|b| {
                let passport = Signer {
                    document_kind: Some(DocumentKind::Passport),
                    ..ana()
                };
                b.report = signed_by(vec![passport]);
            }),
            InReview,
            &["NAME_MATCH_ONLY"],
        ),
        (
            "a post that nobody knows to represent",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives[0].post = "Comisaria".into();
            }),
            InReview,
            &["POST_UNRECOGNISED"],
        ),
        (
            "no post at all: the table lists who may sign, and says no more",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives[0].post = String::new();
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "name only, in another order and without accents",
            Bench::with(|b| {
                b.report = signed_by(vec![signer(
                    "1234567890",
                    "Pena Ana",
                    Some(SignerClass::NaturalPerson),
                    None,
                )]);
            }),
            InReview,
            &["NAME_MATCH_ONLY"],
        ),
        (
            "somebody else signed too, invisibly",
            Bench::with(|b| b.report = signed_by(vec![ana(), luis()])),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "somebody else drew a signature over the page",
            Bench::with(|b| {
                b.report = signed_by(vec![ana(), luis()]);
                b.report.signatures[1].visible = true;
            }),
            InReview,
            &["OTHER_SIGNATURE"],
        ),
        (
            "a timestamp draws over the page",
            Bench::with(|b| {
                b.report = signed_by(vec![ana(), luis()]);
                b.report.signatures[1].visible = true;
                b.report.signatures[1].kind = SignatureKind::DocTimestamp;
                b.report.signatures[1].signer = None;
            }),
            InReview,
            &["OTHER_SIGNATURE"],
        ),
        (
            "a stranger for a household employer",
            Bench::with(|b| {
                b.concerns("1805047204000", EmployerKind::Household);
            }),
            Refused,
            &["SIGNER_NOT_REPRESENTATIVE"],
        ),
        (
            "a name that leaves one given name out",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives[0].name =
                    "PEÑA NÚÑEZ MARÍA FERNANDA".into();
                b.report = signed_by(vec![signer(
                    LUIS,
                    "Maria Pena Nunez",
                    Some(SignerClass::NaturalPerson),
                    None,
                )]);
            }),
            InReview,
            &["NAME_MATCH_ONLY"],
        ),
    ]
}
