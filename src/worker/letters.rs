//! The words of the messages: es-EC, *usted*, no personal data beyond what is needed, one thing to do. A mail has a subject and
//! paragraphs; a short message has one sentence or two, without accents where they can be avoided, because one accent more
//! than the telephone alphabet knows (3GPP TS 23.038) halves what fits.

use jiff::SignedDuration;

use crate::domain::{Action, EmailAddress, Employer, EmployerKind, calendar};
use crate::intake::{AT_THE_COUNTER, LATE_APPROVAL, ON_FILE, Settings, UNCONFIRMED, messages};
use crate::mail::{Button, Written};
use crate::store::{AlarmKind, Message, MessageKind};
use crate::words;

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

    fn fact(&self, name: &str) -> &str {
        let value = self.message.facts.get(name);
        value
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    }
}

fn without_name(employer: &Employer) -> String {
    let ruc = employer.ruc.as_str();
    let end = ruc.get(ruc.len().saturating_sub(5)..).unwrap_or_default();
    format!("empleador con RUC terminado en {end}")
}

fn is_person(kind: EmployerKind) -> bool {
    matches!(kind, EmployerKind::NaturalPerson | EmployerKind::Household)
}

/// How a message says what its link that stops everything is for.
const STOP: &str = "Si nadie de su empresa pidió esto, detenga la cuenta aquí";

/// Writes a mail.
pub(super) fn mail(matter: &Matter<'_>) -> Written {
    let number = &matter.message.number;
    let Said {
        subject,
        before,
        button,
        after,
    } = match matter.message.kind {
        MessageKind::ResetLink => reset_link(matter),
        MessageKind::ResetNotice => reset_notice(matter),
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
        MessageKind::DeliveryRefused => delivery_refused(matter),
        MessageKind::Alarm => alarm(matter),
    };
    let tidy = |paragraphs: Vec<String>| paragraphs.iter().map(|text| words::tidy(text)).collect();
    let button = button.zip(matter.link.clone());
    let stop = matter.stop.clone().map(|url| Button {
        label: STOP.to_owned(),
        url,
    });
    Written {
        subject: format!("{subject} ({number})"),
        before: tidy(before),
        button: button.map(|(label, url)| Button {
            label: label.to_owned(),
            url,
        }),
        after: tidy(after),
        stop,
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
}

impl Said {
    fn new(subject: &'static str, before: Vec<String>) -> Self {
        Self {
            subject,
            before,
            button: None,
            after: Vec::new(),
        }
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
    let life = span(matter.settings.link_life);
    let (subject, first) = match matter.action {
        Action::Unblock => (
            "Su cuenta de empleador está desbloqueada",
            vec![
                format!(
                    "Se aprobó la solicitud {number} y se desbloqueó la cuenta {of_named}. Ya puede entrar con su clave."
                ),
                format!(
                    "Si no la recuerda, cree una nueva con este enlace. Dura {life} y sirve una sola vez."
                ),
            ],
        ),
        Action::ResetPassword | Action::ChangeEmail => (
            "Enlace para crear su clave de empleador",
            vec![
                format!("Se aprobó la solicitud {number} {of_named}."),
                format!(
                    "Para crear la clave nueva, abra este enlace. Dura {life} y sirve una sola vez."
                ),
            ],
        ),
    };
    Said::new(subject, first).button(
        "Crear la clave nueva",
        vec![
            "Si venció, pida otro en la página de su solicitud; no tiene que volver a subir nada."
                .to_owned(),
        ],
    )
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
}

fn password_changed(matter: &Matter<'_>) -> Said {
    let (number, named) = (&matter.message.number, matter.named());
    let operator = &matter.settings.operator;
    let when = calendar::say_second(matter.message.created_at);
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
}

fn confirm_email(matter: &Matter<'_>) -> Said {
    let (number, named) = (&matter.message.number, matter.named());
    let life = span(matter.settings.confirmation_life);
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
}

fn email_changed(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let mut before = vec![format!(
        "Desde ahora este es el correo registrado {of_named} (solicitud {number})."
    )];
    if matter.settings.email_hold.is_positive() {
        let hold = span(matter.settings.email_hold);
        before.push(format!(
            "Por seguridad, un cambio de clave pedido con este correo espera {hold}."
        ));
    }
    Said::new("El correo quedó registrado", before)
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
}

fn successor_alert(matter: &Matter<'_>) -> Said {
    let (number, named) = (&matter.message.number, matter.named());
    let operator = &matter.settings.operator;
    let came_to = if matter.holds("attached") {
        "Adjuntó un nombramiento que el registro no conoce: lo revisarán dos personas, y hasta entonces nada cambia."
    } else {
        "La solicitud se negó y nada cambió."
    };
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
}

fn review_approved(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let first = format!("Una persona revisó y aprobó la solicitud {number} {of_named}.");
    link_on_page("Se aprobó su solicitud", first, matter)
}

fn link_ready(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let first = if matter.holds(LATE_APPROVAL) {
        format!("Se aprobó la solicitud {number} {of_named}.")
    } else {
        format!(
            "Terminó la espera de seguridad por el cambio de correo: la solicitud {number} {of_named}, ya aprobada, puede seguir."
        )
    };
    link_on_page("Ya puede crear su clave de empleador", first, matter)
}

/// Nobody waits for a link at this hour: it is asked for on the page, when somebody is at the mailbox.
fn link_on_page(subject: &'static str, first: String, matter: &Matter<'_>) -> Said {
    let mut before = vec![first];
    if matter.action == Action::Unblock {
        before.push("La cuenta ya está desbloqueada.".to_owned());
    }
    let life = span(matter.settings.approval_life);
    before.push(format!(
        "Cuando esté listo para crear la clave, entre en la página de su solicitud con su número y su código y pulse «Enviar \
         enlace». Puede hacerlo dentro de {life}."
    ));
    Said::new(subject, before).button("Ir a mi solicitud", Vec::new())
}

fn review_refused(matter: &Matter<'_>) -> Said {
    let petition = matter.petition();
    let operator = &matter.settings.operator;
    Said::new(
        "No se aceptó su solicitud",
        vec![
            format!("Una persona revisó {petition} y no pudo aceptarla."),
            if matter.holds("appeal") {
                "El motivo, qué puede hacer y cómo apelar están en la página de su solicitud."
            } else {
                "El motivo y qué puede hacer están en la página de su solicitud."
            }
            .to_owned(),
        ],
    )
    .button(
        "Ir a mi solicitud",
        vec![format!("Si usted no pidió esto, avise a {operator}.")],
    )
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
}

fn account_stopped(matter: &Matter<'_>) -> Said {
    let petition = matter.petition();
    let operator = &matter.settings.operator;
    let mut before = vec![format!(
        "Alguien respondió «No fui yo» a un aviso sobre {petition}. La cuenta quedó detenida: nadie puede cambiar la clave ni el correo hasta que dos personas aprueben una solicitud nueva, firmada."
    )];
    if matter.is_taken_off_file() {
        before.push(
            "Esta dirección ya no es el correo registrado; tampoco lo es la anterior.".to_owned(),
        );
    }
    before.push(
        "Si respondió usted o su representante, no tiene que hacer nada más con este aviso."
            .to_owned(),
    );
    before.push(format!(
        "Si la solicitud era de su empresa, su representante puede firmar una nueva con el correo que quiere registrar; la revisarán dos personas. Avise también a {operator}: quien respondió lee otro correo o teléfono de la empresa."
    ));
    Said::new("La cuenta quedó detenida", before)
}

fn delivery_refused(matter: &Matter<'_>) -> Said {
    let (number, of_named) = (&matter.message.number, matter.of_named());
    let operator = &matter.settings.operator;
    let life = span(matter.settings.approval_life);
    let next = if matter.holds(AT_THE_COUNTER) {
        format!("Para elegir otra, pida un enlace nuevo en la ventanilla, dentro de {life}.")
    } else {
        format!(
            "Para elegir otra, entre en la página de su solicitud con su número y su código y pulse «Enviar enlace», dentro de {life}."
        )
    };
    Said::new(
        "La clave nueva no pudo activarse",
        vec![
            format!("El portal no aceptó la clave que se eligió con la solicitud {number} {of_named}. No sirve; la de antes sigue como estaba."),
            next,
        ],
    )
    .button(
        "Ir a mi solicitud",
        vec![format!("Si vuelve a ocurrir, avise a {operator}.")],
    )
}

fn alarm(matter: &Matter<'_>) -> Said {
    let number = &matter.message.number;
    let subject = matter.fact("subject");
    let reason = match matter.fact("reason") {
        "" => String::new(),
        reason => format!(" Motivo: {}.", messages::cause(reason)),
    };
    let (title, what) = match matter.fact("alarm").parse() {
        Ok(AlarmKind::MessageParked) => (
            "Alarma: un mensaje no se enviará",
            format!(
                "El mensaje {subject} fue rechazado o se agotaron los intentos. Nadie más lo enviará."
            ),
        ),
        Ok(AlarmKind::MessageLate) => (
            "Alarma: un mensaje no sale",
            format!(
                "El mensaje {subject} lleva más de una hora sin poder enviarse. Se sigue intentando."
            ),
        ),
        Ok(AlarmKind::MessageBounced) => (
            "Alarma: un mensaje volvió",
            format!(
                "El mensaje {subject} fue devuelto después de que el servidor de correo lo aceptó."
            ),
        ),
        Ok(AlarmKind::DeliveryParked) => (
            "Alarma: el portal no aceptó una entrega",
            format!(
                "El portal no aceptó {subject}.{reason} La persona puede pedir otro enlace mientras viva la aprobación."
            ),
        ),
        Ok(AlarmKind::DeliveryLate) => (
            "Alarma: el portal no responde",
            format!(
                "La entrega {subject} lleva más de una hora sin respuesta del portal.{reason} Se sigue intentando."
            ),
        ),
        Ok(AlarmKind::UndecidedDay) => (
            "Alarma: una solicitud espera demasiado",
            format!(
                "La solicitud {number} espera una decisión desde hace más de {} horas.",
                matter.settings.deadlines.first.as_hours()
            ),
        ),
        Ok(AlarmKind::UndecidedTerm) => (
            "Alarma: el plazo legal se acerca",
            format!(
                "La solicitud {number} espera una decisión desde hace {} días hábiles. El silencio administrativo opera a los 30 (COA, art. 207). Nada se aprueba por el paso del tiempo: una persona debe decidir.",
                matter.settings.deadlines.working_days
            ),
        ),
        Ok(AlarmKind::AccountFrozen) => (
            "Alarma: una cuenta quedó detenida",
            format!(
                "Alguien respondió «no fui yo» a un aviso de la solicitud {number}: nadie puede cambiar el correo ni la clave de esa empresa. Comuníquese con ella. Si con esa solicitud ya se creó una clave, sigue abriendo el portal: ciérrela allí. Cuando firme una solicitud nueva, esta llegará a la cola; si dos personas la aprueban, la cuenta queda libre."
            ),
        ),
        Err(_) => ("Alarma", format!("Revise {subject}.")),
    };
    Said::new(title, vec![what, format!("Trámite {number}.")])
}

/// Writes a short message.
pub(super) fn short(matter: &Matter<'_>) -> String {
    let number = &matter.message.number;
    let link = matter.link.as_deref().unwrap_or_default();
    let operator = &matter.settings.operator;
    let text = match matter.message.kind {
        MessageKind::EmailChangeNotice => {
            format!(
                "Pidieron cambiar el correo de su empresa (solicitud {number}). Si no fue usted, detenga el cambio: {link}"
            )
        }
        MessageKind::EmailReplaced => {
            format!(
                "Ya se hizo el cambio de correo de su empresa (solicitud {number}). Si no fue usted, detenga la cuenta: {link}"
            )
        }
        MessageKind::ResetNotice => {
            format!(
                "Aprobada una clave nueva de empleador para su empresa (solicitud {number}). Si no la pidieron, detenga la cuenta: {link}"
            )
        }
        MessageKind::PasswordChanged => {
            format!(
                "Hay una clave nueva de empleador para su empresa (solicitud {number}). Si no fue usted, detenga la cuenta: {link}"
            )
        }
        MessageKind::AccountUnblocked => {
            format!(
                "La cuenta de empleador de su empresa fue desbloqueada (solicitud {number}). Si no lo pidieron, detenga la cuenta: {link}"
            )
        }
        MessageKind::SuccessorAlert => {
            format!(
                "En la solicitud {number} firmó por su empresa alguien cuyo nombramiento ya terminó. Nada cambió. Dudas: {operator}."
            )
        }
        MessageKind::ReviewRefused => {
            format!("La solicitud {number} fue revisada y no se acepta. Vea el motivo: {link}")
        }
        MessageKind::CompletionWanted => {
            format!(
                "Falta algo en la solicitud {number}; no ha sido negada. Vea lo que se le pide y el plazo: {link}"
            )
        }
        MessageKind::PetitionArchived => {
            format!(
                "La solicitud {number} queda archivada porque no vino lo que se le pide. No ha sido negada: puede crear otra. {link}"
            )
        }
        MessageKind::AccountStopped => {
            format!(
                "Alguien dice que su empresa no hizo la solicitud {number}: la cuenta de empleador queda detenida. Si era suya, firme otra y avise a {operator}."
            )
        }
        MessageKind::DeliveryRefused => {
            format!(
                "La clave nueva de su empresa no pudo activarse (solicitud {number}); la de antes sigue igual. Vea como elegir otra: {link}"
            )
        }
        // What carries a link for a key, or belongs to the mailbox, never goes by SMS.
        _ => format!(
            "Tiene un aviso sobre la solicitud {number}. Revise su correo o consulte con {operator}."
        ),
    };
    text.trim().to_owned()
}

/// A span of configuration as people say it.
fn span(duration: SignedDuration) -> String {
    calendar::say_span(duration.as_secs().unsigned_abs())
}
