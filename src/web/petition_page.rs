//! What the page of a petition shows in each of its states: where it stands, why, and the one thing to do now.

mod link;
mod next_step;
mod reasons;
mod standing;
mod uploads;

use askama::Template;

use super::Frame;
use super::company::AddressDoubt;
use super::messages::size;
use crate::domain::{Language, State, Text, Token, calendar};
use crate::intake::{Attached, Status};
use crate::questions::{self, Answer};
use crate::store::DeliveryState;
use crate::words;

use link::{Link, is_leaving, leads_to_link, mail_is_awaited};
use next_step::{
    CHANGE_EMAIL, address_is_on_file, lacks_second_signature, new_petition, wants_address,
};
pub(super) use standing::StateWords;
use standing::{Step, trail};
use uploads::{Attaching, takes_document};

pub(super) use next_step::next_step;
pub(super) use reasons::{ReasonLine, lines, reason_lines};
pub(super) use uploads::{UploadForm, signs, takes_appointment};

/// The page.
#[derive(Template)]
#[template(path = "petition.html", config = "src/web/pages/askama.toml")]
pub(super) struct PetitionPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) view: View,
    pub(super) upload: UploadForm,
    /// Where somebody whom the registry does not know yet attaches his appointment (PRODUCT S09): as `view.attaching` says.
    pub(super) appointment: Option<UploadForm>,
    /// Why what was sent was not even received.
    pub(super) not_received: Option<NotReceived>,
    /// An address that was rather mistyped, where one is asked for here.
    pub(super) address: Option<AddressDoubt>,
    /// What came of the last click.
    pub(super) notice: Option<String>,
    /// `ok`, `wait` or `bad`.
    pub(super) notice_tone: &'static str,
}

/// Why a file was not even received, as whoever sent it without script reads it before everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotReceived {
    /// In a sentence, which is the title of the page too.
    pub(super) title: String,
    /// What it means and what to do.
    pub(super) detail: &'static str,
}

/// What was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReceiptView {
    pub(super) sha256: String,
    pub(super) received_at: String,
    pub(super) bytes: Option<String>,
}

/// Everything the page says, ready to print.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one block of the page, shown or not"
)]
pub(super) struct View {
    pub(super) number: String,
    pub(super) action: Option<&'static str>,
    pub(super) state: &'static str,
    pub(super) headline: &'static str,
    pub(super) summary: String,
    pub(super) trail: [Step; 4],
    /// The machine is at work: the page looks again by itself.
    pub(super) checking: bool,
    /// The mail with the link is about to leave: the page looks again by itself, and offers no second one meanwhile.
    pub(super) leaving: bool,
    pub(super) reasons_title: &'static str,
    pub(super) reasons: Vec<ReasonLine>,
    /// Why the document sent last did not take the place of the one that waits, or was not what is asked for.
    pub(super) not_taken: Vec<ReasonLine>,
    /// What that means.
    pub(super) still: &'static str,
    /// Colour of the edge: `ok`, `wait`, `bad`.
    pub(super) tone: &'static str,
    /// «Qué hacer ahora».
    pub(super) next: Option<String>,
    /// What the button says that sends a link.
    pub(super) send_link: Option<&'static str>,
    pub(super) link_note: Option<String>,
    /// The address that it asks to register, in full.
    pub(super) new_email: Option<String>,
    /// It is to be confirmed there: if it was mistyped, only another petition helps.
    pub(super) may_be_mistyped: bool,
    /// That address is on file, and a password can be asked for through it.
    pub(super) asks_password: bool,
    /// Where the link went: masked, for the owner of the petition to recognise; an address that is to be confirmed stands above.
    pub(super) sent_to: Option<String>,
    /// Where a petition to change that address is asked for, while a link would go there.
    pub(super) changes_email: Option<&'static str>,
    /// Seconds that the link sent last is alive, and the same as a clock.
    pub(super) link_left: Option<(i64, String)>,
    /// The address that is missing is asked for here: the petition goes on by itself once it is confirmed.
    pub(super) wants_address: bool,
    /// Where a new petition is asked for, when that is what helps.
    pub(super) new_petition: Option<&'static str>,
    /// The secret in groups of four.
    pub(super) secret: Vec<String>,
    /// Whether it is urged to write it down, or only kept at hand.
    pub(super) keep_secret: bool,
    /// A signed document is awaited.
    pub(super) signs: bool,
    /// The form can be downloaded here.
    pub(super) has_form: bool,
    /// None is awaited, but another one would be taken: offered, not urged.
    pub(super) may_replace: bool,
    pub(super) expires_at: String,
    pub(super) receipt: Option<ReceiptView>,
    /// The ten questions about the document.
    pub(super) answers: Vec<Answer>,
    /// When it was signed, by whose word, and when it was received.
    pub(super) times: Vec<(&'static str, String)>,
    /// What a person asks for, or asked for in vain.
    pub(super) wanted: Option<Wanted>,
    /// How an appointment is attached here.
    pub(super) attaching: Attaching,
    /// What was attached, as `received, size`.
    pub(super) attached: Vec<String>,
    /// Until when a refusal can be appealed.
    pub(super) appeal_until: Option<String>,
}

/// What a reviewer asks the company for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) what: &'static str,
    pub(super) note: Option<String>,
    pub(super) until: Option<String>,
}

impl View {
    /// What `status` looks like to its owner, who holds `secret`; `link_left` tells how many seconds the link sent last is alive.
    pub(super) fn of(
        status: &Status,
        secret: &Token,
        link_left: Option<i64>,
        language: Language,
    ) -> Self {
        let words = StateWords::of(status, language);
        let link = Link::of(status, language);
        Self {
            number: status.number.to_string(),
            action: status
                .action
                .map(|action| words::action(action).say(language)),
            state: status.state.as_str(),
            headline: words.headline,
            summary: words.summary,
            trail: trail(status, language),
            checking: status.state == State::Received && status.waiting.is_none(),
            leaving: is_leaving(status) && status.link.asked_lately,
            reasons_title: words.reasons_title,
            reasons: reason_lines(status, language),
            not_taken: lines(&status.not_taken, language),
            still: still(status).say(language),
            tone: words.tone,
            // While the machine is at work the page itself says to wait.
            next: (status.state != State::Received || status.waiting.is_some())
                .then(|| next_step(status, language)),
            send_link: link.button,
            new_email: (status.new_email.as_ref()).map(|email| email.as_str().to_owned()),
            may_be_mistyped: mail_is_awaited(status) && status.new_email.is_some(),
            asks_password: address_is_on_file(status),
            sent_to: status
                .masked_email
                .clone()
                .filter(|_| mail_is_awaited(status) && !status.link.came_back()),
            changes_email: (mail_is_awaited(status)
                && leads_to_link(status)
                && status.portal != Some(DeliveryState::Pending))
            .then_some(CHANGE_EMAIL),
            link_left: link_left
                .filter(|seconds| *seconds > 0 && !status.link.came_back() && !is_leaving(status))
                .map(|seconds| (seconds, minutes_and_seconds(seconds))),
            link_note: link.note,
            wants_address: wants_address(status),
            new_petition: new_petition(status),
            secret: in_fours(secret.reveal()),
            keep_secret: status.state == State::Issued && !status.expired || !status.has_form,
            signs: signs(status),
            // The second signature goes into the file that holds the first, not into a fresh form.
            has_form: status.has_form && !lacks_second_signature(status),
            may_replace: takes_document(status)
                && (status.state == State::InReview || Attaching::of(status) == Attaching::Asked)
                && !status.at_the_counter
                && !signs(status),
            expires_at: calendar::minute_in(language, status.expires_at),
            receipt: receipt(status, language),
            answers: status
                .report
                .as_ref()
                .map(|report| questions::answers(report, language))
                .unwrap_or_default(),
            times: times(status, language),
            wanted: wanted(status, language),
            attaching: Attaching::of(status),
            attached: attached(status, language),
            appeal_until: status.appeal_until.map(|at| calendar::day_in(language, at)),
        }
    }
}

/// What an arrival in vain leaves as it was.
fn still(status: &Status) -> Text {
    match status.state {
        _ if Attaching::of(status) == Attaching::Asked => Text::new(
            "Lo que se le pide sigue pendiente, con el mismo plazo: adjúntelo donde dice «Qué se le pide».",
            "What you are asked for is still awaited, by the same date: attach it where it says “What you are asked for”.",
        ),
        _ if status.tried_out => Text::new(
            "Lo anterior sigue como estaba, y con este número ya no se reciben más documentos.",
            "What came before stands as it was, and no more documents are taken under this number.",
        ),
        State::AwaitingCompletion => Text::new(
            "Lo que se le pide sigue pendiente, con el mismo plazo. Si el último es suyo, corrija lo indicado y súbalo otra vez.",
            "What you are asked for is still awaited, by the same date. If the last document is yours, correct what is said and upload it again.",
        ),
        _ => Text::new(
            "Sigue en revisión el anterior. Si el último es suyo, corrija lo indicado y súbalo otra vez.",
            "The one before is still being looked at. If the last document is yours, correct what is said and upload it again.",
        ),
    }
}

fn attached(status: &Status, language: Language) -> Vec<String> {
    let line = |file: &Attached| {
        let at = calendar::minute_in(language, file.at);
        format!("{at}, {}", size(file.bytes, language))
    };
    status.attached.iter().map(line).collect()
}

fn wanted(status: &Status, language: Language) -> Option<Wanted> {
    let review = status
        .review
        .as_ref()
        .filter(|_| matches!(status.state, State::AwaitingCompletion | State::Archived))?;
    Some(Wanted {
        what: words::review::reason(review.reason).say(language),
        note: review.note.clone(),
        until: review.until.map(|at| calendar::minute_in(language, at)),
    })
}

/// Those of the last signature of a person.
fn times(status: &Status, language: Language) -> Vec<(&'static str, String)> {
    let last = status
        .report
        .as_ref()
        .and_then(|report| report.of_people().next_back());
    last.zip(status.received_at)
        .map(|(signature, received)| questions::times(signature, received, language).to_vec())
        .unwrap_or_default()
}

fn receipt(status: &Status, language: Language) -> Option<ReceiptView> {
    Some(ReceiptView {
        sha256: status.sha256?.to_string(),
        received_at: status
            .received_at
            .map(|at| calendar::clock_in(language, at))?,
        bytes: status
            .bytes
            .map(|bytes| format!("{} bytes", words::thousands(bytes, language))),
    })
}

/// `2:05`, as the script counts it down.
pub(super) fn minutes_and_seconds(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A secret as one can copy it by hand.
pub(super) fn in_fours(secret: &str) -> Vec<String> {
    secret
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect()
}

#[cfg(test)]
mod tests;
