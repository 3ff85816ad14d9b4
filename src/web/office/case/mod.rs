//! One case, one screen: everything that is known, what may be done, and doing it. The page is whole without script; script
//! adds keys.

mod comparison;
mod lost;
mod outcome;
mod screen;

use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json};
use serde::Deserialize;
use serde_json::json;

use super::representation::Representation;
use super::{DECIDERS, Desk, MEMBERS, Place, act_at, page_at};
use crate::domain::{
    Action, CaseAct, Outcome, PetitionContent, PetitionNumber, ReviewReason, calendar,
};
use crate::intake::IntakeError;
use crate::intake::review::{
    CaseView, Comparison, Deciding, NewAppointment, Objected, ReviewError,
};
use crate::store::{CaseError, QueueFilter, QueueSlice, Settled};
use crate::web::company::parse_number;
use crate::web::messages::{FieldErrors, WebError};
use crate::web::notices::OfficeNotice;
use crate::web::{App, page};
use crate::words;
use outcome::Ending;
pub(super) use screen::Come;
pub(in crate::web) use screen::Past;
use screen::{CasePage, Known, Paper};

/// The rows of this screen.
pub(super) const PLACES: &[Place] = &[
    page_at("/oficina/caso/{number}", MEMBERS, || get(show)),
    page_at("/oficina/caso/{number}/siguiente", MEMBERS, || get(next)),
    page_at("/oficina/caso/{number}/anterior", MEMBERS, || get(previous)),
    act_at("/oficina/caso/{number}/tomar", DECIDERS, || post(claim)),
    act_at("/oficina/caso/{number}/sigo", DECIDERS, || post(renew)),
    act_at("/oficina/caso/{number}/soltar", DECIDERS, || {
        post(hand_over)
    }),
    act_at("/oficina/caso/{number}/decidir", DECIDERS, || post(decide)),
];

/// What the address says beside the number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// The panel that is open: `approve`, `refuse`, `complete`, `escalate` or `note`.
    acto: String,
    aviso: String,
}

/// `GET /oficina/caso/{number}`
async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let taken = yours(&app);
    let notice = match asked.aviso.parse().ok() {
        Some(OfficeNotice::Claimed) => Some(taken.as_str()),
        notice => notice.map(OfficeNotice::said),
    };
    let typed = Typed {
        act: asked.acto,
        ..Typed::default()
    };
    let come = Come {
        notice,
        typed: Some(&typed),
        ..Come::default()
    };
    answer(&app, &desk, &number, StatusCode::OK, come).await
}

/// How long a case is in somebody's hands.
fn yours(app: &App) -> String {
    let lease = app.intake.settings().review.lease.as_secs();
    format!(
        "El caso es suyo durante {} desde su última acción.",
        calendar::say_span(lease.unsigned_abs())
    )
}

/// The screen, with what the last act came to.
pub(super) async fn answer(
    app: &App,
    desk: &Desk,
    number: &PetitionNumber,
    status: StatusCode,
    come: Come<'_>,
) -> Result<Response, WebError> {
    let officer = desk.officer();
    // Looking at one's own case is a sign of life.
    app.intake.renew(number, &officer).await?;
    let view = app.intake.look(number, &officer).await?;
    let messages = app.intake.messages_of(number).await?;
    let paper = paper(app, &view).await?;
    let came_to = app.intake.came_to(&view).await?;
    let came_to = came_to.map(|came_to| Ending::of(&came_to, &view));
    let known = Known {
        view: &view,
        messages: &messages,
        paper,
        came_to,
    };
    let shown = CasePage::new(app, desk, known, come);
    Ok(page(status, &shown))
}

/// What there is to be shown of the document. Its first page is drawn for it, as the browser asks for it next; where it can't be,
/// a picture stands in its place that says so.
async fn paper(app: &App, view: &CaseView) -> Result<Paper, WebError> {
    let petition = &view.petition;
    if petition.erased_at.is_some() {
        return Ok(Paper::Erased);
    }
    if petition.document.is_none() {
        return Ok(Paper::None);
    }
    let width = super::page_image::WIDTH;
    match app.intake.page_image(&petition.number, 1, width).await {
        Ok(first) => Ok(Paper::Pages(first.map_or(1, |image| image.pages))),
        Err(error @ IntakeError::Lost) => {
            tracing::error!(petition = %petition.number, %error, "a case is shown without its document");
            Ok(Paper::Lost)
        }
        Err(error) => Err(error.into()),
    }
}

/// `GET /oficina/caso/{number}/siguiente`: the one behind it in the queue.
async fn next(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    neighbour(&app, &desk, &number, QueueSlice::After).await
}

/// `GET /oficina/caso/{number}/anterior`
async fn previous(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    neighbour(&app, &desk, &number, QueueSlice::Before).await
}

async fn neighbour(
    app: &App,
    desk: &Desk,
    number: &str,
    page: fn(crate::store::QueuePlace) -> QueueSlice,
) -> Result<Response, WebError> {
    let number = parse_number(number)?;
    let view = app.intake.look(&number, &desk.officer()).await?;
    let place = page(view.case.place());
    let found = app.intake.queue(&QueueFilter::default(), &place).await?;
    let nearest = match place {
        QueueSlice::Before(_) => found.cases.last(),
        _ => found.cases.first(),
    };
    let to = nearest.map_or_else(
        || "/oficina/cola".to_owned(),
        |case| format!("/oficina/caso/{}", case.number),
    );
    Ok(Redirect::to(&to).into_response())
}

/// `POST /oficina/caso/{number}/tomar`, with what somebody had typed when they lost it, if they did.
async fn claim(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
    typed: Result<Form<Typed>, FormRejection>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let typed = typed.map(|Form(typed)| typed).unwrap_or_default();
    match app.intake.claim(&number, &desk.officer()).await {
        Ok(_) if typed.says_something() => {
            let notice = format!("{} {UNSAVED}", yours(&app));
            let come = Come {
                notice: Some(&notice),
                typed: Some(&typed),
                ..Come::default()
            };
            answer(&app, &desk, &number, StatusCode::OK, come).await
        }
        Ok(_) => {
            let page = format!("/oficina/caso/{number}");
            Ok(OfficeNotice::Claimed.after(&page).into_response())
        }
        Err(error) => refused(&app, &desk, &number, &typed, error).await,
    }
}

/// What is said where something that was typed stands in its field again.
const UNSAVED: &str = "Todavía no se guardó lo que escribió: revíselo y confirme.";

/// The screen for whoever signs in again after they typed something, with all of it; nothing is decided by signing in.
pub(super) async fn resumed(
    app: &App,
    desk: &Desk,
    number: &PetitionNumber,
    typed: &Typed,
) -> Result<Response, WebError> {
    let round = typed.round.unwrap_or_default();
    let goes_on = app.intake.go_on(number, round, &desk.officer()).await;
    let mine = match goes_on {
        Err(ReviewError::ReadsOnly) => false,
        goes_on => goes_on?,
    };
    if !mine {
        return refused(app, desk, number, typed, CaseError::Lost.into()).await;
    }
    let come = Come {
        notice: Some(UNSAVED),
        typed: Some(typed),
        ..Come::default()
    };
    answer(app, desk, number, StatusCode::OK, come).await
}

/// What a sign of life says beside the number.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Looking {
    /// The round that they look at.
    ronda: i64,
}

/// `POST /oficina/caso/{number}/sigo`: a sign of life of whoever works on it; 409, and why, when it is not theirs any more.
async fn renew(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
    Query(looking): Query<Looking>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let officer = desk.officer();
    if app.intake.go_on(&number, looking.ronda, &officer).await? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let why = lost_to(&app, &desk, &number, Some(looking.ronda)).await?;
    Ok((StatusCode::CONFLICT, Json(json!({ "why": why }))).into_response())
}

/// The one cause for which a case is not theirs any more.
async fn lost_to(
    app: &App,
    desk: &Desk,
    number: &PetitionNumber,
    round: Option<i64>,
) -> Result<String, WebError> {
    let view = app.intake.look(number, &desk.officer()).await?;
    let lease = app.intake.settings().review.lease;
    let user = desk.member.user.as_str();
    Ok(lost::why_lost(&view, round, user, lease))
}

#[derive(Deserialize)]
struct Note {
    #[serde(default)]
    note: String,
    round: Option<i64>,
}

/// `POST /oficina/caso/{number}/soltar`
async fn hand_over(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
    Form(typed): Form<Note>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    match app
        .intake
        .hand_over(&number, &desk.officer(), &typed.note)
        .await
    {
        Ok(()) => {
            let page = format!("/oficina/cola?caso={number}");
            Ok(OfficeNotice::HandedOver.after(&page).into_response())
        }
        Err(error) => {
            let typed = Typed {
                act: "note".to_owned(),
                note: typed.note,
                round: typed.round,
                ..Typed::default()
            };
            refused(&app, &desk, &number, &typed, error).await
        }
    }
}

/// What the forms of the panels send, and what stands in them again when it did not count.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    /// The round that they looked at; only what can be done in any of them does not say it.
    round: Option<i64>,
    reason: String,
    note: String,
    act: String,
    // What a person read of a letter that the machine could not.
    ruc: String,
    branch: String,
    asks: String,
    new_email: String,
    /// The comparison with the registry that they confirm having seen.
    confirmed: String,
    // The appointment that goes into the registry.
    register: String,
    post: String,
    from: String,
    to: String,
    #[serde(flatten)]
    representation: Representation,
}

impl Typed {
    /// Everything that was typed, as the forms of the panels send it.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let representation = &self.representation;
        let all = [
            ("act", &self.act),
            ("reason", &self.reason),
            ("note", &self.note),
            ("ruc", &self.ruc),
            ("branch", &self.branch),
            ("asks", &self.asks),
            ("new_email", &self.new_email),
            ("register", &self.register),
            ("post", &self.post),
            ("from", &self.from),
            ("to", &self.to),
            ("mode", &representation.mode),
            ("signatures", &representation.signatures),
            ("for_reset", &representation.for_reset),
            ("for_unblock", &representation.for_unblock),
            ("for_email", &representation.for_email),
        ];
        let typed = all.into_iter().filter(|(_, text)| !text.is_empty());
        let typed = typed.map(|(name, text)| (name, text.clone()));
        // What they confirmed having seen is confirmed anew: it may be another comparison by now.
        let round = self.round.map(|round| ("round", round.to_string()));
        typed.chain(round).collect()
    }

    /// Whether there is anything to lose beside the panel that is open.
    pub(super) fn says_something(&self) -> bool {
        let mut said = self.fields().into_iter();
        said.any(|(name, _)| !matches!(name, "act" | "round"))
    }
}

/// `POST /oficina/caso/{number}/decidir`
async fn decide(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
    request: Request,
) -> Result<Response, WebError> {
    use axum::extract::FromRequest;
    let number = parse_number(&number)?;
    let Form(typed) = Form::<Typed>::from_request(request, &())
        .await
        .map_err(|_| WebError::Malformed)?;
    let unheeded = match decided(&app, &desk, &number, &typed).await {
        Ok(notice) => {
            let page = format!("/oficina/cola?caso={number}");
            return Ok(notice.after(&page).into_response());
        }
        Err(unheeded) => unheeded,
    };
    match unheeded {
        Unheeded::Review(error) => refused(&app, &desk, &number, &typed, error).await,
        Unheeded::Flawed(flaws) => {
            let come = Come {
                typed: Some(&typed),
                error: Some("No se guardó: corrija lo que está marcado.".to_owned()),
                flaws,
                ..Come::default()
            };
            answer(&app, &desk, &number, StatusCode::UNPROCESSABLE_ENTITY, come).await
        }
    }
}

/// Why an act did not count.
enum Unheeded {
    /// Something typed can't be read.
    Flawed(FieldErrors),
    /// The case or its rules.
    Review(ReviewError),
}

impl From<ReviewError> for Unheeded {
    fn from(error: ReviewError) -> Self {
        Self::Review(error)
    }
}

const REASON_TEXT: &str = "Elija un motivo de la lista.";
const RUC_TEXT: &str = "Escriba el RUC que dice el documento: 13 dígitos.";

async fn decided(
    app: &App,
    desk: &Desk,
    number: &PetitionNumber,
    typed: &Typed,
) -> Result<OfficeNotice, Unheeded> {
    let mut flaws = FieldErrors::default();
    // The panel and the reason must say the same: a reason chosen in one panel is not sent by another one.
    let reason = typed.reason.parse::<ReviewReason>().ok();
    let reason = reason.filter(|reason| reason.act().as_str() == typed.act);
    let reason = flaws.take("reason", reason.ok_or(()), REASON_TEXT);
    let content = content(typed, &mut flaws);
    let appointment = appointment(typed, &mut flaws);
    let (Some(reason), true) = (reason, flaws.is_empty()) else {
        return Err(Unheeded::Flawed(flaws));
    };
    // Whoever confirms is at work, however long they were still.
    let round = typed.round.unwrap_or_default();
    app.intake.go_on(number, round, &desk.officer()).await?;
    let deciding = Deciding {
        number,
        round,
        reason,
        note: &typed.note,
        content,
        appointment,
        confirmed: typed.confirmed.parse().ok(),
    };
    let settled = match app.intake.decide_case(&deciding, &desk.officer()).await {
        Err(ReviewError::Reading) if deciding.content.is_none() && typed.register.is_empty() => {
            return Err(Unheeded::Flawed(FieldErrors::one("ruc", RUC_TEXT)));
        }
        settled => settled?,
    };
    Ok(match (settled, reason.act()) {
        (Some(Settled::Final(Outcome::Approved)), _) => OfficeNotice::Approved,
        (Some(Settled::Final(_)), _) => OfficeNotice::Refused,
        (Some(Settled::Second), _) => OfficeNotice::Second,
        (Some(Settled::Supervisor), _) => OfficeNotice::Supervisor,
        (None, CaseAct::Complete) => OfficeNotice::Completion,
        (None, _) => OfficeNotice::Escalated,
    })
}

/// What a person read, when they were asked to.
fn content(typed: &Typed, flaws: &mut FieldErrors) -> Option<PetitionContent> {
    let new_email = typed.new_email.trim();
    if typed.ruc.trim().is_empty() && typed.asks.is_empty() && new_email.is_empty() {
        return None;
    }
    let ruc = flaws.take("ruc", typed.ruc.parse(), RUC_TEXT);
    let branch = flaws.take(
        "branch",
        typed.branch.parse(),
        "Escriba la sucursal: 4 dígitos; si el documento no la dice, 0001.",
    );
    let action = flaws.take(
        "asks",
        typed.asks.parse::<Action>(),
        "Elija qué pide el documento.",
    );
    let changes = action == Some(Action::ChangeEmail);
    let email = match (changes, new_email) {
        (false, "") => Some(None),
        (false, _) => flaws.take(
            "new_email",
            Err::<_, ()>(()),
            "Un correo nuevo se escribe solo si el documento pide cambiarlo.",
        ),
        (true, text) => flaws.take(
            "new_email",
            text.parse().map(Some),
            "Escriba el correo nuevo que dice el documento.",
        ),
    };
    Some(PetitionContent {
        ruc: ruc?,
        branch: branch?,
        action: action?,
        new_email: email?,
    })
}

fn appointment(typed: &Typed, flaws: &mut FieldErrors) -> Option<NewAppointment> {
    if typed.register.is_empty() {
        return None;
    }
    let post = Some(typed.post.trim().to_owned()).filter(|post| !post.is_empty());
    let sha256 = flaws.take(
        "register",
        typed.register.parse(),
        "Elija el nombramiento otra vez.",
    );
    let post = flaws.take("post", post.ok_or(()), "Escriba el cargo.");
    let from = flaws.take("from", typed.from.trim().parse(), "Elija el primer día.");
    let to = match typed.to.trim() {
        "" => Ok(None),
        text => text.parse().map(Some),
    };
    let to = flaws.take("to", to, "Elija el último día, o déjelo vacío.");
    let mode = flaws.take(
        "mode",
        typed.representation.mode(),
        "Elija si firma sola o conjunta; si es conjunta, cuántas personas firman, de 2 a 9.",
    );
    let (mode, required_signatures) = mode?;
    Some(NewAppointment {
        sha256: sha256?,
        post: post?,
        from: from?,
        to: to?,
        mode,
        required_signatures,
        scope: typed.representation.scope(),
    })
}

/// The screen again, with why an act did not count and everything that was typed.
pub(super) async fn refused(
    app: &App,
    desk: &Desk,
    number: &PetitionNumber,
    typed: &Typed,
    error: ReviewError,
) -> Result<Response, WebError> {
    let sentence = match &error {
        ReviewError::Case(CaseError::Lost) => {
            let why = lost_to(app, desk, number, typed.round).await?;
            Some(format!("Esto último no se guardó. {why}"))
        }
        other => why_not(other),
    };
    let Some(sentence) = sentence else {
        return Err(error.into());
    };
    let status = match &error {
        ReviewError::Reason | ReviewError::Reading => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::CONFLICT,
    };
    let come = Come {
        typed: Some(typed),
        error: Some(sentence),
        compared: match error {
            ReviewError::Objected(compared, _) => Some(*compared),
            _ => None,
        },
        ..Come::default()
    };
    answer(app, desk, number, status, come).await
}

/// Why the registry's objections are in the way, and what to do about it.
fn objected(compared: &Comparison, objected: Objected) -> String {
    match objected {
        Objected::Finally => "Nadie puede aprobarlo: el registro contradice lo que usted leyó o a quien firmó. Compare las tres columnas."
            .to_owned(),
        Objected::Unanswered => {
            let answers = ReviewReason::ALL
                .iter()
                .filter(|reason| reason.act() == CaseAct::Approve && compared.is_answered_by(**reason))
                .map(|reason| format!("«{}»", words::review::reason(*reason).es));
            let answers: Vec<String> = answers.collect();
            format!(
                "El registro no respalda a quien firmó, y el motivo elegido no lo explica. Compare las tres columnas. Se puede aprobar solo \
                 por: {}",
                answers.join(" o ")
            )
        }
        Objected::Unconfirmed => "El registro no coincide con lo que usted leyó o con quien firmó. Compare las tres columnas; si aun así \
                                  corresponde aprobar, márquelo y confirme otra vez."
            .to_owned(),
    }
}

/// Why an act did not count, for whoever tried.
pub(super) fn why_not(error: &ReviewError) -> Option<String> {
    Some(match error {
        ReviewError::Case(error) => match error {
            CaseError::Held { by, until } => format!(
                "Lo tiene {by} hasta las {}. Puede tomar otro mientras tanto.",
                calendar::in_ecuador(*until).strftime("%H:%M")
            ),
            CaseError::Lost => "El caso ya no es suyo, y esto último no se guardó. Ábralo otra vez y revise qué cambió.".to_owned(),
            CaseError::NotWaiting => "Este caso ya no espera una decisión.".to_owned(),
            CaseError::SamePerson => "Usted ya decidió este caso: debe hacerlo otra persona.".to_owned(),
            CaseError::Tied => "Usted está relacionado con esta empresa: no puede decidir el caso.".to_owned(),
            CaseError::ForSupervisor => "Este caso lo decide un supervisor.".to_owned(),
            CaseError::AlreadyUsed => "La misma firma ya tuvo efecto en otro trámite: no se puede aprobar.".to_owned(),
            CaseError::ScanMissing => "Falta el escaneo de ese documento.".to_owned(),
            CaseError::ScanTwice => "Ese mismo archivo ya está guardado para otro documento de la carpeta.".to_owned(),
            CaseError::Changed => "Algo cambió mientras usted decidía. Revise el caso e inténtelo otra vez.".to_owned(),
            CaseError::TicksMissing => "Antes de aprobar debe marcar los cinco documentos que vio.".to_owned(),
            CaseError::RegistryBusy => "Se está cargando el registro: el nombramiento podrá inscribirse cuando termine. Inténtelo en unos minutos.".to_owned(),
            CaseError::ShownOut | CaseError::Store(_) => return None,
        },
        ReviewError::Barred(barriers) => barriers
            .iter()
            .map(|barrier| words::review::barrier(*barrier))
            .collect::<Vec<_>>()
            .join(" "),
        ReviewError::Objected(compared, why) => objected(compared, *why),
        ReviewError::Reason => "Elija un motivo de la lista. El comentario puede tener hasta 1.000 letras.".to_owned(),
        ReviewError::Reading => "Falta lo que usted leyó, o un dato no está bien escrito: RUC de 13 dígitos, correo, fechas como 2026-03-31. De un \
                                 nombramiento elija además si firma sola o conjunta y, si es conjunta, cuántas personas firman (de 2 a 9); de un \
                                 apoderado, para qué alcanza el poder."
            .to_owned(),
        ReviewError::NoAppeal
        | ReviewError::Wordless
        | ReviewError::ReadsOnly
        | ReviewError::Intake(_) => return None,
    })
}
