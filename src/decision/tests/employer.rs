//! What the registry says of the employer itself.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    vec![
        (
            "a company whose RUC happens to begin with a cédula proves nothing",
            Bench::with(|b| {
                b.concerns("1759121716001", EmployerKind::Company);
            }),
            InReview,
            &["REPRESENTATIVE_UNKNOWN"],
        ),
        (
            "S04 not in the registry",
            Bench::with(|b| b.employer = None),
            InReview,
            &["REGISTRY_MISSING"],
        ),
        (
            "a branch that the registry does not have of this RUC",
            Bench::with(|b| {
                b.employer = None;
                b.circumstances.elsewhere = Some(Elsewhere::Branches(Vec::new()));
            }),
            Refused,
            &["BRANCH_UNKNOWN"],
        ),
        (
            "the same when the branch was read from a letter",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.employer = None;
                b.circumstances.elsewhere = Some(Elsewhere::Branches(Vec::new()));
            }),
            InReview,
            &["BRANCH_UNKNOWN"],
        ),
        (
            "S03 the signer's own cédula, with the other ending",
            Bench::with(|b| {
                b.employer = None;
                b.circumstances.elsewhere =
                    Some(Elsewhere::OwnNumber("1759121716000".parse().unwrap()));
            }),
            Refused,
            &["BRANCH_UNKNOWN"],
        ),
        (
            "S04 not active",
            Bench::with(|b| b.employer.as_mut().unwrap().state = EmployerState::Suspended),
            InReview,
            &["EMPLOYER_NOT_ACTIVE"],
        ),
        (
            "who may not sign for it may not because it is suspended either",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().state = EmployerState::Closed;
                b.report = signed_by(vec![luis()]);
            }),
            Refused,
            &["SIGNER_NOT_REPRESENTATIVE", "EMPLOYER_NOT_ACTIVE"],
        ),
        (
            "whoever must still sign is missing, whatever the state",
            Bench::with(|b| {
                let employer = b.employer.as_mut().unwrap();
                employer.state = EmployerState::Suspended;
                let joint = RepresentationMode::Joint;
                employer.representatives = vec![
                    representative(ANA, "ANA PEÑA", joint),
                    representative(LUIS, "LUIS VERA", joint),
                ];
            }),
            InReview,
            &["JOINT_SIGNATURE_MISSING", "EMPLOYER_NOT_ACTIVE"],
        ),
        (
            "no address on file",
            Bench::with(|b| b.employer.as_mut().unwrap().email = None),
            Refused,
            &["NO_EMAIL"],
        ),
        (
            "a stranger does not learn that there is no address on file",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().email = None;
                b.report = signed_by(vec![luis()]);
            }),
            Refused,
            &["SIGNER_NOT_REPRESENTATIVE"],
        ),
    ]
}
