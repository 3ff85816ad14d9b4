//! What the last act did, told by the page that it leads to. Whoever redirects and the page name it from one list for each side.

use axum::response::Redirect;

use crate::domain::{Language, ParsePetitionError, Text, closed_list};

closed_list!(
    /// On the page of a petition.
    CompanyNotice, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// A link was asked for.
        Sent = "enviado",
        /// Something was attached.
        Attached = "adjunto",
        /// It was attached before.
        AttachedAgain = "adjunto_repetido",
        /// No other link can be asked for yet.
        Limit = "limite",
        /// An appeal has come.
        Appealed = "apelada",
        /// It says too much.
        TooLong = "larga",
        /// There is none.
        NoAppeal = "no_apelable",
        /// The same document came again, in vain.
        InVain = "repetido",
        /// An appeal says nothing.
        Wordless = "sin_motivo",
    }
);

closed_list!(
    /// In the back office.
    OfficeNotice, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// A case was taken.
        Claimed = "tomado",
        /// A document of the counter was seen.
        Seen = "visto",
        /// An account was stopped.
        Stopped = "detenida",
        /// A document of the counter was scanned.
        Scanned = "escaneado",
        /// A petition was approved.
        Approved = "aprobado",
        /// It was refused.
        Refused = "negado",
        /// A second person decides too.
        Second = "segunda",
        /// Two do not agree.
        Supervisor = "supervision",
        /// The company is asked for something.
        Completion = "completar",
        /// A supervisor looks at it.
        Escalated = "escalado",
        /// A case was given back.
        HandedOver = "soltado",
        /// There is no other case.
        NoOther = "nada",
        /// The password was changed.
        Password = "clave",
    }
);

impl CompanyNotice {
    /// Its tone (`ok`, `wait` or `bad`), and what it says.
    pub(super) fn said(self, language: Language) -> (&'static str, &'static str) {
        let (tone, notice) = match self {
            Self::Sent => (
                "ok",
                Text::new(
                    "Recibimos su pedido. El tiempo corre desde que el enlace sale: abra su correo y úselo cuanto antes.",
                    "We have your request. The time runs from when the link leaves: open your e-mail and use it as soon as you can.",
                ),
            ),
            Self::Attached => (
                "ok",
                Text::new(
                    "Recibimos lo que adjuntó. Una persona lo revisará junto con el documento firmado; consta más abajo.",
                    "We have received what you attached. A person will look at it together with the signed document; it is listed below.",
                ),
            ),
            Self::AttachedAgain => (
                "ok",
                Text::new(
                    "Ese mismo archivo ya estaba adjunto: no hace falta enviarlo otra vez. Consta más abajo.",
                    "That same file was attached already: there is no need to send it again. It is listed below.",
                ),
            ),
            Self::Appealed => (
                "ok",
                Text::new(
                    "Recibimos su apelación: otra persona revisará su solicitud.",
                    "We have received your appeal: another person will look at your petition.",
                ),
            ),
            Self::TooLong => (
                "bad",
                Text::new(
                    "Su explicación es demasiado larga: tiene hasta 1.000 letras. Acórtela y apele otra vez; no se envió.",
                    "Your explanation is too long: it may have up to 1,000 characters. Shorten it and appeal again; it was not sent.",
                ),
            ),
            Self::Wordless => (
                "bad",
                Text::new(
                    "Escriba por qué no está de acuerdo y apele otra vez; no se envió.",
                    "Write why you disagree and appeal again; it was not sent.",
                ),
            ),
            Self::NoAppeal => (
                "bad",
                Text::new(
                    "Esta decisión ya no se puede apelar.",
                    "This decision can no longer be appealed.",
                ),
            ),
            Self::InVain => (
                "bad",
                Text::new(
                    "Este mismo archivo ya llegó antes: enviarlo otra vez no cambia la respuesta. Más abajo consta qué hacer ahora.",
                    "This same file has arrived before: sending it again does not change the answer. What to do now is told below.",
                ),
            ),
            // Until then the page says when: this is what is so by now.
            Self::Limit => (
                "wait",
                Text::new(
                    "Su solicitud sigue aprobada: ya puede pedir otro enlace.",
                    "Your petition is still approved: you can ask for another link now.",
                ),
            ),
        };
        (tone, notice.say(language))
    }

    /// To this page of a petition, which tells it.
    pub(super) fn after(self, page: &str) -> Redirect {
        Redirect::to(&self.address(page))
    }

    /// The address of this page, when it tells it.
    pub(super) fn address(self, page: &str) -> String {
        telling(page, self.as_str())
    }
}

impl OfficeNotice {
    /// What it says.
    pub(super) fn said(self) -> &'static str {
        match self {
            // For how long is told where the configuration is known.
            Self::Claimed => "El caso es suyo.",
            Self::Seen => "Anotado.",
            Self::Stopped => {
                "Cuenta detenida. Queda libre cuando dos personas aprueban una solicitud nueva, firmada."
            }
            Self::Scanned => "El documento quedó guardado.",
            Self::Approved => "Aprobado. Se envió el aviso.",
            Self::Refused => "Negado. La empresa verá el motivo y puede apelar.",
            Self::Second => {
                "Guardado. Falta una segunda persona, que no verá lo que usted decidió."
            }
            Self::Supervisor => "Guardado. Dos personas no coinciden: decide un supervisor.",
            Self::Completion => "Se pidió completar. La empresa ve qué y hasta cuándo.",
            Self::Escalated => "Pasó a un supervisor.",
            Self::HandedOver => "Devuelto a la cola.",
            Self::NoOther => "No hay otro caso que usted pueda tomar.",
            Self::Password => "La clave nueva está guardada. Las demás sesiones se cerraron.",
        }
    }

    /// To this page of the office, which tells it.
    pub(super) fn after(self, page: &str) -> Redirect {
        Redirect::to(&telling(page, self.as_str()))
    }
}

/// The address of a page, which may ask for something already, with what it is to tell.
fn telling(page: &str, notice: &str) -> String {
    match page.split_once('?') {
        Some((path, asked)) => format!("{path}?aviso={notice}&{asked}"),
        None => format!("{page}?aviso={notice}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::web::tests::languages::foreign;

    #[test]
    fn what_the_last_click_did_is_told_in_one_language() {
        for notice in CompanyNotice::ALL {
            let told = |language| notice.said(language).1;
            for language in [Language::Es, Language::En] {
                assert_eq!(foreign(told(language), language), [""; 0], "{notice}");
            }
            assert_ne!(told(Language::Es), told(Language::En), "{notice}");
        }
    }

    #[test]
    fn no_two_notices_of_the_office_say_the_same() {
        let said: BTreeSet<&str> = OfficeNotice::ALL.iter().map(|one| one.said()).collect();
        assert_eq!(said.len(), OfficeNotice::ALL.len());
    }

    #[test]
    fn a_page_that_asks_for_something_goes_on_asking() {
        let plain = CompanyNotice::Sent.address("/solicitud/7");
        assert_eq!(plain, "/solicitud/7?aviso=enviado");
        let queue = telling("/oficina/cola?caso=7", "negado");
        assert_eq!(queue, "/oficina/cola?aviso=negado&caso=7");
    }
}
