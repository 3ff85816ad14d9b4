//! In which language a request is answered: Spanish unless somebody chose English.
//!
//! People choose by a link on every page; the choice (`?lang=`) is kept in a cookie, so that what they send and what goes wrong is
//! told in it too. What their browser prefers does not decide: the pages are for Ecuador, and half of its browsers were set up in
//! English by nobody's choice. Programs have no page to choose on: they say `?lang=`, or what they prefer (RFC 9110 §12.5.4). The
//! office speaks Spanish. Nothing here is ever stored by a proxy: all that is said in a language leaves as `no-store`.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, Uri};
use axum::middleware::Next;
use axum::response::Response;

use super::messages::wants_json;
use super::{App, Frame, cookies};
use crate::domain::Language;

/// The value of an address that chooses, and the cookie that keeps it: a language, and nothing about anybody.
const NAME: &str = "lang";
/// A year.
const KEPT_SECONDS: u32 = 365 * 24 * 60 * 60;
/// What a link to the same page leaves out: the language it stands in, and a code that somebody put into an address by mistake.
const LEFT_OUT: [&str; 3] = [NAME, "secret", "key"];

/// The same page in the other language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Translation {
    /// Its language.
    language: Language,
    /// Where it is: only what follows `?`, so that a token in the path is not written down once more.
    pub(super) href: String,
}

impl Translation {
    pub(super) fn tag(&self) -> &'static str {
        self.language.as_str()
    }

    /// What the language calls itself.
    pub(super) fn name(&self) -> &'static str {
        self.language.pick("Español", "English")
    }

    /// The other language of what `method` got from `uri`, if it has one: what came of a POST is there once.
    pub(super) fn of(language: Language, method: &Method, uri: &Uri) -> Option<Self> {
        let other = language.pick(Language::En, Language::Es);
        let kept = pairs(uri)
            .filter(|pair| !LEFT_OUT.contains(&name_of(pair)))
            .map(|pair| format!("{pair}&"))
            .collect::<String>();
        (method == Method::GET && !in_office(uri.path())).then(|| Self {
            language: other,
            href: format!("?{kept}{NAME}={}", other.as_str()),
        })
    }
}

/// Layer that decides, before anybody answers.
pub(super) async fn choose(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let (path, headers) = (request.uri().path(), request.headers());
    let people = !wants_json(path, headers) && !in_office(path);
    let chosen = chosen_in(request.uri());
    let language = match (in_office(path), chosen) {
        (true, _) => Language::Es,
        (false, Some(language)) => language,
        (false, None) if people => kept_in(headers).unwrap_or(Language::Es),
        (false, None) => preferred_in(headers),
    };
    request.extensions_mut().insert(language);
    let mut response = next.run(request).await;
    let cookie = chosen.filter(|_| people).map(|it| cookie(&app, it));
    if let Some(cookie) = cookie.and_then(|cookie| HeaderValue::from_str(&cookie).ok()) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// In which language to answer.
impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(decided(&parts.extensions))
    }
}

/// What a page shows around its content, in the language that was chosen.
impl FromRequestParts<App> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let language = decided(&parts.extensions);
        let translation = Translation::of(language, &parts.method, &parts.uri);
        Ok(app.frame.speaking(language, translation))
    }
}

impl Frame {
    /// The same for a layer, which has the whole request.
    pub(super) fn around(app: &App, request: &Request) -> Self {
        let language = decided(request.extensions());
        let translation = Translation::of(language, request.method(), request.uri());
        app.frame.speaking(language, translation)
    }
}

fn decided(extensions: &Extensions) -> Language {
    extensions.get().copied().unwrap_or(Language::Es)
}

/// The office is for officials of Ecuador.
fn in_office(path: &str) -> bool {
    path == "/oficina" || path.starts_with("/oficina/")
}

fn pairs(uri: &Uri) -> impl Iterator<Item = &str> {
    let query = uri.query().unwrap_or_default();
    query.split('&').filter(|pair| !pair.is_empty())
}

fn name_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

fn chosen_in(uri: &Uri) -> Option<Language> {
    let mut values = pairs(uri).filter_map(|pair| pair.strip_prefix(NAME)?.strip_prefix('='));
    values.find_map(|value| value.parse().ok())
}

fn kept_in(headers: &HeaderMap) -> Option<Language> {
    cookies::named(headers, NAME).find_map(|value| value.parse().ok())
}

/// English where it is preferred to Spanish (`Accept-Language`), Spanish otherwise.
fn preferred_in(headers: &HeaderMap) -> Language {
    let ranges = headers.get_all(ACCEPT_LANGUAGE).iter();
    let ranges: Vec<(&str, f32)> = ranges
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(weighed)
        .collect();
    let weight = |primary: &str| {
        let of = |wanted: &str| {
            let weights = ranges.iter().filter_map(|(tag, weight)| {
                let first = tag.split('-').next()?;
                first.eq_ignore_ascii_case(wanted).then_some(*weight)
            });
            weights.reduce(f32::max)
        };
        of(primary).or_else(|| of("*")).unwrap_or(0.0)
    };
    if weight("en") > weight("es") {
        Language::En
    } else {
        Language::Es
    }
}

/// `en-GB;q=0.8` as a tag and its weight; nothing when it is not written as one.
fn weighed(range: &str) -> Option<(&str, f32)> {
    let (tag, weight) = match range.split_once(';') {
        None => (range, 1.0),
        Some((tag, weight)) => {
            let weight = weight.trim().strip_prefix(['q', 'Q'])?.trim();
            (tag, weight.strip_prefix('=')?.trim().parse().ok()?)
        }
    };
    (0.0..=1.0)
        .contains(&weight)
        .then_some((tag.trim(), weight))
}

fn cookie(app: &App, language: Language) -> String {
    let secure = cookies::secure(app);
    format!(
        "{NAME}={}; Path=/; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Lax{secure}",
        language.as_str()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::COOKIE;

    fn headers(name: axum::http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_program_is_answered_in_english_only_when_it_prefers_it() {
        for (accepted, expected) in [
            ("", Language::Es),
            ("*", Language::Es),
            ("fr", Language::Es),
            ("en", Language::En),
            ("EN-us", Language::En),
            ("en-US,en;q=0.9", Language::En),
            ("en,es;q=0.8", Language::En),
            ("es,en", Language::Es),
            ("en;q=0.8, es;q=0.8", Language::Es),
            ("es-EC;q=0.5, en;q=0.9", Language::En),
            ("en-GB;q=0.1, es;q=0.5, en;q=0.9", Language::En),
            ("en;q=0.5, *;q=0.7", Language::Es),
            ("en, *;q=0.7", Language::En),
            ("es;q=0, en;q=0.001", Language::En),
            ("en;q=0", Language::Es),
            ("en;q=2", Language::Es),
            ("en;q=x", Language::Es),
            ("en;level=1", Language::Es),
            ("english", Language::Es),
        ] {
            assert_eq!(
                preferred_in(&headers(ACCEPT_LANGUAGE, accepted)),
                expected,
                "{accepted}"
            );
        }
        assert_eq!(preferred_in(&HeaderMap::new()), Language::Es);
    }

    #[test]
    fn a_choice_is_one_of_two_words() {
        for (address, expected) in [
            ("/", None),
            ("/?lang=en", Some(Language::En)),
            ("/consulta?number=x&lang=es", Some(Language::Es)),
            ("/?lang=fr&lang=en", Some(Language::En)),
            ("/?lang", None),
            ("/?lang=EN", None),
            ("/?language=en", None),
            ("/lang=en", None),
        ] {
            assert_eq!(chosen_in(&address.parse().unwrap()), expected, "{address}");
        }
        let kept = |text| kept_in(&headers(COOKIE, text));
        assert_eq!(kept("recibo=x; lang=en"), Some(Language::En));
        assert_eq!(kept("slang=en; lang=fr"), None);
    }

    /// Without the path, where links of mails carry their token, and without a code that was never to stand in an address.
    #[test]
    fn the_other_language_is_the_same_page_and_repeats_no_secret() {
        let href = |language, address: &str| {
            let uri: Uri = address.parse().unwrap();
            Translation::of(language, &Method::GET, &uri).map(|it| it.href)
        };
        for (language, address, expected) in [
            (Language::Es, "/", "?lang=en"),
            (Language::En, "/solicitud?lang=en", "?lang=es"),
            (
                Language::Es,
                "/solicitud?action=change_email&&lang=es&ruc=1",
                "?action=change_email&ruc=1&lang=en",
            ),
            (
                Language::Es,
                "/clave/Zk3v9QxTb7LmN2pRs5WcYd8HfJ4gA6eU",
                "?lang=en",
            ),
            (
                Language::Es,
                "/consulta?number=CLV-2026-000123-X&secret=abc",
                "?number=CLV-2026-000123-X&lang=en",
            ),
        ] {
            assert_eq!(href(language, address).as_deref(), Some(expected));
        }
        assert_eq!(href(Language::Es, "/oficina/cola"), None);
        let posted = Translation::of(Language::Es, &Method::POST, &Uri::from_static("/solicitud"));
        assert_eq!(posted, None);
    }
}
