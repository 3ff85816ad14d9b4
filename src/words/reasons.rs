//! One sentence for each reason of a decision, Spanish and English side by side: whoever changes one sees the other. Both are
//! filled with the same facts, or the file does not compile. What names and posts say stays as the registry has it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{EXPIRED, in_both, tidy};
use crate::decision::{Reason, ReasonCode};
use crate::domain::{Language, Outcome, Text, calendar};
use crate::letter::Doubt;

#[cfg(test)]
mod tests;

/// The sentence of a reason. A missing fact leaves a general word in its place, never a hole or a brace.
#[must_use]
pub fn sentence(reason: &Reason, language: Language) -> String {
    tidy(&raw_sentence(reason, language))
}

/// What a reason says was found, for whoever has a person's answer by now: without the promise of one.
#[must_use]
pub fn found(reason: &Reason, language: Language) -> String {
    const PROMISE: Text = Text::new("revisará", "person will");
    let promise = PROMISE.say(language);
    let text = sentence(reason, language);
    let found: String = text
        .split_inclusive(". ")
        .filter(|part| !part.contains(promise))
        .collect();
    found.trim_end().to_owned()
}

/// What a reason says was found, as whoever decides about it reads it: without what the company is to do, and not spoken to the
/// company. What tells it what to do stands behind what was found, and begins with one of these words.
#[must_use]
pub fn in_the_office(reason: &Reason) -> String {
    const TO_THE_COMPANY: [&str; 27] = [
        "Actualice",
        "Agregue",
        "Compruebe",
        "Con el de ",
        "Con el formulario",
        "Consulte",
        "Cree ",
        "Debe ",
        "Descomprímalo",
        "En sus avisos",
        "Firme ",
        "Guarde ",
        "Guárdelo",
        "Imprímalo",
        "Pida ",
        "Puede ",
        "Renuévelo",
        "Revise ",
        "Si está ",
        "Si también",
        "Suba ",
        "Una firma escaneada",
        "Una persona comprobará",
        "Una persona la revisará",
        "Una persona lo revisará",
        "Una persona revisará",
        "Vuelva ",
    ];
    const SPOKEN: [(&str, &str); 7] = [
        ("de su certificado", "del certificado"),
        ("su certificado", "el certificado"),
        ("Su certificado", "El certificado"),
        ("su carta", "la carta"),
        ("Su carta", "La carta"),
        ("con su cédula", "con la cédula de quien firmó"),
        ("que usted representa", "que representa quien firmó"),
    ];
    let text = sentence(reason, Language::Es);
    let speaks = |part: &&str| TO_THE_COMPANY.iter().any(|word| part.starts_with(word));
    let parts = text.split_inclusive(". ");
    let found: String = parts.take_while(|part| !speaks(part)).collect();
    let found = SPOKEN.iter().fold(found, |text, (company, office)| {
        text.replace(company, office)
    });
    found.trim_end().to_owned()
}

/// The sentence of one of `reasons`. Where any of them refuses, nobody looks at the others.
#[must_use]
pub fn told_among(reason: &Reason, reasons: &[Reason], language: Language) -> String {
    let refused = reasons.iter().any(|one| one.outcome == Outcome::Refused);
    if refused && reason.outcome != Outcome::Refused {
        found(reason, language)
    } else {
        sentence(reason, language)
    }
}

/// What is said of a bad signature beside a good one.
const SPOILT: Text = Text::new(
    "El archivo lleva también una firma que sí vale, pero la otra lo daña: tome una copia sin firmas y fírmela solo con el certificado bueno.",
    "The file also bears a signature that is good, but the other one spoils it: take a copy without signatures and sign it with the good certificate alone.",
);

fn raw_sentence(reason: &Reason, language: Language) -> String {
    use ReasonCode as R;
    let facts = Facts {
        facts: &reason.facts,
        language,
    };
    let say = |es, en| Text::new(es, en).say(language).to_owned();
    let certificate = |es, en| facts.certificate(Text::new(es, en));
    let yours = || certificate("Su certificado", "Your certificate");
    let entity = || {
        facts.or(
            "entidad",
            "su entidad de certificación",
            "the entity that issued it",
        )
    };
    let somebody = || facts.or("nombre", "una persona", "somebody");
    let company = || facts.or("empresa", "la empresa", "the company");
    // Whoever has signed the same file with a good certificate too needs no other: the bad signature stays in the file.
    let mend = |es: &str, en: &str| match facts.given("buena") {
        Some(_) => SPOILT.say(language).to_owned(),
        None => language.pick(es, en).to_owned(),
    };
    let day_in_it = || facts.day("fecha", "día que consta en él", "the day stated in it");
    let day_in_registry = || {
        facts.day(
            "fecha",
            "día que consta en el registro",
            "the day stated in the registry",
        )
    };
    match reason.code {
        R::NotAPdf => say(
            "El archivo no es un PDF ni un documento firmado. Guarde la solicitud como PDF, fírmela y súbala otra vez.",
            "The file is neither a PDF nor a signed document. Save the petition as a PDF, sign it and upload it again.",
        ),
        R::PrivateKey => say(
            "Ese es su certificado (la llave con la que firma): no lo envíe a nadie. Suba el documento firmado.",
            "That is your certificate (the key that you sign with): send it to nobody. Upload the signed document.",
        ),
        R::Archive => say(
            "Es un archivo comprimido. Descomprímalo y suba el PDF firmado que lleva dentro; si todavía no tiene firma, fírmelo primero.",
            "It is a compressed file. Unpack it and upload the signed PDF inside; if that has no signature yet, sign it first.",
        ),
        R::OfficeFile => say(
            "Es un documento de Word o de otro programa de oficina. Guárdelo como PDF, firme el PDF y súbalo.",
            "It is a document of Word or another office program. Save it as a PDF, sign the PDF and upload it.",
        ),
        R::MailMessage => say(
            "Es un mensaje de correo. Los correos no se leen aquí, aunque estén firmados. Guarde la solicitud como PDF, firme el PDF y súbalo.",
            "It is a mail. Mails are not read here, even if they are signed. Save the petition as a PDF, sign the PDF and upload it.",
        ),
        R::Damaged => say(
            "El archivo llegó incompleto o dañado. Vuelva a descargarlo o a firmarlo y súbalo otra vez.",
            "The file arrived incomplete or damaged. Download or sign it once more and upload it again.",
        ),
        R::Unsigned => say(
            "El PDF no tiene firma electrónica. Una firma escaneada o una imagen no sirve; firme con FirmaEC o con su token.",
            "The PDF has no electronic signature. A scanned signature or a picture does not serve; sign with FirmaEC (the State's signing program) or with your token.",
        ),
        R::Encrypted => say(
            "El PDF está protegido o cifrado. Guárdelo sin protección, fírmelo y súbalo otra vez.",
            "The PDF is protected or encrypted. Save it without protection, sign it and upload it again.",
        ),
        R::ActiveContent => say(
            "El PDF lleva programas o archivos adjuntos. Imprímalo como PDF sencillo, o use el formulario de este servicio, fírmelo y súbalo otra vez.",
            "The PDF carries programs or attached files. Print it as a plain PDF, or use the form of this service, sign it and upload it again.",
        ),
        R::AutomaticLayers => say(
            "El PDF tiene capas que cambian solas entre la pantalla y el papel (por ejemplo, un encabezado o una marca de agua de Acrobat). Una persona lo revisará.",
            "The PDF has layers that change by themselves between screen and paper (a header or a watermark of Acrobat, for example). A person will look at it.",
        ),
        R::TooComplex => say(
            "El documento es demasiado complejo para revisarlo automáticamente. Una persona lo revisará.",
            "The document is too complex to be checked automatically. A person will look at it.",
        ),
        R::ModifiedAfterSigning => say(
            "El documento cambió después de la firma. Firme de nuevo y no lo edite.",
            "The document was changed after it was signed. Sign again and do not edit it.",
        ),
        R::SignatureInvalid => in_both!(
            language,
            "{signature} no corresponde al documento o está dañada. Firme otra vez el documento original.",
            "{signature} does not belong to the document or is damaged. Sign the original document again.",
            signature = facts.signature(),
        ),
        R::WeakAlgorithm => in_both!(
            language,
            "{signature} usa un método que ya no es seguro. Actualice su programa de firma o renueve su certificado y firme otra vez.",
            "{signature} uses a method that is no longer safe. Update your signing program or renew your certificate and sign again.",
            signature = facts.signature(),
        ),
        R::OriginalMissing => say(
            "Llegó solo la firma, sin el documento. Suba el PDF firmado, o un archivo .p7m, que lleva los dos.",
            "Only the signature arrived, without the document. Upload the signed PDF, or a .p7m file, which holds both.",
        ),
        R::SignatureUnsupported => say(
            "No pudimos comprobar esta clase de firma. Una persona la revisará.",
            "We could not check this kind of signature. A person will look at it.",
        ),
        R::CaNotAccredited if reason.outcome == Outcome::InReview => in_both!(
            language,
            "No reconocemos a la entidad que emitió {certificate}. Una persona lo revisará.",
            "We do not know the entity that issued {certificate}. A person will look at it.",
            certificate = certificate("el certificado", "the certificate"),
        ),
        R::CaNotAccredited => in_both!(
            language,
            "{certificate} no es de una entidad acreditada en el Ecuador. {mend}",
            "{certificate} is not of an entity accredited in Ecuador. {mend}",
            certificate = certificate("El certificado", "The certificate"),
            mend = mend(
                "Firme con uno que sí lo sea; sirve también el de persona natural.",
                "Sign with one that is; that of a natural person serves too.",
            ),
        ),
        R::ChainInvalid => in_both!(
            language,
            "{certificate} no cumple las reglas de su entidad emisora{entity}. {mend}",
            "{certificate} does not follow the rules of the entity that issued it{entity}. {mend}",
            mend = mend("Consulte con ella.", "Ask that entity."),
            certificate = certificate("El certificado", "The certificate"),
            entity = facts.in_parentheses("entidad"),
        ),
        R::CertExpired => in_both!(
            language,
            "{certificate} caducó el {day}. {mend}",
            "{certificate} expired on {day}. {mend}",
            certificate = yours(),
            day = day_in_it(),
            mend = mend(
                &format!("Renuévelo con {} y firme otra vez.", entity()),
                &format!("Renew it with {} and sign again.", entity()),
            ),
        ),
        R::CertExpiredTimestamped => in_both!(
            language,
            "{certificate} ya caducó, pero un sello de tiempo muestra que firmó cuando estaba vigente. Una persona lo revisará.",
            "{certificate} has expired, but a timestamp shows that it was valid when you signed. A person will look at it.",
            certificate = yours(),
        ),
        R::CertNotYetValid => in_both!(
            language,
            "{certificate} todavía no está vigente; empieza el {day}. {mend}",
            "{certificate} is not valid yet; it begins on {day}. {mend}",
            certificate = yours(),
            day = day_in_it(),
            mend = mend(
                "Firme otra vez desde esa fecha.",
                "Sign again from that date on.",
            ),
        ),
        R::CertRevoked => in_both!(
            language,
            "{certificate} consta como revocado desde el {day}. {mend} Si usted no pidió que lo revocaran, llame a {entity}.",
            "{certificate} stands as revoked since {day}. {mend} If you did not ask for it to be revoked, call {entity}.",
            mend = mend(
                "Pida uno nuevo a una entidad acreditada.",
                "Get a new one from an accredited entity.",
            ),
            certificate = yours(),
            day = facts.day(
                "fecha",
                "día que consta en la lista",
                "the day stated on the list"
            ),
            entity = entity(),
        ),
        R::CertRevokedSince => say(
            "Su certificado fue revocado después de que recibimos el documento. Una persona lo revisará antes de seguir.",
            "Your certificate was revoked after we received the document. A person will look at it before anything else happens.",
        ),
        R::CertOnHold => in_both!(
            language,
            "{certificate} consta como suspendido. Consulte con {entity}; mientras tanto una persona revisará su solicitud.",
            "{certificate} stands as suspended. Ask {entity}; meanwhile a person will look at your petition.",
            certificate = yours(),
            entity = entity(),
        ),
        // It is a reason only once nothing is asked again; while it is, `asked_again` says when.
        R::RevocationUnknown => in_both!(
            language,
            "No pudimos consultar si {certificate} está vigente. Una persona lo revisará.",
            "We could not learn whether {certificate} is in force. A person will look at it.",
            certificate = certificate("el certificado", "the certificate"),
        ),
        R::CertUsage => in_both!(
            language,
            "{certificate} no sirve para firmar documentos. {mend}",
            "{certificate} is not for signing documents. {mend}",
            certificate = certificate("Este certificado", "This certificate"),
            mend = mend(
                "Firme con su certificado de firma electrónica.",
                "Sign with your certificate for electronic signatures.",
            ),
        ),
        R::CertClass => cert_class(&facts),
        R::CertClassUnknown => in_both!(
            language,
            "No reconocemos la clase {of_certificate}. Una persona lo revisará.",
            "We do not know the class {of_certificate}. A person will look at it.",
            of_certificate = certificate("de su certificado", "of your certificate"),
        ),
        R::IdentityUnreadable => in_both!(
            language,
            "No pudimos leer el número de cédula o pasaporte en {certificate}. Una persona lo revisará.",
            "We could not read the number of a cédula (identity card) or passport in {certificate}. A person will look at it.",
            certificate = certificate("el certificado", "the certificate"),
        ),
        R::AlreadyUsed => say(
            "Esta solicitud ya fue utilizada. Cree una nueva.",
            "This petition has been used already. Create a new one.",
        ),
        R::PetitionExpired => EXPIRED.say(language).to_owned(),
        R::RucMismatch => ruc_mismatch(reason.outcome, &facts),
        R::WrongForm if facts.given("espera").is_some() => say(
            "No es el formulario de esta solicitud ni lo firmó quien firmó el documento que ya está en revisión, y no lo reemplaza. Si también es de su empresa, firme el formulario que descargó con este número y súbalo.",
            "It is not the form of this petition, nor was it signed by whoever signed the document that is being looked at already, and does not replace it. If it is your company's too, sign the form that you downloaded with this number and upload it.",
        ),
        R::WrongForm => say(
            "El documento firmado es de otra solicitud. Suba el formulario que descargó con este número.",
            "The signed document is that of another petition. Upload the form that you downloaded with this number.",
        ),
        R::ExtraRevision => say(
            "El formulario fue modificado antes de la firma. Una persona lo revisará; si prefiere, descárguelo otra vez, fírmelo sin editarlo y súbalo.",
            "The form was changed before it was signed. A person will look at it; if you prefer, download it again, sign it without editing and upload it.",
        ),
        R::ValuesCovered => say(
            "La firma visible tapa los datos del formulario. Una persona lo revisará; si prefiere, fírmelo otra vez en el espacio libre.",
            "The visible signature covers the values of the form. A person will look at it; if you prefer, sign it again in the blank space.",
        ),
        R::SignedForOtherPurpose if facts.given("donde").is_some() => in_both!(
            language,
            "Junto a la firma, {place}, dice otra cosa{said}, y no sabemos si con la firma se pide esto. Una persona lo revisará; si lo que quiere es pedirlo, fírmelo de nuevo sin ese texto.",
            "Beside the signature, {place}, something else is said{said}, and we do not know whether the signature asks for this. A person will look at it; if you do want to ask for this, sign it again without that text.",
            place = facts.place_of_statement(),
            said = facts.in_parentheses("motivo"),
        ),
        R::SignedForOtherPurpose => in_both!(
            language,
            "La firma dice que se hizo para otra cosa{said}. Una persona lo revisará; si lo que quiere es pedirlo, fírmelo de nuevo sin esa razón.",
            "The signature says that it was made for something else{said}. A person will look at it; if you do want to ask for this, sign it again without that reason.",
            said = facts.in_parentheses("motivo"),
        ),
        R::LetterUnclear => in_both!(
            language,
            "No pudimos leer su carta sin dudas{doubts}. Una persona la revisará; el formulario de este servicio no deja esas dudas.",
            "We could not read your letter without doubts{doubts}. A person will look at it; the form of this service leaves no such doubts.",
            doubts = facts.doubts(),
        ),
        R::HiddenText => say(
            "El documento tiene texto que no se ve a simple vista, o que está en campos o notas que aquí no se leen. Una persona lo revisará.",
            "The document has text that a reader would not see, or that stands in fields or notes which are not read here. A person will look at it.",
        ),
        R::LetterChangesEmail => say(
            "Un cambio de correo pedido por carta siempre lo revisa una persona. Con el formulario de este servicio es más rápido.",
            "A change of e-mail asked for by letter is always looked at by a person. With the form of this service it is quicker.",
        ),
        R::LetterNamesOtherEmail => say(
            "La carta nombra un correo distinto del registrado. Una persona la revisará; el enlace solo se envía al correo registrado.",
            "The letter names another e-mail than the one on file. A person will look at it; the link is only sent to the e-mail on file.",
        ),
        R::LetterMailboxLost => say(
            "La carta dice que ya no se abre el correo registrado, o que ese correo es el anterior, y el enlace solo se envía a ese correo. Una persona la revisará; no se debe enviar el enlace allí.",
            "The letter says that the e-mail on file can no longer be opened, or that it is an old one, and the link is only sent to that e-mail. A person will look at it; the link must not be sent there.",
        ),
        R::LetterOwnFonts => say(
            "Su carta usa letras que vienen dentro del archivo, como las de Word. Una persona comprobará que diga lo que se ve; con el formulario de este servicio es más rápido.",
            "Your letter uses fonts that come inside the file, as those of Word. A person will see whether it says what it shows; with the form of this service it is quicker.",
        ),
        R::LetterForOther => in_both!(
            language,
            "La carta nombra a {named}, que no es como consta la empresa de ese RUC. Una persona la revisará.",
            "The letter names {named}, which is not how the company of that RUC is registered. A person will look at it.",
            named = facts.or("empresa", "otra empresa", "another company"),
        ),
        R::LetterNotPlain => say(
            "Su carta lleva más que texto corrido (dibujos, imágenes junto al texto, columnas, enlaces o campos). Una persona comprobará que diga lo que se ve; con el formulario de este servicio es más rápido.",
            "Your letter has more than plain text (drawings, images beside the text, columns, links or fields). A person will check that it says what it shows; with the form of this service it is quicker.",
        ),
        R::LetterTooOld => in_both!(
            language,
            "La carta se firmó el {day} y pasó el plazo para recibirla. Una persona la revisará; si prefiere, firme una nueva.",
            "The letter was signed on {day}, and the time for handing it in is over. A person will look at it; if you prefer, sign a new one.",
            day = facts.day("fecha", "día que consta en ella", "the day stated in it"),
        ),
        R::LetterUndated => say(
            "La firma de la carta no dice cuándo se hizo. Una persona la revisará.",
            "The signature of the letter does not say when it was made. A person will look at it.",
        ),
        R::ClockAhead => say(
            "La hora de la firma está adelantada. Revise el reloj de su computadora; una persona revisará la solicitud.",
            "The hour of the signature lies ahead of ours. Check the clock of your computer; a person will look at the petition.",
        ),
        R::SignerNotRepresentative => in_both!(
            language,
            "Firmó {who}, que no consta como representante legal de {company}. Debe firmar el representante, o adjunte su nombramiento o su poder en la página de su solicitud.",
            "It was signed by {who}, who is not registered as a legal representative of {company}. The representative must sign; or attach the signer's appointment (nombramiento) or power of attorney on the page of your petition.",
            who = somebody(),
            company = company(),
        ),
        R::NameMatchOnly => in_both!(
            language,
            "El nombre de quien firmó ({who}) coincide con el registrado, pero el número de documento no. Una persona lo revisará.",
            "The name of the signer ({who}) is the one in the registry, but the number of the identity document is not. A person will look at it.",
            who = facts.or("nombre", "sin nombre", "no name"),
        ),
        R::NumberMatchOnly => in_both!(
            language,
            "El número de documento del certificado consta en el registro a nombre de {registered}, y el certificado es de {who}. Una persona lo revisará.",
            "The number of the certificate's identity document is registered under the name of {registered}, and the certificate is that of {who}. A person will look at it.",
            registered = facts.or("registrado", "otra persona", "somebody else"),
            who = facts.or("nombre", "sin nombre", "no name"),
        ),
        R::RepresentationEnded if reason.outcome == Outcome::Refused => in_both!(
            language,
            "El nombramiento terminó el {day} y consta otro representante. Debe firmar el representante actual, o adjunte el nombramiento nuevo en la página de su solicitud.",
            "The appointment (nombramiento) ended on {day}, and another representative is registered. The current representative must sign; or attach the new appointment on the page of your petition.",
            day = day_in_registry(),
        ),
        R::RepresentationEnded => in_both!(
            language,
            "El nombramiento terminó el {day}. Una persona revisará su solicitud; si ya tiene un nombramiento nuevo, adjúntelo en su página.",
            "The appointment (nombramiento) ended on {day}. A person will look at your petition; if you have a new appointment already, attach it on its page.",
            day = day_in_registry(),
        ),
        R::RepresentationNotStarted => in_both!(
            language,
            "El nombramiento registrado empieza el {day}. Una persona lo revisará.",
            "The appointment (nombramiento) in the registry begins on {day}. A person will look at it.",
            day = day_in_registry(),
        ),
        R::JointSignatureMissing => in_both!(
            language,
            "Esta empresa exige {count} firmas; falta la de {whose}. Agregue la firma que falta al mismo archivo y súbalo otra vez.",
            "This company requires {count} signatures; that of {whose} is missing. Add the missing signature to the same file and upload it again.",
            count = facts.count("firmas"),
            whose = facts.either("quienes", "otro representante", "another representative"),
        ),
        R::OtherSignature if facts.given("sello").is_some() => say(
            "Un sello de tiempo muestra algo sobre la página, y nadie responde por lo que dice. Una persona lo revisará.",
            "A timestamp shows something on the page, and nobody answers for what it says. A person will look at it.",
        ),
        R::OtherSignature if facts.given("carta").is_some() => in_both!(
            language,
            "La carta lleva también la firma de {who}. Una carta se aprueba sin revisión solo cuando todas las personas que la firman pueden pedir esto por la empresa. Una persona la revisará.",
            "The letter also bears the signature of {who}. A letter is approved without a review only when all who sign it may ask for this on behalf of the company. A person will look at it.",
            who = facts.or("nombre", "otra persona", "somebody else"),
        ),
        R::OtherSignature => in_both!(
            language,
            "También firmó, de forma visible, {who}. Una persona lo revisará.",
            "It also bears a visible signature of {who}. A person will look at it.",
            who = facts.or("nombre", "otra persona", "somebody else"),
        ),
        R::PostUnrecognised => in_both!(
            language,
            "Firmó {who}, que consta en el registro como «{post}»; ese cargo no dice por sí solo si representa a la empresa. Una persona lo revisará.",
            "It was signed by {who}, whom the registry has as “{post}”; that post does not say by itself whether it represents the company. A person will look at it.",
            who = somebody(),
            post = facts.or("cargo", "otro cargo", "another post"),
        ),
        R::Attorney => say(
            "Firmó un apoderado. Una persona revisará el poder.",
            "It was signed under a power of attorney. A person will look at that power.",
        ),
        R::PowerLacksScope => in_both!(
            language,
            "Firmó {who}, pero su poder registrado no incluye este pedido. Debe firmar el representante legal, o adjunte un poder que lo incluya en la página de su solicitud.",
            "It was signed by {who}, whose registered power of attorney does not cover what is asked. The legal representative must sign; or attach a power that covers it on the page of your petition.",
            who = facts.or(
                "nombre",
                "un apoderado",
                "somebody with a power of attorney"
            ),
        ),
        R::PowerEnded => in_both!(
            language,
            "El poder de {who} terminó el {day}. Debe firmar el representante legal, o adjunte el poder nuevo en la página de su solicitud.",
            "The power of attorney of {who} ended on {day}. The legal representative must sign; or attach the new power on the page of your petition.",
            who = facts.or("nombre", "quien firmó", "whoever signed"),
            day = day_in_registry(),
        ),
        R::LiquidatorInOffice => in_both!(
            language,
            "{company} consta en liquidación: la representa su liquidador. Una persona lo revisará.",
            "{company} is registered as being wound up: its liquidator represents it. A person will look at it.",
            company = facts.or("empresa", "La empresa", "The company"),
        ),
        R::AppointmentAttached => in_both!(
            language,
            "Firmó {who}, y adjuntó un nombramiento o poder que aún no consta en el registro. Una persona lo revisará.",
            "It was signed by {who}, with an appointment (nombramiento) or power of attorney attached that is not in the registry yet. A person will look at it.",
            who = somebody(),
        ),
        R::RepresentativeUnknown => in_both!(
            language,
            "En el registro no consta quién representa a {company}. Una persona lo revisará.",
            "The registry does not say who represents {company}. A person will look at it.",
            company = company(),
        ),
        R::BranchUnknown => branch_unknown(&facts),
        R::RegistryMissing => registry_missing(&facts),
        R::EmployerNotActive => in_both!(
            language,
            "El RUC {ruc} consta en el registro como suspendido o cerrado. Una persona lo revisará.",
            "The registry has the RUC {ruc} as suspended or closed. A person will look at it.",
            ruc = facts.or("ruc", "indicado", "that was given"),
        ),
        R::NoEmail => say(
            "Usuario no tiene correo registrado. Puede actualizarlo con una solicitud firmada.",
            "This employer has no e-mail on file. You can put one there with a signed petition.",
        ),
        R::Frozen => say(
            "Esta cuenta está detenida porque alguien avisó que no hizo un pedido. Una persona lo revisará.",
            "This account is stopped, because somebody told us that they did not ask for something. A person will look at it.",
        ),
        R::MatchedRepresentative => in_both!(
            language,
            "Firmó {who}, {post} registrado de la empresa.",
            "It was signed by {who}, registered as {post} of the company.",
            who = facts.or("nombre", "el representante", "the representative"),
            post = facts.or("cargo", "representante legal", "legal representative"),
        ),
        R::MatchedOwnRuc => say(
            "Firmó la misma persona a la que pertenece el RUC.",
            "It was signed by the very person to whom the RUC belongs.",
        ),
    }
}

/// What class the certificate is of, and which one serves.
fn cert_class(facts: &Facts<'_>) -> String {
    let class = match facts.or("clase", "", "") {
        "public_officer" => Text::new(
            "es de funcionario público: firma por su institución y no por una empresa",
            "is that of a public officer, who signs for the institution and not for a company",
        ),
        "electronic_seal" => Text::new(
            "es un sello electrónico: nombra a la empresa y a ninguna persona",
            "is an electronic seal: it names the company and no person",
        ),
        "timestamp" => Text::new(
            "es de sellado de tiempo: con él no firma ninguna persona",
            "is for timestamps: no person signs with it",
        ),
        _ => Text::new(
            "es un sello o de otra clase con la que nadie firma por una empresa",
            "is a seal or of another class with which nobody signs for a company",
        ),
    };
    in_both!(
        facts.language,
        "{certificate} {class}. Firme con el certificado personal del representante legal; sirve el de persona natural.",
        "{certificate} {class}. Sign with the personal certificate of the legal representative; that of a natural person serves.",
        certificate = facts.certificate(Text::new("Este certificado", "This certificate")),
        class = class.say(facts.language),
    )
}

/// The number of a branch, as its employer knows it: what is asked for at every counter.
const BRANCH_IS_WRITTEN: Text = Text::new(
    "En sus avisos consta con cuatro cifras.",
    "Your notices to the IESS have it, in four digits.",
);

fn branch_unknown(facts: &Facts<'_>) -> String {
    let language = facts.language;
    let ruc = facts.or("ruc", "indicado", "that was given");
    let branch = facts.or("sucursal", "indicada", "that was given");
    if let Some(number) = facts.facts.get("numero") {
        return in_both!(
            language,
            "El RUC {ruc} no consta en el registro; con su cédula consta el {number}.",
            "The RUC {ruc} is not in the registry; with your cédula (identity card) it has {number}.",
            ruc = ruc,
            number = number,
        );
    }
    let written = BRANCH_IS_WRITTEN.say(language);
    match facts.or("sucursales", "", "") {
        "" => in_both!(
            language,
            "No consta la sucursal {branch} del RUC {ruc}. {written}",
            "The registry does not have branch {branch} of the RUC {ruc}. {written}",
            branch = branch,
            ruc = ruc,
            written = written,
        ),
        known => in_both!(
            language,
            "No consta la sucursal {branch} del RUC {ruc}; de las que usted representa consta {known}. {written}",
            "The registry does not have branch {branch} of the RUC {ruc}; of those that you represent it has {known}. {written}",
            branch = branch,
            ruc = ruc,
            known = known,
            written = written,
        ),
    }
}

/// A RUC that nobody has may be a slip, and then no person need look.
fn registry_missing(facts: &Facts<'_>) -> String {
    let language = facts.language;
    let ruc = facts.or("ruc", "indicado", "that was given");
    let own = match (facts.facts.get("certificado"), facts.facts.get("cedula")) {
        (Some(named), _) => in_both!(
            language,
            "; su certificado nombra el {named}",
            "; your certificate names {named}",
            named = named,
        ),
        (None, Some(document)) => in_both!(
            language,
            "; su certificado es de la cédula {document}",
            "; your certificate is that of the cédula (identity card) {document}",
            document = document,
        ),
        (None, None) => String::new(),
    };
    in_both!(
        language,
        "El RUC {ruc} no consta en el registro{own}. Compruebe el RUC: si lo escribió mal, cree otra solicitud. Si está bien, una persona lo revisará.",
        "The RUC {ruc} is not in the registry{own}. Check the RUC: if you mistyped it, create another petition. If it is right, a person will look at it.",
        ruc = ruc,
        own = own,
    )
}

fn ruc_mismatch(outcome: Outcome, facts: &Facts<'_>) -> String {
    let language = facts.language;
    let document = facts.or("documento", "indicado", "as given");
    match (
        facts.facts.get("formulario"),
        facts.facts.get("certificado"),
    ) {
        (Some(form), _) => in_both!(
            language,
            "El RUC del documento ({document}) no es el del formulario ({form}).",
            "The RUC in the document ({document}) is not that of the form ({form}).",
            document = document,
            form = form,
        ),
        (_, Some(certificate)) => {
            let serves = match outcome {
                Outcome::InReview => Text::new(
                    "Con el de persona natural no haría falta que una persona lo revise",
                    "With that of a natural person nobody would have to look at it",
                ),
                _ => Text::new(
                    "Debe firmar quien representa a la empresa, con uno de persona natural o emitido para ella",
                    "Whoever represents the company must sign, with that of a natural person or one issued for the company",
                ),
            };
            in_both!(
                language,
                "El RUC del documento ({document}) no es el del certificado ({certificate}). {serves}.",
                "The RUC in the document ({document}) is not that of the certificate ({certificate}). {serves}.",
                document = document,
                certificate = certificate,
                serves = serves.say(language),
            )
        }
        _ => Text::new(
            "El RUC del documento no es el del formulario.",
            "The RUC in the document is not that of the form.",
        )
        .say(language)
        .to_owned(),
    }
}

/// A doubt about a letter, as it stands in parentheses behind «sin dudas».
#[must_use]
pub fn doubt(doubt: Doubt) -> Text {
    match doubt {
        Doubt::OddText => Text::new(
            "tiene líneas muy largas o signos que no todos los programas muestran igual",
            "it has very long lines, or signs that not every program shows alike",
        ),
        Doubt::NoText => Text::new(
            "no tiene texto que se pueda leer; quizá es una imagen u otra clase de archivo",
            "it has no text that can be read; perhaps it is a picture or another kind of file",
        ),
        Doubt::NoRuc => Text::new("no dice el RUC", "it does not state the RUC"),
        Doubt::SeveralRucs => Text::new("nombra más de un RUC", "it names more than one RUC"),
        Doubt::NoAction => Text::new(
            "no pide con claridad algo sobre la clave de empleador",
            "it does not clearly ask for something about the employer password",
        ),
        Doubt::SeveralActions => {
            Text::new("pide dos cosas a la vez", "it asks for two things at once")
        }
        Doubt::NoEmail => Text::new(
            "no dice el correo nuevo",
            "it does not state the new e-mail",
        ),
        Doubt::SeveralEmails => {
            Text::new("nombra más de un correo", "it names more than one e-mail")
        }
        Doubt::UnclearEmail => Text::new(
            "tiene un correo que no se puede leer",
            "it has an e-mail that can't be read",
        ),
        Doubt::Unfamiliar => Text::new(
            "dice algo más que una petición corriente, y una persona debe leerlo",
            "it says something beside an ordinary request, which a person must read",
        ),
        Doubt::SeveralPages => Text::new(
            "tiene más de una página, y una persona debe leerlas",
            "it has more than one page, which a person must read",
        ),
        Doubt::SignedOutside => Text::new(
            "es un PDF firmado desde fuera, en un archivo .p7m o .p7s; firme dentro del PDF, como lo hace FirmaEC",
            "it is a PDF signed from outside, in a .p7m or .p7s file; sign inside the PDF, as FirmaEC does",
        ),
        Doubt::UnclearBranch => Text::new(
            "no dice con claridad el número de la sucursal",
            "it does not clearly state the number of the branch",
        ),
        Doubt::TooLong => Text::new("es demasiado larga", "it is too long"),
        Doubt::LongPage => Text::new(
            "su primera página dice mucho más que una petición",
            "its first page says much more than a request",
        ),
        Doubt::Hidden => Text::new("tiene texto oculto", "it has hidden text"),
    }
}

/// Every doubt there is.
const DOUBTS: [Doubt; 16] = [
    Doubt::NoText,
    Doubt::OddText,
    Doubt::NoRuc,
    Doubt::SeveralRucs,
    Doubt::NoAction,
    Doubt::SeveralActions,
    Doubt::NoEmail,
    Doubt::SeveralEmails,
    Doubt::UnclearEmail,
    Doubt::Unfamiliar,
    Doubt::SeveralPages,
    Doubt::SignedOutside,
    Doubt::UnclearBranch,
    Doubt::TooLong,
    Doubt::LongPage,
    Doubt::Hidden,
];

/// The facts of a reason, with their fallbacks, in the language they are told in.
struct Facts<'a> {
    facts: &'a BTreeMap<String, String>,
    language: Language,
}

impl Facts<'_> {
    fn given(&self, name: &str) -> Option<&str> {
        self.facts
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn or(&self, name: &str, es: &'static str, en: &'static str) -> &str {
        self.given(name)
            .unwrap_or(Text::new(es, en).say(self.language))
    }

    /// Several of whom one serves: facts are kept in Spanish.
    fn either(&self, name: &str, es: &'static str, en: &'static str) -> String {
        self.or(name, es, en)
            .replace(" o ", self.language.pick(" o ", " or "))
    }

    /// A small number as it is read.
    fn count(&self, name: &str) -> &str {
        let words = match self.or(name, "2", "2") {
            "2" => Text::new("dos", "two"),
            "3" => Text::new("tres", "three"),
            "4" => Text::new("cuatro", "four"),
            "5" => Text::new("cinco", "five"),
            other => return other,
        };
        words.say(self.language)
    }

    /// A date or timestamp fact as people write dates.
    fn day(&self, name: &str, es: &'static str, en: &'static str) -> String {
        let Some(value) = self.facts.get(name) else {
            return self.language.pick(es, en).to_owned();
        };
        if let Ok(at) = value.parse::<Timestamp>() {
            return calendar::day_in(self.language, at);
        }
        value.parse::<Date>().map_or_else(
            |_| value.clone(),
            |date| calendar::date_in(self.language, date),
        )
    }

    /// The doubts about a letter in parentheses. They are kept as they were told at first, in Spanish.
    fn doubts(&self) -> String {
        let kept = self.in_parentheses("dudas");
        DOUBTS.into_iter().map(doubt).fold(kept, |text, doubt| {
            text.replace(doubt.es, doubt.say(self.language))
        })
    }

    /// Whose signature it is, where there are several: «de ANA PEÑA», «de la segunda firma».
    fn whose(&self) -> Option<String> {
        if let Some(name) = self.facts.get("firmante") {
            return Some(format!("{} {name}", self.language.pick("de", "of")));
        }
        let place = self.place()?;
        Some(in_both!(
            self.language,
            "de la {place}",
            "of the {place}",
            place = place,
        ))
    }

    /// Where words stand beside a signature, as programs call it.
    fn place_of_statement(&self) -> &'static str {
        let place = match self.given("donde") {
            Some("location") => Text::new("en la localización", "in its location"),
            Some("contact_info") => Text::new("en los datos de contacto", "in its contact data"),
            Some("name") => Text::new("en el nombre", "in its name"),
            Some("role") => Text::new("en el cargo", "in its role"),
            _ => Text::new("en sus datos", "in its data"),
        };
        place.say(self.language)
    }

    /// The place of a signature among several: «segunda firma».
    fn place(&self) -> Option<String> {
        const PLACES: [Text; 4] = [
            Text::new("primera firma", "first signature"),
            Text::new("segunda firma", "second signature"),
            Text::new("tercera firma", "third signature"),
            Text::new("cuarta firma", "fourth signature"),
        ];
        let place: usize = self.facts.get("firma")?.parse().ok()?;
        let word = PLACES.get(place.checked_sub(1)?);
        Some(word.map_or_else(
            || {
                in_both!(
                    self.language,
                    "firma {place}",
                    "signature number {place}",
                    place = place,
                )
            },
            |word| word.say(self.language).to_owned(),
        ))
    }

    /// The certificate as a sentence calls it: `alone` where there is one signature, otherwise with whose it is.
    fn certificate(&self, alone: Text) -> String {
        let alone = alone.say(self.language);
        let Some(whose) = self.whose() else {
            return alone.to_owned();
        };
        let article = match alone.chars().next() {
            Some('d') => "del",
            Some('o') => "of the",
            Some(letter) if letter.is_lowercase() => self.language.pick("el", "the"),
            _ => self.language.pick("El", "The"),
        };
        format!(
            "{article} {} {whose}",
            self.language.pick("certificado", "certificate")
        )
    }

    /// The signature at the beginning of a sentence.
    fn signature(&self) -> String {
        match (self.facts.get("firmante"), self.place()) {
            (Some(name), _) => in_both!(
                self.language,
                "La firma de {name}",
                "The signature of {name}",
                name = name,
            ),
            (None, Some(place)) => {
                in_both!(self.language, "La {place}", "The {place}", place = place)
            }
            (None, None) => Text::new("La firma", "The signature")
                .say(self.language)
                .to_owned(),
        }
    }

    fn in_parentheses(&self, name: &str) -> String {
        match self.given(name) {
            Some(value) => format!(" ({value})"),
            None => String::new(),
        }
    }
}
