//! The decision table, row by row: each case spoils a clean one in one way (PRODUCT §3.3). The rows lie in files of their own, by
//! what they ask.

mod attorney;
mod certificate;
mod employer;
mod joint;
mod letter;
mod petition;
mod signature;
mod signer;
mod term;

use jiff::SignedDuration;

use super::*;
use crate::domain::Outcome::{Approved, InReview, Refused};
use crate::domain::{
    EmployerKind, EmployerState, IdentityDocument, Language, RepresentationMode, Sha256,
};
use crate::verify::Code;
use crate::verify::report::{
    CertificateFacts, Conclusion, Coverage, DocumentFacts, Indication, Integrity, Modifications,
    Severity, SignatureKind, SignatureReport, Statement, StatementPlace, conclude_from,
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
        reason: None,
        commitment_types: Vec::new(),
        statements: Vec::new(),
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

    /// The same for another employer, of whom nobody is registered.
    fn concerns(&mut self, ruc: &str, kind: EmployerKind) {
        let employer = self.employer.as_mut().unwrap();
        employer.ruc = ruc.parse().unwrap();
        employer.kind = kind;
        employer.representatives.clear();
        let content = PetitionContent {
            ruc: employer.ruc.clone(),
            ..reset()
        };
        self.reading = Reading::of_form(content.clone(), &[], false);
        self.expected = Some(content);
    }

    /// The first signature says so beside it.
    fn states(&mut self, place: StatementPlace, text: &str) {
        let statements = &mut self.report.signatures[0].statements;
        statements.push(Statement {
            place,
            text: text.to_owned(),
        });
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

/// What is decided about a bench, and why.
type Row = (&'static str, Bench, Outcome, &'static [&'static str]);

#[test]
fn the_table() {
    let tables = [
        signature::rows(),
        petition::rows(),
        letter::rows(),
        employer::rows(),
        signer::rows(),
        joint::rows(),
        attorney::rows(),
        term::rows(),
        certificate::rows(),
    ];
    for (name, bench, outcome, codes) in tables.into_iter().flatten() {
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
            "El certificado de LUIS VERA caducó el 4 de mayo de 2026. El archivo lleva también una firma que sí vale, pero la otra lo daña: tome una copia sin firmas y fírmela solo con el certificado bueno."
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

/// Whoever signs the same file again with a good certificate has it already: the bad signature is what spoils the file.
#[test]
fn a_bad_signature_beside_a_good_one_is_said_to_spoil_the_file() {
    let expired =
        || Finding::new(Code::ChainExpired, "CN=ANA").fact("not_after", "2026-05-04T12:00:00Z");
    let told = |signatures: Vec<SignatureReport>, letter: bool| {
        let bench = Bench::with(|b| {
            b.report = report(signatures, Vec::new());
            if letter {
                b.reading = Reading::default();
                b.employer = None;
            }
        });
        let decision = bench.decide();
        assert_eq!(decision.outcome, Outcome::Refused);
        let step = crate::words::next_step(
            crate::domain::State::Refused,
            None,
            &decision.reasons,
            false,
        );
        let said = crate::words::sentence(&decision.reasons[0], Language::Es);
        (said, step.es)
    };
    let good = |who| rooted(of("UNO", who), Vec::new());
    let bad = |who| rooted(of("DOS", who), vec![expired()]);
    let own = || {
        let untrusted = Finding::new(Code::ChainUntrusted, "CN=X");
        signature(of("NADIE", ana()), vec![untrusted])
    };
    for (spoils, signatures, letter) in [
        (true, vec![bad(ana()), good(ana())], true),
        (true, vec![bad(ana()), good(ana())], false),
        (true, vec![good(ana()), own()], true),
        (true, vec![good(ana()), own()], false),
        (true, vec![good(ana()), bad(luis())], false),
        // Nobody knows for whom a letter is, and whether his is needed.
        (false, vec![good(ana()), bad(luis())], true),
        // A stranger's good signature does not serve alone.
        (false, vec![good(luis()), bad(ana())], false),
        (false, vec![good(luis()), own()], false),
        (false, vec![bad(ana())], false),
        (false, vec![bad(ana()), bad(ana())], false),
    ] {
        let (said, step) = told(signatures, letter);
        assert_eq!(
            said.contains("también una firma que sí vale"),
            spoils,
            "{said}"
        );
        assert_eq!(
            step.contains("solo con el certificado bueno"),
            spoils,
            "{step}"
        );
        assert_ne!(
            said.contains("Renuévelo") || said.contains("Firme con uno"),
            spoils,
            "{said}"
        );
    }
    // Where both must sign, the other one's is wanted.
    let bench = Bench::with(|b| {
        b.report = report(vec![good(ana()), bad(luis())], Vec::new());
        b.employer.as_mut().unwrap().representatives = vec![
            representative(ANA, "ANA PEÑA", RepresentationMode::Joint),
            representative(LUIS, "LUIS VERA", RepresentationMode::Joint),
        ];
    });
    let said = crate::words::sentence(&bench.decide().reasons[0], Language::Es);
    assert!(said.contains("Renuévelo con DOS"), "{said}");
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

/// A RUC that nobody has may be a slip: what the signer's own certificate names shows it, and tells nobody of anybody else.
#[test]
fn an_unregistered_ruc_is_told_beside_what_the_own_certificate_names() {
    let told = |who: Signer, asked: &str| {
        let bench = Bench::with(|b| {
            let content = PetitionContent {
                ruc: asked.parse().unwrap(),
                ..reset()
            };
            b.report = signed_by(vec![who]);
            b.reading = Reading::of_form(content.clone(), &[], false);
            b.expected = Some(content);
            b.employer = None;
        });
        let decision = bench.decide();
        assert_eq!(decision.codes(), ["REGISTRY_MISSING"]);
        crate::words::sentence(&decision.reasons[0], Language::Es)
    };
    let company = signer(ANA, "ANA PONCE", None, Some("1790012345001"));
    let slip = told(company.clone(), "1790012354001");
    assert!(
        slip.contains("no consta en el registro") && slip.contains("Compruebe el RUC"),
        "{slip}"
    );
    assert!(
        slip.contains("su certificado nombra el 1790012345001"),
        "{slip}"
    );
    // The one asked for is the one named.
    let same = told(company, "1790012345001");
    assert!(!same.contains("su certificado"), "{same}");
    // A person's own number, where what was typed looks like one; for a company it says nothing.
    let person = told(ana(), "1759121761001");
    assert!(
        person.contains(&format!("su certificado es de la cédula {ANA}")),
        "{person}"
    );
    let other = told(ana(), "1790012345001");
    assert!(!other.contains("su certificado"), "{other}");
    let own = told(ana(), &format!("{ANA}001"));
    assert!(!own.contains("su certificado"), "{own}");
}
