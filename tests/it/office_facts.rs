//! What whoever decides must have before them: the telephone to call, who is in office, and sentences that speak to them.

use clavero::domain::MemberRole;

use crate::office::Office;
use crate::office_browser::FOUNDATION;

#[tokio::test]
async fn the_telephone_on_file_stands_where_somebody_is_to_be_called() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    office.member("sara", MemberRole::Supervisor).await;
    let petition = office
        .bench
        .signed_petition(FOUNDATION, "hernan", None)
        .await;
    let case = format!("/oficina/caso/{}", petition.number);
    let registry = format!("/oficina/registro/{FOUNDATION}/0001");
    let mut ana = office.signed_in("ana").await;
    let mut sara = office.signed_in("sara").await;
    for page in [
        office.sees(&mut ana, &case).await.html,
        office.sees(&mut sara, &registry).await.html,
    ] {
        for words in [
            "Teléfono",
            "022000000",
            "Correo",
            "nunca a uno del documento",
        ] {
            assert!(page.contains(words), "{words}: {page}");
        }
    }
    let employer = office.sees(&mut sara, &registry).await.html;
    let on_file = office
        .bench
        .record(FOUNDATION)
        .await
        .employer
        .email
        .unwrap();
    assert!(employer.contains(on_file.as_str()), "{employer}");
}

#[tokio::test]
async fn the_reviewer_is_told_what_was_found_and_who_is_in_office() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    let petition = office
        .bench
        .signed_petition(FOUNDATION, "hernan", None)
        .await;
    let case = format!("/oficina/caso/{}", petition.number);
    let mut ana = office.signed_in("ana").await;
    let page = office.sees(&mut ana, &case).await.html;
    assert!(page.contains("El nombramiento terminó el"), "{page}");
    for company in ["adjúntelo", "su solicitud", "Una persona revisará"] {
        assert!(!page.contains(company), "{company}: {page}");
    }
    let in_office = page.split("En funciones hoy").nth(1).expect("a row");
    let in_office = in_office.split("</tr>").next().unwrap();
    assert!(in_office.contains("nadie"), "{in_office}");

    let joint = office
        .bench
        .signed_petition(crate::office_browser::JOINT, "jorge", None)
        .await;
    let case = format!("/oficina/caso/{}", joint.number);
    let page = office.sees(&mut ana, &case).await.html;
    let in_office = page.split("En funciones hoy").nth(1).expect("a row");
    let in_office = in_office.split("</tr>").next().unwrap();
    let record = office.bench.record(crate::office_browser::JOINT).await;
    for person in &record.employer.representatives {
        assert!(in_office.contains(&person.name), "{in_office}");
    }
}
