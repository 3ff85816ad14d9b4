//! What people read: one Spanish sentence per reason, and the one next step (PRODUCT §3.2). *Usted*, plain words.
//! Used by pages, mails and the command line alike, so that nobody hears two versions of the same thing.

pub mod log;
pub mod review;

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::decision::{Reason, ReasonCode};
use crate::domain::{Action, Outcome, PasswordRule, State, Text, calendar};
use crate::letter::Doubt;

/// The sentence of a reason. A missing fact leaves a general word in its place, never a hole or a brace.
#[must_use]
pub fn sentence(reason: &Reason) -> String {
    tidy(&raw_sentence(reason))
}

/// What a reason says was found, for whoever has a person's answer by now: without the promise of one.
#[must_use]
pub fn found(reason: &Reason) -> String {
    const PROMISES: [&str; 2] = ["revisará", "Lo intentaremos"];
    let text = sentence(reason);
    let found: String = text
        .split_inclusive(". ")
        .filter(|part| !PROMISES.iter().any(|word| part.contains(word)))
        .collect();
    found.trim_end().to_owned()
}

/// A text for a cell of a table that a spreadsheet may open: one that begins like a formula is no formula (PRODUCT threat
/// 25, OWASP «CSV injection»).
#[must_use]
pub fn harmless_cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// «… CÍA. LTDA..» has one full stop too many: names may end in one of their own.
#[must_use]
pub fn tidy(text: &str) -> String {
    text.replace("..", ".")
}

fn raw_sentence(reason: &Reason) -> String {
    use ReasonCode as R;
    let facts = Facts(&reason.facts);
    match reason.code {
        R::NotAPdf => "El archivo no es un PDF ni un documento firmado. Guarde la solicitud como PDF, fírmela y súbala otra vez.".into(),
        R::PrivateKey => "Ese es su certificado (la llave con la que firma): no lo envíe a nadie. Suba el documento firmado.".into(),
        R::Archive => "Es un archivo comprimido. Descomprímalo y suba el PDF firmado que lleva dentro; si todavía no tiene firma, fírmelo primero.".into(),
        R::OfficeFile => "Es un documento de Word o de otro programa de oficina. Guárdelo como PDF, firme el PDF y súbalo.".into(),
        R::Damaged => "El archivo llegó incompleto o dañado. Vuelva a descargarlo o a firmarlo y súbalo otra vez.".into(),
        R::Unsigned => "El PDF no tiene firma electrónica. Una firma escaneada o una imagen no sirve; firme con FirmaEC o con su token.".into(),
        R::Encrypted => "El PDF está protegido o cifrado. Guárdelo sin protección, fírmelo y súbalo otra vez.".into(),
        R::ActiveContent => "El PDF lleva programas o archivos adjuntos. Imprímalo como PDF sencillo, o use el formulario de esta página, fírmelo y súbalo otra vez.".into(),
        R::TooComplex => "El documento es demasiado complejo para revisarlo automáticamente. Una persona lo revisará.".into(),
        R::ModifiedAfterSigning => "El documento cambió después de la firma. Firme de nuevo y no lo edite.".into(),
        R::SignatureInvalid => format!("{} no corresponde al documento o está dañada. Firme otra vez el documento original.", facts.signature()),
        R::WeakAlgorithm => format!("{} usa un método que ya no es seguro. Actualice su programa de firma o renueve su certificado y firme otra vez.", facts.signature()),
        R::OriginalMissing => "Llegó solo la firma, sin el documento. Suba el PDF firmado, o un archivo .p7m, que lleva los dos.".into(),
        R::SignatureUnsupported => "No pudimos comprobar esta clase de firma. Una persona la revisará.".into(),
        R::CaNotAccredited if reason.outcome == Outcome::InReview => format!("No reconocemos a la entidad que emitió {}. Una persona lo revisará.", facts.certificate("el certificado")),
        R::CaNotAccredited => format!("{} no es de una entidad acreditada en el Ecuador. Firme con uno que sí lo sea; sirve también el de persona natural.", facts.certificate("El certificado")),
        R::ChainInvalid => format!("{} no cumple las reglas de su entidad emisora{}. Consulte con ella.", facts.certificate("El certificado"), facts.in_parentheses("entidad")),
        R::CertExpired => format!("{} caducó el {}. Renuévelo con {} y firme otra vez.", facts.certificate("Su certificado"), facts.day("fecha", "día que consta en él"), facts.or("entidad", "su entidad de certificación")),
        R::CertExpiredTimestamped => format!("{} ya caducó, pero un sello de tiempo muestra que firmó cuando estaba vigente. Una persona lo revisará.", facts.certificate("Su certificado")),
        R::CertNotYetValid => format!("{} todavía no está vigente; empieza el {}. Firme otra vez desde esa fecha.", facts.certificate("Su certificado"), facts.day("fecha", "día que consta en él")),
        R::CertRevoked => format!("{} consta como revocado desde el {}. Si usted no lo pidió, llame a {}.", facts.certificate("Su certificado"), facts.day("fecha", "día que consta en la lista"), facts.or("entidad", "su entidad de certificación")),
        R::CertRevokedSince => "Su certificado fue revocado después de que recibimos el documento. Una persona lo revisará antes de seguir.".into(),
        R::CertOnHold => format!("{} consta como suspendido. Consulte con {}; mientras tanto una persona revisará su solicitud.", facts.certificate("Su certificado"), facts.or("entidad", "su entidad de certificación")),
        // It is a reason only once nothing is asked again; while it is, `asked_again` says when.
        R::RevocationUnknown => format!("No pudimos consultar si {} está vigente. Una persona lo revisará.", facts.certificate("el certificado")),
        R::CertUsage => format!("{} no sirve para firmar documentos. Firme con su certificado de firma electrónica.", facts.certificate("Este certificado")),
        R::CertClass => cert_class(&facts),
        R::CertClassUnknown => format!("No reconocemos la clase {}. Una persona lo revisará.", facts.certificate("de su certificado")),
        R::IdentityUnreadable => format!("No pudimos leer el número de cédula o pasaporte en {}. Una persona lo revisará.", facts.certificate("el certificado")),
        R::AlreadyUsed => "Esta solicitud ya fue utilizada. Cree una nueva.".into(),
        R::PetitionExpired => EXPIRED.into(),
        R::RucMismatch => ruc_mismatch(reason.outcome, &facts),
        R::WrongForm => "El documento firmado es de otra solicitud. Suba el formulario que descargó con este número.".into(),
        R::ExtraRevision => "El formulario fue modificado antes de la firma. Una persona lo revisará; si prefiere, descárguelo otra vez, fírmelo sin editarlo y súbalo.".into(),
        R::ValuesCovered => "La firma visible tapa los datos del formulario. Una persona lo revisará; si prefiere, fírmelo otra vez en el espacio libre.".into(),
        R::LetterUnclear => format!("No pudimos leer su carta sin dudas{}. Una persona la revisará; con el formulario de esta página es inmediato.", facts.in_parentheses("dudas")),
        R::HiddenText => "El documento tiene texto que no se ve a simple vista, o que está en campos o notas que aquí no se leen. Una persona lo revisará.".into(),
        R::LetterChangesEmail => "Un cambio de correo pedido por carta siempre lo revisa una persona. Con el formulario de esta página es más rápido.".into(),
        R::LetterNamesOtherEmail => "La carta nombra un correo distinto del registrado. Una persona la revisará; el enlace solo se envía al correo registrado.".into(),
        R::LetterOwnFonts => "Su carta usa letras que vienen dentro del archivo, como las de Word. Una persona comprobará que diga lo que se ve; con el formulario de esta página es inmediato.".into(),
        R::LetterTooOld => format!("La carta se firmó el {} y pasó el plazo para recibirla. Una persona la revisará; si prefiere, firme una nueva.", facts.day("fecha", "día que consta en ella")),
        R::LetterUndated => "La firma de la carta no dice cuándo se hizo. Una persona la revisará.".into(),
        R::ClockAhead => "La hora de la firma está adelantada. Revise el reloj de su computadora; una persona revisará la solicitud.".into(),
        R::SignerNotRepresentative => format!("Firmó {}, que no consta como representante legal de {}. Debe firmar el representante, o adjunte su nombramiento o su poder en la página de su solicitud.", facts.or("nombre", "una persona"), facts.or("empresa", "la empresa")),
        R::NameMatchOnly => format!("El nombre de quien firmó ({}) coincide con el registrado, pero el número de documento no. Una persona lo revisará.", facts.or("nombre", "sin nombre")),
        R::RepresentationEnded if reason.outcome == Outcome::Refused => format!("El nombramiento terminó el {} y consta otro representante. Debe firmar el representante actual, o adjunte el nombramiento nuevo en la página de su solicitud.", facts.day("fecha", "día que consta en el registro")),
        R::RepresentationEnded => format!("El nombramiento terminó el {}. Una persona revisará su solicitud; si ya tiene un nombramiento nuevo, adjúntelo en su página.", facts.day("fecha", "día que consta en el registro")),
        R::RepresentationNotStarted => format!("El nombramiento registrado empieza el {}. Una persona lo revisará.", facts.day("fecha", "día que consta en el registro")),
        R::JointSignatureMissing => format!("Esta empresa exige {} firmas; falta la de {}. Agregue la firma que falta al mismo archivo y súbalo otra vez.", count(facts.or("firmas", "2")), facts.or("quienes", "otro representante")),
        R::OtherSignature => format!("También firmó, de forma visible, {}. Una persona lo revisará.", facts.or("nombre", "otra persona")),
        R::PostUnrecognised => format!("Firmó {}, que consta en el registro como «{}»; ese cargo no dice por sí solo si representa a la empresa. Una persona lo revisará.", facts.or("nombre", "una persona"), facts.or("cargo", "otro cargo")),
        R::Attorney => "Firmó un apoderado. Una persona revisará el poder.".into(),
        R::PowerLacksScope => format!("Firmó {}, pero su poder registrado no incluye este pedido. Debe firmar el representante legal, o adjunte un poder que lo incluya en la página de su solicitud.", facts.or("nombre", "un apoderado")),
        R::PowerEnded => format!("El poder de {} terminó el {}. Debe firmar el representante legal, o adjunte el poder nuevo en la página de su solicitud.", facts.or("nombre", "quien firmó"), facts.day("fecha", "día que consta en el registro")),
        R::LiquidatorInOffice => format!("{} consta en liquidación: la representa su liquidador. Una persona lo revisará.", facts.or("empresa", "La empresa")),
        R::AppointmentAttached => format!("Firmó {}, y adjuntó un nombramiento o poder que aún no consta en el registro. Una persona lo revisará.", facts.or("nombre", "una persona")),
        R::RepresentativeUnknown => format!("En el registro no consta quién representa a {}. Una persona lo revisará.", facts.or("empresa", "la empresa")),
        R::BranchUnknown => branch_unknown(&facts),
        R::RegistryMissing => format!("El RUC {} no consta como activo en el registro. Una persona lo revisará.", facts.or("ruc", "indicado")),
        R::NoEmail => "Usuario no tiene correo registrado. Puede actualizarlo con una solicitud firmada.".into(),
        R::Frozen => "Esta cuenta está detenida porque alguien avisó que no hizo un pedido. Una persona lo revisará.".into(),
        R::MatchedRepresentative => format!("Firmó {}, {} registrado de la empresa.", facts.or("nombre", "el representante"), facts.or("cargo", "representante legal")),
        R::MatchedOwnRuc => "Firmó la misma persona a la que pertenece el RUC.".into(),
    }
}

/// Nothing more is taken under this number.
const EXPIRED: &str = "El plazo de esta solicitud terminó. Cree una nueva; solo toma un minuto.";

/// A small number as it is read.
fn count(number: &str) -> &str {
    match number {
        "2" => "dos",
        "3" => "tres",
        "4" => "cuatro",
        "5" => "cinco",
        other => other,
    }
}

/// What class the certificate is of, and which one serves.
fn cert_class(facts: &Facts<'_>) -> String {
    let class = match facts.or("clase", "") {
        "public_officer" => {
            "es de funcionario público: firma por su institución y no por una empresa"
        }
        "electronic_seal" => "es un sello electrónico: nombra a la empresa y a ninguna persona",
        "timestamp" => "es de sellado de tiempo: con él no firma ninguna persona",
        _ => "es un sello o de otra clase con la que nadie firma por una empresa",
    };
    format!(
        "{} {class}. Firme con el certificado personal del representante legal; sirve el de persona natural.",
        facts.certificate("Este certificado")
    )
}

/// The number of a branch, as its employer knows it: what is asked for at every counter.
const BRANCH_IS_WRITTEN: &str = "En sus avisos consta con cuatro cifras.";

fn branch_unknown(facts: &Facts<'_>) -> String {
    let (ruc, branch) = (
        facts.or("ruc", "indicado"),
        facts.or("sucursal", "indicada"),
    );
    if let Some(number) = facts.0.get("numero") {
        return format!("El RUC {ruc} no consta en el registro; con su cédula consta el {number}.");
    }
    match facts.or("sucursales", "") {
        "" => format!("No consta la sucursal {branch} del RUC {ruc}. {BRANCH_IS_WRITTEN}"),
        known => format!(
            "No consta la sucursal {branch} del RUC {ruc}; de las que usted representa consta {known}. {BRANCH_IS_WRITTEN}"
        ),
    }
}

fn ruc_mismatch(outcome: Outcome, facts: &Facts<'_>) -> String {
    let document = facts.or("documento", "indicado");
    match (facts.0.get("formulario"), facts.0.get("certificado")) {
        (Some(form), _) => {
            format!("El RUC del documento ({document}) no es el del formulario ({form}).")
        }
        (_, Some(certificate)) => {
            let serves = match outcome {
                Outcome::InReview => {
                    "Con el de persona natural no haría falta que una persona lo revise"
                }
                _ => {
                    "Debe firmar quien representa a la empresa, con uno de persona natural o emitido para ella"
                }
            };
            format!(
                "El RUC del documento ({document}) no es el del certificado ({certificate}). {serves}."
            )
        }
        _ => "El RUC del documento no es el del formulario.".into(),
    }
}

/// What to do now, in one sentence: the status page, the API and the mails all end with it.
#[must_use]
pub fn next_step(
    state: State,
    action: Option<Action>,
    reasons: &[Reason],
    expired: bool,
) -> String {
    let has = |code| reasons.iter().any(|reason| reason.code == code);
    match state {
        State::Issued if expired => EXPIRED.into(),
        State::Issued => "Descargue el formulario, fírmelo con su firma electrónica y súbalo aquí.".into(),
        State::Received => "Estamos comprobando su documento. No cierre esta página; toma unos segundos.".into(),
        State::InReview if has(ReasonCode::JointSignatureMissing) && !expired => "Agregue la firma que falta al mismo archivo y súbalo otra vez.".into(),
        State::InReview => "No tiene que hacer nada.".into(),
        State::Approved if action == Some(Action::ChangeEmail) => "Abra el mensaje que enviamos al correo nuevo y confirme la dirección.".into(),
        State::Approved => "Abra su correo registrado y use el enlace.".into(),
        State::Refused if has(ReasonCode::NoEmail) => "Escriba el correo nuevo, firme el cambio y confírmelo. Le avisaremos allí cuando pueda crear la clave: no tiene que firmar otra vez el pedido.".into(),
        State::Refused if has(ReasonCode::AlreadyUsed) || has(ReasonCode::PetitionExpired) => "Cree una solicitud nueva.".into(),
        State::Refused if has(ReasonCode::BranchUnknown) => "Cree otra solicitud con la sucursal y el RUC que constan; solo toma un minuto. Si los que escribió son los correctos y el registro está atrasado, puede apelar.".into(),
        State::Refused if expired => EXPIRED.into(),
        State::Refused if reasons.iter().any(stays_in_the_file) => {
            let several = reasons.iter().any(|reason| reason.whose().is_some());
            if several { FRESH_SIGNATURES } else { FRESH_SIGNATURE.es }.into()
        }
        State::Refused => "Corrija lo indicado y suba el documento otra vez con el mismo número.".into(),
        State::Completed if action == Some(Action::ChangeEmail) => "Listo: el correo quedó actualizado. Ya puede pedir la clave con una solicitud nueva.".into(),
        State::Completed => "Listo: ya puede entrar al portal con la clave nueva.".into(),
        State::Merged => "Siga el trámite con el número del formulario.".into(),
        State::AwaitingCompletion if expired => "El plazo para enviarlo terminó. Cree una solicitud nueva cuando tenga lo que se le pidió.".into(),
        State::AwaitingCompletion => "Envíe lo que se le pide aquí, con el mismo número y dentro del plazo.".into(),
        State::Archived => "Cree una solicitud nueva cuando tenga lo que se le pidió.".into(),
    }
}

/// What mends a refusal that rests on a signature: it stays in the file, and whoever signs on top of it is refused once more.
const FRESH_SIGNATURE: Text = Text::new(
    "Descargue otra vez la solicitud (o vuelva a su documento sin firmar) y fírmelo de nuevo: no firme encima del archivo que ya subió.",
    "Download the petition again (or go back to your unsigned document) and sign that anew: do not sign on top of the file you uploaded.",
);

/// The same where several signed.
const FRESH_SIGNATURES: &str = "Descargue otra vez la solicitud (o vuelva a su documento sin firmar) y fírmenlo de nuevo todas las personas que deben firmar: no firmen encima del archivo que ya subió.";

/// Whether the signature that it was refused for, or its certificate, is as bad below another one.
fn stays_in_the_file(reason: &Reason) -> bool {
    is_of_a_signature(reason.code)
        || reason.code == ReasonCode::RucMismatch && reason.facts.contains_key("certificado")
}

fn is_of_a_signature(code: ReasonCode) -> bool {
    use ReasonCode as R;
    matches!(
        code,
        R::ModifiedAfterSigning
            | R::SignatureInvalid
            | R::WeakAlgorithm
            | R::CaNotAccredited
            | R::ChainInvalid
            | R::CertExpired
            | R::CertNotYetValid
            | R::CertRevoked
            | R::CertUsage
            | R::CertClass
    )
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
            | R::LetterUnclear
            | R::HiddenText
            | R::LetterNamesOtherEmail
            | R::LetterOwnFonts
            | R::LetterTooOld
            | R::LetterUndated
            | R::OtherSignature
    )
}

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

/// What helps after a reason, in both languages; nothing where its sentence says it.
#[must_use]
pub fn remedy(code: ReasonCode) -> Option<Text> {
    match code {
        code if is_of_a_signature(code) => Some(FRESH_SIGNATURE),
        code if form_is_quicker(code) => Some(quicker(true)),
        _ => None,
    }
}

/// When a person looks at it. After the promised hour, the truth: whoever supervises has been told by then. Nobody is promised
/// a message that can't reach them.
#[must_use]
pub fn review_term(by: Timestamp, late: bool, told: bool) -> String {
    let by = calendar::say_minute(by);
    match (late, told) {
        (true, true) => "La revisión tarda más de lo previsto; ya avisamos a quien supervisa. Le avisaremos cuando haya una decisión.".to_owned(),
        (true, false) => "La revisión tarda más de lo previsto; ya avisamos a quien supervisa. Vuelva a esta página para saber la decisión.".to_owned(),
        (false, true) => format!("Una persona revisará su solicitud antes del {by} y le avisaremos."),
        (false, false) => format!("Una persona revisará su solicitud antes del {by}: vuelva entonces a esta página."),
    }
}

/// What to do while the portal of another system does not have the new password yet.
#[must_use]
pub fn handing_over() -> String {
    "No tiene que hacer nada: avisaremos a su correo registrado cuando el portal tenga la clave nueva. Hasta entonces sirve la \
     anterior."
        .to_owned()
}

/// What to do when the portal did not take the new password.
#[must_use]
pub fn not_taken() -> String {
    "Pida otro enlace aquí y elija otra clave; no tiene que firmar de nuevo. Ya avisamos al operador.".to_owned()
}

/// What to do while the address on file was changed too lately for a link.
#[must_use]
pub fn held(until: Timestamp) -> String {
    format!(
        "El correo cambió hace poco: por seguridad, el enlace espera hasta el {}. Vuelva entonces a esta página y pídalo.",
        calendar::say_minute(until)
    )
}

/// What to do while the mail with the link has not left; `now` when that takes a moment and no longer.
#[must_use]
pub fn leaving(now: bool, life: &str) -> String {
    if now {
        format!("Estamos enviando el enlace a su correo registrado: dura {life} desde que sale.")
    } else {
        format!(
            "El mensaje con el enlace todavía no ha podido salir; lo seguimos intentando y no tiene que pedirlo otra vez. El enlace dura {life} desde que sale."
        )
    }
}

/// What to do when a person asks for an appointment or a power.
pub const ATTACH_WHAT_IS_ASKED: &str =
    "Adjunte aquí lo que se le pide, dentro del plazo. No tiene que firmar otra vez.";

/// What can be done while a person looks at a petition whose signer the registry does not know well enough.
pub const ATTACH_MEANWHILE: &str = "Si quien firmó tiene un nombramiento o un poder que aún no consta en el registro, adjúntelo aquí.";

/// What to do when the registry does not know who signed: that may be what has to change, and not who signs.
#[must_use]
pub fn attach_or_sign(appeal_until: Option<Timestamp>) -> String {
    let appeal = appeal_until
        .map(|at| {
            format!(
                " Si no está de acuerdo, apele hasta el {}.",
                calendar::say_day_of(at)
            )
        })
        .unwrap_or_default();
    format!(
        "Si quien firmó ya representa a la empresa o tiene un poder, adjunte aquí el nombramiento o el poder: no tiene que firmar otra vez. Si no, suba el documento firmado por el representante que consta en el registro.{appeal}"
    )
}

/// What to do when one approval has no more links to give.
pub const LINKS_SPENT: &str =
    "Ya se enviaron todos los enlaces de esta solicitud. Cree una solicitud nueva.";

/// How a stopped account is freed: where it was stopped, and on the pages of its petitions.
pub const FREEING: &str = "Para liberarla, cree una solicitud nueva y fírmela: dos personas la revisarán y, si todo está en orden, la cuenta quedará libre.";

/// The same where no address is on file any more.
pub const FREEING_WITH_ADDRESS: &str = "No queda correo registrado: si había uno que ustedes no pidieron, ya no recibe enlaces, y el anterior no vuelve solo. Para liberar la cuenta pida el cambio de correo: escriba una dirección que solo la empresa abra y firme la solicitud; dos personas la revisarán.";

/// What to do about a petition whose account somebody stopped with «no fui yo».
#[must_use]
pub fn stopped() -> String {
    format!(
        "Esta cuenta está detenida porque alguien avisó que no hizo un pedido; los enlaces de esta solicitud ya no sirven. {FREEING}"
    )
}

/// What to do about a petition that «no fui yo» stopped, when its account is free again.
#[must_use]
pub fn stopped_petition() -> &'static str {
    "Alguien avisó con «No fui yo» que no hizo un pedido, y lo que se había aprobado quedó detenido; los enlaces de esta solicitud ya \
     no sirven. Cree una solicitud nueva y fírmela."
}

/// What to do while nobody answers about revocation.
#[must_use]
pub fn asked_again(next_at: Timestamp) -> String {
    format!(
        "No tiene que hacer nada: consultaremos otra vez el {}. Puede cerrar esta página y volver con su número y su código.",
        calendar::say_minute(next_at)
    )
}

/// A doubt about a letter, as it stands in parentheses behind «sin dudas».
#[must_use]
pub fn doubt(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::NoText => {
            "no tiene texto que se pueda leer; quizá es una imagen u otra clase de archivo"
        }
        Doubt::NoRuc => "no dice el RUC",
        Doubt::SeveralRucs => "nombra más de un RUC",
        Doubt::NoAction => "no pide con claridad algo sobre la clave de empleador",
        Doubt::SeveralActions => "pide dos cosas a la vez",
        Doubt::NoEmail => "no dice el correo nuevo",
        Doubt::SeveralEmails => "nombra más de un correo",
        Doubt::UnclearEmail => "tiene un correo que no se puede leer",
        Doubt::Against => "niega, prohíbe o cuenta algo que una persona debe leer",
        Doubt::Otherwise => "habla de claves o accesos de otra manera",
        Doubt::UnclearBranch => "no dice con claridad el número de la sucursal",
        Doubt::TooLong => "es demasiado larga",
        Doubt::Hidden => "tiene texto oculto",
    }
}

/// A rule of the password policy, as the list below the field says it.
#[must_use]
pub fn password_rule(rule: PasswordRule, least: usize, most: usize) -> String {
    match rule {
        PasswordRule::Length => format!("Debe tener entre {least} y {most} caracteres."),
        PasswordRule::Uppercase => "Debe tener una letra mayúscula.".into(),
        PasswordRule::Lowercase => "Debe tener una letra minúscula.".into(),
        PasswordRule::Digit => "Debe tener un número.".into(),
        PasswordRule::Special => "Debe tener un signo, por ejemplo * # ? !".into(),
        PasswordRule::IdentityDigits => {
            "No use cuatro números seguidos del RUC o de la cédula.".into()
        }
        PasswordRule::NameLetters => {
            "No use cuatro letras seguidas de un nombre de la empresa o del representante.".into()
        }
        PasswordRule::Sequence => "No use secuencias como 1234, abcd o qwer.".into(),
        PasswordRule::Repeat => "No repita el mismo carácter cuatro veces seguidas.".into(),
        PasswordRule::Character => {
            "Use solo letras sin tilde, números y signos, sin espacios.".into()
        }
    }
}

/// `1234567` → `1.234.567`, as numbers are written in Ecuador.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// An outcome in one word or two.
#[must_use]
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Approved => "Aprobada",
        Outcome::InReview => "En revisión",
        Outcome::Refused => "Negada",
    }
}

/// An action as people call it.
#[must_use]
pub fn action(action: Action) -> &'static str {
    match action {
        Action::ResetPassword => "Restablecimiento de la clave de empleador",
        Action::ChangeEmail => "Cambio del correo registrado",
        Action::Unblock => "Desbloqueo de la cuenta de empleador",
    }
}

/// The facts of a reason, with their fallbacks.
struct Facts<'a>(&'a BTreeMap<String, String>);

impl Facts<'_> {
    fn or<'b>(&'b self, name: &str, fallback: &'b str) -> &'b str {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
            .unwrap_or(fallback)
    }

    /// A date or timestamp fact as people write dates.
    fn day(&self, name: &str, fallback: &str) -> String {
        let Some(value) = self.0.get(name) else {
            return fallback.to_owned();
        };
        if let Ok(at) = value.parse::<Timestamp>() {
            return calendar::say_day(calendar::in_ecuador(at).date());
        }
        value
            .parse::<Date>()
            .map_or_else(|_| value.clone(), calendar::say_day)
    }

    /// Whose signature it is, where there are several: «de ANA PEÑA», «de la segunda firma».
    fn whose(&self) -> Option<String> {
        let named = self.0.get("firmante").map(|name| format!("de {name}"));
        named.or_else(|| Some(format!("de la {}", self.place()?)))
    }

    /// The place of a signature among several: «segunda firma».
    fn place(&self) -> Option<String> {
        const PLACES: [&str; 4] = ["primera", "segunda", "tercera", "cuarta"];
        let place: usize = self.0.get("firma")?.parse().ok()?;
        let word = PLACES.get(place.checked_sub(1)?);
        Some(word.map_or_else(|| format!("firma {place}"), |word| format!("{word} firma")))
    }

    /// The certificate as a sentence calls it: `alone` where there is one signature, otherwise with whose it is.
    fn certificate(&self, alone: &str) -> String {
        let Some(whose) = self.whose() else {
            return alone.to_owned();
        };
        let article = match alone.chars().next() {
            Some('d') => "del",
            Some(letter) if letter.is_lowercase() => "el",
            _ => "El",
        };
        format!("{article} certificado {whose}")
    }

    /// The signature at the beginning of a sentence.
    fn signature(&self) -> String {
        match (self.0.get("firmante"), self.place()) {
            (Some(name), _) => format!("La firma de {name}"),
            (None, Some(place)) => format!("La {place}"),
            (None, None) => "La firma".to_owned(),
        }
    }

    fn in_parentheses(&self, name: &str) -> String {
        match self.0.get(name).filter(|value| !value.is_empty()) {
            Some(value) => format!(" ({value})"),
            None => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_sentence_of_its_own_even_without_facts() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ReasonCode::ALL {
            let text = sentence(&Reason::new(*code, Outcome::InReview));
            assert!(text.ends_with('.'), "{code:?}: {text}");
            assert!(
                !text.contains('{') && !text.contains("()"),
                "{code:?}: {text}"
            );
            assert!(seen.insert(text), "{code:?} repeats another sentence");
        }
    }

    #[test]
    fn what_was_found_promises_nothing() {
        for code in ReasonCode::ALL {
            let text = found(&Reason::new(*code, Outcome::InReview));
            assert!(text.ends_with('.'), "{code:?}: {text}");
            assert!(!text.contains("revisará"), "{code:?}: {text}");
            assert!(!text.contains("intentaremos"), "{code:?}: {text}");
        }
    }

    #[test]
    fn a_name_that_ends_in_a_full_stop_does_not_double_it() {
        let reason = Reason::new(ReasonCode::SignerNotRepresentative, Outcome::Refused)
            .fact("empresa", "CAFÉ CÍA. LTDA.");
        assert!(
            sentence(&reason).contains("CAFÉ CÍA. LTDA. Debe firmar"),
            "{}",
            sentence(&reason)
        );
    }

    #[test]
    fn dates_are_written_as_people_write_them() {
        let reason = Reason::new(ReasonCode::CertExpired, Outcome::Refused)
            .fact("fecha", "2026-05-04T03:00:00Z")
            .fact("entidad", "Banco de Prueba");
        let text = sentence(&reason);
        assert_eq!(
            text,
            "Su certificado caducó el 3 de mayo de 2026. Renuévelo con Banco de Prueba y firme otra vez."
        );
    }

    /// A bad signature stays in the file: whoever signs on top of it is refused for the same again, for ever.
    #[test]
    fn after_a_refused_certificate_the_unsigned_document_is_signed() {
        use ReasonCode as R;
        let step = |reason: Reason| next_step(State::Refused, None, &[reason], false);
        for code in [
            R::CertExpired,
            R::CertNotYetValid,
            R::CertRevoked,
            R::CertUsage,
            R::CertClass,
            R::CaNotAccredited,
            R::ChainInvalid,
            R::WeakAlgorithm,
            R::SignatureInvalid,
            R::ModifiedAfterSigning,
        ] {
            let alone = step(Reason::new(code, Outcome::Refused));
            assert_eq!(
                alone,
                "Descargue otra vez la solicitud (o vuelva a su documento sin firmar) y fírmelo de nuevo: no firme encima del archivo que ya subió.",
            );
            let both = step(Reason::new(code, Outcome::Refused).fact("firmante", "ANA"));
            assert!(
                both.contains("fírmenlo de nuevo todas las personas"),
                "{both}"
            );
            // The command line says it in both languages.
            let entry = crate::explain::entry(code.as_str()).unwrap();
            let told = entry.next_step.unwrap();
            assert_eq!(told.es, alone);
            assert!(told.en.contains("do not sign on top of"), "{}", told.en);
        }
        let other = step(Reason::new(R::NotAPdf, Outcome::Refused));
        assert!(!other.contains("encima"), "{other}");
        let certificate = Reason::new(R::RucMismatch, Outcome::Refused).fact("certificado", "1");
        assert!(step(certificate).contains("no firme encima"));
        let form = Reason::new(R::RucMismatch, Outcome::Refused).fact("formulario", "1");
        assert!(!step(form).contains("encima"));
    }

    /// What says with which certificate to sign, where another one helps at once.
    #[test]
    fn a_certificate_that_does_not_serve_is_followed_by_one_that_does() {
        let ruc = |outcome| {
            sentence(&Reason::new(ReasonCode::RucMismatch, outcome).fact("certificado", "2"))
        };
        for said in [
            sentence(&Reason::new(ReasonCode::CaNotAccredited, Outcome::Refused)),
            ruc(Outcome::Refused),
            ruc(Outcome::InReview),
        ] {
            assert!(said.contains("persona natural"), "{said}");
        }
    }

    #[test]
    fn numbers_are_grouped_by_points() {
        assert_eq!(thousands(5), "5");
        assert_eq!(thousands(1_234_567), "1.234.567");
    }
}
