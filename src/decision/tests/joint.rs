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
    ]
}
