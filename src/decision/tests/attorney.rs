//! Powers of attorney: what they cover, and how long.

use super::*;

pub(super) fn rows() -> Vec<Row> {
    vec![
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
    ]
}
