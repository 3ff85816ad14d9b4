//! The decision table, row by row: each case spoils a clean one in one way (PRODUCT §3.3).

use jiff::SignedDuration;

use super::*;
use crate::domain::{
    EmployerKind, EmployerState, IdentityDocument, Language, RepresentationMode, Sha256,
};
use crate::verify::Code;
use crate::verify::report::{
    CertificateFacts, Conclusion, Coverage, DocumentFacts, Indication, Integrity, Modifications,
    Severity, conclude_from,
};
use crate::verify::signer::{DocumentKind, SignerClass};

const AT: &str = "2026-11-21T12:00:00Z";
const ANA: &str = "1759121716";
const LUIS: &str = "0958386815";
/// Another company.
const OTHER: &str = "0997939670001";

fn signer(document: &str, name: &str, class: Option<SignerClass>, ruc: Option<&str>) -> Signer {
    Signer {
        document: document.parse::<IdentityDocument>().ok(),
        name: name.into(),
        ruc: ruc.map(|ruc| ruc.parse().unwrap()),
        class,
        entity: "Entidad de Prueba".into(),
        layout: Some("subj".into()),
        ..Signer::default()
    }
}

fn ana() -> Signer {
    signer(ANA, "ANA PEÑA", Some(SignerClass::NaturalPerson), None)
}

fn luis() -> Signer {
    signer(LUIS, "LUIS VERA", Some(SignerClass::NaturalPerson), None)
}

fn signature(signer: Signer, findings: Vec<Finding>) -> SignatureReport {
    SignatureReport {
        field: "Firma".into(),
        kind: SignatureKind::Signature,
        sub_filter: "ETSI.CAdES.detached".into(),
        level: None,
        integrity: Integrity::Intact,
        coverage: Coverage::WholeFile,
        modifications: Modifications::None,
        conclusion: conclude_from(&findings),
        signing_time_claimed: Some("2026-11-20T15:00:00Z".parse().unwrap()),
        timestamp: None,
        digest: None,
        algorithm: None,
        signer: Some(signer),
        chain: Vec::new(),
        revocation: Vec::new(),
        findings,
        revision: 2,
        covered_bytes: 100,
        timestamps: Vec::new(),
        paths: Vec::new(),
        value_sha256: Some(Sha256::of(b"value")),
        visible: false,
    }
}

fn report(signatures: Vec<SignatureReport>, findings: Vec<Finding>) -> Report {
    let all: Vec<Finding> = findings
        .iter()
        .chain(signatures.iter().flat_map(|signature| &signature.findings))
        .cloned()
        .collect();
    let conclusion = conclude_from(&all);
    Report {
        conclusion,
        indication: Indication::from(conclusion),
        sub_indication: None,
        received_at: AT.parse().unwrap(),
        findings,
        document: DocumentFacts {
            sha256: Sha256::of(b""),
            bytes: 100,
            revisions: 2,
            encrypted: false,
        },
        signatures,
    }
}

fn representative(document: &str, name: &str, mode: RepresentationMode) -> LegalRepresentative {
    LegalRepresentative {
        document: document.parse().unwrap(),
        name: name.into(),
        post: "Gerente General".into(),
        from: "2024-01-01".parse().unwrap(),
        to: Some("2029-01-01".parse().unwrap()),
        mode,
        required_signatures: if mode == RepresentationMode::Joint {
            2
        } else {
            1
        },
        scope: None,
        source: "deed".into(),
        ended: None,
    }
}

fn employer() -> Employer {
    Employer {
        ruc: "1790993949001".parse().unwrap(),
        branch: crate::domain::BranchCode::default(),
        legal_name: "AGRO S.A.".into(),
        kind: EmployerKind::Company,
        state: EmployerState::Active,
        email: Some("n@agro.ec".parse().unwrap()),
        phone: None,
        representatives: vec![representative(ANA, "ANA PEÑA", RepresentationMode::Sole)],
        named_representative: None,
    }
}

fn reset() -> PetitionContent {
    PetitionContent {
        ruc: "1790993949001".parse().unwrap(),
        branch: crate::domain::BranchCode::default(),
        action: Action::ResetPassword,
        new_email: None,
    }
}

/// A clean case that single tests spoil.
struct Bench {
    report: Report,
    reading: Reading,
    expected: Option<PetitionContent>,
    other_number: bool,
    employer: Option<Employer>,
    circumstances: Circumstances,
}

impl Bench {
    fn clean() -> Self {
        Self {
            report: report(vec![signature(ana(), Vec::new())], Vec::new()),
            reading: Reading::of_form(reset(), &[], false),
            expected: Some(reset()),
            other_number: false,
            employer: Some(employer()),
            circumstances: Circumstances::clean(
                "2026-12-01T12:00:00Z".parse().unwrap(),
                SignedDuration::from_hours(72),
                SignedDuration::from_mins(5),
            ),
        }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut bench = Self::clean();
        change(&mut bench);
        bench
    }

    fn decide(&self) -> Decision {
        decide(&Case {
            report: &self.report,
            reading: &self.reading,
            expected: self.expected.as_ref(),
            other_number: self.other_number,
            employer: self.employer.as_ref(),
            circumstances: &self.circumstances,
            at: AT.parse().unwrap(),
        })
    }
}

fn signed_by(signers: Vec<Signer>) -> Report {
    report(
        signers
            .into_iter()
            .map(|signer| signature(signer, Vec::new()))
            .collect(),
        Vec::new(),
    )
}

fn letter(content: PetitionContent) -> Reading {
    Reading::of_letter(LetterReading {
        content: Some(content),
        ..LetterReading::default()
    })
}

#[test]
fn the_table() {
    use Outcome::*;
    let vectors: Vec<(&str, Bench, Outcome, &[&str])> = vec![
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
            "S03 natural person without a registered representative",
            Bench::with(|b| {
                let employer = b.employer.as_mut().unwrap();
                employer.ruc = "1759121716001".parse().unwrap();
                employer.kind = EmployerKind::NaturalPerson;
                employer.representatives.clear();
                let content = PetitionContent {
                    ruc: employer.ruc.clone(),
                    ..reset()
                };
                b.reading = Reading::of_form(content.clone(), &[], false);
                b.expected = Some(content);
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
            "a company whose RUC happens to begin with a cédula proves nothing",
            Bench::with(|b| {
                let employer = b.employer.as_mut().unwrap();
                employer.ruc = "1759121716001".parse().unwrap();
                employer.representatives.clear();
                let content = PetitionContent {
                    ruc: employer.ruc.clone(),
                    ..reset()
                };
                b.reading = Reading::of_form(content.clone(), &[], false);
                b.expected = Some(content);
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
            &["REGISTRY_MISSING"],
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
            "S06 attorney",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives[0].post = "Apoderado Especial".into();
            }),
            InReview,
            &["ATTORNEY"],
        ),
        (
            "S06 a power under another name is a power, because it says what it covers: here something else",
            Bench::with(|b| {
                let row = &mut b.employer.as_mut().unwrap().representatives[0];
                row.post = "Socia".into();
                row.scope = Some(vec![Action::ChangeEmail]);
            }),
            Refused,
            &["POWER_LACKS_SCOPE"],
        ),
        (
            "S06 even an office: of no office the register says what it covers",
            Bench::with(|b| {
                let row = &mut b.employer.as_mut().unwrap().representatives[0];
                row.scope = Some(vec![Action::ResetPassword]);
            }),
            InReview,
            &["ATTORNEY"],
        ),
        (
            "S06 «Poder general», without a scope",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives[0].post = "PODER GENERAL".into();
            }),
            InReview,
            &["ATTORNEY"],
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
            "S08 ended term without successor",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives[0].to =
                    Some("2026-10-01".parse().unwrap());
            }),
            InReview,
            &["REPRESENTATION_ENDED"],
        ),
        (
            "S08 ended term with successor",
            Bench::with(|b| {
                let employer = b.employer.as_mut().unwrap();
                employer.representatives[0].to = Some("2026-10-01".parse().unwrap());
                employer.representatives.push(representative(
                    LUIS,
                    "LUIS VERA",
                    RepresentationMode::Sole,
                ));
            }),
            Refused,
            &["REPRESENTATION_ENDED"],
        ),
        (
            "the last day of the term still counts, by the calendar of Ecuador",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives[0].to =
                    Some("2026-11-21".parse().unwrap());
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
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
            "S06 attorney whose power names the password",
            Bench::with(|b| {
                let row = &mut b.employer.as_mut().unwrap().representatives[0];
                row.post = "Apoderada Especial".into();
                row.scope = Some(vec![Action::ResetPassword]);
            }),
            InReview,
            &["ATTORNEY"],
        ),
        (
            "S06 attorney whose power names other things",
            Bench::with(|b| {
                let row = &mut b.employer.as_mut().unwrap().representatives[0];
                row.post = "Apoderado Especial".into();
                row.scope = Some(vec![Action::ChangeEmail]);
            }),
            Refused,
            &["POWER_LACKS_SCOPE"],
        ),
        (
            "S06 a power is not prolonged by itself",
            Bench::with(|b| {
                let row = &mut b.employer.as_mut().unwrap().representatives[0];
                row.post = "Apoderado General".into();
                row.to = Some("2026-10-01".parse().unwrap());
            }),
            Refused,
            &["POWER_ENDED"],
        ),
        (
            "S06 attorney whose power names other things, with a newer one attached",
            Bench::with(|b| {
                let row = &mut b.employer.as_mut().unwrap().representatives[0];
                row.post = "Apoderado Especial".into();
                row.scope = Some(vec![Action::ChangeEmail]);
                b.circumstances.appointment_attached = true;
            }),
            InReview,
            &["APPOINTMENT_ATTACHED"],
        ),
        (
            "S06 attorney whose power covers this: what is attached changes nothing",
            Bench::with(|b| {
                let row = &mut b.employer.as_mut().unwrap().representatives[0];
                row.post = "Apoderado General".into();
                b.circumstances.appointment_attached = true;
            }),
            InReview,
            &["ATTORNEY"],
        ),
        (
            "S06 a power that ended, with a newer one attached",
            Bench::with(|b| {
                let row = &mut b.employer.as_mut().unwrap().representatives[0];
                row.post = "Apoderado General".into();
                row.to = Some("2026-10-01".parse().unwrap());
                b.circumstances.appointment_attached = true;
            }),
            InReview,
            &["APPOINTMENT_ATTACHED"],
        ),
        (
            "S06 a newer power does not mend the certificate of another class",
            Bench::with(|b| {
                let row = &mut b.employer.as_mut().unwrap().representatives[0];
                row.post = "Apoderado General".into();
                row.to = Some("2026-10-01".parse().unwrap());
                b.circumstances.appointment_attached = true;
                b.report.signatures[0].signer.as_mut().unwrap().class =
                    Some(SignerClass::ElectronicSeal);
            }),
            Refused,
            &["CERT_CLASS", "APPOINTMENT_ATTACHED"],
        ),
        (
            "an attorney who is the manager too signs as the manager",
            Bench::with(|b| {
                let rows = &mut b.employer.as_mut().unwrap().representatives;
                let mut power = rows[0].clone();
                power.post = "Apoderado General".into();
                rows.insert(0, power);
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
                b.employer.as_mut().unwrap().representatives = [ANA, LUIS, "1805047204"]
                    .map(|document| LegalRepresentative {
                        required_signatures: 3,
                        ..representative(document, "X Y", RepresentationMode::Joint)
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
            "S08 another representative who was there all along is not a successor",
            Bench::with(|b| {
                let rows = &mut b.employer.as_mut().unwrap().representatives;
                rows[0].to = Some("2026-10-01".parse().unwrap());
                rows.push(LegalRepresentative {
                    post: "Presidente".into(),
                    ..representative(LUIS, "LUIS VERA", RepresentationMode::Sole)
                });
            }),
            InReview,
            &["REPRESENTATION_ENDED"],
        ),
        (
            "S08 nor is whoever was elected into another post when the term had ended",
            Bench::with(|b| {
                let rows = &mut b.employer.as_mut().unwrap().representatives;
                rows[0].to = Some("2026-03-31".parse().unwrap());
                rows.push(LegalRepresentative {
                    post: "Presidente".into(),
                    from: "2026-04-15".parse().unwrap(),
                    ..representative(LUIS, "LUIS VERA", RepresentationMode::Sole)
                });
            }),
            InReview,
            &["REPRESENTATION_ENDED"],
        ),
        (
            "S08 whoever follows in the same post is one, however the post is written",
            Bench::with(|b| {
                let rows = &mut b.employer.as_mut().unwrap().representatives;
                rows[0].post = "Director  Técnico".into();
                rows[0].to = Some("2026-10-01".parse().unwrap());
                rows.push(LegalRepresentative {
                    post: "DIRECTORA TECNICA ".into(),
                    from: "2026-10-01".parse().unwrap(),
                    ..representative(LUIS, "LUISA VERA", RepresentationMode::Sole)
                });
            }),
            Refused,
            &["REPRESENTATION_ENDED"],
        ),
        (
            "S08 whoever held the same post before is no successor",
            Bench::with(|b| {
                let rows = &mut b.employer.as_mut().unwrap().representatives;
                rows[0].to = Some("2026-10-01".parse().unwrap());
                rows.push(LegalRepresentative {
                    from: "2020-01-01".parse().unwrap(),
                    ..representative(LUIS, "LUIS VERA", RepresentationMode::Sole)
                });
            }),
            InReview,
            &["REPRESENTATION_ENDED"],
        ),
        (
            "S08 a liquidator replaces administrators whose term ended, in whatever post",
            Bench::with(|b| {
                let rows = &mut b.employer.as_mut().unwrap().representatives;
                rows[0].to = Some("2026-10-01".parse().unwrap());
                rows.push(LegalRepresentative {
                    post: "Liquidador".into(),
                    from: "2026-10-02".parse().unwrap(),
                    ..representative(LUIS, "LUIS VERA", RepresentationMode::Sole)
                });
            }),
            Refused,
            &["REPRESENTATION_ENDED"],
        ),
        (
            "S08 somebody followed, and an appointment is attached: perhaps it is a new one",
            Bench::with(|b| {
                let rows = &mut b.employer.as_mut().unwrap().representatives;
                rows[0].to = Some("2026-10-01".parse().unwrap());
                rows.push(LegalRepresentative {
                    from: "2026-10-01".parse().unwrap(),
                    ..representative(LUIS, "LUIS VERA", RepresentationMode::Sole)
                });
                b.circumstances.appointment_attached = true;
            }),
            InReview,
            &["APPOINTMENT_ATTACHED"],
        ),
        (
            "S08 nobody followed, and an appointment is attached: still in office until a person has looked",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives[0].to =
                    Some("2026-10-01".parse().unwrap());
                b.circumstances.appointment_attached = true;
            }),
            InReview,
            &["REPRESENTATION_ENDED"],
        ),
        (
            "S08 the term has not begun",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives[0].from =
                    "2026-11-22".parse().unwrap();
            }),
            InReview,
            &["REPRESENTATION_NOT_STARTED"],
        ),
        (
            "a manager signs while a liquidator is in office",
            Bench::with(|b| {
                let rows = &mut b.employer.as_mut().unwrap().representatives;
                rows.push(LegalRepresentative {
                    post: "Liquidadora Principal".into(),
                    ..representative(LUIS, "LUIS VERA", RepresentationMode::Sole)
                });
            }),
            InReview,
            &["LIQUIDATOR_IN_OFFICE"],
        ),
        (
            "the liquidator signs",
            Bench::with(|b| {
                b.employer.as_mut().unwrap().representatives[0].post = "Liquidador".into();
            }),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "S09 a new representative with the appointment attached",
            Bench::with(|b| {
                b.report = signed_by(vec![luis()]);
                b.circumstances.appointment_attached = true;
            }),
            InReview,
            &["APPOINTMENT_ATTACHED"],
        ),
        (
            "S09 an attached appointment does not hurt the registered one",
            Bench::with(|b| b.circumstances.appointment_attached = true),
            Approved,
            &["MATCHED_REPRESENTATIVE"],
        ),
        (
            "the registry knows nobody in office: nobody is called a stranger",
            Bench::with(|b| b.employer.as_mut().unwrap().representatives.clear()),
            InReview,
            &["REPRESENTATIVE_UNKNOWN"],
        ),
        (
            "a stranger for a household employer",
            Bench::with(|b| {
                let employer = b.employer.as_mut().unwrap();
                employer.ruc = "1805047204000".parse().unwrap();
                employer.kind = EmployerKind::Household;
                employer.representatives.clear();
                let content = PetitionContent {
                    ruc: employer.ruc.clone(),
                    ..reset()
                };
                b.reading = Reading::of_form(content.clone(), &[], false);
                b.expected = Some(content);
            }),
            Refused,
            &["SIGNER_NOT_REPRESENTATIVE"],
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
            "letter that names another company",
            Bench::with(|b| {
                b.reading = letter(reset());
                b.reading.companies = vec!["OTRA COMPAÑÍA S.A.".to_owned()];
            }),
            InReview,
            &["LETTER_FOR_OTHER"],
        ),
        (
            "nothing could be read",
            Bench::with(|b| {
                b.reading = Reading::default();
            }),
            InReview,
            &["LETTER_UNCLEAR"],
        ),
    ];
    for (name, bench, outcome, codes) in vectors {
        let decision = bench.decide();
        assert_eq!(
            (decision.outcome, decision.codes().as_slice()),
            (outcome, codes),
            "{name}"
        );
    }
}

#[test]
fn no_finding_of_the_core_can_end_in_an_approval() {
    for code in Code::ALL
        .iter()
        .filter(|code| code.severity() > Severity::Note)
    {
        let bench = Bench::with(|b| {
            b.report = report(
                vec![signature(ana(), vec![Finding::new(*code, "x")])],
                Vec::new(),
            );
        });
        assert_ne!(bench.decide().outcome, Outcome::Approved, "{code}");
    }
}

#[test]
fn a_report_that_did_not_pass_is_never_approved_even_without_findings() {
    for conclusion in [Conclusion::Failed, Conclusion::Indeterminate] {
        let bench = Bench::with(|b| b.report.conclusion = conclusion);
        assert_ne!(bench.decide().outcome, Outcome::Approved);
    }
}

/// Both ends of its validity stand in the finding: which of them matters is told by its code.
#[test]
fn a_certificate_out_of_force_tells_the_date_that_matters() {
    for (code, date) in [
        (Code::ChainNotYetValid, "empieza el 15 de enero de 2027"),
        (Code::ChainExpired, "caducó el 20 de marzo de 2029"),
    ] {
        let finding = Finding::new(code, "CN=ANA")
            .fact("not_before", "2027-01-15T12:00:00Z")
            .fact("not_after", "2029-03-20T12:00:00Z");
        let bench = Bench::with(|b| {
            b.report = report(vec![signature(ana(), vec![finding])], Vec::new());
        });
        let said = crate::words::sentence(&bench.decide().reasons[0], Language::Es);
        assert!(said.contains(date), "{said}");
    }
}

fn of(entity: &str, signer: Signer) -> Signer {
    Signer {
        entity: entity.into(),
        ..signer
    }
}

/// A signature that leads to a root, with what was found about it.
fn rooted(signer: Signer, findings: Vec<Finding>) -> SignatureReport {
    let certificate = |subject: &str| CertificateFacts {
        subject: subject.into(),
        issuer: "CN=Entidad".into(),
        serial: "01".into(),
        not_before: "2024-01-01T00:00:00Z".parse().unwrap(),
        not_after: "2028-01-01T00:00:00Z".parse().unwrap(),
        sha256: Sha256::of(subject.as_bytes()),
    };
    SignatureReport {
        chain: vec![certificate("CN=persona"), certificate("CN=Entidad")],
        ..signature(signer, findings)
    }
}

#[test]
fn of_several_signatures_the_one_that_fails_is_named_with_its_own_entity() {
    let expired =
        || Finding::new(Code::ChainExpired, "CN=LUIS").fact("not_after", "2026-05-04T12:00:00Z");
    let said = |signatures| {
        let bench = Bench::with(|b| b.report = report(signatures, Vec::new()));
        let decision = bench.decide();
        assert_eq!(decision.outcome, Outcome::Refused);
        let said: Vec<String> = decision
            .reasons
            .iter()
            .map(|reason| crate::words::sentence(reason, Language::Es))
            .collect();
        said
    };
    let good = || rooted(of("UNO", ana()), Vec::new());
    assert_eq!(
        said(vec![good(), rooted(of("DOS", luis()), vec![expired()])]),
        [
            "El certificado de LUIS VERA caducó el 4 de mayo de 2026. Renuévelo con DOS y firme otra vez."
        ]
    );
    // Whoever signs alone knows whose certificate is meant.
    assert_eq!(
        said(vec![rooted(of("DOS", luis()), vec![expired()])]),
        ["Su certificado caducó el 4 de mayo de 2026. Renuévelo con DOS y firme otra vez."]
    );
    // Both are told at once, each with its own.
    let both = said(vec![
        rooted(of("UNO", ana()), vec![expired()]),
        rooted(of("DOS", luis()), vec![expired()]),
    ]);
    assert!(
        both[0].contains("ANA PEÑA") && both[0].contains("UNO"),
        "{both:?}"
    );
    assert!(
        both[1].contains("LUIS VERA") && both[1].contains("DOS"),
        "{both:?}"
    );
    // Anybody can write a name into a certificate that leads nowhere: its place is told instead.
    let impostor = Signer {
        name: "LLAME AL 099".into(),
        ..of("BANCO FALSO", luis())
    };
    let untrusted = vec![Finding::new(Code::ChainUntrusted, "CN=X"), expired()];
    let unproven = said(vec![good(), signature(impostor, untrusted)]);
    assert_eq!(unproven.len(), 2);
    for text in unproven {
        assert!(text.contains("la segunda firma"), "{text}");
        assert!(!text.contains("099") && !text.contains("FALSO"), "{text}");
    }
}

/// Each class is told what it is, and none is called another.
#[test]
fn the_class_of_a_certificate_is_called_by_its_name() {
    for (class, says) in [
        (SignerClass::PublicOfficer, "funcionario público"),
        (SignerClass::ElectronicSeal, "es un sello electrónico"),
        (SignerClass::Timestamp, "es de sellado de tiempo"),
    ] {
        let bench = Bench::with(|b| {
            b.report.signatures[0].signer.as_mut().unwrap().class = Some(class);
        });
        let decision = bench.decide();
        assert_eq!(decision.codes(), ["CERT_CLASS"]);
        let said = crate::words::sentence(&decision.reasons[0], Language::Es);
        assert!(said.contains(says), "{said}");
        assert_eq!(
            said.matches("sello").count() + said.matches("sellado").count(),
            usize::from(class != SignerClass::PublicOfficer),
            "{said}"
        );
    }
}

/// Which branches there are, or that somebody has a household, hears only whom it belongs to.
#[test]
fn where_else_an_employer_is_known_is_told_to_its_own() {
    let at: Timestamp = AT.parse().unwrap();
    let signed = |signer: Signer| signed_by(vec![signer]);
    let branch = |number: &str, who: &str| Employer {
        branch: number.parse().unwrap(),
        representatives: vec![representative(who, "X", RepresentationMode::Sole)],
        ..employer()
    };
    let asked = PetitionContent {
        branch: "0007".parse().unwrap(),
        ..reset()
    };
    let known = [branch("0001", ANA), branch("0002", LUIS)];
    let told = |who: Signer, others: &[Employer]| elsewhere(&signed(who), &asked, others, at);
    let branches = |numbers: &[&str]| {
        let numbers = numbers.iter().map(|number| number.parse().unwrap());
        Some(Elsewhere::Branches(numbers.collect()))
    };
    assert_eq!(told(ana(), &known), branches(&["0001"]));
    assert_eq!(told(luis(), &known), branches(&["0002"]));
    let stranger = signer("0102030400", "EVA SOTO", None, None);
    assert_eq!(told(stranger.clone(), &known), branches(&[]));
    // Who was in office once is a stranger by now.
    let mut former = branch("0001", ANA);
    former.representatives[0].ended = Some("2026-01-01".parse().unwrap());
    former.representatives.push(LegalRepresentative {
        from: "2026-01-01".parse().unwrap(),
        ..representative(LUIS, "LUIS VERA", RepresentationMode::Sole)
    });
    assert_eq!(told(ana(), &[former]), branches(&[]));
    // A closed one is no hint, and neither is nothing.
    let closed = Employer {
        state: EmployerState::Closed,
        ..branch("0001", ANA)
    };
    assert_eq!(told(ana(), &[closed]), None);
    assert_eq!(told(ana(), &[]), None);

    let household = Employer {
        ruc: "1759121716000".parse().unwrap(),
        kind: EmployerKind::Household,
        representatives: Vec::new(),
        ..employer()
    };
    let asked = PetitionContent {
        ruc: "1759121716001".parse().unwrap(),
        ..reset()
    };
    let told = |who| elsewhere(&signed(who), &asked, std::slice::from_ref(&household), at);
    let own = Elsewhere::OwnNumber(household.ruc.clone());
    assert_eq!(told(ana()), Some(own));
    assert_eq!(told(stranger), None);
}
