//! Whose key, which place, which policy: one certificate for every way in which they might be confused.

use std::sync::Arc;

use super::*;
use crate::domain::Sha256;
use crate::fixture::people::{Person, person};
use crate::fixture::pki::{self, Defect};
use crate::fixture::statement::{Statement, Text};
use crate::verify::chain::{Budget, Purpose, Sources, candidates};
use crate::verify::entities::{Additions, Authority, Entity as Row, Issues, Status};
use crate::verify::policy::InitialPolicies;

const UNO: pki::Entity = pki::Entity::Uno;

fn andres() -> &'static Person {
    person("andres").unwrap()
}

/// The entity with this id in the table, in one of its layouts, with the row of this policy.
fn row(id: &str, style: Style, policy: &str) -> (Row, Layout, ClassRow) {
    let entity = Entities::embedded().get(id).unwrap().clone();
    let layouts = entity.layouts.iter().filter(|it| it.style == style);
    let (layout, row) = layouts
        .flat_map(|layout| layout.classes.iter().map(move |row| (layout, row)))
        .find(|(_, row)| row.policy.ends_with(policy))
        .unwrap();
    (entity.clone(), layout.clone(), row.clone())
}

fn statement(id: &str, style: Style, policy: &str) -> Statement {
    let (_, layout, row) = row(id, style, policy);
    Statement::of(andres(), &layout, &row, "ENTIDAD DE PRUEBA UNO")
}

/// The path of what a fixture authority issues: signer, subordinate, root.
fn path(statement: &Statement, defect: Defect) -> Vec<Certificate> {
    let identity = pki::issue_as(andres(), defect, statement);
    let parse = |der: &[u8]| Certificate::parse(der.to_vec()).unwrap();
    vec![
        parse(&identity.certificate),
        parse(&identity.chain[0]),
        parse(&pki::roots()[0].der),
    ]
}

/// A store in which the fixture's first entity is pinned as the entity `id`; `change` spoils the rows.
fn store(id: &str, change: impl Fn(&mut Vec<Authority>)) -> TrustStore {
    let mut authorities = pki::pins(UNO);
    change(&mut authorities);
    let additions = Additions {
        entities: vec![Row {
            id: id.to_owned(),
            name: "PRUEBA".to_owned(),
            authorities,
            ..Row::default()
        }],
        ..Additions::default()
    };
    let root = Certificate::parse(pki::roots()[0].der.clone()).unwrap();
    let entities = Arc::new(Entities::with(&additions).unwrap());
    TrustStore::pinned(vec![root], Vec::new(), entities)
}

fn told(statement: &Statement, trust: &TrustStore) -> (Signer, Vec<Code>) {
    let (signer, findings) = identify(&path(statement, Defect::None), trust).unwrap();
    (
        signer,
        findings.iter().map(|finding| finding.code).collect(),
    )
}

fn as_issued_by(id: &str, statement: &Statement) -> (Signer, Vec<Code>) {
    told(statement, &store(id, |_| {}))
}

/// The same issuer text and the same policies under another key.
#[test]
fn a_look_alike_is_nobodys() {
    let genuine = statement("bce", Style::Ext, "2.2.1");
    let (signer, codes) = as_issued_by("bce", &genuine);
    assert_eq!(signer.entity_id.as_deref(), Some("bce"));
    assert_eq!(codes, []);
    let forged = path(&genuine, Defect::LookAlike);
    // No verified path leads from the imitation to a root: that is what refuses it.
    let (signer, findings) = identify(&forged[..2], &store("bce", |_| {})).unwrap();
    assert_eq!(signer.entity_id, None);
    assert_eq!(findings, []);
}

/// An entity can't speak with another one's policies and fields.
#[test]
fn another_entitys_oids_mean_nothing() {
    let (signer, codes) = as_issued_by("bce", &statement("firmasegura", Style::Ext, "2.2.1"));
    assert_eq!(signer.entity_id.as_deref(), Some("bce"));
    assert_eq!((signer.class, signer.document), (None, None));
    assert_eq!(codes, []);
    // Its own fields under a policy of another: the person is read, the class stays open.
    let mut mixed = statement("bce", Style::Ext, "2.1.1");
    mixed.policies = vec!["1.3.6.1.4.1.61305.2.2.1".to_owned()];
    let (signer, _) = as_issued_by("bce", &mixed);
    assert_eq!(signer.class, None);
    assert_eq!(signer.document.unwrap().as_str(), andres().document);
}

/// 61305.2.2.1 is a natural person in *ext* and a member of a company in *subj*; a real *ext* certificate carries
/// 61305.2.1.1 as well, which is a natural person in *subj*.
#[test]
fn colliding_policies_are_told_apart_by_the_layout() {
    let mut ext = statement("firmasegura", Style::Ext, "2.2.1");
    ext.policies.insert(0, "1.3.6.1.4.1.61305.2.1.1".to_owned());
    let (signer, _) = as_issued_by("firmasegura", &ext);
    assert_eq!(signer.class, Some(SignerClass::NaturalPerson));
    assert_eq!(signer.layout.as_deref(), Some("ext"));
    ext.policies.truncate(1);
    assert_eq!(
        as_issued_by("firmasegura", &ext).0.class,
        None,
        "ext has no 2.1.1"
    );
    let subj = statement("firmasegura", Style::Subj, "2.2.1");
    let (signer, _) = as_issued_by("firmasegura", &subj);
    assert_eq!(signer.class, Some(SignerClass::CompanyMember));
    assert_eq!(signer.layout.as_deref(), Some("subj"));
}

/// The Banco Central writes an internal number of ten digits where others have the cédula, in one RDN with the name.
#[test]
fn an_internal_number_is_no_cedula() {
    let mut bce = statement("bce", Style::Ext, "2.2.1");
    bce.subject
        .push(("2.5.4.5".to_owned(), "0102030405".to_owned()));
    bce.joined = true;
    let (signer, _) = as_issued_by("bce", &bce);
    assert_eq!(signer.document.unwrap().as_str(), andres().document);
    // Without its own field there is no document at all, whatever the subject says.
    bce.extensions.remove(0);
    let (signer, _) = as_issued_by("bce", &bce);
    assert_eq!(signer.document, None);
    assert!(!signer.class.is_some_and(SignerClass::is_person));
    let name = andres().full_name();
    assert_eq!(signer.name, name, "the multi-valued RDN is read");
}

#[test]
fn a_ruc_of_the_signers_own_cedula_is_no_companys() {
    let mut own = statement("bce", Style::Ext, "2.1.1");
    let ruc = format!("{}001", andres().document);
    for (oid, value) in &mut own.extensions {
        if oid.ends_with(".3.11") {
            value.clone_from(&ruc);
        }
    }
    let (signer, _) = as_issued_by("bce", &own);
    assert_eq!(signer.ruc.as_ref().unwrap().as_str(), ruc);
    assert!(signer.owns(signer.ruc.as_ref().unwrap()));
    let (company, _) = as_issued_by("bce", &statement("bce", Style::Ext, "2.2.1"));
    assert!(!company.owns(company.ruc.as_ref().unwrap()));
}

/// A serial number, and the document that it is.
type Numbered = (&'static str, Option<(&'static str, DocumentKind)>);

const NUMBERS: &[Numbered] = &[
    (
        "IDCEC-0102030405",
        Some(("0102030405", DocumentKind::Cedula)),
    ),
    (
        "PNOEC-0102030405",
        Some(("0102030405", DocumentKind::Cedula)),
    ),
    ("PASEC-AB123456", Some(("AB123456", DocumentKind::Passport))),
    (
        "PASEC-0102030405",
        Some(("0102030405", DocumentKind::Passport)),
    ),
    ("IDCEC-AB123456", None),
    ("0102030405", None),
    ("IDCEC-", None),
    // What is left out when it is drawn is not left out when it is read.
    ("IDCEC-01020\u{0}30405", None),
    ("IDCEC-01020\u{200e}30405", None),
    ("VATEC-0102030405001", None),
    (".", None),
];

#[test]
fn prefixes_say_what_a_number_is() {
    let with_serial = |serial: &str| {
        let mut subj = statement("letmi", Style::Subj, "2.1.2");
        for (oid, value) in &mut subj.subject {
            if oid == "2.5.4.5" {
                serial.clone_into(value);
            }
        }
        as_issued_by("letmi", &subj).0
    };
    for (serial, expected) in NUMBERS {
        let signer = with_serial(serial);
        let found = signer.document.as_ref().zip(signer.document_kind);
        let found = found.map(|(document, kind)| (document.as_str(), kind));
        assert_eq!(found, *expected, "{serial}");
    }
    assert_eq!(with_serial("PASEC-0102030405").cedula(), None);
    assert!(with_serial("IDCEC-0102030405").cedula().is_some());
}

#[test]
fn two_documents_are_nobodys_and_tinec_is_a_ruc_too() {
    let mut subj = statement("letmi", Style::Subj, "2.1.2");
    subj.subject
        .push(("2.5.4.5".into(), "IDCEC-0102030405".into()));
    assert_eq!(as_issued_by("letmi", &subj).0.document, None);
    let mut subj = statement("letmi", Style::Subj, "2.1.2");
    subj.subject.retain(|(oid, _)| oid != "2.5.4.97");
    subj.subject
        .push(("2.5.4.97".into(), "TINEC-0102030405001".into()));
    let ruc = as_issued_by("letmi", &subj).0.ruc.unwrap();
    assert_eq!(ruc.as_str(), "0102030405001");
    subj.subject
        .push(("2.5.4.97".into(), "VATEC-2990001015001".into()));
    let ruc = as_issued_by("letmi", &subj).0.ruc.unwrap();
    assert_eq!(ruc.as_str(), "2990001015001", "the company's comes first");
    // FirmaEC takes the number without a prefix too: an organisation that is named has to be compared.
    subj.subject.retain(|(oid, _)| oid != "2.5.4.97");
    subj.subject
        .push(("2.5.4.97".into(), "2990001015001".into()));
    let ruc = as_issued_by("letmi", &subj).0.ruc.unwrap();
    assert_eq!(ruc.as_str(), "2990001015001");
}

/// A field that says two things says nothing; one that says the same thing twice says it.
#[test]
fn a_field_with_two_values_has_none() {
    let with_rucs = |values: &[&str]| {
        let mut subj = statement("letmi", Style::Subj, "2.1.2");
        subj.subject.retain(|(oid, _)| oid != "2.5.4.97");
        let rucs = values.iter().map(|value| format!("VATEC-{value}"));
        subj.subject
            .extend(rucs.map(|ruc| ("2.5.4.97".to_owned(), ruc)));
        let ruc = as_issued_by("letmi", &subj).0.ruc;
        ruc.map(|ruc| ruc.as_str().to_owned())
    };
    let (one, two) = ("2990001015001", "2990002011001");
    assert_eq!(with_rucs(&[one]).as_deref(), Some(one));
    assert_eq!(with_rucs(&[one, one]).as_deref(), Some(one));
    assert_eq!(with_rucs(&[one, two]), None);
    assert_eq!(with_rucs(&[one, two, one]), None);

    let named_twice = |other: Option<&str>| {
        let mut san = statement("cj", Style::San, ".1");
        let (_, layout, _) = row("cj", Style::San, ".1");
        let oid = layout.fields.document.unwrap();
        let own = (oid.clone(), andres().document.to_owned());
        san.other_names.push(own);
        let more = other.map(|number| (oid, number.to_owned()));
        san.other_names.extend(more);
        let document = as_issued_by("cj", &san).0.document;
        document.map(|document| document.as_str().to_owned())
    };
    assert_eq!(named_twice(None).as_deref(), Some(andres().document));
    assert_eq!(named_twice(Some("0102030405")), None);
}

/// A certificate that names one person in its subject and another one in its private fields is nobody's, whichever layout
/// is used: Security Data's policies decide even beside private fields, Uanataca writes its fields in three places.
#[test]
fn two_places_that_name_two_persons_name_nobody() {
    const OTHER: &str = "0102030405";
    let own = andres().document;
    let subject = |statement: &mut Statement, text: String| {
        statement.subject.push(("2.5.4.5".into(), text));
    };
    let document = |id: &str, statement: &Statement| {
        let document = as_issued_by(id, statement).0.document;
        document.map(|document| document.as_str().to_owned())
    };
    let field = "1.3.6.1.4.1.37746.3.1".to_owned();
    let beside = |text: &str| {
        let mut subj = statement("securitydata", Style::Subj, "2.3.1");
        subj.extensions.push((field.clone(), text.to_owned()));
        document("securitydata", &subj)
    };
    assert_eq!(beside(own).as_deref(), Some(own));
    for nothing in ["", ".", "No", "N/A", "0000000000"] {
        assert_eq!(beside(nothing).as_deref(), Some(own), "{nothing:?}");
    }
    for other in [OTHER, "AB123456", "C.I. 0102030405"] {
        assert_eq!(beside(other), None, "{other}");
    }
    // The other way round: the private fields decide, and the subject says something else.
    let beside = |text: String| {
        let mut ext = statement("securitydata", Style::Ext, "37746.2.9");
        subject(&mut ext, text);
        document("securitydata", &ext)
    };
    assert_eq!(beside(format!("IDCEC-{own}")).as_deref(), Some(own));
    for other in ["IDCEC-0102030405", "idcec-0102030405", "PASEC-AB123456"] {
        assert_eq!(beside(other.into()), None, "{other}");
    }
    // Without a prefix it is an issue time or an internal number, as before.
    for number in ["0102030405", "150124103015", "0102030405-150124103015"] {
        assert_eq!(beside(number.into()).as_deref(), Some(own), "{number}");
    }
    // The prefix knows more than ten digits do.
    let mut passport = statement("securitydata", Style::Ext, "37746.2.9");
    subject(&mut passport, format!("PASEC-{own}"));
    let signer = as_issued_by("securitydata", &passport).0;
    assert_eq!(signer.document_kind, Some(DocumentKind::Passport));
    assert_eq!(signer.cedula(), None);

    // Within the subject, in whatever case.
    let mut subj = statement("letmi", Style::Subj, "2.1.2");
    subject(&mut subj, "idcec-0102030405".into());
    assert_eq!(document("letmi", &subj), None);

    let mut san = statement("uanataca", Style::San, "2.3.1");
    let field = "1.3.6.1.4.1.47286.102.3.1".to_owned();
    san.extensions.push((field.clone(), own.to_owned()));
    subject(&mut san, format!("IDCEC-{own}"));
    assert_eq!(document("uanataca", &san).as_deref(), Some(own));
    san.extensions = vec![(field, OTHER.to_owned())];
    assert_eq!(document("uanataca", &san), None);

    // Whoever issued it: the layouts of no entity make one person of two.
    let mut two = statement("securitydata", Style::Subj, "2.3.1");
    two.extensions
        .push(("1.3.6.1.4.1.37746.3.1".into(), OTHER.into()));
    let signer = read(&path(&two, Defect::None)[0]);
    assert_eq!(signer.document, None);
    assert_eq!(signer.class, Some(SignerClass::LegalRepresentative));
}

/// Attributes `organizationIdentifier`; the RUC of the signer, the others, and what can't be read.
type Identifiers<'a> = (&'a [&'a str], Option<&'a str>, &'a [&'a str], &'a [&'a str]);

const ONE: &str = "2990001015001";
const TWO: &str = "2990002011001";
const OWN: &str = "0102030405001";

const IDENTIFIERS: &[Identifiers<'_>] = &[
    (&["VATEC-2990001015001"], Some(ONE), &[], &[]),
    (&["vatec-2990001015001"], Some(ONE), &[], &[]),
    (
        &["VATEC-2990001015001", "vatec-2990001015001"],
        Some(ONE),
        &[],
        &[],
    ),
    (
        &["VATEC-2990001015001", "VATEC-2990002011001"],
        None,
        &[ONE, TWO],
        &[],
    ),
    // Two companies are not none: the number of the person behind them is not the one that counts.
    (
        &[
            "VATEC-2990001015001",
            "VATEC-2990002011001",
            "TINEC-0102030405001",
        ],
        None,
        &[ONE, TWO, OWN],
        &[],
    ),
    (
        &["TINEC-0102030405001", "VATEC-2990001015001"],
        Some(ONE),
        &[OWN],
        &[],
    ),
    (
        &["VATEC-299000201-1001", "TINEC-0102030405001"],
        None,
        &[OWN],
        &["VATEC-299000201-1001"],
    ),
    (
        &["VATEC-299000101500-1"],
        None,
        &[],
        &["VATEC-299000101500-1"],
    ),
    (&["RUC 2990001015001"], None, &[], &["RUC 2990001015001"]),
    // EN 319 412-1 §5.1.4 has other registers and other countries: organisations all the same.
    (&["NTREC-123456"], None, &[], &["NTREC-123456"]),
    (&["VATES-B12345674"], None, &[], &["VATES-B12345674"]),
    (
        &["２９９０００１０１５００１"],
        None,
        &[],
        &["２９９０００１０１５００１"],
    ),
    (
        &["TEXTILES INVENTADOS"],
        None,
        &[],
        &["TEXTILES INVENTADOS"],
    ),
    // What entities write where they mean nothing.
    (
        &[
            "",
            ".",
            "No",
            "-",
            "--",
            "N/A",
            "n.a.",
            "0",
            "0000000000000",
        ],
        None,
        &[],
        &[],
    ),
    (
        &["VATEC-", "VATEC-N/A", "TINEC-0102030405001"],
        Some(OWN),
        &[],
        &[],
    ),
];

/// What a certificate says of an employer is kept, however it is written: none of it is as good as no employer.
#[test]
fn every_ruc_that_a_certificate_states_is_kept() {
    for (stated, ruc, others, unreadable) in IDENTIFIERS {
        let mut subj = statement("letmi", Style::Subj, "2.1.2");
        subj.subject.retain(|(oid, _)| oid != "2.5.4.97");
        let stated_here = stated.iter().map(|text| (*text).to_owned());
        subj.subject
            .extend(stated_here.map(|text| ("2.5.4.97".to_owned(), text)));
        let signer = as_issued_by("letmi", &subj).0;
        assert_eq!(signer.ruc.as_ref().map(Ruc::as_str), *ruc, "{stated:?}");
        let found: Vec<&str> = signer.other_rucs.iter().map(Ruc::as_str).collect();
        assert_eq!(found, *others, "{stated:?}");
        assert_eq!(signer.unreadable_rucs, *unreadable, "{stated:?}");
    }
}

/// The same in private fields, of a seal too, and where a certificate states it a second time in another place.
#[test]
fn a_ruc_is_kept_wherever_it_stands() {
    let with_ruc = |id: &str, style, policy: &str, text: &str| {
        let mut written = statement(id, style, policy);
        for (oid, value) in written
            .extensions
            .iter_mut()
            .chain(&mut written.other_names)
        {
            if oid.ends_with(".3.11") {
                text.clone_into(value);
            }
        }
        written
    };
    let company = andres().organisation.unwrap().1;
    for (id, style, policy) in [
        ("bce", Style::Ext, "2.2.1"),
        ("uanataca", Style::San, "2.3.1"),
        ("securitydata", Style::Ext, "3.28"),
    ] {
        let signer = as_issued_by(id, &with_ruc(id, style, policy, "RUC 2990002011001")).0;
        assert_eq!(signer.ruc, None, "{id}");
        assert_eq!(signer.unreadable_rucs, ["RUC 2990002011001"], "{id}");
        let signer = as_issued_by(id, &with_ruc(id, style, policy, "N/A")).0;
        assert_eq!((signer.ruc, signer.unreadable_rucs), (None, vec![]), "{id}");
        let mut elsewhere = with_ruc(id, style, policy, company);
        elsewhere
            .subject
            .push(("2.5.4.97".into(), format!("VATEC-{TWO}")));
        let signer = as_issued_by(id, &elsewhere).0;
        assert_eq!(signer.ruc.unwrap().as_str(), company, "{id}");
        assert_eq!(signer.other_rucs[0].as_str(), TWO, "{id}");
    }
    // Uanataca repeats its fields as extensions.
    let mut twice = statement("uanataca", Style::San, "2.3.1");
    let oid = "1.3.6.1.4.1.47286.102.3.11";
    twice.extensions.push((oid.into(), company.into()));
    let (signer, _) = as_issued_by("uanataca", &twice);
    assert_eq!(
        (signer.ruc.unwrap().as_str(), signer.other_rucs),
        (company, vec![])
    );
    twice.extensions[0].1 = TWO.into();
    let (signer, _) = as_issued_by("uanataca", &twice);
    assert_eq!(signer.other_rucs[0].as_str(), TWO);
}

#[test]
fn private_fields_may_be_of_any_string_type_and_empty_in_three_ways() {
    for style in [Style::Ext, Style::San] {
        let id = if style == Style::Ext { "bce" } else { "cj" };
        for text in [Text::Utf8, Text::Visible, Text::T61, Text::Bmp] {
            let mut written = statement(id, style, ".1");
            written.text = text;
            let (signer, _) = as_issued_by(id, &written);
            assert_eq!(signer.name, andres().full_name(), "{text:?}");
        }
        for text in [Text::Printable, Text::Ia5] {
            let mut written = statement(id, style, ".1");
            written.text = text;
            for (_, value) in written
                .extensions
                .iter_mut()
                .chain(&mut written.other_names)
            {
                value.retain(|c| c.is_ascii());
            }
            let (signer, _) = as_issued_by(id, &written);
            assert_eq!(signer.document.unwrap().as_str(), andres().document);
        }
        for empty in ["", ".", "No", " "] {
            let mut written = statement(id, style, ".1");
            for (oid, value) in written
                .extensions
                .iter_mut()
                .chain(&mut written.other_names)
            {
                if [".3.4", ".3.5", ".3.11"].iter().any(|it| oid.ends_with(it)) {
                    empty.clone_into(value);
                }
            }
            let (signer, _) = as_issued_by(id, &written);
            assert_eq!((signer.position, signer.ruc), (None, None), "{empty:?}");
            assert_eq!(signer.surnames.as_deref(), Some(andres().surname_1));
        }
    }
}

#[test]
fn what_says_it_is_a_seal_is_one_whatever_else_it_says() {
    let mut seal = statement("securitydata", Style::Subj, "2.3.1");
    seal.policies.push("1.3.6.1.4.1.37746.102.2.4.1".to_owned());
    let (signer, _) = as_issued_by("securitydata", &seal);
    assert_eq!(signer.class, Some(SignerClass::ElectronicSeal));
    assert_eq!(signer.document, None);
    // Whatever a reading takes for the number of a seal's person is none.
    let person = &path(
        &statement("securitydata", Style::Subj, "2.3.1"),
        Defect::None,
    )[0];
    let places = Places::of(person);
    let entities = Entities::embedded();
    let mut reading = Reading::of(&places, &[entities.get("securitydata").unwrap()]);
    assert!(reading.identity.document.is_some());
    reading.class = Some(SignerClass::ElectronicSeal);
    let signer = reading.into_signer(&places, None);
    assert_eq!((signer.document, signer.document_kind), (None, None));
    // A company certificate without a person is a seal by another name.
    let mut company = statement("securitydata", Style::Ext, "37746.2.8");
    company.extensions.clear();
    let (signer, _) = as_issued_by("securitydata", &company);
    assert_eq!(signer.class, Some(SignerClass::ElectronicSeal));
}

#[test]
fn an_issuer_that_nothing_pins_is_told_by_the_layout_or_not_at_all() {
    let statement = statement("bce", Style::Ext, "2.2.1");
    let root = Certificate::parse(pki::roots()[0].der.clone()).unwrap();
    // Whoever names a root by hand is read by the layout, and told so.
    let by_hand = TrustStore::new(vec![root.clone()], Vec::new());
    let (signer, codes) = told(&statement, &by_hand);
    assert_eq!(codes, [Code::SignerEntityNotPinned]);
    assert_eq!(signer.class, Some(SignerClass::LegalEntity));
    assert_eq!(signer.entity_id, None);
    // In the pinned store a good chain alone makes nobody Ecuadorian.
    let kept = TrustStore::pinned(vec![root], Vec::new(), Entities::embedded());
    assert_eq!(told(&statement, &kept).1, [Code::SignerNotEcuadorian]);
    let abroad = store(super::super::entities::ABROAD, |_| {});
    assert_eq!(told(&statement, &abroad).1, [Code::SignerNotEcuadorian]);
    // A new subordinate below a pinned root is for a person to judge, unless the root serves other countries too.
    let root_only = store("bce", |rows| rows.truncate(1));
    assert_eq!(
        told(&statement, &root_only).1,
        [Code::SignerAuthorityUnlisted]
    );
    let shared_root = store("bce", |rows| {
        rows.truncate(1);
        rows[0].shared = true;
    });
    assert_eq!(
        told(&statement, &shared_root).1,
        [Code::SignerNotEcuadorian]
    );
}

/// The Spanish CAs behind Uanataca and ANFAC: their key alone is not enough.
#[test]
fn a_shared_key_needs_a_policy_for_ecuador() {
    let shared = |statement: &Statement| {
        told(
            statement,
            &store("uanataca", |rows| {
                for row in rows {
                    row.shared = true;
                }
            }),
        )
    };
    let mut own = statement("uanataca", Style::San, "2.3.1");
    assert_eq!(shared(&own).1, []);
    own.policies = vec!["1.3.6.1.4.1.47286.1.2.3".to_owned()];
    assert_eq!(shared(&own).1, [Code::SignerNotEcuadorian], "Spain");
    own.policies = vec!["1.3.6.1.4.1.47286.102.2.9.9".to_owned()];
    let (signer, codes) = shared(&own);
    assert_eq!(
        (signer.class, codes),
        (None, vec![]),
        "Ecuador, unknown class"
    );
}

#[test]
fn a_class_that_firmaec_switched_off_is_read_and_said() {
    let (signer, codes) = as_issued_by("datil", &statement("datil", Style::Subj, "2.3.1"));
    assert_eq!(signer.class, Some(SignerClass::LegalRepresentative));
    assert_eq!(codes, [Code::SignerClassDisabled]);
}

/// ANFAC's authority for timestamps has no limit of its own in its certificate: the table says what it issues.
#[test]
fn an_authority_for_timestamps_issues_no_persons() {
    let path = path(&statement("bce", Style::Ext, "2.2.1"), Defect::None);
    let codes = |trust: &TrustStore, purpose| {
        let sources = Sources {
            trust,
            pool: &path[1..],
        };
        let at = path[0].not_before() + jiff::SignedDuration::from_hours(24);
        let found = candidates(&path[0], sources, purpose, &mut Budget::default(), at);
        let findings = &found[0].findings;
        findings.iter().map(|one| one.code).collect::<Vec<Code>>()
    };
    let policies = InitialPolicies::default();
    let signing = Purpose::Signing(&policies);
    assert_eq!(codes(&store("bce", |_| {}), signing), []);
    let limited = store("bce", |rows| rows[1].issues = Some(Issues::Timestamps));
    let excluded = [Code::ChainExtendedKeyUsage];
    assert_eq!(codes(&limited, signing), excluded);
    // A renewed certificate of the same key is the same authority.
    let renewed = store("bce", |rows| {
        rows[1].issues = Some(Issues::Timestamps);
        rows[1].sha256 = Sha256::of(b"an earlier certificate");
    });
    assert_eq!(codes(&renewed, signing), excluded);
    // What else it may do it does.
    for purpose in [Purpose::OcspSigning, Purpose::Timestamping] {
        assert_eq!(
            codes(&limited, purpose),
            codes(&store("bce", |_| {}), purpose)
        );
    }
}

#[test]
fn what_is_held_back_is_not_trusted() {
    let open = store("bce", |_| {});
    let held = store("bce", |rows| rows[0].status = Status::HeldBack);
    assert_eq!((open.roots().len(), held.roots().len()), (1, 0));
    assert_ne!(open.digest(), held.digest());
    let elsewhere = store("cj", |_| {});
    assert_ne!(open.digest(), elsewhere.digest(), "whose it is counts too");
}

#[test]
fn a_store_is_made_again_from_what_is_kept_of_it() {
    let since: jiff::Timestamp = "2026-06-01T00:00:00Z".parse().unwrap();
    let trust = store("bce", |rows| {
        rows[1].status = Status::PastOnly;
        rows[1].since = Some(since);
    });
    let terms = serde_json::to_string(&trust.terms()).unwrap();
    let again = TrustStore::again(
        trust.roots().to_vec(),
        trust.intermediates().to_vec(),
        &serde_json::from_str(&terms).unwrap(),
    )
    .unwrap();
    assert_eq!(again.digest(), trust.digest());
    let (said, told_again) = (statement("bce", Style::Ext, "2.2.1"), again);
    assert_eq!(told(&said, &told_again), told(&said, &trust));
}
