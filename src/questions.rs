//! The ten questions a person would ask of a signed document, answered from its report: the one place for the page of a
//! petition, the report to print and the command line.
//!
//! The questions are those of the ministry's own conformance list for signing tools (PRODUCT §1.5). Every code of the
//! core belongs to exactly one of them (`explain`), so nothing the core found can be missing from the answers.

use jiff::Timestamp;

use crate::domain::{Language, Text, calendar};
use crate::explain;
use crate::verify::Code;
use crate::verify::report::{
    CertificateFacts, Conclusion, Finding, Integrity, Modifications, Report, RevocationFacts,
    Severity, SignatureReport,
};
use crate::verify::signer::{Signer, SignerClass};
use crate::words::thousands;

/// One of the ten, in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "their text stands below")]
pub enum Question {
    Pdf,
    Signed,
    Accredited,
    Timestamp,
    CertificateIntact,
    InForce,
    SignatureIntact,
    Usage,
    ValidWhenSigned,
    DocumentIntact,
}

impl Question {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Pdf,
        Self::Signed,
        Self::Accredited,
        Self::Timestamp,
        Self::CertificateIntact,
        Self::InForce,
        Self::SignatureIntact,
        Self::Usage,
        Self::ValidWhenSigned,
        Self::DocumentIntact,
    ];

    /// As it is asked.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Pdf => Text::new("¿Es un PDF?", "Is it a PDF?"),
            Self::Signed => Text::new("¿Tiene firma electrónica?", "Is it signed?"),
            Self::Accredited => Text::new(
                "¿El certificado es de una entidad autorizada?",
                "Is the certificate of an authorised entity?",
            ),
            Self::Timestamp => Text::new("¿Tiene sello de tiempo?", "Is it timestamped?"),
            Self::CertificateIntact => {
                Text::new("¿El certificado está íntegro?", "Is the certificate sound?")
            }
            Self::InForce => Text::new(
                "¿El certificado estaba vigente al recibirse?",
                "Was the certificate in force at reception?",
            ),
            Self::SignatureIntact => {
                Text::new("¿La firma está íntegra?", "Is the signature sound?")
            }
            Self::Usage => Text::new(
                "¿El certificado está autorizado para este uso?",
                "Is the certificate meant for this use?",
            ),
            Self::ValidWhenSigned => Text::new(
                "¿El certificado estaba vigente al firmar?",
                "Was the certificate in force when signing?",
            ),
            Self::DocumentIntact => {
                Text::new("¿El documento está íntegro?", "Is the document unchanged?")
            }
        }
    }
}

/// The three words of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "their text stands below")]
pub enum Word {
    Yes,
    No,
    Unknown,
}

impl Word {
    /// As it is said.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Yes => Text::new("Sí", "Yes"),
            Self::No => Text::new("No", "No"),
            Self::Unknown => Text::new("No se pudo verificar", "Could not be checked"),
        }
    }
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Which question.
    pub question: Question,
    /// In a word.
    pub word: Word,
    /// How much it weighs: a missing timestamp is a «no» that takes nothing away.
    pub severity: Severity,
    /// Why, in a sentence that stands behind the word.
    pub reason: String,
    /// What to do about it.
    pub next_step: Option<&'static str>,
}

impl Answer {
    /// A class of the style sheets: `yes`, `no`, `unknown`, or `note` for what takes nothing away.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match (self.word, self.severity) {
            (Word::Yes, _) => "yes",
            (_, Severity::Note) => "note",
            (Word::No, _) => "no",
            (Word::Unknown, _) => "unknown",
        }
    }

    /// The same as a sign, because colour alone tells too little (WCAG 1.4.1).
    #[must_use]
    pub fn mark(&self) -> &'static str {
        match self.class() {
            "yes" => "✓",
            "no" => "✗",
            "unknown" => "?",
            _ => "–",
        }
    }

    /// Word and reason together.
    #[must_use]
    pub fn line(&self, language: Language) -> String {
        format!("{}. {}", self.word.text().say(language), self.reason)
    }
}

/// The ten answers. `language` is that of the reader.
#[must_use]
pub fn answers(report: &Report, language: Language) -> Vec<Answer> {
    let asked = Asked { report, language };
    Question::ALL
        .into_iter()
        .map(|question| asked.answer(question))
        .collect()
}

/// The three times that must not be taken for one another: what the signer's clock said, what a timestamp proves, and
/// when the document was received, which decides.
#[must_use]
pub fn times(
    signature: &SignatureReport,
    received: Timestamp,
    language: Language,
) -> [(&'static str, String); 3] {
    let absent = |text: Text| text.say(language).to_owned();
    let moment = |at| calendar::second_in(language, at);
    [
        (
            Text::new(
                "Hora declarada por quien firmó",
                "Time claimed by the signer",
            )
            .say(language),
            signature
                .signing_time_claimed
                .map_or_else(|| absent(Text::new("no consta", "not stated")), moment),
        ),
        (
            Text::new("Hora probada por un sello", "Time proven by a timestamp").say(language),
            signature
                .timestamp
                .map_or_else(|| absent(Text::new("ninguna", "none")), moment),
        ),
        (
            Text::new("Hora de recepción", "Time of reception").say(language),
            moment(received),
        ),
    ]
}

fn say(question: Question, word: Word, severity: Severity, reason: impl Into<String>) -> Answer {
    Answer {
        question,
        word,
        severity,
        reason: crate::words::tidy(&reason.into()),
        next_step: None,
    }
}

/// When a signature was made: proven, or else claimed.
fn signed_at(signature: &SignatureReport) -> Option<Timestamp> {
    signature.timestamp.or(signature.signing_time_claimed)
}

/// Whether every certificate of the path was in force then, as far as is known now.
fn was_valid(signature: &SignatureReport, at: Timestamp) -> bool {
    let within = |one: &CertificateFacts| (one.not_before..=one.not_after).contains(&at);
    let revoked = |one: &RevocationFacts| one.revoked_at.is_some_and(|then| then <= at);
    signature.chain.iter().all(within) && !signature.revocation.iter().any(revoked)
}

/// A report that is asked, and by whom.
struct Asked<'a> {
    report: &'a Report,
    language: Language,
}

impl Asked<'_> {
    fn answer(&self, question: Question) -> Answer {
        let against = self
            .report
            .all_findings()
            .filter(|finding| {
                finding.severity > Severity::Note
                    && explain::code(finding.code).question == question
            })
            .max_by_key(|finding| finding.severity);
        if let Some(finding) = against {
            return self.found(question, finding);
        }
        // What the core did not come to must not look checked.
        if !self.was_reached(question) {
            let reason = Text::new(
                "Lo anterior impide comprobarlo.",
                "What stands above prevents it.",
            );
            return say(
                question,
                Word::Unknown,
                Severity::Unknown,
                reason.say(self.language),
            );
        }
        match question {
            Question::Pdf => self.pdf(),
            Question::Signed => self.signed(),
            Question::Accredited => self.accredited(),
            Question::Timestamp => self.timestamp(),
            Question::CertificateIntact => self.yes(
                question,
                Text::new(
                    "La cadena de certificados se comprobó completa.",
                    "The whole chain of certificates was checked.",
                ),
            ),
            Question::InForce => self.in_force(),
            Question::SignatureIntact => self.yes(
                question,
                Text::new(
                    "La firma corresponde al certificado y a lo firmado.",
                    "The signature fits the certificate and what was signed.",
                ),
            ),
            Question::Usage => self.usage(),
            Question::ValidWhenSigned => self.valid_when_signed(),
            Question::DocumentIntact => self.document_intact(),
        }
    }

    fn found(&self, question: Question, finding: &Finding) -> Answer {
        let word = match finding.severity {
            Severity::Failure => Word::No,
            Severity::Unknown | Severity::Note => Word::Unknown,
        };
        let reason = explain::sentence(finding, self.language);
        Answer {
            next_step: Some(explain::code(finding.code).next_step.say(self.language)),
            ..say(question, word, finding.severity, reason)
        }
    }

    fn yes(&self, question: Question, reason: Text) -> Answer {
        say(
            question,
            Word::Yes,
            Severity::Note,
            reason.say(self.language),
        )
    }

    /// Whether the report holds what a «yes» to this question rests on: the core stops early at a broken signature.
    fn was_reached(&self, question: Question) -> bool {
        let all = |holds: fn(&SignatureReport) -> bool| {
            self.people().next().is_some() && self.people().all(holds)
        };
        match question {
            Question::Pdf | Question::Signed => true,
            Question::Timestamp | Question::SignatureIntact | Question::DocumentIntact => {
                all(|one| one.integrity == Integrity::Intact)
            }
            Question::Usage => all(|one| !one.chain.is_empty()),
            Question::Accredited
            | Question::CertificateIntact
            | Question::InForce
            | Question::ValidWhenSigned => all(SignatureReport::is_rooted),
        }
    }

    fn people(&self) -> impl Iterator<Item = &SignatureReport> {
        self.report.of_people()
    }

    /// What is read of every signer, each once: names, entities.
    fn of_signers(&self, part: fn(&Signer) -> &str) -> String {
        let mut parts: Vec<&str> = Vec::new();
        for text in self
            .people()
            .filter_map(|one| one.signer.as_ref())
            .map(part)
        {
            if !text.is_empty() && !parts.contains(&text) {
                parts.push(text);
            }
        }
        parts.join(", ")
    }

    fn spoken(&self, es: String, en: String) -> String {
        match self.language {
            Language::Es => es,
            Language::En => en,
        }
    }

    fn pdf(&self) -> Answer {
        let message = self
            .report
            .signatures
            .iter()
            .any(|signature| signature.sub_filter.starts_with("cms."));
        if message {
            let reason = Text::new(
                "Es una firma CMS (.p7m o .p7s), que se comprueba igual.",
                "It is a CMS signature (.p7m or .p7s), which is checked just as well.",
            );
            return say(
                Question::Pdf,
                Word::No,
                Severity::Note,
                reason.say(self.language),
            );
        }
        let bytes = thousands(self.report.document.bytes, self.language);
        let reason = self.spoken(
            format!("Se leyó completo: {bytes} bytes."),
            format!("All of it was read: {bytes} bytes."),
        );
        say(Question::Pdf, Word::Yes, Severity::Note, reason)
    }

    fn signed(&self) -> Answer {
        let count = self.report.of_people().count();
        let reason = match count {
            1 => Text::new("Una firma.", "One signature.")
                .say(self.language)
                .to_owned(),
            _ => self.spoken(format!("{count} firmas."), format!("{count} signatures.")),
        };
        say(Question::Signed, Word::Yes, Severity::Note, reason)
    }

    fn accredited(&self) -> Answer {
        let entity = self.of_signers(|signer| &signer.entity);
        let reason = if entity.is_empty() {
            Text::new(
                "De una entidad en la que se confía.",
                "Of an entity that is trusted.",
            )
            .say(self.language)
            .to_owned()
        } else {
            self.spoken(format!("De {entity}."), format!("Of {entity}."))
        };
        say(Question::Accredited, Word::Yes, Severity::Note, reason)
    }

    fn timestamp(&self) -> Answer {
        let question = Question::Timestamp;
        let proven: Option<Vec<Timestamp>> = self
            .report
            .of_people()
            .map(|signature| signature.timestamp)
            .collect();
        if let Some(at) = proven.and_then(|times| times.into_iter().max()) {
            let moment = calendar::second_in(self.language, at);
            let reason = self.spoken(
                format!("Prueba que la firma existía el {moment}."),
                format!("It proves that the signature existed on {moment}."),
            );
            return say(question, Word::Yes, Severity::Note, reason);
        }
        let untrusted = self
            .report
            .all_findings()
            .find(|finding| finding.code == Code::TimestampUntrusted);
        let reason = match untrusted {
            Some(finding) => explain::sentence(finding, self.language),
            None => Text::new(
                "No es obligatorio: cuenta la hora en que se recibió el documento.",
                "It need not be: the time of reception counts.",
            )
            .say(self.language)
            .to_owned(),
        };
        say(question, Word::No, Severity::Note, reason)
    }

    fn in_force(&self) -> Answer {
        let first = self
            .people()
            .filter_map(|one| one.chain.first())
            .map(|leaf| leaf.not_after)
            .min();
        let day = first.map_or_else(String::new, |end| calendar::day_in(self.language, end));
        let known = self.people().all(|one| {
            !one.revocation.is_empty() && one.revocation.iter().all(|facts| facts.status == "good")
        });
        if known {
            let reason = self.spoken(
                format!("Vale hasta el {day} y no consta como revocado."),
                format!("It is valid until {day} and not known as revoked."),
            );
            return say(Question::InForce, Word::Yes, Severity::Note, reason);
        }
        let reason = self.spoken(
            format!("Vale hasta el {day}, pero no se preguntó si está revocado."),
            format!("It is valid until {day}, but nobody asked whether it is revoked."),
        );
        say(Question::InForce, Word::Unknown, Severity::Note, reason)
    }

    fn usage(&self) -> Answer {
        let classes = || self.people().filter_map(|one| one.signer.as_ref()?.class);
        if let Some(class) = classes().find(|class| !class.is_person()) {
            let reason = match class {
                SignerClass::Timestamp => Text::new(
                    "Es de sellado de tiempo: no firma ninguna persona.",
                    "It is for timestamps: no person signs with it.",
                ),
                _ => Text::new(
                    "Es un sello electrónico: no firma ninguna persona.",
                    "It is an electronic seal: no person signs with it.",
                ),
            };
            // Sound for what it is: a report that passed is not made worse here.
            let reason = reason.say(self.language);
            return say(Question::Usage, Word::No, Severity::Note, reason);
        }
        let officer = classes().any(|class| class == SignerClass::PublicOfficer);
        let (es, en) = if officer {
            (
                "Sirve para firmar como funcionario público",
                "It is meant for signing as a public officer",
            )
        } else {
            (
                "Sirve para firmar documentos",
                "It is meant for signing documents",
            )
        };
        let name = self.of_signers(|signer| &signer.name);
        // Of a stranger it would repeat what anybody can write into a certificate.
        let reason = if name.is_empty() || !self.people().all(SignatureReport::is_rooted) {
            self.spoken(format!("{es}."), format!("{en}."))
        } else {
            self.spoken(
                format!("{es}; firmó {name}."),
                format!("{en}; signed by {name}."),
            )
        };
        say(Question::Usage, Word::Yes, Severity::Note, reason)
    }

    /// Against the proven time, or else the claimed one, which proves nothing and is called so.
    fn valid_when_signed(&self) -> Answer {
        let question = Question::ValidWhenSigned;
        let timed = self.people().map(|one| Some((one, signed_at(one)?)));
        let Some(timed) = timed.collect::<Option<Vec<_>>>() else {
            let reason = Text::new(
                "La firma no dice cuándo se hizo; cuenta la hora en que se recibió el documento.",
                "The signature does not say when it was made; the time of reception counts.",
            );
            let reason = reason.say(self.language);
            return say(question, Word::Unknown, Severity::Note, reason);
        };
        let outside = timed.iter().find(|(one, at)| !was_valid(one, *at));
        let Some((person, at)) = outside.or(timed.last()) else {
            return say(question, Word::Unknown, Severity::Unknown, "");
        };
        let moment = calendar::second_in(self.language, *at);
        let source = match person.timestamp {
            Some(_) => Text::new("según un sello de tiempo", "as a timestamp proves"),
            None => Text::new(
                "según el reloj de quien firmó, que no es prueba",
                "by the signer's clock, which is no proof",
            ),
        }
        .say(self.language);
        let reason = self.spoken(
            format!("Se firmó el {moment}, {source}."),
            format!("It was signed on {moment}, {source}."),
        );
        let (word, severity) = match (outside, self.report.conclusion) {
            (None, _) => (Word::Yes, Severity::Note),
            // What that means for the document is said by the findings; a passed one is not made worse here.
            (Some(_), Conclusion::Passed) => (Word::No, Severity::Note),
            (Some(_), _) => (Word::No, Severity::Failure),
        };
        say(question, word, severity, reason)
    }

    fn document_intact(&self) -> Answer {
        let added = self
            .report
            .of_people()
            .any(|signature| signature.modifications == Modifications::Permitted);
        let reason = if added {
            explain::code(Code::PdfPermittedAdditions).meaning
        } else {
            Text::new(
                "Nada cambió después de la firma.",
                "Nothing changed after signing.",
            )
        };
        self.yes(Question::DocumentIntact, reason)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::material;
    use crate::verify::{self, Evidence, Policy, TrustStore};

    /// The report on a sample that pyHanko signed.
    fn report(file: &str) -> Report {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/samples");
        let certificates =
            |folder: &str| material::certificates(&samples.join("trust/std").join(folder)).unwrap();
        let trust = TrustStore::new(certificates("roots"), certificates("intermediates"));
        let evidence = Evidence {
            crls: material::crls(&samples.join("crls/std")).unwrap(),
            ocsps: Vec::new(),
        };
        let bytes = fs::read(samples.join("cases").join(file)).unwrap();
        let signed = verify::open(&bytes, None).unwrap();
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        verify::conclude(&signed, &trust, &evidence, &Policy::default(), at)
    }

    fn classes(report: &Report) -> Vec<&'static str> {
        let answers = answers(report, Language::Es);
        assert_eq!(answers.len(), 10);
        for answer in &answers {
            assert!(answer.line(Language::Es).ends_with('.'), "{answer:?}");
        }
        answers.iter().map(Answer::class).collect()
    }

    fn class_of(report: &Report, question: Question) -> &'static str {
        let place = Question::ALL
            .iter()
            .position(|one| *one == question)
            .unwrap();
        classes(report)[place]
    }

    #[test]
    fn a_clean_document_is_answered_yes_and_a_missing_timestamp_weighs_nothing() {
        let plain = report("valid-pades-bb.pdf");
        assert!(
            classes(&plain)
                .iter()
                .all(|class| ["yes", "note"].contains(class))
        );
        assert_eq!(class_of(&plain, Question::Timestamp), "note");
        let stamped = report("valid-pades-bt.pdf");
        assert_eq!(classes(&stamped), ["yes"; 10]);
        let message = report("valid-p7m-attached-reset.p7m");
        assert_eq!(class_of(&message, Question::Pdf), "note");
        assert_eq!(class_of(&message, Question::SignatureIntact), "yes");
    }

    #[test]
    fn what_is_wrong_is_told_at_its_question() {
        for (file, question) in [
            ("pki-ee-expired.pdf", Question::InForce),
            ("pki-revoked-before-signing.pdf", Question::InForce),
            ("pki-ee-not-yet-valid.pdf", Question::InForce),
            ("pki-lookalike.pdf", Question::Accredited),
            ("pki-self-signed.pdf", Question::Accredited),
            ("pki-ku-key-encipherment.pdf", Question::Usage),
        ] {
            assert_eq!(class_of(&report(file), question), "no", "{file}");
        }
        assert_eq!(
            class_of(&report("pki-ee-expired.pdf"), Question::ValidWhenSigned),
            "no"
        );
    }

    /// Anybody can write a name and an entity into a certificate of their own.
    #[test]
    fn who_a_stranger_claims_to_be_is_not_told_as_a_fact() {
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        for (file, warned) in [("pki-lookalike.pdf", true), ("valid-pades-bb.pdf", false)] {
            let report = report(file);
            let name = report.signatures[0].signer.as_ref().unwrap().name.clone();
            let answers = answers(&report, Language::Es);
            let told = answers.iter().any(|answer| answer.reason.contains(&name));
            assert_eq!(told, !warned, "{file}");
            let page = crate::summary::summary(file, &report, at, Language::Es);
            let warning = page.signatures[0]
                .rows
                .iter()
                .any(|(label, _)| *label == "Atención");
            assert_eq!(warning, warned, "{file}");
        }
    }

    /// A seal is sound and means nothing here; an officer signs, but as such.
    #[test]
    fn what_a_certificate_is_for_depends_on_its_class() {
        let mut report = report("valid-pades-bb.pdf");
        let usage = |report: &Report, language| {
            let answers = answers(report, language);
            let usage = answers.iter().find(|one| one.question == Question::Usage);
            (usage.unwrap().class(), usage.unwrap().line(language))
        };
        let (class, said) = usage(&report, Language::Es);
        assert!(class == "yes" && said.contains("firmó"), "{said}");
        for (holder, class, es, en) in [
            (
                SignerClass::ElectronicSeal,
                "note",
                "No. Es un sello electrónico",
                "No. It is an electronic seal",
            ),
            (
                SignerClass::Timestamp,
                "note",
                "No. Es de sellado de tiempo",
                "No. It is for timestamps",
            ),
            (
                SignerClass::PublicOfficer,
                "yes",
                "como funcionario público",
                "as a public officer",
            ),
        ] {
            report.signatures[0].signer.as_mut().unwrap().class = Some(holder);
            for (language, words) in [(Language::Es, es), (Language::En, en)] {
                let (shown, said) = usage(&report, language);
                assert_eq!(shown, class, "{said}");
                assert!(said.contains(words), "{said}");
            }
        }
    }

    #[test]
    fn a_failure_never_shows_as_a_yes() {
        let clean = report("valid-pades-bt.pdf");
        for code in Code::ALL
            .iter()
            .filter(|code| code.severity() > Severity::Note)
        {
            let mut report = clean.clone();
            report.findings.push(Finding::new(*code, "Signature1"));
            let expected = match code.severity() {
                Severity::Failure => "no",
                _ => "unknown",
            };
            assert_eq!(
                class_of(&report, explain::code(*code).question),
                expected,
                "{code}"
            );
        }
    }

    #[test]
    fn what_was_not_reached_is_not_shown_as_checked() {
        let mut report = report("valid-pades-bt.pdf");
        report.signatures.clear();
        report
            .findings
            .push(Finding::new(Code::DocumentUnsigned, ""));
        let classes = classes(&report);
        assert_eq!(classes[..2], ["yes", "no"]);
        assert!(
            classes[2..].iter().all(|class| *class == "unknown"),
            "{classes:?}"
        );
    }
}
