//! What the screen of a case shows, as sentences.

use askama::Template;
use jiff::Timestamp;

use super::Typed;
use super::comparison::{self, Row, SOURCES};
use super::lost::Unsaved;
use super::outcome::Ending;
use crate::decision::{Reason, ReasonCode};
use crate::domain::{
    AttachmentKind, CaseAct, CaseKind, DossierItem, Language, MemberRole, PetitionSource, Phase,
    ReviewReason, State, calendar,
};
use crate::explain;
use crate::intake::MessageView;
use crate::intake::review::{CaseView, Comparison, answers, to_refuse};
use crate::questions::{self, Answer};
use crate::store::{ActRow, Earlier};
use crate::verify::report::{Coverage, Modifications, SignatureReport};
use crate::web::messages::FieldErrors;
use crate::web::office::Desk;
use crate::web::office::queue::{Term, age};
use crate::web::office::shown::Shown;
use crate::web::office::stopping::{self, NewStop, StopForm};
use crate::web::{App, Frame};
use crate::words;

/// Pages of a document that are shown.
const MOST_PAGES: u32 = 10;

#[derive(Template)]
#[template(path = "office/case.html", config = "src/web/pages/askama.toml")]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one block of the page, shown or not"
)]
pub(in crate::web) struct CasePage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) desk: &'a Desk,
    pub(in crate::web) number: String,
    pub(in crate::web) round: i64,
    pub(in crate::web) kind: &'static str,
    pub(in crate::web) asks: &'static str,
    pub(in crate::web) phase: &'static str,
    pub(in crate::web) urgent: bool,
    pub(in crate::web) age: String,
    pub(in crate::web) term: Term,
    pub(in crate::web) notice: Option<String>,
    pub(in crate::web) error: Option<String>,
    /// What became of it, once it is decided.
    pub(in crate::web) came_to: Option<Ending>,
    /// Where this person may stop the account.
    pub(in crate::web) stop: Option<StopForm>,
    /// Whether this person may do something with it.
    pub(in crate::web) decides: bool,
    pub(in crate::web) waits: bool,
    pub(in crate::web) mine: bool,
    pub(in crate::web) held_by: Option<String>,
    pub(in crate::web) two: Option<String>,
    /// Who of the staff stopped the account that it would free, and why.
    pub(in crate::web) stopped: Option<String>,
    pub(in crate::web) barriers: Vec<&'static str>,
    pub(in crate::web) reasons: Vec<Shown>,
    pub(in crate::web) pages: Vec<u32>,
    /// Why there is none.
    pub(in crate::web) no_pages: &'static str,
    /// Whether document and attachments are kept: only then something leads to them.
    pub(in crate::web) kept: bool,
    pub(in crate::web) failing: Vec<Check>,
    pub(in crate::web) passing: Vec<Check>,
    pub(in crate::web) sources: [&'static str; 3],
    pub(in crate::web) comparison: Vec<Row>,
    pub(in crate::web) changed: Vec<Shown>,
    pub(in crate::web) chain: Vec<Certificate>,
    pub(in crate::web) times: Vec<(&'static str, String)>,
    pub(in crate::web) of_employer: Vec<Past>,
    pub(in crate::web) of_signer: Vec<Past>,
    pub(in crate::web) attachments: Vec<Attached>,
    pub(in crate::web) messages: Vec<Sent>,
    pub(in crate::web) acts: Vec<Did>,
    pub(in crate::web) panels: Vec<Panel>,
    /// What was typed by somebody who does not hold it any more.
    pub(in crate::web) unsaved: Option<Unsaved>,
    /// The note for whoever takes it next, where that was being typed.
    pub(in crate::web) left_note: Option<String>,
    /// What is wrong with what was typed into the open one.
    pub(in crate::web) flaws: FieldErrors,
    /// What the registry says against an approval.
    pub(in crate::web) against: Option<Against>,
    /// Whether the person must say what the document asks.
    pub(in crate::web) must_read: bool,
    /// An attachment that an approval may put into the registry.
    pub(in crate::web) appointment: Option<String>,
    pub(in crate::web) counter: Option<Dossier>,
    /// Whether this person may take the evidence.
    pub(in crate::web) evidence: bool,
}

/// What there is to be shown of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paper {
    /// So many pages.
    Pages(u32),
    /// There never was one.
    None,
    /// Its term has ended.
    Erased,
    /// It should be there and is not.
    Lost,
}

impl Paper {
    fn pages(self) -> u32 {
        match self {
            Self::Pages(pages) => pages,
            Self::None | Self::Erased | Self::Lost => 0,
        }
    }

    fn why_none(self) -> &'static str {
        match self {
            Self::Pages(_) | Self::None => "No hay documento.",
            Self::Erased => "El documento se borró al terminar su plazo.",
            Self::Lost => {
                "El documento no se encuentra en el archivo. Avise a quien administra el servicio."
            }
        }
    }
}

/// One of the ten checks.
pub(in crate::web) struct Check {
    pub(in crate::web) class: &'static str,
    pub(in crate::web) mark: &'static str,
    pub(in crate::web) question: &'static str,
    pub(in crate::web) answer: Shown,
}

/// A certificate of the signer's chain.
pub(in crate::web) struct Certificate {
    pub(in crate::web) subject: Shown,
    pub(in crate::web) issuer: Shown,
    pub(in crate::web) valid: String,
    pub(in crate::web) revocation: &'static str,
}

/// An earlier petition.
pub(in crate::web) struct Past {
    pub(in crate::web) number: String,
    /// Whether there is something to look at.
    pub(in crate::web) is_there: bool,
    pub(in crate::web) day: String,
    pub(in crate::web) asked: &'static str,
    pub(in crate::web) came_to: &'static str,
}

/// A file that came with it.
pub(in crate::web) struct Attached {
    pub(in crate::web) name: &'static str,
    pub(in crate::web) sha256: String,
    pub(in crate::web) size: String,
}

/// A message that was sent, or not.
pub(in crate::web) struct Sent {
    pub(in crate::web) what: &'static str,
    pub(in crate::web) to: String,
    pub(in crate::web) state: String,
}

/// Something that was done.
pub(in crate::web) struct Did {
    pub(in crate::web) who: String,
    pub(in crate::web) what: &'static str,
    pub(in crate::web) why: &'static str,
    pub(in crate::web) note: Shown,
    /// In spite of what, as they confirmed.
    pub(in crate::web) confirmed: String,
    pub(in crate::web) at: String,
}

/// A panel with the reasons of one act.
pub(in crate::web) struct Panel {
    pub(in crate::web) act: &'static str,
    pub(in crate::web) key: &'static str,
    pub(in crate::web) title: &'static str,
    pub(in crate::web) button: &'static str,
    pub(in crate::web) tone: &'static str,
    pub(in crate::web) open: bool,
    pub(in crate::web) reasons: Vec<Choice>,
    /// What was typed into it and did not count.
    pub(in crate::web) typed: Typed,
}

/// What the registry says against an approval and the machine did not.
pub(in crate::web) struct Against {
    pub(in crate::web) objections: Vec<Shown>,
    /// What confirms having seen it; nothing where nobody may approve.
    pub(in crate::web) digest: Option<String>,
}

impl Against {
    fn of(compared: &Comparison) -> Option<Self> {
        let sentence = |reason| Shown::up_to(&words::in_the_office(reason), 220);
        let digest = (!compared.is_final()).then(|| compared.digest().to_string());
        (!compared.objections.is_empty()).then(|| Self {
            objections: compared.objections.iter().map(sentence).collect(),
            digest,
        })
    }
}

/// A reason to choose.
pub(in crate::web) struct Choice {
    /// The key that chooses it.
    pub(in crate::web) digit: usize,
    pub(in crate::web) word: &'static str,
    pub(in crate::web) text: &'static str,
}

/// The five documents of the counter.
pub(in crate::web) struct Dossier {
    pub(in crate::web) items: Vec<Item>,
    /// Whether the link may be opened now.
    pub(in crate::web) link: bool,
}

/// One of the five.
pub(in crate::web) struct Item {
    pub(in crate::web) word: &'static str,
    pub(in crate::web) name: &'static str,
    pub(in crate::web) scan: Option<String>,
    pub(in crate::web) seen: bool,
    pub(in crate::web) by_others: String,
}

/// What somebody has just done, and what it came to.
#[derive(Default)]
pub(in crate::web::office) struct Come<'a> {
    pub(in crate::web::office) notice: Option<&'a str>,
    pub(in crate::web::office) error: Option<String>,
    /// What they typed; its act is the panel that is open.
    pub(in crate::web::office) typed: Option<&'a Typed>,
    pub(in crate::web::office) flaws: FieldErrors,
    /// What they read beside the registry.
    pub(in crate::web::office) compared: Option<Comparison>,
    /// An account that they wanted to stop without a reason.
    pub(in crate::web::office) unstopped: Option<NewStop>,
}

/// What is known of a case.
pub(super) struct Known<'a> {
    pub(super) view: &'a CaseView,
    pub(super) messages: &'a [MessageView],
    pub(super) paper: Paper,
    pub(super) came_to: Option<Ending>,
}

impl<'a> CasePage<'a> {
    pub(super) fn new(app: &'a App, desk: &'a Desk, known: Known<'_>, come: Come<'_>) -> Self {
        let Known {
            view,
            messages,
            paper,
            came_to,
        } = known;
        let waits = view.case.phase.waits();
        let now = app.intake.now();
        let (failing, passing) = checks(view);
        let decides = desk.member.role != MemberRole::Auditor;
        let compared = come.compared.as_ref().or(view.comparison.as_ref());
        let against = compared.and_then(Against::of);
        Self {
            frame: &app.frame,
            desk,
            number: view.case.number.to_string(),
            round: view.case.round,
            kind: words::review::kind(view.case.kind),
            asks: view
                .action()
                .map_or("no se sabe qué pide", |action| words::action(action).es),
            phase: if view.case.is_none() {
                "La decidió el programa"
            } else {
                words::review::phase(view.case.phase)
            },
            urgent: view.case.urgent,
            age: age(view.case.opened_at, now),
            term: Term::of(app, &view.case, now),
            notice: come.notice.map(str::to_owned),
            error: come.error,
            came_to,
            stop: stop(view, desk, come.unstopped.as_ref()),
            decides,
            waits,
            mine: view.mine,
            held_by: view.held_by.clone(),
            two: waits.then(|| two(view)).flatten(),
            stopped: view.stop.as_ref().filter(|_| waits).map(stopping::said),
            barriers: view
                .barriers
                .iter()
                .filter(|_| waits)
                .map(|one| words::review::barrier(*one))
                .collect(),
            reasons: view
                .decision
                .iter()
                .flat_map(|decision| &decision.reasons)
                .chain(compared.iter().flat_map(|compared| &compared.objections))
                .map(|reason| Shown::up_to(&words::in_the_office(reason), 220))
                .collect(),
            pages: (1..=paper.pages().min(MOST_PAGES)).collect(),
            no_pages: paper.why_none(),
            kept: paper != Paper::Erased,
            failing,
            passing,
            sources: SOURCES,
            comparison: comparison::rows(view, compared),
            changed: changed(view),
            chain: chain(view),
            times: times(view),
            of_employer: view.of_employer.iter().map(Past::of).collect(),
            of_signer: view.of_signer.iter().map(Past::of).collect(),
            attachments: view
                .attachments
                .iter()
                .map(|file| Attached {
                    name: words::review::attachment(file.kind),
                    sha256: file.sha256.to_string(),
                    size: format!(
                        "{} bytes",
                        words::thousands(
                            u64::try_from(file.bytes).unwrap_or_default(),
                            Language::Es
                        )
                    ),
                })
                .collect(),
            messages: messages.iter().map(Sent::of).collect(),
            acts: view
                .acts
                .iter()
                .map(|act| Did {
                    who: if act.member == "company" {
                        "La empresa".to_owned()
                    } else {
                        act.member.clone()
                    },
                    what: words::review::act(act.act),
                    why: act
                        .reason
                        .map_or("", |reason| words::review::reason(reason).es),
                    note: Shown::of(&act.note),
                    confirmed: confirmed(act),
                    at: calendar::say_minute(act.at),
                })
                .collect(),
            panels: if view.mine {
                panels(view, come.typed)
            } else {
                Vec::new()
            },
            unsaved: come.typed.filter(|_| !view.mine).and_then(Unsaved::of),
            left_note: come
                .typed
                .filter(|typed| typed.act == "note")
                .map(|typed| typed.note.clone()),
            flaws: come.flaws,
            against,
            must_read: view.must_be_read(),
            appointment: view
                .attachments
                .iter()
                .rfind(|file| file.kind == AttachmentKind::Appointment)
                .map(|file| file.sha256.to_string()),
            counter: (view.case.kind == CaseKind::Counter).then(|| dossier(view, desk)),
            evidence: matches!(paper, Paper::Pages(_)) && desk.member.role != MemberRole::Reviewer,
        }
    }
}

/// The form that stops the account, for whoever may.
fn stop(view: &CaseView, desk: &Desk, typed: Option<&NewStop>) -> Option<StopForm> {
    let registered = view.petition.content.is_some() && view.record.is_some();
    let may = desk.member.role == MemberRole::Supervisor && registered;
    may.then(|| StopForm::below(&format!("/oficina/caso/{}", view.case.number), typed))
}

/// In spite of what somebody approved, as they confirmed.
fn confirmed(act: &ActRow) -> String {
    let codes = act.reading.confirmed.iter();
    let words: Vec<String> = codes
        .map(|code| words::review::short_reason(*code))
        .collect();
    words.join("; ")
}

/// Why two persons must decide alike, in a sentence.
fn two(view: &CaseView) -> Option<String> {
    let barred = !view.barriers.is_empty();
    let needing = to_refuse(&view.four_eyes, &view.barriers);
    if needing.is_empty() {
        let one = barred && view.case.phase == Phase::First && !view.four_eyes.is_empty();
        return one.then(|| "Nadie puede aprobarlo: para negar basta una persona.".to_owned());
    }
    let why: Vec<&str> = needing
        .iter()
        .map(|one| words::review::four_eyes(*one))
        .collect();
    let what = if barred { "Negar" } else { "Aprobar o negar" };
    Some(format!("{what} necesita dos personas: {}.", why.join("; ")))
}

/// The ten checks, those that did not pass apart.
fn checks(view: &CaseView) -> (Vec<Check>, Vec<Check>) {
    let answers = view
        .report
        .as_ref()
        .map(|report| questions::answers(report, Language::Es))
        .unwrap_or_default();
    let (failing, passing): (Vec<Answer>, Vec<Answer>) = answers
        .into_iter()
        .partition(|answer| matches!(answer.class(), "no" | "unknown"));
    let check = |answer: Answer| Check {
        class: answer.class(),
        mark: answer.mark(),
        question: answer.question.text().es,
        answer: Shown::up_to(&answer.line(Language::Es), 180),
    };
    // What is wrong before what is not known.
    let mut failing: Vec<Check> = failing.into_iter().map(check).collect();
    failing.sort_by_key(|check| check.class != "no");
    (failing, passing.into_iter().map(check).collect())
}

/// What changed after the signatures, and how much each of them covers.
fn changed(view: &CaseView) -> Vec<Shown> {
    let Some(report) = &view.report else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for signature in report.of_people() {
        lines.push(Shown::of(&covered(signature)));
    }
    for finding in report.all_findings() {
        let code = serde_json::json!(finding.code);
        if code.as_str().is_some_and(|code| code.starts_with("pdf.")) {
            lines.push(Shown::up_to(&explain::sentence(finding, Language::Es), 220));
        }
    }
    lines
}

fn covered(signature: &SignatureReport) -> String {
    let covers = match signature.coverage {
        Coverage::WholeFile => "cubre todo el archivo",
        Coverage::WholeRevision => "cubre su revisión; después se agregó algo",
        Coverage::Partial => "cubre solo una parte",
    };
    let after = match signature.modifications {
        Modifications::None => "nada cambió después",
        Modifications::Permitted => "después solo hay cambios permitidos (firmas, validación)",
        Modifications::Suspicious => "después hay cambios que no se permiten",
    };
    format!("Firma {}: {covers}; {after}.", signature.field)
}

fn chain(view: &CaseView) -> Vec<Certificate> {
    let last = view
        .report
        .as_ref()
        .and_then(|report| report.of_people().next_back());
    let Some(signature) = last else {
        return Vec::new();
    };
    let day = |at: Timestamp| calendar::in_ecuador(at).date().to_string();
    signature
        .chain
        .iter()
        .map(|one| {
            let revocation = signature
                .revocation
                .iter()
                .find(|facts| facts.subject == one.subject);
            Certificate {
                subject: Shown::up_to(&one.subject, 90),
                issuer: Shown::up_to(&one.issuer, 60),
                valid: format!("{} a {}", day(one.not_before), day(one.not_after)),
                revocation: match revocation.map(|facts| facts.status.as_str()) {
                    Some("good") => "no revocado",
                    Some("revoked") => "REVOCADO",
                    Some("on_hold") => "SUSPENDIDO",
                    Some(_) => "revocación sin confirmar",
                    None => "",
                },
            }
        })
        .collect()
}

fn times(view: &CaseView) -> Vec<(&'static str, String)> {
    let last = view
        .report
        .as_ref()
        .and_then(|report| report.of_people().next_back());
    last.zip(view.received_at)
        .map(|(signature, received)| questions::times(signature, received, Language::Es).to_vec())
        .unwrap_or_default()
}

impl Past {
    pub(in crate::web::office) fn of(earlier: &Earlier) -> Self {
        Self {
            number: earlier.number.to_string(),
            is_there: earlier.kind.is_some() || earlier.decided_at.is_some(),
            day: calendar::in_ecuador(earlier.issued_at).date().to_string(),
            asked: earlier.action.map_or("—", words::review::asks_in_short),
            came_to: came_to(earlier.state),
        }
    }
}

fn came_to(state: State) -> &'static str {
    match state {
        State::Issued => "sin documento",
        State::Received => "comprobándose",
        State::InReview => "en revisión",
        State::Approved => "aprobada",
        State::Refused => "negada",
        State::Completed => "completada",
        State::Merged => "unida a otra",
        State::AwaitingCompletion => "por completar",
        State::Archived => "archivada",
    }
}

impl Sent {
    fn of(message: &MessageView) -> Self {
        Self {
            what: words::review::message(message.kind.as_str()),
            to: message.masked_recipient.clone(),
            state: message.said.clone(),
        }
    }
}

/// The panels with their reasons. What nobody may approve has no panel to approve it.
fn panels(view: &CaseView, typed: Option<&Typed>) -> Vec<Panel> {
    let counter = view.is_at_the_counter();
    let all = [
        (
            CaseAct::Approve,
            "A",
            "Aprobar",
            "Confirmar: aprobar",
            "ok",
            view.barriers.is_empty(),
        ),
        (
            CaseAct::Refuse,
            "R",
            "Negar",
            "Confirmar: negar",
            "bad",
            true,
        ),
        (
            CaseAct::Complete,
            "C",
            "Pedir completar",
            "Confirmar: pedir a la empresa",
            "wait",
            !counter,
        ),
        (
            CaseAct::Escalate,
            "E",
            "Pasar a un supervisor",
            "Confirmar: pasar",
            "wait",
            view.case.phase != Phase::Supervisor,
        ),
    ];
    all.into_iter()
        .filter(|(.., offered)| *offered)
        .map(|(act, key, title, button, tone, _)| Panel {
            act: act.as_str(),
            key,
            title,
            button,
            tone,
            open: typed.is_some_and(|typed| typed.act == act.as_str()),
            typed: typed
                .filter(|typed| typed.act == act.as_str())
                .cloned()
                .unwrap_or_default(),
            reasons: choices(view, act),
        })
        .collect()
}

/// The reasons that can be meant here. Each keeps its digit, whichever others are left out.
fn choices(view: &CaseView, act: CaseAct) -> Vec<Choice> {
    let counter = view.is_at_the_counter();
    let all = ReviewReason::ALL
        .iter()
        .filter(|reason| reason.act() == act && belongs(**reason, counter));
    let all: Vec<(usize, ReviewReason)> = (1..).zip(all.copied()).collect();
    let fitting: Vec<_> = all
        .iter()
        .filter(|(_, reason)| counter || fits(*reason, view))
        .copied()
        .collect();
    let offered = if fitting.is_empty() { all } else { fitting };
    let choice = |(digit, reason): (usize, ReviewReason)| Choice {
        digit,
        word: reason.as_str(),
        text: words::review::reason(reason).es,
    };
    offered.into_iter().map(choice).collect()
}

/// Whether a reason belongs to this kind of case: the dossier is of the counter, a signature is not.
fn belongs(reason: ReviewReason, counter: bool) -> bool {
    use ReviewReason as R;
    match reason {
        R::DossierComplete | R::DossierIncomplete => counter,
        R::NotRepresentative | R::EmployerNotActive | R::OwnerDenies => true,
        reason => !counter || !matches!(reason.act(), CaseAct::Approve | CaseAct::Refuse),
    }
}

/// Whether a reason is about something that is in doubt in this case. What a person has yet to read may raise any doubt about who
/// signed.
fn fits(reason: ReviewReason, view: &CaseView) -> bool {
    use ReviewReason as R;
    let known = view.decision.iter().flat_map(|decision| &decision.reasons);
    let objections = view.comparison.iter().flat_map(|it| &it.objections);
    let doubts: Vec<&Reason> = known.chain(objections).collect();
    let doubted = |answer: R| doubts.iter().any(|doubt| answers(answer, doubt));
    let unread = view.must_be_read();
    let attached = !view.attachments.is_empty();
    match reason {
        R::PowerRead
        | R::AppointmentRegistered
        | R::StillInOffice
        | R::SamePerson
        | R::LetterClear
        | R::PowerInsufficient
            if unread =>
        {
            true
        }
        R::OwnerConfirmed => true,
        R::WrongRuc => {
            use ReasonCode::{BranchUnknown, RegistryMissing, RucMismatch};
            let named = |doubt: &&Reason| {
                matches!(doubt.code, BranchUnknown | RegistryMissing | RucMismatch)
            };
            unread || doubts.iter().any(named)
        }
        R::PowerInsufficient | R::PowerWanted => unread || doubted(R::PowerRead),
        R::AppointmentNotRegistered => attached,
        R::CertificateNotConfirmed => doubted(R::CertificateConfirmed),
        R::SecondSignatureWanted => {
            let joint = |doubt: &&Reason| doubt.code == ReasonCode::JointSignatureMissing;
            unread || doubts.iter().any(joint)
        }
        R::FormWanted => {
            let source = view.decision.as_ref().and_then(|decision| decision.source);
            source != Some(PetitionSource::Form)
        }
        reason if reason.act() == CaseAct::Approve => doubted(reason),
        _ => true,
    }
}

fn dossier(view: &CaseView, desk: &Desk) -> Dossier {
    let user = desk.member.user.as_str();
    let items = DossierItem::ALL
        .iter()
        .map(|&item| {
            let scan = view
                .attachments
                .iter()
                .rfind(|file| file.kind == AttachmentKind::Dossier(item));
            let ticks = || view.ticks.iter().filter(move |tick| tick.item == item);
            let others: Vec<&str> = ticks()
                .map(|tick| tick.member.as_str())
                .filter(|member| *member != user)
                .collect();
            Item {
                word: item.as_str(),
                name: words::review::dossier_item(item),
                scan: scan.map(|file| file.sha256.to_string()),
                seen: ticks().any(|tick| tick.member == user),
                by_others: others.join(", "),
            }
        })
        .collect();
    let approved_by_me = view.acts.iter().any(|act| {
        act.act == CaseAct::Approve && act.member == user && act.round == view.case.round
    });
    Dossier {
        items,
        link: view.petition.state == State::Approved && approved_by_me,
    }
}
