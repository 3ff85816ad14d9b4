//! What to do now, in one sentence or two, Spanish and English side by side: the status page, the API and the mails end with it.

use jiff::Timestamp;

use super::{EXPIRED, in_both};
use crate::decision::{Reason, ReasonCode};
use crate::domain::{Action, Language, State, Text, calendar};

#[cfg(test)]
mod tests;

/// What to do now, by where a petition stands and why.
#[must_use]
pub fn next_step(state: State, action: Option<Action>, reasons: &[Reason], expired: bool) -> Text {
    let has = |code| reasons.iter().any(|reason| reason.code == code);
    match state {
        State::Issued if expired => EXPIRED,
        State::Issued => Text::new(
            "Descargue el formulario, fírmelo con su firma electrónica y súbalo aquí.",
            "Download the form, sign it with your electronic signature and upload it here.",
        ),
        State::Received => Text::new(
            "Estamos comprobando su documento. No cierre esta página; toma unos segundos.",
            "We are checking your document. Do not close this page; it takes some seconds.",
        ),
        State::InReview if has(ReasonCode::JointSignatureMissing) && !expired => Text::new(
            "Agregue la firma que falta al mismo archivo y súbalo otra vez.",
            "Add the missing signature to the same file and upload it again.",
        ),
        State::InReview if has(ReasonCode::RegistryMissing) => Text::new(
            "Compruebe el RUC. Si lo escribió mal, cree otra solicitud: es inmediato. Si está bien, no tiene que hacer nada.",
            "Check the RUC. If you mistyped it, create another petition: that takes effect at once. If it is right, you need not do anything.",
        ),
        State::InReview if has(ReasonCode::EmployerNotActive) => REACTIVATE,
        State::InReview if has(ReasonCode::LetterMailboxLost) && !expired => CHANGE_ADDRESS_FIRST,
        State::InReview => Text::new("No tiene que hacer nada.", "You need not do anything."),
        State::Approved if action == Some(Action::ChangeEmail) => Text::new(
            "Abra el mensaje que enviamos al correo nuevo y confirme la dirección.",
            "Open the message that we sent to the new e-mail and confirm the address.",
        ),
        State::Approved => Text::new(
            "Abra su correo registrado y use el enlace.",
            "Open the mailbox that is on file and use the link.",
        ),
        State::Refused if has(ReasonCode::NoEmail) => Text::new(
            "Escriba el correo nuevo, firme el cambio y confírmelo. Le avisaremos allí cuando pueda crear la clave: no tiene que firmar otra vez el pedido.",
            "Type the new e-mail, sign the change and confirm it. We will tell you there when you can create the password: you need not sign this petition again.",
        ),
        State::Refused if has(ReasonCode::AlreadyUsed) || has(ReasonCode::PetitionExpired) => {
            Text::new("Cree una solicitud nueva.", "Create a new petition.")
        }
        State::Refused if has(ReasonCode::BranchUnknown) => Text::new(
            "Cree otra solicitud con la sucursal y el RUC que constan; solo toma un minuto. Si los que escribió son los correctos y el registro está atrasado, puede apelar.",
            "Create another petition with the branch and the RUC as registered; it takes just a minute. If those you typed are right and the registry is behind, you may appeal.",
        ),
        State::Refused if expired => EXPIRED,
        State::Refused if reasons.iter().any(stays_in_the_file) => {
            let several = reasons.iter().any(|reason| reason.whose().is_some());
            let another = reasons.iter().any(|reason| wants_another(reason.code));
            let good = |reason: &Reason| reason.facts.contains_key("buena");
            if reasons
                .iter()
                .filter(|one| stays_in_the_file(one))
                .all(good)
            {
                return GOOD_ONE_ALONE;
            }
            match (several, another) {
                (false, false) => FRESH_SIGNATURE,
                (false, true) => ANOTHER_CERTIFICATE,
                (true, false) => FRESH_SIGNATURES,
                (true, true) => OTHER_CERTIFICATES,
            }
        }
        State::Refused => Text::new(
            "Corrija lo indicado y suba el documento otra vez con el mismo número.",
            "Mend what is said above and upload the document again under the same number.",
        ),
        State::Completed if action == Some(Action::ChangeEmail) => Text::new(
            "Listo: el correo quedó actualizado. Ya puede pedir la clave con una solicitud nueva.",
            "Done: the e-mail on file is the new one. You can now ask for the password with a new petition.",
        ),
        State::Completed => Text::new(
            "Listo: ya puede entrar al portal con la clave nueva.",
            "Done: you can now sign in to the portal with the new password.",
        ),
        State::Merged => Text::new(
            "Siga el trámite con el número del formulario.",
            "Go on with the number of the form.",
        ),
        State::AwaitingCompletion if expired => Text::new(
            "El plazo para enviarlo terminó. Cree una solicitud nueva cuando tenga lo que se le pidió.",
            "The time for sending it is over. Create a new petition when you have what was asked of you.",
        ),
        State::AwaitingCompletion => Text::new(
            "Envíe lo que se le pide aquí, con el mismo número y dentro del plazo.",
            "Send what is asked of you here, under the same number and in time.",
        ),
        State::Archived => Text::new(
            "Cree una solicitud nueva cuando tenga lo que se le pidió.",
            "Create a new petition when you have what was asked of you.",
        ),
    }
}

/// When the next link can be asked for, once an hour has had all of its.
#[must_use]
pub fn links_this_hour(again_at: Timestamp, language: Language) -> String {
    in_both!(
        language,
        "Ya se enviaron los enlaces que permite una hora. Su solicitud sigue aprobada: podrá pedir otro desde el {at}.",
        "All the links that an hour allows have been sent. Your petition is still approved: you can ask for another from {at}.",
        at = calendar::minute_in(language, again_at),
    )
}

/// What to do where no more documents are taken under a number.
pub const TRIED_OUT: Text = Text::new(
    "Con este número ya no se reciben más documentos. Cree una solicitud nueva.",
    "No more documents are taken under this number. Create a new petition.",
);

/// What to do while the registry has the RUC as suspended or closed.
const REACTIVATE: Text = Text::new(
    "Si ya reactivó el RUC en el SRI, espere: no tiene que hacer nada más. Si no, reactívelo primero.",
    "If you have reactivated the RUC at the SRI, wait: you need not do anything more. If not, reactivate it first.",
);

/// What mends a refusal that rests on a signature: it stays in the file, and whoever signs on top of it is refused once more.
const FRESH_SIGNATURE: Text = Text::new(
    "Descargue otra vez la solicitud (o vuelva a su documento sin firmar) y fírmelo de nuevo: no firme encima del archivo que ya subió.",
    "Download the petition again (or go back to your unsigned document) and sign that anew: do not sign on top of the file you uploaded.",
);

/// The same where several signed.
const FRESH_SIGNATURES: Text = Text::new(
    "Descargue otra vez la solicitud (o vuelva a su documento sin firmar) y fírmenlo de nuevo todas las personas que deben firmar: no firmen encima del archivo que ya subió.",
    "Download the petition again (or go back to your unsigned document) and have everybody who must sign do so anew: do not sign on top of the file you uploaded.",
);

/// What mends a refusal for a bad signature beside one that is good by itself.
const GOOD_ONE_ALONE: Text = Text::new(
    "Descargue otra vez la solicitud (o vuelva a su documento sin firmar) y fírmelo solo con el certificado bueno: no firme encima del archivo que ya subió.",
    "Download the petition again (or go back to your unsigned document) and sign that with the good certificate alone: do not sign on top of the file you uploaded.",
);

/// What mends a refusal that rests on a certificate: whatever it signs is refused again.
const ANOTHER_CERTIFICATE: Text = Text::new(
    "Descargue otra vez la solicitud (o vuelva a su documento sin firmar) y fírmelo con otro certificado vigente: no firme encima del archivo que ya subió.",
    "Download the petition again (or go back to your unsigned document) and sign that with another certificate that is in force: do not sign on top of the file you uploaded.",
);

/// The same where several signed.
const OTHER_CERTIFICATES: Text = Text::new(
    "Descargue otra vez la solicitud (o vuelva a su documento sin firmar) y fírmenlo de nuevo todas las personas que deben firmar, la indicada con otro certificado vigente: no firmen encima del archivo que ya subió.",
    "Download the petition again (or go back to your unsigned document) and have everybody who must sign do so anew, the one named above with another certificate that is in force: do not sign on top of the file you uploaded.",
);

/// Whether the certificate is what fails, and not what was done with it.
fn wants_another(code: ReasonCode) -> bool {
    use ReasonCode as R;
    matches!(
        code,
        R::CaNotAccredited
            | R::CertExpired
            | R::CertNotYetValid
            | R::CertRevoked
            | R::CertUsage
            | R::CertClass
    )
}

/// What to do where all that was refused is one certificate that is not valid yet: from its day on the same one serves.
#[must_use]
pub fn sign_from_that_day(reasons: &[Reason], language: Language) -> Option<String> {
    let [reason] = reasons else {
        return None;
    };
    let from = reason.facts.get("fecha")?.parse().ok()?;
    (reason.code == ReasonCode::CertNotYetValid && reason.whose().is_none()).then(|| {
        in_both!(
            language,
            "Descargue otra vez la solicitud (o vuelva a su documento sin firmar) y fírmelo desde el {day}, o ahora con otro certificado vigente: no firme encima del archivo que ya subió.",
            "Download the petition again (or go back to your unsigned document) and sign that from {day} on, or now with another certificate that is in force: do not sign on top of the file you uploaded.",
            day = calendar::day_in(language, from),
        )
    })
}

/// Whether the signature that it was refused for, or its certificate, is as bad below another one.
fn stays_in_the_file(reason: &Reason) -> bool {
    is_of_a_signature(reason.code)
        || reason.code == ReasonCode::RucMismatch && reason.facts.contains_key("certificado")
}

fn is_of_a_signature(code: ReasonCode) -> bool {
    use ReasonCode as R;
    matches!(
        code,
        R::ModifiedAfterSigning | R::SignatureInvalid | R::WeakAlgorithm | R::ChainInvalid
    ) || wants_another(code)
}

/// Doubts about what was signed, or about whom the certificate names, that a person settles: the form, properly signed, raises
/// none of them.
#[must_use]
pub fn form_is_quicker(code: ReasonCode) -> bool {
    use ReasonCode as R;
    matches!(
        code,
        R::RucMismatch
            | R::ExtraRevision
            | R::ValuesCovered
            | R::BranchUnknown
            | R::LetterForOther
            | R::LetterUnclear
            | R::HiddenText
            | R::LetterNamesOtherEmail
            | R::LetterChangesEmail
            | R::LetterOwnFonts
            | R::LetterNotPlain
            | R::LetterTooOld
            | R::LetterUndated
            | R::OtherSignature
            | R::AutomaticLayers
            | R::SignedForOtherPurpose
    )
}

/// What to do where the mailbox on file is lost: the link goes to no other, and a form for the password would send it there.
const CHANGE_ADDRESS_FIRST: Text = Text::new(
    "Lo más rápido es cambiar primero el correo: cree una solicitud de cambio de correo, firme su formulario y confirme la dirección nueva; después pida la clave. Si prefiere, espere a que una persona revise la carta.",
    "It is quickest to change the e-mail first: create a petition to change it, sign its form and confirm the new address; then ask for the password. If you prefer, wait until a person has looked at the letter.",
);

/// What is quicker than to wait for a person, with the form of this number or, where it has none, of another.
#[must_use]
pub fn quicker(has_form: bool) -> Text {
    if has_form {
        Text::new(
            "Puede esperar a que una persona lo revise, o firmar ahora el formulario de esta página: así es inmediato.",
            "You may wait until a person has looked at it, or sign the form of this page now: that takes effect at once.",
        )
    } else {
        Text::new(
            "Puede esperar a que una persona lo revise, o crear una solicitud y firmar su formulario: así es inmediato.",
            "You may wait until a person has looked at it, or create a petition and sign its form: that takes effect at once.",
        )
    }
}

/// What helps after a reason; nothing where its sentence says it.
#[must_use]
pub fn remedy(code: ReasonCode) -> Option<Text> {
    use ReasonCode as R;
    match code {
        code if wants_another(code) => Some(ANOTHER_CERTIFICATE),
        code if is_of_a_signature(code) => Some(FRESH_SIGNATURE),
        R::LetterMailboxLost => Some(CHANGE_ADDRESS_FIRST),
        code if form_is_quicker(code) => Some(quicker(true)),
        _ => None,
    }
}

/// When a person looks at it. After the promised hour, the truth: whoever supervises has been told by then. Nobody is promised
/// a message that can't reach them.
#[must_use]
pub fn review_term(by: Timestamp, late: bool, told: bool, language: Language) -> String {
    let by = calendar::minute_in(language, by);
    match (late, told) {
        (true, true) => Text::new(
            "La revisión tarda más de lo previsto; ya avisamos a quien supervisa. Le avisaremos cuando haya una decisión.",
            "The review takes longer than foreseen; we have told the supervisor. We will tell you when there is a decision.",
        )
        .say(language)
        .to_owned(),
        (true, false) => Text::new(
            "La revisión tarda más de lo previsto; ya avisamos a quien supervisa. Vuelva a esta página para saber la decisión.",
            "The review takes longer than foreseen; we have told the supervisor. Come back to this page to learn the decision.",
        )
        .say(language)
        .to_owned(),
        (false, true) => in_both!(
            language,
            "Una persona revisará su solicitud antes del {by} y le avisaremos.",
            "A person will look at your petition before {by}, and we will tell you.",
            by = by,
        ),
        (false, false) => in_both!(
            language,
            "Una persona revisará su solicitud antes del {by}: vuelva entonces a esta página.",
            "A person will look at your petition before {by}: come back to this page then.",
            by = by,
        ),
    }
}

/// What to do while the portal of another system does not have the new password yet.
pub const HANDING_OVER: Text = Text::new(
    "No tiene que hacer nada: avisaremos a su correo registrado cuando el portal tenga la clave nueva. Hasta entonces sirve la anterior.",
    "You need not do anything: we will write to the e-mail on file when the portal has the new password. Until then the old one works.",
);

/// What to do when the portal did not take the new password.
pub const NOT_TAKEN: Text = Text::new(
    "Pida otro enlace aquí y elija otra clave; no tiene que firmar de nuevo. Ya avisamos al operador.",
    "Ask for another link here and choose another password; you need not sign again. We have told the operator.",
);

/// What to do while the address on file was changed too lately for a link.
#[must_use]
pub fn held(until: Timestamp, language: Language) -> String {
    in_both!(
        language,
        "El correo cambió hace poco: por seguridad, el enlace espera hasta el {until}. Vuelva entonces a esta página y pídalo.",
        "The e-mail was changed lately: for safety, the link waits until {until}. Come back to this page then and ask for it.",
        until = calendar::minute_in(language, until),
    )
}

/// What to do once a new address is on file that a password waits behind: it is asked for and signed now, and only its link waits.
#[must_use]
pub fn ask_now(from: Timestamp, language: Language) -> String {
    in_both!(
        language,
        "Si aún no pidió la clave, pídala ahora: por seguridad, el enlace saldrá desde el {from}.",
        "If you have not asked for the password yet, ask for it now: for safety, the link will leave from {from} on.",
        from = calendar::minute_in(language, from),
    )
}

/// What to do while the mail with the link has not left; `now` when that takes a moment and no longer. `life` is said in the same
/// language.
#[must_use]
pub fn leaving(now: bool, life: &str, language: Language) -> String {
    if now {
        in_both!(
            language,
            "Estamos enviando el enlace a su correo registrado: dura {life} desde que sale.",
            "We are sending the link to the e-mail on file: it lives {life} from when it leaves.",
            life = life,
        )
    } else {
        in_both!(
            language,
            "El mensaje con el enlace todavía no ha podido salir; lo seguimos intentando y no tiene que pedirlo otra vez. El enlace dura {life} desde que sale.",
            "The message with the link could not leave yet; we keep trying, and you need not ask for it again. The link lives {life} from when it leaves.",
            life = life,
        )
    }
}

/// What to do when a person asks for an appointment or a power.
pub const ATTACH_WHAT_IS_ASKED: Text = Text::new(
    "Adjunte aquí lo que se le pide, dentro del plazo. No tiene que firmar otra vez.",
    "Attach here what is asked of you, in time. You need not sign again.",
);

/// What can be done while a person looks at a petition whose signer the registry does not know well enough.
pub const ATTACH_MEANWHILE: Text = Text::new(
    "Si quien firmó tiene un nombramiento o un poder que aún no consta en el registro, adjúntelo aquí.",
    "If whoever signed has an appointment (nombramiento) or a power of attorney that is not in the registry yet, attach it here.",
);

/// What to do when the registry does not know who signed: that may be what has to change, and not who signs.
#[must_use]
pub fn attach_or_sign(appeal_until: Option<Timestamp>, language: Language) -> String {
    let appeal = appeal_until.map(|at| {
        in_both!(
            language,
            " Si no está de acuerdo, apele hasta el {day}.",
            " If you do not agree, appeal by {day}.",
            day = calendar::day_in(language, at),
        )
    });
    in_both!(
        language,
        "Si quien firmó ya representa a la empresa o tiene un poder, adjunte aquí el nombramiento o el poder: no tiene que firmar otra vez. Si no, suba el documento firmado por el representante que consta en el registro.{appeal}",
        "If whoever signed already represents the company or has a power of attorney, attach the appointment (nombramiento) or the power here: you need not sign again. If not, upload the document signed by the representative who is in the registry.{appeal}",
        appeal = appeal.unwrap_or_default(),
    )
}

/// What to do when one approval has no more links to give.
pub const LINKS_SPENT: Text = Text::new(
    "Ya se enviaron todos los enlaces de esta solicitud. Cree una solicitud nueva.",
    "All the links of this petition have been sent. Create a new petition.",
);

/// What to do about links while the registry does not know the company any more.
pub const NOT_REGISTERED: Text = Text::new(
    "La empresa ya no consta en el registro: mientras sea así no se envían enlaces, y los que se enviaron no abren nada. Espere a que se actualice el registro e inténtelo otra vez; si mañana sigue igual, comuníquese con nosotros.",
    "The company is not in the registry any more: as long as it is not, no links are sent, and those that were sent open nothing. Wait until the registry is updated and try again; if it is still so tomorrow, get in touch with us.",
);

/// What to do about links while the registry has the RUC as suspended or closed.
pub const NOT_ACTIVE: Text = Text::new(
    "El RUC de la empresa consta como suspendido o cerrado: mientras sea así no se envían enlaces, y los que se enviaron no abren nada. Si ya lo reactivó en el SRI, espere a que se actualice el registro e inténtelo otra vez; si no, reactívelo primero.",
    "The company’s RUC is on file as suspended or closed: as long as it is, no links are sent, and those that were sent open nothing. If you have reactivated it at the SRI, wait until the registry knows and try again; if not, reactivate it first.",
);

/// How a stopped account is freed: where it was stopped, and on the pages of its petitions.
pub const FREEING: Text = Text::new(
    "Para liberarla, cree una solicitud nueva y fírmela: dos personas la revisarán y, si todo está en orden, la cuenta quedará libre.",
    "To free it, create a new petition and sign it: two people will look at it and, if all is in order, the account will be free.",
);

/// The same where no address is on file any more.
pub const FREEING_WITH_ADDRESS: Text = Text::new(
    "No queda correo registrado: si había uno que ustedes no pidieron, ya no recibe enlaces, y el anterior no vuelve solo. Para liberar la cuenta pida el cambio de correo: escriba una dirección que solo la empresa abra y firme la solicitud; dos personas la revisarán.",
    "No e-mail is on file any more: if there was one that you did not ask for, it gets no links now, and the one before does not come back by itself. To free the account, ask for a change of e-mail: type an address that only the company opens, and sign the petition; two people will look at it.",
);

/// What to do about a petition whose account somebody stopped with «no fui yo»; with `address_wanted` the one on file went with it.
#[must_use]
pub fn stopped(address_wanted: bool, language: Language) -> String {
    let freeing = if address_wanted {
        FREEING_WITH_ADDRESS
    } else {
        FREEING
    };
    in_both!(
        language,
        "Esta cuenta está detenida porque alguien avisó que no hizo un pedido; los enlaces de esta solicitud ya no sirven. {freeing}",
        "This account is stopped, because somebody told us that they did not ask for something; the links of this petition no longer work. {freeing}",
        freeing = freeing.say(language),
    )
}

/// What to do about a petition that «no fui yo» stopped, when its account is free again.
pub const STOPPED_PETITION: Text = Text::new(
    "Alguien avisó con «No fui yo» que no hizo un pedido, y lo que se había aprobado quedó detenido; los enlaces de esta solicitud ya no sirven. Cree una solicitud nueva y fírmela.",
    "Somebody told us with “No fui yo” (it was not me) that they did not ask for something, and what had been approved was stopped; the links of this petition no longer work. Create a new petition and sign it.",
);

/// What to do about an approved petition whose signer represents the employer no longer.
pub const SIGNER_LEFT: Text = Text::new(
    "Quien firmó esta solicitud ya no consta como representante de la empresa, y lo que se había aprobado quedó sin efecto; sus enlaces ya no sirven. Quien la representa ahora puede crear una solicitud nueva y firmarla. Si el registro está equivocado, adjunte el nombramiento a la solicitud nueva.",
    "Whoever signed this petition is no longer registered as a representative of the company, and what had been approved has no effect any more; its links no longer work. Whoever represents it now can create a new petition and sign it. If the registry is wrong, attach the appointment (nombramiento) to the new petition.",
);

/// What to do while nobody answers about revocation.
#[must_use]
pub fn asked_again(next_at: Timestamp, language: Language) -> String {
    in_both!(
        language,
        "No tiene que hacer nada: consultaremos otra vez el {at}. Puede cerrar esta página y volver con su número y su código.",
        "You need not do anything: we will ask again on {at}. You may close this page and come back with your number and your code.",
        at = calendar::minute_in(language, next_at),
    )
}
