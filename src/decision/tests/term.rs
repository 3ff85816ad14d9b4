//! Terms of office, successors, and appointments that are newer than the registry.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    vec![
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
    ]
}

/// Who still has an office, for what was approved when they had one.
#[test]
fn an_office_lasts_until_a_table_ends_it_or_a_successor_has_it() {
    let day = "2026-11-21".parse().unwrap();
    let row = representative(ANA, "ANA PEÑA", RepresentationMode::Sole);
    let over = LegalRepresentative {
        to: Some("2026-10-01".parse().unwrap()),
        ..row.clone()
    };
    let dismissed = LegalRepresentative {
        ended: Some(day),
        ..row.clone()
    };
    let elected = LegalRepresentative {
        from: "2026-12-01".parse().unwrap(),
        ..row.clone()
    };
    let power = LegalRepresentative {
        post: "Apoderada".into(),
        ..over.clone()
    };
    let successor = representative(LUIS, "LUIS VERA", RepresentationMode::Sole);
    let president = LegalRepresentative {
        post: "Presidente".into(),
        ..successor.clone()
    };
    let liquidator = LegalRepresentative {
        post: "Liquidador".into(),
        ..successor.clone()
    };
    let cases = [
        ("in office", vec![row.clone()], true),
        ("beside another", vec![row, successor.clone()], true),
        ("over", vec![over.clone()], true),
        ("over, another post", vec![over.clone(), president], true),
        ("succeeded", vec![over.clone(), successor], false),
        ("liquidated", vec![over, liquidator], false),
        ("dismissed", vec![dismissed.clone()], false),
        ("dismissed, elected", vec![dismissed, elected], true),
        ("a power that is over", vec![power], false),
        ("nobody", Vec::new(), false),
    ];
    let ana = ANA.parse().unwrap();
    for (what, rows, expected) in cases {
        assert_eq!(serves(&ana, &rows, day), expected, "{what}");
    }
}
