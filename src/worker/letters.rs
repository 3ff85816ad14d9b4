//! The words of the messages: es-EC, *usted*, no personal data beyond what is needed, one thing to do. A mail has a subject and
//! paragraphs, and below them the same in fewer English words: whoever reads a mailbox is not whoever chose a language. What goes to
//! the operator stays Spanish ([`alarm`]), and so does what goes by SMS ([`short()`]).

mod alarm;
mod ending;
mod short;

use jiff::SignedDuration;

use crate::domain::{Action, EmailAddress, Employer, EmployerKind, Language, Text, calendar};
use crate::intake::{
    AT_THE_COUNTER, BY_STAFF, LATE_APPROVAL, ON_FILE, SILENT_PORTAL, STILL_LOCKED, Settings,
    UNBLOCKING, UNCONFIRMED,
};
use crate::mail::{Button, Written};
use crate::store::{DeliveryState, Message, MessageKind};
use crate::words;

use super::links::petition_page;

pub(super) use short::short;

#[cfg(test)]
mod tests;

/// What a message is about.
pub(super) struct Matter<'a> {
    /// The message.
    pub message: &'a Message,
    /// What the petition behind it asks for.
    pub action: Action,
    /// The employer, as far as the registry knows it.
    pub employer: Option<&'a Employer>,
    /// The one thing that can be pressed, where there is one.
    pub link: Option<String>,
    /// What stops it, where that is something else.
    pub stop: Option<String>,
    /// What the operator decided.
    pub settings: &'a Settings,
}

impl Matter<'_> {
    /// The employer as a message names it. A natural person's business bears the person's name, which is nobody's business
    /// on the way: the end of its number says enough to whoever knows it.
    fn named(&self) -> String {
        match self.employer {
            Some(employer) if is_person(employer.kind) => format!("el {}", without_name(employer)),
            Some(employer) if !employer.legal_name.is_empty() => employer.legal_name.clone(),
            _ => "su empresa".to_owned(),
        }
    }

    /// The same in English.
    fn named_en(&self) -> String {
        match self.employer {
            Some(employer) if is_person(employer.kind) => {
                format!("the employer whose RUC ends in {}", end_of_ruc(employer))
            }
            Some(employer) if !employer.legal_name.is_empty() => employer.legal_name.clone(),
            _ => "your company".to_owned(),
        }
    }

    /// The same after «de», with which the article becomes one word.
    fn of_named(&self) -> String {
        match self.employer {
            Some(employer) if is_person(employer.kind) => format!("del {}", without_name(employer)),
            _ => format!("de {}", self.named()),
        }
    }

    /// The petition, and whose it is: an address that is not on file yet hears the number and no more.
    fn petition(&self) -> String {
        let number = &self.message.number;
        if self.holds(UNCONFIRMED) {
            format!("la solicitud {number}")
        } else {
            format!("la solicitud {number} {}", self.of_named())
        }
    }

    /// The same in English.
    fn petition_en(&self) -> String {
        let number = &self.message.number;
        if self.holds(UNCONFIRMED) {
            format!("petition {number}")
        } else {
            format!("petition {number} of {}", self.named_en())
        }
    }

    /// Whether a fact is true; one that is missing is not.
    fn holds(&self, name: &str) -> bool {
        let value = self.message.facts.get(name);
        value
            .and_then(serde_json::Value::as_bool)
            .unwrap_or_default()
    }

    /// Whether the address that this goes to was on file when what it tells happened, and is no more.
    fn is_taken_off_file(&self) -> bool {
        let on_file = self.employer.and_then(|employer| employer.email.as_ref());
        self.holds(ON_FILE)
            && on_file.map(EmailAddress::as_str) != Some(self.message.recipient.as_str())
    }

    /// Whether the account that it is about is open. Where we are the portal it is since the decision.
    fn opening(&self) -> Opening {
        match self.fact(UNBLOCKING).parse() {
            Ok(DeliveryState::Pending) => Opening::UnderWay,
            Ok(DeliveryState::Parked | DeliveryState::Withdrawn) => Opening::NotDone,
            Ok(DeliveryState::Delivered) | Err(_) => Opening::Done,
        }
    }

    fn fact(&self, name: &str) -> &str {
        let value = self.message.facts.get(name);
        value
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    }
}

/// Where the opening of an account stands.
enum Opening {
    Done,
    /// The portal is being told.
    UnderWay,
    /// The portal did not take it.
    NotDone,
}

fn without_name(employer: &Employer) -> String {
    format!("empleador con RUC terminado en {}", end_of_ruc(employer))
}

fn end_of_ruc(employer: &Employer) -> &str {
    let ruc = employer.ruc.as_str();
    ruc.get(ruc.len().saturating_sub(5)..).unwrap_or_default()
}

fn is_person(kind: EmployerKind) -> bool {
    matches!(kind, EmployerKind::NaturalPerson | EmployerKind::Household)
}

/// How a message says what its link that stops everything is for.
const STOP: &str = "Si nadie de su empresa pidió esto, detenga la cuenta aquí";
/// The same in English, where both links stand above.
const STOP_EN: &str =
    "If nobody at your company asked for this, stop the account with the last link above.";
/// What every notice says to whoever did it.
const IF_YOURS_EN: &str = "If it was you or your representative, you need not do anything.";

/// Writes a mail.
pub(super) fn mail(matter: &Matter<'_>) -> Written {
    let number = &matter.message.number;
    let Said {
        subject,
        before,
        button,
        after,
        again,
        mut english,
    } = match matter.message.kind {
        MessageKind::ResetLink => reset_link(matter),
        MessageKind::ResetNotice => reset_notice(matter),
        MessageKind::PasswordChanged if matter.holds(SILENT_PORTAL) => password_unconfirmed(matter),
        MessageKind::PasswordChanged => password_changed(matter),
        MessageKind::ConfirmEmail => confirm_email(matter),
        MessageKind::EmailChangeNotice => email_change_notice(matter),
        MessageKind::EmailChanged => email_changed(matter),
        MessageKind::EmailReplaced => email_replaced(matter),
        MessageKind::SuccessorAlert => successor_alert(matter),
        MessageKind::AccountUnblocked => account_unblocked(matter),
        MessageKind::ReviewApproved => review_approved(matter),
        MessageKind::LinkReady => link_ready(matter),
        MessageKind::ReviewRefused => review_refused(matter),
        MessageKind::CompletionWanted => completion_wanted(matter),
        MessageKind::PetitionArchived => petition_archived(matter),
        MessageKind::AppointmentNotice => appointment_notice(matter),
        MessageKind::CounterApproved => counter_approved(matter),
        MessageKind::AccountStopped => account_stopped(matter),
        MessageKind::DeliveryRefused if matter.holds(STILL_LOCKED) => still_locked(matter),
        MessageKind::DeliveryRefused => delivery_refused(matter),
        MessageKind::Alarm => alarm::said(matter),
    };
    let tidy = |paragraphs: Vec<String>| paragraphs.iter().map(|text| words::tidy(text)).collect();
    let button = button.zip(matter.link.clone());
    let stop = matter.stop.clone().map(|url| (STOP, url));
    if stop.is_some() {
        english.push(STOP_EN.to_owned());
    }
    let beside = again.into_iter().chain(stop);
    Written {
        subject: if number.is_of_service() {
            subject.to_owned()
        } else {
            format!("{subject} ({number})")
        },
        before: tidy(before),
        button: button.map(|(label, url)| Button {
            label: label.to_owned(),
            url,
        }),
        after: tidy(after),
        english: tidy(english),
        beside: beside
            .map(|(label, url)| Button {
                label: label.to_owned(),
                url,
            })
            .collect(),
        operator: matter.settings.operator.clone(),
        contact: matter.settings.contact.clone(),
    }
}

/// The parts of a mail.
struct Said {
    subject: &'static str,
    before: Vec<String>,
    button: Option<&'static str>,
    after: Vec<String>,
    /// Where it is asked for once more.
    again: Option<(&'static str, String)>,
    /// The same shorter, in English; nothing in what goes to the operator.
    english: Vec<String>,
}

impl Said {
    fn new(subject: &'static str, before: Vec<String>) -> Self {
        Self {
            subject,
            before,
            button: None,
            after: Vec::new(),
            again: None,
            english: Vec::new(),
        }
    }

    fn again(self, label: &'static str, page: String) -> Self {
        Self {
            again: Some((label, page)),
            ..self
        }
    }

    fn english(self, english: Vec<String>) -> Self {
        Self { english, ..self }
    }

    fn button(self, label: &'static str, after: Vec<String>) -> Self {
        Self {
            button: Some(label),
            after,
            ..self
        }
    }
}

fn reset_link(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let (life, life_en) = spans(matter.settings.link_life);
    let named = matter.named_en();
    let unblocks = matter.action == Action::Unblock;
    let (subject, first, english) = match matter.opening() {
        Opening::UnderWay if unblocks => (
            "Estamos desbloqueando su cuenta de empleador",
            vec![
                format!(
                    "Se aprobó la solicitud {number} y estamos desbloqueando la cuenta {of_named}. Le avisaremos cuando el portal la abra; entonces podrá entrar con su clave."
                ),
                format!(
                    "Si no la recuerda, cree una nueva con este enlace. Dura {life} y sirve una sola vez."
                ),
            ],
            format!(
                "Petition {number} was approved and we are opening the account of {named}. We will write when the portal has done it; then sign in with your password. If you do not remember it, create a new one with the link above. It lives {life_en} and works once."
            ),
        ),
        Opening::Done if unblocks => (
            "Su cuenta de empleador está desbloqueada",
            vec![
                format!(
                    "Se aprobó la solicitud {number} y se desbloqueó la cuenta {of_named}. Ya puede entrar con su clave."
                ),
                format!(
                    "Si no la recuerda, cree una nueva con este enlace. Dura {life} y sirve una sola vez."
                ),
            ],
            format!(
                "Petition {number} was approved and the account of {named} is unblocked: sign in with your password. If you do not remember it, create a new one with the link above. It lives {life_en} and works once."
            ),
        ),
        // An account that is still blocked has its own notice.
        Opening::Done | Opening::UnderWay | Opening::NotDone => (
            "Enlace para crear su clave de empleador",
            vec![
                format!("Se aprobó la solicitud {number} {of_named}."),
                format!(
                    "Para crear la clave nueva, abra este enlace. Dura {life} y sirve una sola vez."
                ),
            ],
            format!(
                "Petition {number} of {named} was approved. To create the new employer password (clave de empleador), open the link above. It lives {life_en} and works once."
            ),
        ),
    };
    Said::new(subject, first)
        .button("Crear la clave nueva", Vec::new())
        .again(
            "Si venció, pida otro en la página de su solicitud, sin volver a subir nada",
            petition_page(matter.settings, number),
        )
        .english(vec![
            english,
            "If it has expired, ask for another one on the page of your petition, the second link above; you need not upload anything again.".to_owned(),
        ])
}

fn reset_notice(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    Said::new(
        "Se aprobó una clave nueva de empleador",
        vec![
            format!("Se aprobó la solicitud {number} {of_named}: quien lea el correo registrado puede crear una clave nueva."),
            "Si fue usted o su representante, no tiene que hacer nada.".to_owned(),
            "Si no fue usted, detenga la cuenta:".to_owned(),
        ],
    )
    .button("No fui yo", Vec::new())
    .english(vec![
        format!("Petition {number} of {} was approved: whoever reads the mailbox on file can create a new employer password.", matter.named_en()),
        IF_YOURS_EN.to_owned(),
        "If it was not, stop the account with the link above.".to_owned(),
    ])
}

fn password_changed(matter: &Matter<'_>) -> Said {
    let (number, named) = (&matter.message.number, matter.named());
    let operator = &matter.settings.operator;
    let at = matter.message.created_at;
    let (when, when_en) = (
        calendar::say_second(at),
        calendar::second_in(Language::En, at),
    );
    Said::new(
        "Se cambió la clave de empleador",
        vec![
            format!(
                "El {when} se creó una clave nueva de empleador para {named}, con la solicitud {number}."
            ),
            "Si fue usted o su representante, no tiene que hacer nada.".to_owned(),
            "Si no fue usted, detenga la cuenta: nadie podrá cambiar otra vez la clave ni el correo hasta que dos personas aprueben una solicitud nueva, firmada.".to_owned(),
        ],
    )
    .button(
        "No fui yo",
        vec![format!(
            "La clave que se creó sigue abriendo el portal hasta que {operator} la cierre o se cree otra: avise también allí, de inmediato."
        )],
    )
    .english(vec![
        format!("On {when_en} a new employer password was created for {}, with petition {number}.", matter.named_en()),
        IF_YOURS_EN.to_owned(),
        format!("If it was not, stop the account with the link above: nobody can change the password or the e-mail until two people approve a new, signed petition. The password that was created still opens the portal until {operator} closes it or another one is created: tell them too, at once."),
    ])
}

/// The portal has said nothing of it: it may open the account since the first call.
fn password_unconfirmed(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let operator = &matter.settings.operator;
    Said::new(
        "La clave de empleador puede haber cambiado",
        vec![
            format!(
                "Con la solicitud {number} {of_named} se eligió una clave nueva de empleador. El portal todavía no responde si la tomó: puede estar activa ya. Seguimos preguntando y le avisaremos."
            ),
            "Si fue usted o su representante, no tiene que hacer nada.".to_owned(),
            "Si no fue usted, detenga la cuenta: nadie podrá cambiar otra vez la clave ni el correo hasta que dos personas aprueben una solicitud nueva, firmada.".to_owned(),
        ],
    )
    .button(
        "No fui yo",
        vec![format!(
            "Si el portal ya tomó esa clave, lo abre hasta que {operator} la cierre o se cree otra: avise también allí, de inmediato."
        )],
    )
    .english(vec![
        format!("With petition {number} of {} a new employer password was chosen. The portal has not answered yet whether it took it: it may be active already. We go on asking, and will tell you.", matter.named_en()),
        IF_YOURS_EN.to_owned(),
        format!("If it was not, stop the account with the link above: nobody can change the password or the e-mail until two people approve a new, signed petition. If the portal has taken that password, it opens the portal until {operator} closes it or another one is created: tell them too, at once."),
    ])
}

fn confirm_email(matter: &Matter<'_>) -> Said {
    let (number, named) = (&matter.message.number, matter.named());
    let (life, life_en) = spans(matter.settings.confirmation_life);
    Said::new(
        "Confirme este correo",
        vec![
            format!("Con la solicitud {number}, {named} pidió registrar esta dirección."),
            format!(
                "Para confirmarla, abra este enlace y pulse «Confirmar este correo». Dura {life}."
            ),
        ],
    )
    .button(
        "Ver y confirmar",
        vec!["Si no sabe de qué se trata, no haga nada.".to_owned()],
    )
    .english(vec![
        format!("With petition {number}, {} asked to register this address. To confirm it, open the link above and press the button. It lives {life_en}.", matter.named_en()),
        "If you do not know what this is about, do nothing.".to_owned(),
    ])
}

fn email_change_notice(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    Said::new(
        "Pidieron cambiar el correo de su empresa",
        vec![
            format!("Con la solicitud {number}, firmada electrónicamente, pidieron cambiar el correo registrado {of_named}."),
            "Si fue usted o su representante, no tiene que hacer nada.".to_owned(),
            "Si no fue usted, detenga el cambio:".to_owned(),
        ],
    )
    .button("No fui yo", Vec::new())
    .english(vec![
        format!("With petition {number}, signed electronically, somebody asked to change the e-mail on file of {}.", matter.named_en()),
        IF_YOURS_EN.to_owned(),
        "If it was not, stop the change with the link above.".to_owned(),
    ])
}

fn email_changed(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let mut before = vec![format!(
        "Desde ahora este es el correo registrado {of_named} (solicitud {number})."
    )];
    let mut english = vec![format!(
        "From now on this is the e-mail on file of {} (petition {number}).",
        matter.named_en()
    )];
    if matter.settings.email_hold.is_positive() {
        let until = matter.message.created_at + matter.settings.email_hold;
        before.push(format!(
            "Si aún no pidió la clave, pídala ahora: por seguridad, el enlace saldrá desde el {}.",
            calendar::say_minute(until)
        ));
        english.push(format!(
            "If you have not asked for the password yet, ask for it now with the link above: for safety, the link to create it will leave from {} on.",
            calendar::minute_in(Language::En, until)
        ));
    } else {
        before.push("Si aún no pidió la clave, ya puede pedirla.".to_owned());
        english.push(
            "If you have not asked for the password yet, you can do it now with the link above."
                .to_owned(),
        );
    }
    Said::new("El correo quedó registrado", before)
        .button("Pedir la clave", Vec::new())
        .english(english)
}

fn email_replaced(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    Said::new(
        "Se cambió el correo de su empresa",
        vec![
            format!("Con la solicitud {number}, otra dirección quedó como correo registrado {of_named}. A esta ya no llegarán avisos ni enlaces."),
            "Si fue usted o su representante, no tiene que hacer nada.".to_owned(),
            "Si no fue usted, detenga la cuenta: nadie podrá cambiar la clave hasta que dos personas aprueben una solicitud nueva, firmada.".to_owned(),
        ],
    )
    .button("No fui yo", Vec::new())
    .english(vec![
        format!("With petition {number}, another address became the e-mail on file of {}. No notices or links will come to this one any more.", matter.named_en()),
        IF_YOURS_EN.to_owned(),
        "If it was not, stop the account with the link above: nobody can change the password until two people approve a new, signed petition.".to_owned(),
    ])
}

fn successor_alert(matter: &Matter<'_>) -> Said {
    let (number, named) = (&matter.message.number, matter.named());
    let operator = &matter.settings.operator;
    let came_to = if matter.holds("attached") {
        Text::new(
            "Adjuntó un nombramiento que el registro no conoce: lo revisarán dos personas, y hasta entonces nada cambia.",
            "An appointment (nombramiento) that the registry does not know was attached: two people will look at it, and until then nothing changes.",
        )
    } else {
        Text::new(
            "La solicitud se negó y nada cambió.",
            "The petition was refused and nothing changed.",
        )
    };
    let Text {
        es: came_to,
        en: came_to_en,
    } = came_to;
    Said::new(
        "Firmó alguien cuyo nombramiento terminó",
        vec![
            format!(
                "En la solicitud {number} firmó por {named} una persona cuyo nombramiento ya terminó y que tiene sucesor registrado. {came_to}"
            ),
            "Si esa persona ya no trabaja con ustedes, revise qué certificados y claves conserva."
                .to_owned(),
            format!("Si el registro está equivocado, comuníquese con {operator}."),
        ],
    )
    .english(vec![
        format!("Petition {number} was signed for {} by somebody whose appointment (nombramiento) has ended and who has a registered successor. {came_to_en}", matter.named_en()),
        "If that person no longer works with you, see which certificates and passwords they keep.".to_owned(),
        format!("If the registry is wrong, get in touch with {operator}."),
    ])
}

fn account_unblocked(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let operator = &matter.settings.operator;
    Said::new(
        "Su cuenta de empleador está desbloqueada",
        vec![
            format!("Se aprobó la solicitud {number} y se desbloqueó la cuenta {of_named}."),
            "Si fue usted o su representante, no tiene que hacer nada.".to_owned(),
            "Si no fue usted, detenga la cuenta: nadie podrá crear una clave ni cambiar el correo.".to_owned(),
        ],
    )
    .button(
        "No fui yo",
        vec![format!(
            "La clave de antes sigue abriendo el portal: si cree que alguien la sabe, avise también a {operator}."
        )],
    )
    .english(vec![
        format!("Petition {number} was approved and the account of {} is unblocked.", matter.named_en()),
        IF_YOURS_EN.to_owned(),
        format!("If it was not, stop the account with the link above. The password from before still opens the portal: if you believe that somebody knows it, tell {operator} too."),
    ])
}

fn review_approved(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let first = format!("Una persona revisó y aprobó la solicitud {number} {of_named}.");
    let named = matter.named_en();
    let first_en = format!("A person looked at petition {number} of {named} and approved it.");
    link_on_page("Se aprobó su solicitud", first, first_en, matter)
}

fn link_ready(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let named = matter.named_en();
    let (first, first_en) = if matter.holds(LATE_APPROVAL) {
        (
            format!("Se aprobó la solicitud {number} {of_named}."),
            format!("Petition {number} of {named} was approved."),
        )
    } else {
        (
            format!(
                "Terminó la espera de seguridad por el cambio de correo: la solicitud {number} {of_named}, ya aprobada, puede seguir."
            ),
            format!(
                "The wait after the change of e-mail is over: petition {number} of {named}, approved before, can go on."
            ),
        )
    };
    link_on_page(
        "Ya puede crear su clave de empleador",
        first,
        first_en,
        matter,
    )
}

/// Nobody waits for a link at this hour: it is asked for on the page, when somebody is at the mailbox.
fn link_on_page(
    subject: &'static str,
    first: String,
    first_en: String,
    matter: &Matter<'_>,
) -> Said {
    let (mut before, mut english) = (vec![first], vec![first_en]);
    if matter.action == Action::Unblock {
        let said = match matter.opening() {
            Opening::Done => Some((
                "La cuenta ya está desbloqueada.",
                "The account is unblocked.",
            )),
            Opening::UnderWay => Some((
                "La estamos desbloqueando: le avisaremos cuando el portal la abra.",
                "We are opening the account and will write when the portal has done it.",
            )),
            // It has its own notice.
            Opening::NotDone => None,
        };
        before.extend(said.map(|(spanish, _)| spanish.to_owned()));
        english.extend(said.map(|(_, told)| told.to_owned()));
    }
    let (life, life_en) = spans(matter.settings.approval_life);
    before.push(format!(
        "Cuando esté listo para crear la clave, entre en la página de su solicitud con su número y su código y pulse «Enviar \
         enlace». Puede hacerlo dentro de {life}."
    ));
    english.push(format!(
        "When you are ready to create the password, open the page of your petition with your number and your code and press «Enviar \
         enlace» (“Send link” in English). You have {life_en} for it."
    ));
    Said::new(subject, before)
        .button("Ir a mi solicitud", Vec::new())
        .english(english)
}

fn review_refused(matter: &Matter<'_>) -> Said {
    let (petition, petition_en) = (matter.petition(), matter.petition_en());
    let operator = &matter.settings.operator;
    let told_there = if matter.holds("appeal") {
        Text::new(
            "El motivo, qué puede hacer y cómo apelar están en la página de su solicitud.",
            "Why, what you can do and how to appeal is told on the page of your petition.",
        )
    } else {
        Text::new(
            "El motivo y qué puede hacer están en la página de su solicitud.",
            "Why, and what you can do, is told on the page of your petition.",
        )
    };
    Said::new(
        "No se aceptó su solicitud",
        vec![
            format!("Una persona revisó {petition} y no pudo aceptarla."),
            told_there.es.to_owned(),
        ],
    )
    .button(
        "Ir a mi solicitud",
        vec![format!("Si usted no pidió esto, avise a {operator}.")],
    )
    .english(vec![
        format!(
            "A person looked at {petition_en} and could not accept it. {}",
            told_there.en
        ),
        format!("If you did not ask for this, tell {operator}."),
    ])
}

fn completion_wanted(matter: &Matter<'_>) -> Said {
    let petition = matter.petition();
    Said::new(
        "Falta algo en su solicitud",
        vec![
            format!("Una persona revisó {petition} y le pide completarla. No se ha negado."),
            "Qué falta, y hasta cuándo, está en la página de su solicitud.".to_owned(),
        ],
    )
    .button("Completar mi solicitud", Vec::new())
    .english(vec![
        format!("A person looked at {} and asks you to complete it. It has not been refused. What is missing, and by when, is on the page of your petition.", matter.petition_en()),
    ])
}

fn petition_archived(matter: &Matter<'_>) -> Said {
    let petition = matter.petition();
    Said::new(
        "Su solicitud se archivó",
        vec![
            format!("Se archivó {petition}: no llegó dentro del plazo lo que se le pidió."),
            "No se negó. Cuando lo tenga, cree una solicitud nueva.".to_owned(),
        ],
    )
    .button("Ver qué se le pidió", Vec::new())
    .english(vec![
        format!("We closed {}: what was asked of you, told on the page of your petition, did not arrive in time. It was not refused. When you have it, create a new petition.", matter.petition_en()),
    ])
}

fn appointment_notice(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    Said::new(
        "Se registró un nuevo representante",
        vec![
            format!("Con la solicitud {number} se registró un nuevo representante {of_named}, según el nombramiento que adjuntó."),
            "Si es correcto, no tiene que hacer nada.".to_owned(),
            "Si no lo es, detenga el trámite:".to_owned(),
        ],
    )
    .button("No fui yo", Vec::new())
    .english(vec![
        format!("With petition {number} a new representative of {} was registered, as the attached appointment (nombramiento) says.", matter.named_en()),
        "If that is right, you need not do anything. If not, stop it with the link above.".to_owned(),
    ])
}

fn counter_approved(matter: &Matter<'_>) -> Said {
    let (number, named) = (&matter.message.number, matter.named());
    Said::new(
        "Se aprobó una clave nueva en ventanilla",
        vec![
            format!("Una persona se presentó por {named} y dos funcionarios aprobaron que cree una clave nueva (trámite {number})."),
            "Si es correcto, no tiene que hacer nada.".to_owned(),
            "Si no lo es, detenga el trámite:".to_owned(),
        ],
    )
    .button("No fui yo", Vec::new())
    .english(vec![
        format!("Somebody came in person for {}, and two officers approved that they create a new password (petition {number}).", matter.named_en()),
        "If that is right, you need not do anything. If not, stop it with the link above.".to_owned(),
    ])
}

fn account_stopped(matter: &Matter<'_>) -> Said {
    let petition = matter.petition();
    let operator = &matter.settings.operator;
    let petition_en = matter.petition_en();
    let staff = matter.holds(BY_STAFF);
    let (who, who_en) = if staff {
        (
            format!(
                "Quien atiende este servicio detuvo la cuenta, porque le avisaron que la empresa no hizo {petition}"
            ),
            format!(
                "The staff of this service stopped the account, because they were told that the company did not make {petition_en}"
            ),
        )
    } else {
        (
            format!(
                "Alguien respondió «No fui yo» a un aviso sobre {petition}. La cuenta quedó detenida"
            ),
            format!(
                "Somebody answered «No fui yo» (it was not me) to a notice about {petition_en}. The account is stopped"
            ),
        )
    };
    let mut before = vec![format!(
        "{who}: nadie puede cambiar la clave ni el correo hasta que dos personas aprueben una solicitud nueva, firmada."
    )];
    let mut english = vec![format!(
        "{who_en}: nobody can change the password or the e-mail until two people approve a new, signed petition."
    )];
    if matter.is_taken_off_file() {
        before.push(
            "Esta dirección ya no es el correo registrado; tampoco lo es la anterior.".to_owned(),
        );
        english.push(
            "This address is no longer the e-mail on file, nor is the one before it.".to_owned(),
        );
    }
    let (did, did_en, reads, reads_en) = if staff {
        ("avisó", "told them", "", "")
    } else {
        (
            "respondió",
            "answered",
            ": quien respondió lee otro correo o teléfono de la empresa",
            ": whoever answered reads another mailbox or telephone of the company",
        )
    };
    before.push(format!(
        "Si {did} usted o su representante, no tiene que hacer nada más con este aviso."
    ));
    before.push(format!(
        "Si la solicitud era de su empresa, su representante puede firmar una nueva con el correo que quiere registrar; la revisarán dos personas. Avise también a {operator}{reads}."
    ));
    english.push(format!(
        "If you or your representative {did_en}, there is nothing more to do about this notice. If the petition was your company's, its representative can sign a new one with the e-mail to be registered; two people will look at it. Tell {operator} too{reads_en}."
    ));
    Said::new("La cuenta quedó detenida", before).english(english)
}

fn delivery_refused(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let operator = &matter.settings.operator;
    let (life, life_en) = spans(matter.settings.approval_life);
    let (next, next_en) = if matter.holds(AT_THE_COUNTER) {
        (
            format!("Para elegir otra, pida un enlace nuevo en la ventanilla, dentro de {life}."),
            format!("To choose another one, ask for a new link at the counter, within {life_en}."),
        )
    } else {
        (
            format!(
                "Para elegir otra, entre en la página de su solicitud con su número y su código y pulse «Enviar enlace», dentro de {life}."
            ),
            format!(
                "To choose another one, open the page of your petition with its number and code and ask for the link again, within {life_en}."
            ),
        )
    };
    let silent = matter.holds(SILENT_PORTAL);
    let (subject, said) = if silent {
        (
            "No sabemos si la clave nueva está activa",
            format!(
                "El portal no respondió si tomó la clave que se eligió con la solicitud {number} {of_named}, y dejamos de preguntar. Puede estar activa, o seguir la de antes."
            ),
        )
    } else {
        (
            "La clave nueva no pudo activarse",
            format!(
                "El portal no aceptó la clave que se eligió con la solicitud {number} {of_named}. No la dé por activa; la de antes sigue como estaba."
            ),
        )
    };
    let named_en = matter.named_en();
    let said_en = if silent {
        format!(
            "The portal did not answer whether it took the password that was chosen with petition {number} of {named_en}, and we have stopped asking. It may be active, or the one before may still be."
        )
    } else {
        format!(
            "The portal did not take the password that was chosen with petition {number} of {named_en}. Do not count on it; the one before stays as it was."
        )
    };
    Said::new(subject, vec![said, next])
        .button(
            "Ir a mi solicitud",
            vec![format!("Si vuelve a ocurrir, avise a {operator}.")],
        )
        .english(vec![
            said_en,
            next_en,
            format!("If it happens again, tell {operator}."),
        ])
}

/// The portal did not open an account, or did not say whether it did. Another link helps nobody here: the operator opens it.
fn still_locked(matter: &Matter<'_>) -> Said {
    let (number, of_named, named_en) =
        (&matter.message.number, matter.of_named(), matter.named_en());
    let operator = &matter.settings.operator;
    let (subject, said, said_en) = if matter.holds(SILENT_PORTAL) {
        (
            "No sabemos si su cuenta se desbloqueó",
            format!(
                "El portal no respondió si desbloqueó la cuenta {of_named} (solicitud {number}), y dejamos de preguntar. Pruebe a entrar con su clave."
            ),
            format!(
                "The portal did not answer whether it opened the account of {named_en} (petition {number}), and we have stopped asking. Try to sign in with your password."
            ),
        )
    } else {
        (
            "Su cuenta no se pudo desbloquear",
            format!(
                "Aprobamos la solicitud {number}, pero el portal no desbloqueó la cuenta {of_named}: sigue bloqueada. No es un error suyo."
            ),
            format!(
                "We approved petition {number}, but the portal did not open the account of {named_en}: it is still blocked. That is no mistake of yours."
            ),
        )
    };
    Said::new(
        subject,
        vec![
            said,
            format!("Ya avisamos a {operator}. Si la cuenta no se abre, pregunte allí con el número de su solicitud; no tiene que firmar de nuevo."),
        ],
    )
    .button("Ir a mi solicitud", Vec::new())
    .english(vec![
        said_en,
        format!("We have told {operator}. If the account does not open, ask there with the number on the page of your petition; you need not sign again."),
    ])
}

/// A span of configuration as people say it, in Spanish and in English.
fn spans(duration: SignedDuration) -> (String, String) {
    let seconds = duration.as_secs().unsigned_abs();
    (
        calendar::say_span(seconds),
        calendar::span_in(Language::En, seconds),
    )
}
