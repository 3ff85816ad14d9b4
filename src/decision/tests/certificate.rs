//! Whose certificate it is, and what else it names.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    vec![
        (
            "S05 accountant with a certificate of the same company",
            Bench::with(|b| {
                let accountant = signer(
                    LUIS,
                    "LUIS VERA",
                    Some(SignerClass::CompanyMember),
                    Some("1790993949001"),
                );
                b.report = signed_by(vec![accountant]);
            }),
            Refused,
            &["SIGNER_NOT_REPRESENTATIVE"],
        ),
        (
            "wrong employer: representative of another company",
            Bench::with(|b| {
                let other = signer(
                    LUIS,
                    "LUIS VERA",
                    Some(SignerClass::LegalRepresentative),
                    Some("0997939670001"),
                );
                b.report = signed_by(vec![other]);
            }),
            Refused,
            &["RUC_MISMATCH", "SIGNER_NOT_REPRESENTATIVE"],
        ),
        (
            "S19 the representative signs with the certificate of his other company",
            Bench::with(|b| {
                b.report = signed_by(vec![signer(
                    ANA,
                    "ANA PEÑA",
                    Some(SignerClass::LegalRepresentative),
                    Some("0997939670001"),
                )]);
            }),
            InReview,
            &["RUC_MISMATCH"],
        ),
        (
            "S19 the certificate names two other companies",
            Bench::with(|b| {
                let mut two = ana();
                two.other_rucs = [OTHER, "2990002011001"]
                    .map(|ruc| ruc.parse().unwrap())
                    .into();
                b.report = signed_by(vec![two]);
            }),
            InReview,
            &["RUC_MISMATCH"],
        ),
        (
            "S19 this company, her own number, and another company behind them",
            Bench::with(|b| {
                let mut three = ana();
                three.ruc = Some(reset().ruc);
                three.other_rucs = ["1759121716001", OTHER]
                    .map(|ruc| ruc.parse().unwrap())
                    .into();
                b.report = signed_by(vec![three]);
            }),
            InReview,
            &["RUC_MISMATCH"],
        ),
        (
            "S19 this company and her own number",
            Bench::with(|b| {
                let mut both = ana();
                both.ruc = Some(reset().ruc);
                both.other_rucs = vec!["1759121716001".parse().unwrap()];
                b.report = signed_by(vec![both]);
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "S19 the RUC in the certificate can't be read",
            Bench::with(|b| {
                let mut unread = ana();
                unread.unreadable_rucs = vec!["RUC 099793967-0001".into()];
                b.report = signed_by(vec![unread]);
            }),
            InReview,
            &["RUC_MISMATCH"],
        ),
        (
            "S19 the RUC of one who signs jointly can't be read",
            Bench::with(|b| {
                let mut unread = luis();
                unread.unreadable_rucs = vec!["RUC 099793967-0001".into()];
                b.report = signed_by(vec![ana(), unread]);
                b.employer.as_mut().unwrap().representatives = vec![
                    representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
                    representative(LUIS, "LUIS VERA", RepresentationMode::Joint),
                ];
            }),
            InReview,
            &["RUC_MISMATCH"],
        ),
        (
            "a passport of ten digits makes no RUC its holder's",
            Bench::with(|b| {
                let mut foreigner = ana();
                foreigner.document_kind = Some(DocumentKind::Passport);
                foreigner.ruc = Some("1759121716001".parse().unwrap());
                b.report = signed_by(vec![foreigner]);
            }),
            InReview,
            &["RUC_MISMATCH", "NAME_MATCH_ONLY"],
        ),
        (
            "S16 seal",
            Bench::with(|b| {
                let seal = Signer {
                    document: None,
                    ..signer("", "AGRO", Some(SignerClass::ElectronicSeal), None)
                };
                b.report = signed_by(vec![seal]);
            }),
            Refused,
            &["CERT_CLASS"],
        ),
        (
            "S16 seal, and an appointment: nobody signed who could be appointed",
            Bench::with(|b| {
                let seal = Signer {
                    document: None,
                    ..signer("", "AGRO", Some(SignerClass::ElectronicSeal), None)
                };
                b.report = signed_by(vec![seal]);
                b.circumstances.appointment_attached = true;
            }),
            Refused,
            &["CERT_CLASS"],
        ),
        (
            "a namesake whose number can't be read: it is not said to differ",
            Bench::with(|b| {
                b.report.signatures[0].signer.as_mut().unwrap().document = None;
            }),
            InReview,
            &["IDENTITY_UNREADABLE"],
        ),
        (
            "S16 public officer for a company",
            Bench::with(|b| {
                b.report = signed_by(vec![signer(
                    ANA,
                    "ANA PEÑA",
                    Some(SignerClass::PublicOfficer),
                    None,
                )]);
            }),
            Refused,
            &["CERT_CLASS"],
        ),
        (
            "unknown class",
            Bench::with(|b| b.report = signed_by(vec![signer(ANA, "ANA PEÑA", None, None)])),
            InReview,
            &["CERT_CLASS_UNKNOWN"],
        ),
        (
            "S16 public officer for a public body",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().kind = EmployerKind::PublicBody;
                b.report = signed_by(vec![signer(
                    ANA,
                    "ANA PEÑA",
                    Some(SignerClass::PublicOfficer),
                    None,
                )]);
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "the number of a representative under another name",
            Bench::with(|b| {
                b.report = signed_by(vec![signer(
                    ANA,
                    "PEDRO PABLO QUISHPE MAMANI",
                    Some(SignerClass::NaturalPerson),
                    None,
                )]);
            }),
            InReview,
            &["NUMBER_MATCH_ONLY"],
        ),
        (
            "the same number in one order or another, with a given name more",
            Bench::with(|b| {
                b.report = signed_by(vec![signer(
                    ANA,
                    "Peña Ríos Ana Lucía",
                    Some(SignerClass::NaturalPerson),
                    None,
                )]);
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
    ]
}
