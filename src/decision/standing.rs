//! Who signed, and how they stand to the employer: document number first, RUC second, the name never alone (PRODUCT §1.3,
//! §1.5, S01–S09). Terms of office are days in Ecuador, and the day is that of reception.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::elsewhere::not_registered;
use super::reasons::Reason;
use super::table::{CertificateFact, EmployerFact, PetitionFact, Standing};
use super::{Case, Matching, purpose, severity};
use crate::domain::calendar;
use crate::domain::{
    Action, Employer, EmployerKind, EmployerState, IdentityDocument, LegalRepresentative, Outcome,
    PetitionContent, PetitionSource, RepresentationMode, Role, Ruc, plain, post_key,
};
use crate::verify::report::{Conclusion, Report, SignatureKind, SignatureReport};
use crate::verify::signer::{Signer, SignerClass};

/// What came of matching.
#[derive(Debug, Default)]
pub(super) struct Judged {
    /// Reasons about signer, certificate and employer.
    pub reasons: Vec<Reason>,
    /// The signer who counts.
    pub signer: Option<Signer>,
    /// The registered representative he is.
    pub representative: Option<LegalRepresentative>,
}

/// The registry's view of one employer on one day.
pub(super) struct Office<'a> {
    employer: &'a Employer,
    content: &'a PetitionContent,
    appointment_attached: bool,
    day: Date,
}

/// Whose power counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Power {
    /// That of those in office.
    InOffice,
    /// Also that of those whose term is over without a successor.
    Prolonged,
}

/// One signer beside the registry.
struct Match<'a> {
    signer: &'a Signer,
    standing: Standing,
    representative: Option<&'a LegalRepresentative>,
}

/// Matches whoever signed with whoever may, as far as the registry knows the employer.
pub(super) fn judge(case: &Case<'_>) -> Judged {
    let Some(content) = &case.reading.content else {
        return Judged::default();
    };
    let circumstances = case.circumstances;
    match case.employer {
        None => match &circumstances.elsewhere {
            Some(elsewhere) => Judged::only(elsewhere.reason(content, case.reading.source)),
            None => Judged::only(not_registered(case.report, content)),
        },
        Some(employer) => {
            let matching = Matching {
                report: case.report,
                content,
                employer,
                source: case.reading.source,
                appointment_attached: circumstances.appointment_attached,
                frozen: circumstances.frozen,
                at: case.at,
            };
            compare(&matching, |conclusion| conclusion == Conclusion::Passed)
        }
    }
}

/// Puts whoever signed beside a registered employer, active or not: whoever may not sign for it may not because it is closed either.
/// `counts` says which signatures do.
pub(super) fn compare(matching: &Matching<'_>, counts: impl Fn(Conclusion) -> bool) -> Judged {
    let (content, employer) = (matching.content, matching.employer);
    let office = Office {
        appointment_attached: matching.appointment_attached,
        ..Office::of(employer, content, matching.at)
    };
    let counted = || {
        let signatures = matching.report.of_people();
        signatures.filter(|signature| counts(signature.conclusion))
    };
    let signers: Vec<&Signer> = counted()
        .filter_map(|signature| signature.signer.as_ref())
        .collect();
    // Whoever is closest to the employer decides; between two equally close ones, he whose certificate can sign at all.
    let closest = signers
        .iter()
        .map(|signer| office.place(signer, &signers))
        .min_by_key(|found| {
            let spoilt = office.check_class(found.signer).is_some();
            (found.standing, spoilt)
        });
    let Some(closest) = closest else {
        return Judged::only(CertificateFact::NoDocument.reason());
    };
    let mut reasons = office.certificate_reasons(&closest, &signers);
    if !is_beside_the_point(&closest) {
        reasons.push(office.explain(&closest, &signers));
        reasons.extend(office.check_prolonged(&closest, &signers));
    }
    if matching.source == Some(PetitionSource::Letter) {
        reasons.extend(office.check_authors(&closest, counted()));
    }
    reasons.extend(office.check_drawn_over(matching.report));
    let is_letter = matching.source == Some(PetitionSource::Letter);
    reasons.extend(office.check_purpose(is_letter, counted()));
    // What is on file is nobody's business but the representative's.
    if content.action == Action::ResetPassword
        && employer.email.is_none()
        && !is_stranger(closest.standing)
    {
        reasons.push(EmployerFact::NoAddress.reason());
    }
    if employer.state != EmployerState::Active {
        let not_active = EmployerFact::NotActive.reason();
        reasons.push(not_active.fact("ruc", content.ruc.as_str()));
    }
    Judged {
        reasons,
        signer: Some(closest.signer.clone()),
        representative: closest.representative.cloned(),
    }
}

impl Judged {
    /// Nobody was matched.
    fn only(reason: Reason) -> Self {
        Self {
            reasons: vec![reason],
            ..Self::default()
        }
    }
}

impl<'a> Office<'a> {
    /// The employer on the day of reception, with nothing attached.
    pub(super) fn of(employer: &'a Employer, content: &'a PetitionContent, at: Timestamp) -> Self {
        Self {
            employer,
            content,
            appointment_attached: false,
            day: calendar::in_ecuador(at).date(),
        }
    }

    /// Whether one of those who signed represents it, alone or not, for whatever it is.
    pub(super) fn is_represented_by_any(&self, signers: &[&'a Signer]) -> bool {
        signers.iter().any(|signer| {
            matches!(
                self.place(signer, signers).standing,
                Standing::Sole
                    | Standing::JointComplete
                    | Standing::OwnRuc
                    | Standing::OtherPost
                    | Standing::JointIncomplete
                    | Standing::Attorney
                    | Standing::BesideLiquidator
                    | Standing::Holdover
            )
        })
    }

    /// Whether these signers are all that it takes.
    pub(super) fn is_enough(&self, signers: &[&'a Signer]) -> bool {
        signers.iter().any(|signer| {
            self.place(signer, signers).standing.reason().outcome == Outcome::Approved
                && self.check_class(signer).is_none()
        })
    }

    /// The best standing that `signer` has; `all` are those who signed the same document.
    fn place(&self, signer: &'a Signer, all: &[&Signer]) -> Match<'a> {
        let by_document = signer
            .matchable_document()
            .into_iter()
            .flat_map(|document| {
                let employer = self.employer;
                let rows = employer
                    .representatives
                    .iter()
                    .filter(move |row| row.document == *document);
                let own = matches!(
                    employer.kind,
                    EmployerKind::NaturalPerson | EmployerKind::Household
                ) && employer.ruc.belongs_to_person(document);
                rows.map(|row| (self.standing_of(row, all), Some(row)))
                    .chain(own.then_some((Standing::OwnRuc, None)))
            });
        // Somebody may have several terms and posts: the one that serves best counts, and of equals the latest.
        let best = by_document
            .min_by_key(|(standing, row)| (*standing, std::cmp::Reverse(row.map(|row| row.from))));
        let (standing, representative) = best.unwrap_or_else(|| self.unregistered(signer));
        Match {
            signer,
            standing,
            representative,
        }
    }

    fn standing_of(&self, row: &LegalRepresentative, all: &[&Signer]) -> Standing {
        let role = row.role();
        let attorney = role == Role::Attorney;
        if row.from > self.day {
            return Standing::Early;
        }
        if row.last_day().is_some_and(|last| last < self.day) {
            // What the registry does not know yet may stand in what is attached: a person reads it, the machine can't.
            return match (attorney, self.appointment_attached) {
                (true, true) => Standing::NewPower,
                (true, false) => Standing::PowerEnded,
                (false, _) if self.goes_on(row) => Standing::Holdover,
                (false, true) => Standing::NewTerm,
                (false, false) => Standing::Succeeded,
            };
        }
        if attorney {
            let covers = row
                .scope
                .as_ref()
                .is_none_or(|scope| scope.contains(&self.content.action));
            return match (covers, self.appointment_attached) {
                (true, _) => Standing::Attorney,
                (false, true) => Standing::NewPower,
                (false, false) => Standing::OutOfScope,
            };
        }
        if role != Role::Liquidator && self.has_liquidator() {
            return Standing::BesideLiquidator;
        }
        if role == Role::Unrecognised {
            return Standing::OtherPost;
        }
        match row.mode {
            RepresentationMode::Sole => Standing::Sole,
            RepresentationMode::Joint if self.is_complete(all, Power::InOffice) => {
                Standing::JointComplete
            }
            RepresentationMode::Joint => Standing::JointIncomplete,
        }
    }

    /// Somebody whose document number the registry does not have.
    fn unregistered(&self, signer: &Signer) -> (Standing, Option<&'a LegalRepresentative>) {
        let name = name_words(&signer.name);
        let namesake = self
            .employer
            .representatives
            .iter()
            .find(|row| same_name(&name, &name_words(&row.name)));
        let named = &self.employer.named_representative;
        let named = named
            .as_ref()
            .is_some_and(|named| same_name(&name, &name_words(&named.name)));
        if namesake.is_some() || named {
            return (Standing::NameOnly, namesake);
        }
        let own_business = matches!(
            self.employer.kind,
            EmployerKind::NaturalPerson | EmployerKind::Household
        );
        let standing = if self.appointment_attached {
            Standing::NewlyAppointed
        } else if !own_business && self.in_office().all(|row| row.document.is_ruc()) {
            Standing::NobodyRegistered
        } else {
            Standing::Stranger
        };
        (standing, None)
    }

    fn in_office(&self) -> impl Iterator<Item = &'a LegalRepresentative> {
        let day = self.day;
        self.employer
            .representatives
            .iter()
            .filter(move |row| row.in_office(day))
    }

    fn has_liquidator(&self) -> bool {
        self.in_office().any(|row| row.role() == Role::Liquidator)
    }

    fn has_successor(&self, row: &LegalRepresentative) -> bool {
        has_successor(row, &self.employer.representatives, self.day)
    }

    /// Whether the power of somebody whose term is over goes on for want of a successor (*funciones prorrogadas*).
    fn goes_on(&self, row: &LegalRepresentative) -> bool {
        row.last_day().is_some_and(|last| last < self.day)
            && row.from <= self.day
            && row.role() != Role::Attorney
            && !self.has_successor(row)
    }

    /// Those who have power to represent.
    fn in_power(&self, power: Power) -> impl Iterator<Item = &'a LegalRepresentative> {
        let representatives = self.employer.representatives.iter();
        representatives.filter(move |row| {
            row.in_office(self.day) || power == Power::Prolonged && self.goes_on(row)
        })
    }

    fn joint_signers(&self, all: &[&Signer], power: Power) -> BTreeSet<&'a str> {
        joint_signers(self.in_power(power), all, self.employer.kind)
    }

    fn required(&self, all: &[&Signer], power: Power) -> usize {
        required(self.in_power(power), &self.joint_signers(all, power))
    }

    /// Whether as many have signed as must sign together.
    fn is_complete(&self, all: &[&Signer], power: Power) -> bool {
        self.joint_signers(all, power).len() >= self.required(all, power)
    }

    /// A power that was given to several together goes on past its term as one of several together.
    fn check_prolonged(&self, found: &Match<'_>, all: &[&Signer]) -> Option<Reason> {
        let row = found.representative?;
        let joint = found.standing == Standing::Holdover && row.mode == RepresentationMode::Joint;
        let wanting = joint && !self.is_complete(all, Power::Prolonged);
        wanting.then(|| {
            let reason = Standing::JointIncomplete
                .reason()
                .fact("nombre", &found.signer.name)
                .fact("empresa", &self.employer.legal_name);
            self.name_the_missing(reason, all, Power::Prolonged)
        })
    }

    fn check_class(&self, signer: &Signer) -> Option<CertificateFact> {
        check_class(signer, self.employer.kind)
    }

    /// The certificate names organisations: each must be the one the petition is for, the signer, or one that represents it
    /// (PRODUCT S19). The representative of several companies may have signed with another one's certificate: a person decides
    /// then, and also where nobody can tell which employer is meant.
    fn check_organisation(&self, signer: &Signer, standing: Standing) -> Option<Reason> {
        // The manager of a trust company signs for the trust with the certificate of that company.
        let represents = |ruc: &Ruc| {
            self.in_office()
                .any(|row| row.document.as_str() == ruc.as_str())
        };
        let is_other =
            |ruc: &&Ruc| **ruc != self.content.ruc && !signer.owns(ruc) && !represents(ruc);
        let others: Vec<&str> = signer.rucs().filter(is_other).map(Ruc::as_str).collect();
        let unreadable = signer.unreadable_rucs.iter().map(String::as_str);
        let fact = match (others.is_empty(), is_stranger(standing)) {
            (false, true) => CertificateFact::StrangerOfOther,
            (false, false) => CertificateFact::RepresentativeOfOther,
            (true, _) if signer.unreadable_rucs.is_empty() => return None,
            (true, _) => CertificateFact::UnreadableRuc,
        };
        let named: Vec<&str> = others.into_iter().chain(unreadable).collect();
        Some(
            fact.reason()
                .fact("documento", self.content.ruc.as_str())
                .fact("certificado", named.join(", ")),
        )
    }

    /// What the certificates of those who count say.
    fn certificate_reasons(&self, closest: &Match<'_>, all: &[&Signer]) -> Vec<Reason> {
        let counted = all
            .iter()
            .filter(|signer| self.is_counted(signer, closest, all));
        counted
            .flat_map(|signer| self.check_certificate(signer, closest.standing))
            .collect()
    }

    /// Who counts is the closest signer, or all who complete a joint signature.
    fn is_counted(&self, signer: &Signer, closest: &Match<'_>, all: &[&Signer]) -> bool {
        let completes = || {
            let document = signer.document.as_ref();
            let joint = self.joint_signers(all, Power::InOffice);
            document.is_some_and(|document| joint.contains(document.as_str()))
        };
        std::ptr::eq(signer, closest.signer)
            || closest.standing == Standing::JointComplete && completes()
    }

    /// What the certificate of somebody who stands so says.
    fn check_certificate(
        &self,
        signer: &Signer,
        standing: Standing,
    ) -> impl Iterator<Item = Reason> {
        let class = self.check_class(signer).map(|fact| {
            let reason = fact.reason();
            match signer.class {
                Some(class) => reason.fact("clase", class.as_str()),
                None => reason,
            }
        });
        self.check_organisation(signer, standing)
            .into_iter()
            .chain(class)
            .chain(self.check_name(signer))
    }

    /// A number that was mistyped in the registry may be somebody else's, and passports of two countries may have the same: whose
    /// name has nothing to do with the registered one is looked at.
    fn check_name(&self, signer: &Signer) -> Option<Reason> {
        let document = signer.matchable_document()?;
        let representatives = self.employer.representatives.iter();
        let mut rows = representatives
            .filter(|row| row.document == *document)
            .peekable();
        let registered = rows.peek()?.name.clone();
        let name = name_words(&signer.name);
        let is_other = rows.all(|row| is_other_name(&name, &name_words(&row.name)));
        is_other.then(|| {
            CertificateFact::OtherName
                .reason()
                .fact("nombre", &signer.name)
                .fact("registrado", registered)
        })
    }

    /// The reason of the standing, with the values of its sentence.
    fn explain(&self, found: &Match<'_>, all: &[&Signer]) -> Reason {
        let mut reason = found
            .standing
            .reason()
            .fact("nombre", &found.signer.name)
            .fact("empresa", &self.employer.legal_name);
        if let Some(row) = found.representative {
            reason = reason
                .fact("registrado", &row.name)
                .fact("cargo", &row.post);
            let day = match found.standing {
                Standing::Early => Some(row.from),
                _ => row.last_day(),
            };
            if let Some(day) = day {
                reason = reason.fact("fecha", day.to_string());
            }
        }
        if let (Standing::NameOnly, None, Some(named)) = (
            found.standing,
            found.representative,
            &self.employer.named_representative,
        ) {
            reason = reason
                .fact("registrado", &named.name)
                .fact("cargo", &named.post);
        }
        match (found.standing, found.representative) {
            (Standing::JointIncomplete, _) => self.name_the_missing(reason, all, Power::InOffice),
            // The registry's spelling, not the certificate's.
            (Standing::Sole | Standing::JointComplete, Some(row)) => {
                reason.fact("nombre", &row.name)
            }
            _ => reason,
        }
    }

    /// For whom a joint petition waits.
    fn name_the_missing(&self, reason: Reason, all: &[&Signer], power: Power) -> Reason {
        let signed = self.joint_signers(all, power);
        let required = self.required(all, power);
        let missing: Vec<String> = self
            .in_power(power)
            .filter(|row| row.role() != Role::Attorney && !signed.contains(row.document.as_str()))
            .map(|row| format!("{} ({})", row.name, row.post))
            .collect();
        let reason = reason.fact("firmas", required.to_string()).fact(
            "faltan",
            (required - signed.len().min(required)).to_string(),
        );
        if missing.is_empty() {
            return reason;
        }
        reason.fact("quienes", missing.join(" o "))
    }

    /// Whoever signs a letter may have written it, and the representative put a signature to it as one does for receipt: it is believed
    /// when all who signed it may ask for this. A letter is read with the names of those alone, so that nobody else is its author.
    fn check_authors(
        &self,
        closest: &Match<'_>,
        signatures: impl Iterator<Item = &'a SignatureReport>,
    ) -> Option<Reason> {
        let signers: Vec<Option<&Signer>> = signatures.map(|one| one.signer.as_ref()).collect();
        let all: Vec<&Signer> = signers.iter().copied().flatten().collect();
        let speaks = |signer: &Signer| {
            let standing = self.place(signer, &all).standing;
            self.is_counted(signer, closest, &all)
                || severity(standing.reason().outcome)
                    <= severity(closest.standing.reason().outcome)
                    && self.check_certificate(signer, standing).next().is_none()
        };
        let other = signers.iter().find(|signer| !signer.is_some_and(&speaks))?;
        let reason = PetitionFact::NotAllMayAsk.reason().fact("carta", "varios");
        Some(match other {
            Some(signer) => reason.fact("nombre", &signer.name),
            None => reason,
        })
    }

    /// What somebody whom the registry knows signed for receipt, or as a witness, they did not ask for. Anybody else may have: they ask
    /// for nothing here.
    fn check_purpose(
        &self,
        is_letter: bool,
        mut signatures: impl Iterator<Item = &'a SignatureReport>,
    ) -> Option<Reason> {
        signatures.find_map(|signature| {
            let signer = signature.signer.as_ref()?;
            let other = purpose::other(signature, is_letter)?;
            let known = !is_stranger(self.place(signer, &[]).standing);
            known.then(|| {
                let reason = PetitionFact::OtherPurpose
                    .reason()
                    .fact("motivo", other.said);
                match other.place {
                    None => reason,
                    Some(place) => reason.fact("donde", place.as_str()),
                }
            })
        })
    }

    /// A visible signature paints over the page. From a representative that is his own business; from anybody else, and from
    /// a timestamp, for which nobody answers, a person must look at what it shows.
    fn check_drawn_over(&self, report: &'a Report) -> Option<Reason> {
        let mut painters = report.signatures.iter().filter(|painter| painter.visible);
        let reason = PetitionFact::DrawnOver.reason();
        painters.find_map(|painter| {
            let signer = match (painter.kind, &painter.signer) {
                (SignatureKind::DocTimestamp, _) => {
                    return Some(reason.clone().fact("sello", &painter.field));
                }
                (SignatureKind::Signature, Some(signer)) => signer,
                (SignatureKind::Signature, None) => return Some(reason.clone()),
            };
            let standing = self.place(signer, &[]).standing;
            let unknown = is_stranger(standing) || standing == Standing::NameOnly;
            unknown.then(|| reason.clone().fact("nombre", &signer.name))
        })
    }
}

/// Seals, timestamps and officers can't sign for a company (PRODUCT S16).
fn check_class(signer: &Signer, employer: EmployerKind) -> Option<CertificateFact> {
    let officer_allowed = employer == EmployerKind::PublicBody;
    match signer.class {
        Some(class) if !class.is_person() => Some(CertificateFact::NotAPerson),
        Some(SignerClass::PublicOfficer) if !officer_allowed => {
            Some(CertificateFact::OfficerForCompany)
        }
        _ if signer.document.is_none() => Some(CertificateFact::NoDocument),
        None => Some(CertificateFact::UnknownClass),
        Some(_) => None,
    }
}

/// The joint representatives among those who signed, each once: who signs twice counts once. Whoever only a person can tell to
/// be one is not counted.
fn joint_signers<'a>(
    in_power: impl Iterator<Item = &'a LegalRepresentative>,
    all: &[&Signer],
    employer: EmployerKind,
) -> BTreeSet<&'a str> {
    let signed = |row: &LegalRepresentative| {
        all.iter().any(|signer| {
            signer.matchable_document() == Some(&row.document)
                && check_class(signer, employer).is_none()
        })
    };
    in_power
        .filter(|row| matches!(row.role(), Role::Administrator | Role::Liquidator))
        .filter(|row| signed(row))
        .map(|row| row.document.as_str())
        .collect()
}

/// How many must sign together, never fewer than two: where the rows of those who signed differ, the most cautious one.
fn required<'a>(
    in_power: impl Iterator<Item = &'a LegalRepresentative>,
    signed: &BTreeSet<&str>,
) -> usize {
    let stated = in_power
        .filter(|row| signed.contains(row.document.as_str()))
        .map(|row| usize::from(row.required_signatures));
    stated.max().unwrap_or(2).max(2)
}

/// A successor holds the same post since, or liquidates the company in place of all its administrators. Somebody in another post is
/// not one, whenever they came: whoever was elected goes on until replaced in their own (*funciones prorrogadas*).
fn has_successor(row: &LegalRepresentative, all: &[LegalRepresentative], day: Date) -> bool {
    all.iter()
        .filter(|other| other.in_office(day) && other.document != row.document)
        .any(|other| match other.role() {
            Role::Attorney => false,
            Role::Liquidator => true,
            Role::Administrator | Role::Unrecognised => {
                post_key(&other.post) == post_key(&row.post) && other.from >= row.from
            }
        })
}

/// Whether somebody still has an office by what is registered of an employer: one that no table has ended, and whose term is not over,
/// or goes on for want of a successor.
#[must_use]
pub fn serves(document: &IdentityDocument, all: &[LegalRepresentative], day: Date) -> bool {
    serving(all, day).any(|row| row.document == *document)
}

/// The rows by which somebody [`serves`].
fn serving(
    all: &[LegalRepresentative],
    day: Date,
) -> impl Iterator<Item = &LegalRepresentative> + Clone {
    let standing = all.iter().filter(|row| row.ended.is_none());
    standing.filter(move |row| {
        row.last_day().is_none_or(|last| day <= last)
            || row.role() != Role::Attorney && !has_successor(row, all, day)
    })
}

/// An approval that took several signatures, and a change of those who represent the employer.
#[derive(Debug, Clone, Copy)]
pub struct Together<'a> {
    /// The verdict on the signatures.
    pub report: &'a Report,
    /// What the machine said of it: it approves what has passed, and a person in its place vouches for what has not failed.
    pub said: Outcome,
    /// What kind of employer it is.
    pub employer: EmployerKind,
    /// Its representatives before the change.
    pub before: &'a [LegalRepresentative],
    /// And now.
    pub after: &'a [LegalRepresentative],
    /// The day of the change.
    pub day: Date,
}

impl Together<'_> {
    /// Whether as many of those who represented it, and signed, still do as had to sign. Whoever else signed takes nobody's place, nor
    /// does whoever was registered later.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        let counts = |conclusion| match self.said {
            Outcome::Approved => conclusion == Conclusion::Passed,
            Outcome::InReview | Outcome::Refused => conclusion != Conclusion::Failed,
        };
        let signers: Vec<&Signer> = self
            .report
            .of_people()
            .filter(|signature| counts(signature.conclusion))
            .filter_map(|signature| signature.signer.as_ref())
            .collect();
        let before = serving(self.before, self.day);
        let signed = joint_signers(before.clone(), &signers, self.employer);
        let now = joint_signers(serving(self.after, self.day), &signers, self.employer);
        signed.intersection(&now).count() >= required(before, &signed)
    }
}

/// Whether its certificate leaves nothing to say about the signer: a seal is nobody the registry could know, and of a number that
/// can't be read nobody can say that it differs from the registered one.
fn is_beside_the_point(found: &Match<'_>) -> bool {
    let person = found.signer.class.is_none_or(SignerClass::is_person);
    let namesake = found.standing == Standing::NameOnly;
    let unread = found.signer.document.is_none();
    !person && (namesake || is_stranger(found.standing)) || person && unread && namesake
}

/// Whether the registry knows neither document nor name.
fn is_stranger(standing: Standing) -> bool {
    matches!(
        standing,
        Standing::Stranger | Standing::NobodyRegistered | Standing::NewlyAppointed
    )
}

/// Words of a name without accents, case and order.
fn name_words(name: &str) -> BTreeSet<String> {
    plain(name)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether two names that both say something have less than two words in common.
fn is_other_name(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let shorter = one.len().min(other.len());
    one.intersection(other).count() < shorter.min(2)
}

/// The same words; or, from three words on, all the words of the shorter name: a second given name is often left out.
fn same_name(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    match short.len() {
        0 => false,
        1 | 2 => short == long,
        _ => short.is_subset(long),
    }
}
