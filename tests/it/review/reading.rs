//! What a person reads in a letter that the machine could not read is compared with the registry before an approval of it counts:
//! a vague letter must not be the way around the signer's office (PRODUCT threat 17).

use axum::http::StatusCode;
use bytes::Bytes;
use clavero::decision::ReasonCode;
use clavero::domain::{Action, MemberRole, Outcome, PetitionContent, ReviewReason, Sha256, State};
use clavero::fixture::letter::{self, Letter};
use clavero::fixture::people::{CAFE, person};
use clavero::intake::review::{Deciding, Objected, Officer, ReviewError};
use clavero::store::Settled;
use jiff::SignedDuration;

use crate::bench::{Bench, Petition};
use crate::office::{Browser, Office};
use crate::review::{ana, is_final, luis};

/// Its representative is Andrés.
const TEXTILES: &str = "2990002025001";
/// Suspended in the register of taxpayers; its representative is Víctor.
const SUSPENDED: &str = "2990007075001";

fn asked(ruc: &str, new_email: Option<&str>) -> PetitionContent {
    PetitionContent {
        ruc: ruc.parse().unwrap(),
        branch: "0001".parse().unwrap(),
        action: match new_email {
            Some(_) => Action::ChangeEmail,
            None => Action::ResetPassword,
        },
        new_email: new_email.map(|email| email.parse().unwrap()),
    }
}

/// A letter that seems to ask for two things, signed by this person.
async fn unclear_letter(bench: &Bench, ruc: &str, who: &str) -> Petition {
    let (petition, codes) =
        letter(bench, asked(ruc, None), "EMPRESA QUE CAMBIA SU CORREO", who).await;
    assert_eq!(codes, ["LETTER_UNCLEAR"]);
    petition
}

/// A letter of this company, signed by this person, that goes to a person; and why.
async fn letter(
    bench: &Bench,
    content: PetitionContent,
    legal_name: &str,
    who: &str,
) -> (Petition, Vec<&'static str>) {
    let signer = person(who).unwrap();
    let written = Letter {
        content,
        legal_name: legal_name.to_owned(),
        representative: (
            signer.full_name(),
            signer.document.to_owned(),
            "Gerente".to_owned(),
        ),
        at: bench.intake.now(),
    };
    let signed = bench.sign(&letter::render(&written).unwrap(), who);
    let receipt = bench.upload(None, &signed).await.unwrap();
    bench.work().await;
    let petition = Petition {
        number: receipt.number,
        secret: receipt.secret.unwrap(),
        form: Bytes::new(),
    };
    let (state, codes) = bench.outcome(&petition).await;
    assert_eq!(state, State::InReview, "{codes:?}");
    (petition, codes)
}

/// Tries an approval, with what this person says to have seen.
async fn approves(
    bench: &Bench,
    petition: &Petition,
    officer: &Officer,
    (reason, confirmed): (ReviewReason, Option<Sha256>),
    content: &PetitionContent,
) -> Result<Option<Settled>, ReviewError> {
    let number = &petition.number;
    let case = bench.intake.claim(number, officer).await?;
    let deciding = Deciding {
        number,
        round: case.round,
        reason,
        note: "",
        content: Some(content.clone()),
        appointment: None,
        confirmed,
    };
    bench.intake.decide_case(&deciding, officer).await
}

/// Two people read this in it, clearly, and it is approved.
async fn two_read(bench: &Bench, petition: &Petition, content: &PetitionContent) {
    let reason = (ReviewReason::LetterClear, None);
    let first = approves(bench, petition, &ana(), reason, content).await;
    assert_eq!(first.unwrap(), Some(Settled::Second));
    let second = approves(bench, petition, &luis(), reason, content).await;
    is_final(second, Outcome::Approved);
}

/// What came in the way of an approval: the objections, and what would confirm them.
fn objection(settled: Result<Option<Settled>, ReviewError>) -> (Vec<ReasonCode>, Objected, Sha256) {
    let Err(ReviewError::Objected(compared, why)) = settled else {
        panic!("{settled:?}");
    };
    let codes = compared.objections.iter().map(|reason| reason.code);
    (codes.collect(), why, compared.digest())
}

/// The accountant of one company writes for another one and names her own address.
#[tokio::test]
async fn whom_the_machine_would_refuse_gets_nothing_by_a_letter_it_could_not_read() {
    for bench in Bench::on_each_store("reading_stranger").await {
        let petition = unclear_letter(&bench, TEXTILES, "nelly").await;
        let content = asked(TEXTILES, Some("nelly.nueva@correo-ejemplo.ec"));
        for officer in [ana(), luis()] {
            for reason in [
                ReviewReason::LetterClear,
                ReviewReason::AppointmentRegistered,
            ] {
                let tried = async |confirmed| {
                    approves(&bench, &petition, &officer, (reason, confirmed), &content).await
                };
                let (codes, why, digest) = objection(tried(None).await);
                let both = [ReasonCode::RucMismatch, ReasonCode::SignerNotRepresentative];
                assert_eq!((codes.as_slice(), why), (&both[..], Objected::Finally));
                let (.., why, _) = objection(tried(Some(digest)).await);
                assert_eq!(
                    why,
                    Objected::Finally,
                    "nobody may, whatever they say to have seen"
                );
            }
            bench
                .intake
                .hand_over(&petition.number, &officer, "")
                .await
                .unwrap();
        }
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::InReview);
        assert!(bench.letters().is_empty(), "{:?}", bench.letters());
    }
}

/// Somebody whom the registry does not know, with a certificate that names no company; a company that is suspended; an account that
/// its owner stopped.
#[tokio::test]
async fn an_approval_in_spite_of_the_registry_answers_it_and_was_shown_it_by_both() {
    use ReasonCode as C;
    use ReviewReason as R;
    for bench in Bench::on_each_store("reading_reason").await {
        bench
            .signed_petition(CAFE, "lucia", Some("otra@cafe-ficticio.ec"))
            .await;
        bench
            .intake
            .freeze(&bench.token("no-fui-yo"))
            .await
            .unwrap();
        bench.pass(SignedDuration::from_hours(1));
        let cases = [
            (
                TEXTILES,
                "eduardo",
                C::SignerNotRepresentative,
                R::AppointmentRegistered,
                &[R::LetterClear, R::OwnerConfirmed][..],
            ),
            (
                SUSPENDED,
                "victor",
                C::EmployerNotActive,
                R::OwnerConfirmed,
                &[R::LetterClear, R::StillInOffice],
            ),
            (
                CAFE,
                "lucia",
                C::Frozen,
                R::OwnerConfirmed,
                &[R::LetterClear, R::AppointmentRegistered],
            ),
        ];
        for (ruc, who, code, answer, beside) in cases {
            let petition = unclear_letter(&bench, ruc, who).await;
            let content = asked(ruc, None);
            for (officer, settled) in [
                (ana(), Settled::Second),
                (luis(), Settled::Final(Outcome::Approved)),
            ] {
                let tried = async |reason, confirmed, content: &PetitionContent| {
                    approves(&bench, &petition, &officer, (reason, confirmed), content).await
                };
                for reason in beside {
                    let (codes, why, digest) = objection(tried(*reason, None, &content).await);
                    assert_eq!((codes, why), (vec![code], Objected::Unanswered), "{ruc}");
                    let (.., why, _) = objection(tried(*reason, Some(digest), &content).await);
                    assert_eq!(why, Objected::Unanswered, "{ruc}: seen, and not answered");
                }
                // What was seen of one reading says nothing of another one.
                let other = asked(ruc, Some("otra@ejemplo.ec"));
                let (.., digest) = objection(tried(answer, None, &other).await);
                let (codes, why, digest) = objection(tried(answer, Some(digest), &content).await);
                assert_eq!((codes, why), (vec![code], Objected::Unconfirmed), "{ruc}");
                let counted = tried(answer, Some(digest), &content).await;
                assert_eq!(counted.unwrap(), Some(settled), "{ruc}");
            }
            let acts = bench.intake.store().case_acts(&petition.number).await;
            let kept: Vec<Vec<C>> = acts
                .unwrap()
                .into_iter()
                .map(|act| act.reading.confirmed)
                .collect();
            assert_eq!(
                kept,
                [[code], [code]],
                "what both confirmed stays with their acts"
            );
        }
    }
}

/// Nobody has to confirm what the registry says the same.
#[tokio::test]
async fn a_letter_of_the_representative_in_office_is_approved_as_before() {
    for bench in Bench::on_each_store("reading_clean").await {
        let petition = unclear_letter(&bench, CAFE, "lucia").await;
        two_read(&bench, &petition, &asked(CAFE, None)).await;
    }
}

/// A branch that was read in a letter refuses nobody, and whoever reads it again may read another one; two of them.
#[tokio::test]
async fn a_branch_that_the_registry_lacks_is_read_again_by_two() {
    for bench in Bench::on_each_store("reading_branch").await {
        let written = PetitionContent {
            branch: "0009".parse().unwrap(),
            ..asked(CAFE, None)
        };
        let (ruc, branch) = (&written.ruc, "0001".parse().unwrap());
        let known = bench.intake.store().employer(ruc, &branch).await.unwrap();
        let registered = known.unwrap().employer.legal_name;
        let (petition, codes) = letter(&bench, written, &registered, "lucia").await;
        assert_eq!(codes, ["BRANCH_UNKNOWN"]);
        two_read(&bench, &petition, &asked(CAFE, None)).await;
    }
}

/// Ana signs in and takes a case: her browser, and the word that its forms carry.
async fn takes(office: &Office, case: &str) -> (Browser, String) {
    let mut browser = office.signed_in("ana").await;
    let word = office.word(&mut browser).await;
    office
        .sends(&mut browser, &format!("{case}/tomar"), &[("csrf", &word)])
        .await;
    (browser, word)
}

/// The first person mistakes the RUC: the page comes back with the registry in its column, the difference, and what was typed.
#[tokio::test]
async fn the_screen_comes_back_with_the_registry_and_what_was_typed() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    let petition = unclear_letter(&office.bench, TEXTILES, "eduardo").await;
    let case = format!("/oficina/caso/{}", petition.number);
    let (mut browser, word) = takes(&office, &case).await;
    let seen = office.sees(&mut browser, &case).await.html;
    assert!(
        !seen.contains("TEXTILES INVENTADOS"),
        "nobody has read it yet"
    );
    assert!(
        seen.contains(r#"<option value="">elija</option><option value="reset_password">clave"#),
        "what two read on their own is not suggested to them"
    );
    let empty_branch = r#"name="branch" value="""#;
    assert!(seen.contains(empty_branch), "nor is the branch");

    let typed = |reason: &'static str, confirmed: &str| {
        [
            ("csrf", word.clone()),
            ("round", "1".to_owned()),
            ("act", "approve".to_owned()),
            ("reason", reason.to_owned()),
            ("ruc", TEXTILES.to_owned()),
            ("branch", "0001".to_owned()),
            ("asks", "reset_password".to_owned()),
            ("note", "dice la RAZÓN <social>".to_owned()),
            ("confirmed", confirmed.to_owned()),
        ]
    };
    let mut sends = async |typed: &[(&'static str, String)]| {
        let fields: Vec<(&str, &str)> = typed
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        office
            .sends(&mut browser, &format!("{case}/decidir"), &fields)
            .await
    };
    let back = sends(&typed("letter_clear", "")).await;
    assert_eq!(back.status, StatusCode::CONFLICT);
    for shown in [
        "TEXTILES INVENTADOS S.A.S.",
        "QUISHPE",
        "SALTOS",
        "que no consta como representante legal de TEXTILES",
        "El nombramiento consta inscrito en el registro público.",
        r#"value="letter_clear" data-digit="6" required checked"#,
        &format!(r#"name="ruc" value="{TEXTILES}""#),
        r#"<option value="reset_password" selected>"#,
        "dice la RAZÓN &#60;social&#62;",
        r#"data-act="approve" open"#,
    ] {
        assert!(back.html.contains(shown), "{shown}: {}", back.html);
    }
    let again = sends(&typed("appointment_registered", "")).await;
    let (_, rest) = again
        .html
        .split_once(r#"name="confirmed" value=""#)
        .expect("it asks to confirm");
    let digest = rest.split('"').next().unwrap();
    let counted = sends(&typed("appointment_registered", digest)).await;
    let number = &petition.number;
    let to = format!("/oficina/cola?aviso=segunda&caso={number}");
    assert_eq!(counted.location, to, "{}", counted.html);
}

/// What is missing is said at its field, and nothing that was typed is lost.
#[tokio::test]
async fn a_field_that_is_wrong_says_so_and_the_others_stay() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    let petition = unclear_letter(&office.bench, CAFE, "lucia").await;
    let case = format!("/oficina/caso/{}", petition.number);
    let (mut browser, word) = takes(&office, &case).await;
    let fields = [
        ("csrf", word.as_str()),
        ("round", "1"),
        ("act", "approve"),
        ("reason", "letter_clear"),
        ("ruc", "29900010150"),
        ("branch", "0002"),
        ("asks", ""),
        ("new_email", "nueva@ejemplo.ec"),
        ("note", "lo leí dos veces"),
    ];
    let back = office
        .sends(&mut browser, &format!("{case}/decidir"), &fields)
        .await;
    assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
    for shown in [
        r#"<span class="error" id="ruc-error">"#,
        r#"<span class="error" id="asks-error">"#,
        r#"name="ruc" value="29900010150""#,
        r#"aria-describedby="ruc-error""#,
        r#"name="branch" value="0002""#,
        r#"name="new_email" value="nueva@ejemplo.ec""#,
        r#"name="note" value="lo leí dos veces""#,
        r#"value="letter_clear" data-digit="6" required checked"#,
    ] {
        assert!(back.html.contains(shown), "{shown}: {}", back.html);
    }
}
