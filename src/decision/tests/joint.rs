//! Representatives who sign together.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    vec![
        (
            "S07 joint, both, and the post of one nobody knows to represent",
            Bench::with(|b| {
                b.report = signed_by(vec![ana(), luis()]);
                let mut other = representative(LUIS, "LUIS VERA", RepresentationMode::Joint);
                other.post = "Socio".into();
                b.employer.as_mut().unwrap().representatives = vec![
                    representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
                    other,
                ];
            }),
            InReview,
            &["POST_UNRECOGNISED"],
        ),
        (
            "S07 joint, one signature",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives = vec![
                    representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
                    representative(LUIS, "LUIS VERA", RepresentationMode::Joint),
                ];
            }),
            InReview,
            &["JOINT_SIGNATURE_MISSING"],
        ),
        (
            "S07 joint, the same person twice",
            Bench::with(|b| {
                b.report = signed_by(vec![ana(), ana()]);
                b.employer.as_mut().unwrap().representatives = vec![
                    representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
                    representative(LUIS, "LUIS VERA", RepresentationMode::Joint),
                ];
            }),
            InReview,
            &["JOINT_SIGNATURE_MISSING"],
        ),
        (
            "S07 joint, both",
            Bench::with(|b| {
                b.report = signed_by(vec![ana(), luis()]);
                b.employer.as_mut().unwrap().representatives = vec![
                    representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
                    representative(LUIS, "LUIS VERA", RepresentationMode::Joint),
                ];
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "an attorney does not complete a joint signature",
            Bench::with(|b| {
                b.report = signed_by(vec![ana(), luis()]);
                b.employer.as_mut().unwrap().representatives = vec![
                    representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
                    LegalRepresentative {
                        post: "Apoderado".into(),
                        ..representative(LUIS, "LUIS VERA", RepresentationMode::Joint)
                    },
                ];
            }),
            InReview,
            &["JOINT_SIGNATURE_MISSING"],
        ),
        (
            "S07 joint, both, in the other order",
            Bench::with(|b| {
                b.report = signed_by(vec![luis(), ana()]);
                b.employer.as_mut().unwrap().representatives = vec![
                    representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
                    representative(LUIS, "LUIS VERA", RepresentationMode::Joint),
                ];
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "S07 joint, three of three, two are not enough",
            Bench::with(|b| {
                b.report = signed_by(vec![luis(), ana()]);
                let board = [
                    (ANA, "ANA PEÑA"),
                    (LUIS, "LUIS VERA"),
                    ("1805047204", "EVA SOTO"),
                ];
                b.employer.as_mut().unwrap().representatives = board
                    .map(|(document, name)| LegalRepresentative {
                        required_signatures: 3,
                        ..representative(document, name, RepresentationMode::Joint)
                    })
                    .to_vec();
            }),
            InReview,
            &["JOINT_SIGNATURE_MISSING"],
        ),
        (
            "S07 joint, and the registry wants three of the one and two of the other: the more cautious counts",
            Bench::with(|b| {
                b.report = signed_by(vec![luis(), ana()]);
                b.employer.as_mut().unwrap().representatives = vec![
                    representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
                    LegalRepresentative {
                        required_signatures: 3,
                        ..representative(LUIS, "LUIS VERA", RepresentationMode::Joint)
                    },
                ];
            }),
            InReview,
            &["JOINT_SIGNATURE_MISSING"],
        ),
        (
            "S07 joint, the other one signs with a seal's certificate",
            Bench::with(|b| {
                let mut seal = luis();
                seal.class = Some(SignerClass::ElectronicSeal);
                b.report = signed_by(vec![ana(), seal]);
                b.employer.as_mut().unwrap().representatives = vec![
                    representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
                    representative(LUIS, "LUIS VERA", RepresentationMode::Joint),
                ];
            }),
            InReview,
            &["JOINT_SIGNATURE_MISSING"],
        ),
        (
            "S07 joint, the other one signs with the certificate of another company",
            Bench::with(|b| {
                let mut other = luis();
                other.ruc = Some("0997939670001".parse().unwrap());
                b.report = signed_by(vec![ana(), other]);
                b.employer.as_mut().unwrap().representatives = vec![
                    representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
                    representative(LUIS, "LUIS VERA", RepresentationMode::Joint),
                ];
            }),
            InReview,
            &["RUC_MISMATCH"],
        ),
        (
            "S08 joint, both terms ended without successors: a power that goes on goes on as joint",
            Bench::with(|b| b.employer.as_mut().unwrap().representatives = both_ended()),
            InReview,
            &["REPRESENTATION_ENDED", "JOINT_SIGNATURE_MISSING"],
        ),
        (
            "S08 joint, both terms ended without successors, and both sign",
            Bench::with(|b| {
                b.report = signed_by(vec![luis(), ana()]);
                b.employer.as_mut().unwrap().representatives = both_ended();
            }),
            InReview,
            &["REPRESENTATION_ENDED"],
        ),
        (
            "S08 joint, both terms ended, and three must sign",
            Bench::with(|b| {
                b.report = signed_by(vec![luis(), ana()]);
                let mut rows = both_ended();
                rows[1].required_signatures = 3;
                b.employer.as_mut().unwrap().representatives = rows;
            }),
            InReview,
            &["REPRESENTATION_ENDED", "JOINT_SIGNATURE_MISSING"],
        ),
        (
            "S08 joint, the term of whoever signs alone ended, and the other one is in office",
            Bench::with(|b| {
                let mut rows = both_ended();
                rows[1].post = "Presidente".into();
                rows[1].to = None;
                b.employer.as_mut().unwrap().representatives = rows;
            }),
            InReview,
            &["REPRESENTATION_ENDED", "JOINT_SIGNATURE_MISSING"],
        ),
        (
            "S08 joint, both terms ended, the other one signs with a seal's certificate",
            Bench::with(|b| {
                let mut seal = luis();
                seal.class = Some(SignerClass::ElectronicSeal);
                b.report = signed_by(vec![ana(), seal]);
                b.employer.as_mut().unwrap().representatives = both_ended();
            }),
            InReview,
            &["REPRESENTATION_ENDED", "JOINT_SIGNATURE_MISSING"],
        ),
        (
            "S08 joint, both terms ended, and a successor is in office: who is missing changes nothing",
            Bench::with(|b| {
                let mut rows = both_ended();
                rows.push(representative(
                    "1805047204",
                    "EVA SOTO",
                    RepresentationMode::Sole,
                ));
                b.employer.as_mut().unwrap().representatives = rows;
            }),
            Refused,
            &["REPRESENTATION_ENDED"],
        ),
        (
            "S08 joint, a term that ended completes no joint signature of whoever is in office",
            Bench::with(|b| {
                b.report = signed_by(vec![luis(), ana()]);
                let mut rows = both_ended();
                rows[1].post = "Presidente".into();
                rows[1].to = None;
                b.employer.as_mut().unwrap().representatives = rows;
            }),
            InReview,
            &["JOINT_SIGNATURE_MISSING"],
        ),
    ]
}

/// Two who sign together, in the same post, and the terms of both are over.
fn both_ended() -> Vec<LegalRepresentative> {
    let ended = |document, name| LegalRepresentative {
        to: Some("2026-10-01".parse().unwrap()),
        ..representative(document, name, RepresentationMode::Joint)
    };
    vec![ended(ANA, "ANA PEÑA"), ended(LUIS, "LUIS VERA")]
}

/// Whose signature is missing is told whether their term is over or not.
#[test]
fn the_other_one_whose_term_ended_is_named_as_missing() {
    let bench = Bench::with(|b| b.employer.as_mut().unwrap().representatives = both_ended());
    let reasons = bench.decide().reasons;
    let missing = reasons.last().unwrap();
    let said = crate::words::sentence(missing, Language::Es);
    assert!(
        said.contains("exige dos firmas; falta la de LUIS VERA (Gerente General)"),
        "{said}"
    );
}
