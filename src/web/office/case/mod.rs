//! One case, one screen: everything that is known, what may be done, and doing it. The page is whole without script; script
//! adds keys.

mod comparison;
mod screen;

use axum::Form;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::representation::Representation;
use super::{DECIDERS, Desk, MEMBERS, Place, act_at, page_at};
use crate::domain::{CaseAct, Outcome, PetitionContent, PetitionNumber, ReviewReason};
use crate::intake::review::{CaseView, Deciding, NewAppointment, ReviewError};
use crate::store::{CaseError, QueueFilter, QueueSlice, Settled};
use crate::web::messages::WebError;
use crate::web::{App, page};
use crate::words;
use screen::{CasePage, Come};

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

fn parse_number(number: &str) -> Result<PetitionNumber, WebError> {
    number.parse().map_err(|_| WebError::NotFound)
}

/// `GET /oficina/caso/{number}`
async fn show(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let notice = match asked.aviso.as_str() {
        "tomado" => Some("El caso es suyo durante 10 minutos desde su última acción."),
        "visto" => Some("Anotado."),
        "escaneado" => Some("El documento quedó guardado."),
        _ => None,
    };
    answer(
        &app,
        &desk,
        &number,
        StatusCode::OK,
        &asked.acto,
        notice,
        None,
    )
    .await
}

/// The screen, with what the last act came to.
pub(super) async fn answer(
    app: &App,
    desk: &Desk,
    number: &PetitionNumber,
    status: StatusCode,
    act: &str,
    notice: Option<&str>,
    error: Option<String>,
) -> Result<Response, WebError> {
    let officer = desk.officer();
    // Looking at one's own case is a sign of life.
    app.intake.renew(number, &officer).await?;
    let view = app.intake.look(number, &officer).await?;
    let messages = app.intake.messages_of(number).await?;
    let pages = pages_of(app, &view).await?;
    let come = Come { act, notice, error };
    let shown = CasePage::new(app, desk, &view, &messages, pages, come);
    Ok(page(status, &shown))
}

/// How many pages there are to be shown. The first one is drawn for it, as the browser asks for it next; where it can't be, a
/// picture stands in its place that says so.
async fn pages_of(app: &App, view: &CaseView) -> Result<u32, WebError> {
    if view.petition.document.is_none() {
        return Ok(0);
    }
    let number = &view.petition.number;
    let first = app
        .intake
        .page_image(number, 1, super::page_image::WIDTH)
        .await?;
    Ok(first.map_or(1, |image| image.pages))
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

/// `POST /oficina/caso/{number}/tomar`
async fn claim(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    match app.intake.claim(&number, &desk.officer()).await {
        Ok(_) => Ok(Redirect::to(&format!("/oficina/caso/{number}?aviso=tomado")).into_response()),
        Err(error) => refused(&app, &desk, &number, "", error).await,
    }
}

/// `POST /oficina/caso/{number}/sigo`: a sign of life of whoever works on it; 409 when it is not theirs any more.
async fn renew(
    State(app): State<App>,
    desk: Desk,
    Path(number): Path<String>,
) -> Result<StatusCode, WebError> {
    let number = parse_number(&number)?;
    let mine = app.intake.renew(&number, &desk.officer()).await?;
    Ok(if mine {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::CONFLICT
    })
}

#[derive(Deserialize)]
struct Note {
    #[serde(default)]
    note: String,
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
        Ok(()) => Ok(Redirect::to("/oficina/cola?aviso=soltado").into_response()),
        Err(error) => refused(&app, &desk, &number, "note", error).await,
    }
}

/// What the forms of the panels send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Typed {
    round: i64,
    reason: String,
    note: String,
    act: String,
    // What a person read of a letter that the machine could not.
    ruc: String,
    branch: String,
    asks: String,
    new_email: String,
    // The appointment that goes into the registry.
    register: String,
    post: String,
    from: String,
    to: String,
    #[serde(flatten)]
    representation: Representation,
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
    match decided(&app, &desk, &number, &typed).await {
        Ok(to) => Ok(Redirect::to(&format!("/oficina/cola?aviso={to}")).into_response()),
        Err(error) => refused(&app, &desk, &number, &typed.act, error).await,
    }
}

async fn decided(
    app: &App,
    desk: &Desk,
    number: &PetitionNumber,
    typed: &Typed,
) -> Result<&'static str, ReviewError> {
    let reason: ReviewReason = typed.reason.parse().map_err(|_| ReviewError::Reason)?;
    // The panel and the reason must say the same: a reason chosen in one panel is not sent by another one.
    if reason.act().as_str() != typed.act {
        return Err(ReviewError::Reason);
    }
    let deciding = Deciding {
        number,
        round: typed.round,
        reason,
        note: &typed.note,
        content: content(typed)?,
        appointment: appointment(typed)?,
    };
    let settled = app.intake.decide_case(&deciding, &desk.officer()).await?;
    Ok(match (settled, reason.act()) {
        (Some(Settled::Final(Outcome::Approved)), _) => "aprobado",
        (Some(Settled::Final(_)), _) => "negado",
        (Some(Settled::Second), _) => "segunda",
        (Some(Settled::Supervisor), _) => "supervision",
        (None, CaseAct::Complete) => "completar",
        (None, _) => "escalado",
    })
}

/// What a person read, when they were asked to.
fn content(typed: &Typed) -> Result<Option<PetitionContent>, ReviewError> {
    if typed.ruc.trim().is_empty() {
        return Ok(None);
    }
    let new_email = typed.new_email.trim();
    let content = PetitionContent {
        ruc: typed.ruc.parse().map_err(|_| ReviewError::Reading)?,
        branch: typed.branch.parse().map_err(|_| ReviewError::Reading)?,
        action: typed.asks.parse().map_err(|_| ReviewError::Reading)?,
        new_email: match new_email {
            "" => None,
            text => Some(text.parse().map_err(|_| ReviewError::Reading)?),
        },
    };
    let changes = content.action == crate::domain::Action::ChangeEmail;
    if changes == content.new_email.is_some() {
        Ok(Some(content))
    } else {
        Err(ReviewError::Reading)
    }
}

fn appointment(typed: &Typed) -> Result<Option<NewAppointment>, ReviewError> {
    if typed.register.is_empty() {
        return Ok(None);
    }
    let wrong = |_| ReviewError::Reading;
    let (mode, required_signatures) = typed
        .representation
        .mode()
        .map_err(|()| ReviewError::Reading)?;
    Ok(Some(NewAppointment {
        sha256: typed.register.parse().map_err(|_| ReviewError::Reading)?,
        post: typed.post.clone(),
        from: typed.from.trim().parse().map_err(wrong)?,
        to: match typed.to.trim() {
            "" => None,
            text => Some(text.parse().map_err(wrong)?),
        },
        mode,
        required_signatures,
        scope: typed.representation.scope(),
    }))
}

/// The screen again, with why an act did not count.
pub(super) async fn refused(
    app: &App,
    desk: &Desk,
    number: &PetitionNumber,
    act: &str,
    error: ReviewError,
) -> Result<Response, WebError> {
    let Some(sentence) = why_not(&error) else {
        return Err(error.into());
    };
    let status = StatusCode::CONFLICT;
    answer(app, desk, number, status, act, None, Some(sentence)).await
}

/// Why an act did not count, for whoever tried.
pub(super) fn why_not(error: &ReviewError) -> Option<String> {
    Some(match error {
        ReviewError::Case(error) => match error {
            CaseError::Held { by, until } => format!(
                "Lo tiene {by} hasta las {}. Puede tomar otro mientras tanto.",
                crate::domain::calendar::in_ecuador(*until).strftime("%H:%M")
            ),
            CaseError::Lost => "El caso ya no es suyo: ya se decidió, pasó el tiempo sin actividad, otra persona lo tomó o la empresa envió \
                                algo nuevo. Esto último no se guardó. Si todavía espera, tómelo otra vez y revise qué cambió."
                .to_owned(),
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
        ReviewError::Reason => "Elija un motivo de la lista. El comentario puede tener hasta 1.000 letras.".to_owned(),
        ReviewError::Reading => "Falta lo que usted leyó, o un dato no está bien escrito: RUC de 13 dígitos, correo, fechas como 2026-03-31. De un \
                                 nombramiento elija además si firma sola o conjunta y, si es conjunta, cuántas personas firman (de 2 a 9); de un \
                                 apoderado, para qué alcanza el poder."
            .to_owned(),
        ReviewError::NoAppeal | ReviewError::ReadsOnly | ReviewError::Intake(_) => return None,
    })
}
