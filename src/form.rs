//! The petition form (*solicitud*, DESIGN D): the PDF that the service writes, the employer signs at home, and the
//! service knows again by its bytes.
//!
//! The same values give the same bytes, always: every date comes from the values, the document identifier from the
//! number, and nothing asks a clock or a random source. The values travel inside the file as a keyword of its document
//! information, so that a form can be recognised offline: read the keyword, render again, compare every byte. Nothing
//! is believed that the comparison did not confirm.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use krilla::tagging::{TableHeaderScope, Tag, TagGroup};
use serde::{Deserialize, Serialize};

use crate::domain::calendar;
use crate::domain::{
    Action, Language, PetitionContent, PetitionNumber, cedula_check_digit_matches,
};
use crate::sheet::{
    A4, ACCENT, About, INK, LINE, MARGIN, MUTED, Sheet, SheetError, Style, TINT, draw,
};

/// Everything a form prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormValues {
    /// Number of the petition.
    pub number: PetitionNumber,
    /// What takes effect.
    pub content: PetitionContent,
    /// Legal name as the requester typed it: shown as such, never compared.
    pub legal_name: Option<String>,
    /// When the form was made.
    pub issued_at: Timestamp,
    /// Until when it may be uploaded.
    pub expires_at: Timestamp,
    /// Name of the operator, as configured.
    pub operator: String,
}

/// Why a form can't be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// A change of e-mail without the new address, or a reset with one.
    #[error("the new e-mail address belongs to a change of e-mail and to nothing else")]
    NewEmail,
    /// The values can't be written into the file.
    #[error("the values can't be written: {0}")]
    Values(String),
    /// The page can't be drawn.
    #[error(transparent)]
    Sheet(#[from] SheetError),
}

/// Rectangle of page 1 that holds the printed values of any form, the longest too, `[llx, lly, urx, ury]` in PDF coordinates
/// (from the lower left corner). Those of one form end higher as a rule: [`values_area`].
pub const VALUES_AREA: [f64; 4] = [40.0, 436.0, 556.0, 842.0];

/// What stays free below the last line of what is asked, in points: more than any letter hangs down.
const CLEARANCE: f32 = 6.0;

/// Rectangle of page 1 left free for a visible signature, `[llx, lly, urx, ury]` in PDF coordinates.
pub const SIGNATURE_AREA: [f64; 4] = [58.0, 305.0, 537.0, 415.0];

/// What a page says; every change of a page is another layout, and the older ones stay, because what was signed must be known
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Whoever signs does so as the legal representative.
    Representative,
    /// Whoever signs does so as the holder of the RUC or as their representative: a natural person has none as a rule.
    Holder,
}

impl Layout {
    /// All of them, the oldest first.
    pub const ALL: [Self; 2] = [Self::Representative, Self::Holder];

    /// The one that is written for `values`. By the look of the RUC, because whoever asks for a form is told nothing about it;
    /// nothing but words depends on it.
    fn of(values: &FormValues) -> Self {
        let ruc = &values.content.ruc;
        let household = ruc.as_str().ends_with("000");
        // A public body with 6 that passes the check of cédulas is rare, and not wronged by the words.
        let person = ruc.looks_like_a_persons() && cedula_check_digit_matches(ruc.first_ten());
        if household || person {
            Self::Holder
        } else {
            Self::Representative
        }
    }

    /// Marks the keyword that holds the values.
    fn keyword(self) -> &'static str {
        match self {
            Self::Representative => "clavero-form-1:",
            Self::Holder => "clavero-form-2:",
        }
    }
}

/// A form has some 25 KB: its keyword is looked for in the first 64 KiB only, so that a large upload costs nothing.
const SEARCHED_BYTES: usize = 64 * 1024;

/// Longest keyword that is read: every value has a bounded length and together they stay below 2 KB.
const KEYWORD_BYTES: usize = 4096;

/// Longest legal name that is printed, in characters: two lines.
const LEGAL_NAME_CHARS: usize = 120;

/// Writes the form. Same values, same bytes.
///
/// # Errors
/// When values contradict each other or the PDF library refuses.
pub fn render(values: &FormValues) -> Result<Vec<u8>, FormError> {
    render_in(Layout::of(values), values)
}

/// Writes the form as this layout has it.
///
/// # Errors
/// As [`render`].
pub fn render_in(layout: Layout, values: &FormValues) -> Result<Vec<u8>, FormError> {
    Ok(drawn(layout, values)?.0)
}

/// The rectangle of page 1 that holds what `form` prints of its values: a visible signature over it may hide what was signed, so
/// it goes to review (DESIGN D). Where they end is measured while the form is drawn once more, and believed only when the same
/// bytes come of it; of anything else it is the area of the longest values.
#[must_use]
pub fn values_area(form: &[u8]) -> [f64; 4] {
    let [left, bottom, right, top] = VALUES_AREA;
    let drawn = embedded_values(form).and_then(|(layout, values)| drawn(layout, &values).ok());
    let end = drawn.and_then(|(again, end)| (again == form).then_some(end));
    let bottom = end.map_or(bottom, |end| bottom.max(f64::from(A4.1 - end - CLEARANCE)));
    [left, bottom, right, top]
}

/// The form, and where its values and its request end, counted from the top of the page.
fn drawn(layout: Layout, values: &FormValues) -> Result<(Vec<u8>, f32), FormError> {
    let asks_email = values.content.action == Action::ChangeEmail;
    if asks_email != values.content.new_email.is_some() {
        return Err(FormError::NewEmail);
    }
    let json = serde_json::to_vec(values).map_err(|error| FormError::Values(error.to_string()))?;
    let about = About {
        title: format!("{} {}", title(values.content.action), values.number),
        keywords: vec![format!(
            "{}{}",
            layout.keyword(),
            URL_SAFE_NO_PAD.encode(json)
        )],
        author: values.operator.clone(),
        created: values.issued_at,
        id: values.number.as_str().to_owned(),
        language: Language::Es,
    };
    let mut end = A4.1;
    let form = draw(&about, |sheet| end = compose(sheet, layout, values))?;
    Ok((form, end))
}

/// The number of the form that these bytes may begin with: a hint for looking up the kept form, believed by nobody.
#[must_use]
pub fn number_hint(bytes: &[u8]) -> Option<PetitionNumber> {
    embedded_values(bytes).map(|(_, values)| values.number)
}

/// Recognises a form without a database: reads the values it carries, renders them again and compares every byte.
/// Returns the values and the length of the form, behind which only signatures may stand.
#[must_use]
pub fn recognise(bytes: &[u8]) -> Option<(FormValues, usize)> {
    let (layout, values) = embedded_values(bytes)?;
    let form = render_in(layout, &values).ok()?;
    bytes.starts_with(&form).then_some((values, form.len()))
}

fn embedded_values(bytes: &[u8]) -> Option<(Layout, FormValues)> {
    let head = bytes.get(..SEARCHED_BYTES).unwrap_or(bytes);
    let (layout, rest) = Layout::ALL.iter().find_map(|layout| {
        let mark = layout.keyword().as_bytes();
        let start = head.windows(mark.len()).position(|window| window == mark)?;
        Some((*layout, head.get(start + mark.len()..)?))
    })?;
    let rest = rest.get(..KEYWORD_BYTES).unwrap_or(rest);
    let length = rest
        .iter()
        .position(|b| !(b.is_ascii_alphanumeric() || *b == b'-' || *b == b'_'))?;
    let json = URL_SAFE_NO_PAD.decode(rest.get(..length)?).ok()?;
    Some((layout, serde_json::from_slice(&json).ok()?))
}

fn title(action: Action) -> &'static str {
    match action {
        Action::ResetPassword => "Solicitud de restablecimiento de la clave de empleador",
        Action::ChangeEmail => "Solicitud de cambio del correo electrónico del empleador",
        Action::Unblock => "Solicitud de desbloqueo de la cuenta de empleador",
    }
}

const TITLE: Style = Style::new(19.0, true, INK);
const SECTION: Style = Style::new(10.5, true, ACCENT);
const LABEL: Style = Style::new(9.5, false, MUTED);
const VALUE: Style = Style::new(11.0, true, INK);
const BODY: Style = Style::new(10.0, false, INK);
const SMALL: Style = Style::new(8.2, false, MUTED);
const NUMBER: Style = Style::new(12.5, true, ACCENT);

/// Text width between the margins.
const COLUMN: f32 = A4.0 - 2.0 * MARGIN;

/// Draws the page; returns where what is asked ends.
fn compose(sheet: &mut Sheet<'_>, layout: Layout, values: &FormValues) -> f32 {
    head(sheet, values);
    let scale = scale(sheet, layout, values);
    let y = value_table(sheet, values, &scale);
    let text = request_text(layout, values);
    let next = sheet.paragraph((MARGIN, y + REQUEST_GAP, COLUMN), scale.body, &text);
    signature_space(sheet);
    how_to_sign(sheet, layout, values, 566.0);
    legal(sheet, layout, values, 680.0);
    sheet.decoration(
        MARGIN,
        A4.1 - 28.0,
        SMALL,
        &format!("{} · {} · página 1 de 1", values.operator, values.number),
    );
    next - scale.body.size
}

/// Operator, title, number as text and as QR.
fn head(sheet: &mut Sheet<'_>, values: &FormValues) {
    const QR_SIDE: f32 = 78.0;
    sheet.frame((0.0, 0.0, A4.0, 7.0), Some(ACCENT), None, false);
    let right = A4.0 - MARGIN - QR_SIDE;
    let width = COLUMN - QR_SIDE - 24.0;
    sheet.paragraph((MARGIN, 46.0, width), LABEL, &values.operator);
    let y = sheet.heading(
        1,
        (MARGIN, 72.0, width),
        TITLE,
        title(values.content.action),
    );
    sheet.paragraph(
        (MARGIN, y + 2.0, width),
        NUMBER,
        &format!("Trámite N.º {}", values.number),
    );
    sheet.qr(
        right,
        36.0,
        QR_SIDE,
        values.number.as_str(),
        &format!("Código QR con el número de trámite {}", values.number),
    );
}

/// Where the table of values begins, counted from the top.
const TABLE_TOP: f32 = 160.0;
/// Where the printed values must end: a little above the lower edge of [`VALUES_AREA`].
const VALUES_END: f32 = 404.0;
/// From the table to the first baseline of the request.
const REQUEST_GAP: f32 = 26.0;
/// Width of the column of labels, and the space around the text of the table.
const LABELS: f32 = 150.0;
const PADDING: f32 = 14.0;
const ROW_GAP: f32 = 4.4;
const VALUE_WIDTH: f32 = COLUMN - LABELS - PADDING;

/// Text sizes of the values and of the request.
#[derive(Debug, Clone, Copy)]
struct Scale {
    value: Style,
    body: Style,
}

/// The largest sizes at which everything that is asked stays inside [`VALUES_AREA`]: an e-mail address may have 254
/// characters, and what leaves the area could be hidden under a signature without anybody noticing.
fn scale(sheet: &Sheet<'_>, layout: Layout, values: &FormValues) -> Scale {
    let mut scale = Scale {
        value: VALUE,
        body: BODY,
    };
    for (value, body) in [(11.0, 10.0), (9.0, 9.0), (7.5, 7.5), (6.0, 6.0)] {
        scale = Scale {
            value: Style::new(value, true, INK),
            body: Style::new(body, false, INK),
        };
        let text = sheet.height(&request_text(layout, values), COLUMN, scale.body);
        let end = TABLE_TOP + table_height(sheet, values, &scale) + REQUEST_GAP + text - body;
        if end <= VALUES_END {
            break;
        }
    }
    scale
}

fn table_height(sheet: &Sheet<'_>, values: &FormValues, scale: &Scale) -> f32 {
    let text: f32 = rows(values)
        .iter()
        .map(|(_, value)| sheet.height(value, VALUE_WIDTH, scale.value) + ROW_GAP)
        .sum();
    text + PADDING
}

/// The values that take effect, as a table of two columns; returns where it ends.
fn value_table(sheet: &mut Sheet<'_>, values: &FormValues, scale: &Scale) -> f32 {
    let (top, width) = (TABLE_TOP, VALUE_WIDTH);
    let rows = rows(values);
    let height = table_height(sheet, values, scale);
    sheet.frame((MARGIN, top, COLUMN, height), Some(TINT), Some(LINE), false);
    let mut table =
        TagGroup::new(Tag::Table.with_summary(Some("Datos de la solicitud".to_owned())));
    let mut y = top + 21.0;
    for (label, value) in rows {
        let mut header = TagGroup::new(Tag::TH(TableHeaderScope::Row));
        header.push(sheet.line(MARGIN + PADDING, y, LABEL, &format!("{label} ")));
        let (ids, next) = sheet.wrapped((MARGIN + LABELS, y, width), scale.value, &value);
        let mut cell = TagGroup::new(Tag::TD);
        for id in ids {
            cell.push(id);
        }
        let mut row = TagGroup::new(Tag::TR);
        row.push(header);
        row.push(cell);
        table.push(row);
        y = next + ROW_GAP;
    }
    sheet.push(table);
    top + height
}

fn rows(values: &FormValues) -> Vec<(&'static str, String)> {
    let content = &values.content;
    let mut rows = vec![
        ("RUC del empleador", content.ruc.as_str().to_owned()),
        ("Sucursal", content.branch.as_str().to_owned()),
    ];
    if let Some(name) = values
        .legal_name
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        let name: String = name.chars().take(LEGAL_NAME_CHARS).collect();
        rows.push(("Razón social", format!("{name} (según el solicitante)")));
    }
    rows.push((
        "Se solicita",
        match content.action {
            Action::ResetPassword => "Restablecer la clave de empleador".to_owned(),
            Action::ChangeEmail => "Cambiar el correo electrónico registrado".to_owned(),
            Action::Unblock => "Desbloquear la cuenta de empleador".to_owned(),
        },
    ));
    if let Some(email) = &content.new_email {
        rows.push(("Correo nuevo", email.as_str().to_owned()));
    }
    rows.push((
        "Fecha",
        format!(
            "{} (hora de Ecuador)",
            calendar::say_minute(values.issued_at)
        ),
    ));
    rows
}

/// What the signer asks for, in the first person.
fn request_text(layout: Layout, values: &FormValues) -> String {
    let content = &values.content;
    let quality = match layout {
        Layout::Representative => "representante legal",
        Layout::Holder => "titular o representante legal",
    };
    let who = format!(
        "Yo, quien firma electrónicamente este documento, en calidad de {quality} del empleador con RUC {}, \
         sucursal {},",
        content.ruc.as_str(),
        content.branch.as_str(),
    );
    let what = match (content.action, &content.new_email) {
        (Action::ChangeEmail, Some(email)) => format!(
            "solicito que el correo electrónico registrado de este empleador se cambie por {}. Entiendo que la dirección \
             nueva deberá confirmarse y que se avisará a la dirección anterior.",
            email.as_str()
        ),
        (Action::Unblock, _) => "solicito que se desbloquee su cuenta de empleador y que se envíe al correo electrónico que \
             consta registrado un enlace para crear una clave nueva, por si hace falta."
            .to_owned(),
        _ => "solicito que se restablezca su clave de empleador y que el enlace para crear la clave nueva se envíe al \
              correo electrónico que consta registrado."
            .to_owned(),
    };
    format!("{who} {what}")
}

/// The free place for a visible signature, [`SIGNATURE_AREA`]; it lies outside of [`VALUES_AREA`].
fn signature_space(sheet: &mut Sheet<'_>) {
    let top = 426.0;
    sheet.paragraph(
        (MARGIN, top - 6.0, COLUMN),
        SMALL,
        "Espacio para la firma electrónica visible (opcional). No la coloque sobre los datos de arriba.",
    );
    sheet.frame((MARGIN, top, COLUMN, 112.0), None, Some(LINE), true);
}

fn how_to_sign(sheet: &mut Sheet<'_>, layout: Layout, values: &FormValues, top: f32) {
    let y = sheet.heading(2, (MARGIN, top, COLUMN), SECTION, "Cómo firmar y enviar");
    let signer = match layout {
        Layout::Representative => "el representante legal",
        Layout::Holder => "el titular del RUC o su representante",
    };
    let steps = [
        "Guarde este PDF sin imprimirlo, editarlo ni volverlo a guardar con otro programa."
            .to_owned(),
        format!(
            "Fírmelo con FirmaEC, con su archivo .p12 o con su token. Debe firmar {signer} con su propia firma."
        ),
        format!(
            "Suba el PDF firmado hasta el {} (hora de Ecuador). Este número sirve una sola vez.",
            calendar::say_minute(values.expires_at)
        ),
    ];
    let mut list = TagGroup::new(Tag::L(krilla::tagging::ListNumbering::Decimal));
    let mut y = y + 3.0;
    for (index, step) in steps.iter().enumerate() {
        let mut label = TagGroup::new(Tag::Lbl);
        label.push(sheet.line(MARGIN, y, BODY, &format!("{}. ", index + 1)));
        let (ids, next) = sheet.wrapped((MARGIN + 16.0, y, COLUMN - 16.0), BODY, step);
        let mut body = TagGroup::new(Tag::LBody);
        for id in ids {
            body.push(id);
        }
        let mut item = TagGroup::new(Tag::LI);
        item.push(label);
        item.push(body);
        list.push(item);
        y = next + 2.0;
    }
    sheet.push(list);
}

fn legal(sheet: &mut Sheet<'_>, layout: Layout, values: &FormValues, top: f32) {
    let y = sheet.heading(2, (MARGIN, top, COLUMN), SECTION, "Qué significa su firma");
    let stands = match layout {
        Layout::Representative => "que representa al empleador",
        Layout::Holder => "que es el empleador o lo representa",
    };
    let y = sheet.paragraph(
        (MARGIN, y + 2.0, COLUMN),
        SMALL,
        &format!(
            "La firma electrónica tiene igual validez y los mismos efectos jurídicos que la firma manuscrita (Ley de Comercio \
             Electrónico, Firmas Electrónicas y Mensajes de Datos, art. 14). Quien firma declara {stands} y \
             que los datos de esta solicitud son los que quiere que surtan efecto."
        ),
    );
    sheet.paragraph(
        (MARGIN, y + 3.0, COLUMN),
        SMALL,
        &format!(
            "Datos personales (Ley Orgánica de Protección de Datos Personales, art. 12): {} trata el RUC, el correo y los \
             datos de su certificado de firma únicamente para atender este trámite y conservar la prueba de lo decidido. Los \
             casos claros se resuelven de forma automatizada; usted puede pedir que una persona revise la decisión.",
            values.operator
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn values(action: Action) -> FormValues {
        FormValues {
            number: PetitionNumber::new(2026, 123),
            content: PetitionContent {
                ruc: "1790993949001".parse().unwrap(),
                branch: "0001".parse().unwrap(),
                action,
                new_email: (action == Action::ChangeEmail)
                    .then(|| "contabilidad@elcondor-agro.ec".parse().unwrap()),
            },
            legal_name: Some("AGROINDUSTRIAS EL CÓNDOR ÑAUPA CÍA. LTDA.".to_owned()),
            issued_at: "2026-11-21T15:05:00Z".parse().unwrap(),
            expires_at: "2026-11-28T15:05:00Z".parse().unwrap(),
            operator: "Servicio de claves de empleador (demostración)".to_owned(),
        }
    }

    #[test]
    fn the_same_values_give_the_same_bytes_and_are_recognised() {
        for action in [Action::ResetPassword, Action::ChangeEmail, Action::Unblock] {
            let values = values(action);
            let form = render(&values).unwrap();
            assert_eq!(form, render(&values).unwrap());
            assert!(form.len() < 40_000, "{} bytes", form.len());
            assert_eq!(number_hint(&form), Some(values.number.clone()));
            let mut signed = form.clone();
            signed.extend_from_slice(b"12 0 obj\n<<>>\nendobj\n");
            assert_eq!(recognise(&signed), Some((values, form.len())));
        }
    }

    /// What was handed out before there was another layout is known again, whoever it is for.
    #[test]
    fn a_person_signs_as_the_holder_and_older_forms_are_recognised() {
        for (ruc, layout) in [
            ("1805047204001", Layout::Holder),
            ("1805047204000", Layout::Holder),
            // No check digit holds for this one: of a household it is the ending that tells.
            ("2990002025000", Layout::Holder),
            ("1805047203001", Layout::Representative),
            ("1790993949001", Layout::Representative),
        ] {
            let mut values = values(Action::ResetPassword);
            values.content.ruc = ruc.parse().unwrap();
            assert_eq!(Layout::of(&values), layout, "{ruc}");
            let holder = request_text(layout, &values).contains("titular o representante legal");
            assert_eq!(holder, layout == Layout::Holder, "{ruc}");
            let forms = Layout::ALL.map(|layout| render_in(layout, &values).unwrap());
            assert_ne!(forms[0], forms[1]);
            assert!(forms.contains(&render(&values).unwrap()));
            for form in forms {
                assert_eq!(number_hint(&form), Some(values.number.clone()));
                assert_eq!(
                    recognise(&form),
                    Some((values.clone(), form.len())),
                    "{ruc}"
                );
            }
        }
    }

    #[test]
    fn a_changed_byte_is_not_the_form() {
        let form = render(&values(Action::ResetPassword)).unwrap();
        for place in (0..form.len()).step_by(1009) {
            let mut changed = form.clone();
            changed[place] ^= 1;
            assert_eq!(recognise(&changed), None, "byte {place}");
        }
        assert_eq!(recognise(&form[..form.len() - 1]), None);
        assert_eq!(number_hint(b"%PDF-1.7 something else"), None);
        assert_eq!(number_hint(b"clavero-form-1:AAAA "), None);
    }

    #[test]
    fn the_longest_values_stay_inside_their_area() {
        let label = "a".repeat(62);
        let long = format!("{}@{label}.{label}.{label}.ec", "w".repeat(60));
        let mut values = values(Action::ChangeEmail);
        values.content.new_email = Some(long.parse().unwrap());
        values.legal_name = Some("WWWWWWWW ".repeat(13));
        let end = std::cell::Cell::new(f32::MAX);
        let about = About {
            title: "prueba".to_owned(),
            keywords: Vec::new(),
            author: String::new(),
            created: values.issued_at,
            id: String::new(),
            language: Language::Es,
        };
        draw(&about, |sheet| {
            let layout = Layout::Holder;
            let scale = scale(sheet, layout, &values);
            let table = table_height(sheet, &values, &scale);
            let text = sheet.height(&request_text(layout, &values), COLUMN, scale.body);
            end.set(TABLE_TOP + table + REQUEST_GAP + text - scale.body.size);
            sheet.heading(1, (MARGIN, 80.0, COLUMN), TITLE, "prueba");
        })
        .unwrap();
        assert!(end.get() <= VALUES_END, "{}", end.get());
        assert!(f64::from(A4.1 - VALUES_END) >= VALUES_AREA[1]);
        let form = render(&values).unwrap();
        assert!(recognise(&form).is_some());
        if let Some(folder) = std::env::var_os("CLAVERO_FORMS") {
            std::fs::write(std::path::Path::new(&folder).join("longest.pdf"), form).unwrap();
        }
    }

    /// Writes the pages into `$CLAVERO_FORMS`, for looking at them.
    #[test]
    fn pages_can_be_looked_at() {
        for action in [Action::ResetPassword, Action::ChangeEmail, Action::Unblock] {
            for layout in Layout::ALL {
                let form = render_in(layout, &values(action)).unwrap();
                assert!(form.starts_with(b"%PDF-1.7"));
                if let Some(folder) = std::env::var_os("CLAVERO_FORMS") {
                    let name = format!("{action}-{layout:?}.pdf");
                    std::fs::write(std::path::Path::new(&folder).join(name), form).unwrap();
                }
            }
        }
    }

    #[test]
    fn values_must_fit_the_action() {
        let mut values = values(Action::ChangeEmail);
        values.content.new_email = None;
        assert_eq!(render(&values), Err(FormError::NewEmail));
    }

    #[test]
    fn names_cannot_break_the_page() {
        let mut values = values(Action::ResetPassword);
        values.legal_name = Some("Ω\u{202e}漢字 )(\\ <script> \u{0} ".repeat(30));
        let form = render(&values).unwrap();
        assert!(recognise(&form).is_some());
    }
}
