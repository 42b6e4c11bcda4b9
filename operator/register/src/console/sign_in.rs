//! Signing in with a token of the cluster, and out. Whoever comes from an identity provider ([`by_provider`]) begins a
//! session by the same way: what it gives out is a token that the API server accepts.

pub mod by_provider;

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use askama::Template;
use axum::{
    Form,
    extract::{ConnectInfo, Query, State, rejection::FormRejection},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header::SET_COOKIE},
    response::{IntoResponse as _, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use factory_assurance::report::Language;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    attempts::Try,
    cookie::{self, Kind, Way},
    sessions,
    signed_in::SignedIn,
    words::{self, Words},
};
use crate::{
    access::AUDIENCE,
    api::{
        Register,
        caller::{Caller, Regulator},
        problem::Refusal,
    },
    pages,
    peer::Peer,
};

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    language: Language,
    keep: String,
    csrf: &'a str,
    next: &'a str,
    notice: &'a str,
    error: &'a str,
    open: bool,
    provider: bool,
}

/// What the address of the form may say.
#[derive(Default, Deserialize)]
pub struct SignInQuery {
    #[serde(default)]
    why: String,
    #[serde(default)]
    next: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct SignInForm {
    csrf: String,
    token: String,
    #[serde(default)]
    next: String,
}

/// What every form sends that decides nothing.
#[derive(Deserialize)]
pub struct Proof {
    csrf: String,
}

/// The form.
pub async fn form(State(register): State<Arc<Register>>, uri: Uri, headers: HeaderMap) -> Response {
    let language = pages::language_of(&uri, &headers);
    let Query(query) = Query::<SignInQuery>::try_from_uri(&uri).unwrap_or_default();
    let own = words::of(language);
    let notice = match query.why.as_str() {
        "ended" => own.session_ended,
        "out" => own.signed_out,
        _ => "",
    };
    page(&register, StatusCode::OK, &headers, language, (&query.next, notice, ""))
}

/// Begins a session, if the cluster says that the token is a regulator's.
pub async fn sign_in(
    State(register): State<Arc<Register>>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    uri: Uri,
    headers: HeaderMap,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Response {
    let language = pages::language_of(&uri, &headers);
    let own = words::of(language);
    let source = register.limits.client(peer, &headers);
    let again = |status, next: &str, error: &str| page(&register, status, &headers, language, (next, "", error));
    let Ok(Form(SignInForm { csrf, token, next })) = form else {
        return again(StatusCode::BAD_REQUEST, "", own.form_refused_intro);
    };
    if Way::of(&headers) == Way::Open {
        return again(StatusCode::FORBIDDEN, &next, own.needs_https);
    }
    if !cookie::read(&headers, Kind::Form).is_some_and(|held| sessions::same(&held, &csrf)) {
        return again(StatusCode::FORBIDDEN, &next, own.form_refused_intro);
    }
    match begin(&register, source, &headers, language, token.trim()).await {
        Ok(session) => {
            let next = format!("{}?lang={}", address(&next), language.tag());
            let mut response = Redirect::to(&next).into_response();
            response.headers_mut().append(SET_COOKIE, session);
            response.headers_mut().append(SET_COOKIE, cookie::write(&headers, Kind::Form, None));
            response
        }
        Err((status, error)) => again(status, &next, error),
    }
}

/// The cookie of a session that begins with `token`, if the cluster says that it is a regulator's; else what the person
/// is told.
async fn begin(
    register: &Register,
    source: IpAddr,
    headers: &HeaderMap,
    language: Language,
    token: &str,
) -> Result<HeaderValue, (StatusCode, &'static str)> {
    let own = words::of(language);
    let asked = Try { source, token, could_be_one: could_be_one(token, SystemTime::now()) };
    if !register.console.attempts.may(&asked, Instant::now()) {
        return Err((StatusCode::TOO_MANY_REQUESTS, own.too_many));
    }
    let regulator = Regulator::of_token(register, token).await.map_err(|refusal| {
        let status = refusal.status();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            return (status, pages::words::of(language).unavailable_intro);
        }
        // Of a token that the cluster knows, the right alone is missing, and can be given at any moment.
        if status == StatusCode::UNAUTHORIZED {
            register.console.attempts.failed(&asked, Instant::now());
        }
        tracing::warn!(%source, reason = refusal.detail(), "a sign-in failed");
        (status, if status == StatusCode::FORBIDDEN { own.no_right } else { own.token_refused })
    })?;
    // Whoever signs in anew leaves no session behind.
    if let Some(before) = cookie::read(headers, Kind::Session) {
        register.console.sessions.end(&before);
    }
    let session = register.console.sessions.begin(token.to_owned(), left(token, SystemTime::now()), Instant::now());
    let session = session.map_err(|error| {
        tracing::error!(%error, "no session can begin");
        (StatusCode::INTERNAL_SERVER_ERROR, pages::words::of(language).unavailable_intro)
    })?;
    tracing::info!(regulator = regulator.user(), %source, "signed in");
    Ok(cookie::write(headers, Kind::Session, Some(&session)))
}

/// Whether a token shown with such a request could be read on its way.
pub(crate) fn shown_openly(headers: &HeaderMap) -> bool {
    Way::of(headers) == Way::Open
}

/// Whose `token` it is that came with a form from `source`: the cluster is asked as seldom as at a sign-in.
pub(crate) async fn shown(register: &Register, source: IpAddr, token: &str) -> Result<Caller, Refusal> {
    let asked = Try { source, token, could_be_one: could_be_one(token, SystemTime::now()) };
    if !register.console.attempts.may(&asked, Instant::now()) {
        return Err(Refusal::too_many("too many failed attempts".to_owned(), Duration::from_secs(60)));
    }
    let caller = Caller::of_token(register, token).await;
    if caller.as_ref().is_err_and(|refusal| refusal.status() == StatusCode::UNAUTHORIZED) {
        register.console.attempts.failed(&asked, Instant::now());
    }
    caller
}

/// Ends the session.
pub async fn sign_out(
    State(register): State<Arc<Register>>,
    headers: HeaderMap,
    who: SignedIn,
    form: Result<Form<Proof>, FormRejection>,
) -> Response {
    if !form.is_ok_and(|Form(Proof { csrf })| who.sent(&csrf)) {
        return who.stale();
    }
    if let Some(session) = cookie::read(&headers, Kind::Session) {
        register.console.sessions.end(&session);
    }
    tracing::info!(regulator = who.regulator.user(), "signed out");
    let mut response = Redirect::to(&format!("/console/sign-in?lang={}&why=out", who.language.tag())).into_response();
    response.headers_mut().append(SET_COOKIE, cookie::write(&headers, Kind::Session, None));
    response
}

/// The form, with a number that its sender must hold as a cookie too.
fn page(
    register: &Register,
    status: StatusCode,
    headers: &HeaderMap,
    language: Language,
    (next, notice, error): (&str, &str, &str),
) -> Response {
    let csrf = match cookie::read(headers, Kind::Form).map_or_else(sessions::random, Ok) {
        Ok(csrf) => csrf,
        Err(error) => return Refusal::internal(&error).into_response(),
    };
    let open = Way::of(headers) == Way::Open;
    let (words, own) = (pages::words::of(language), words::of(language));
    let next = address(next);
    let keep = format!("next={}&", crate::api::entries::escaped(next));
    let provider = register.console.provider.is_some();
    let page = SignInPage { words, own, language, keep, csrf: &csrf, next, notice, error, open, provider };
    let mut response = pages::render(status, language, &page);
    response.headers_mut().append(SET_COOKIE, cookie::write(headers, Kind::Form, Some(&csrf)));
    response
}

/// Where to go after a sign-in: a page of the console, never another site.
fn address(next: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_".contains(&byte);
    let ours = next == "/console" || next.starts_with("/console/");
    if ours && next.len() <= 200 && next.bytes().all(plain) { next } else { "/console" }
}

/// Whether `token` says of itself that it is for the register and still holds. Whether that is true, the cluster
/// alone can tell.
fn could_be_one(token: &str, now: SystemTime) -> bool {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Audience {
        One(String),
        Some(Vec<String>),
    }
    #[derive(Deserialize)]
    struct Claims {
        aud: Audience,
    }
    let ours = match claims(token) {
        Some(Claims { aud: Audience::One(one) }) => one == AUDIENCE,
        Some(Claims { aud: Audience::Some(all) }) => all.iter().any(|one| one == AUDIENCE),
        None => false,
    };
    ours && left(token, now).is_some_and(|left| !left.is_zero())
}

/// What `token` says of itself, if it is a JWT.
pub(super) fn claims<T: DeserializeOwned>(token: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?).ok()
}

/// How long `token` holds, if it is a JWT that says so. The cluster has accepted it before this is asked.
fn left(token: &str, now: SystemTime) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
    }
    let Claims { exp } = claims(token)?;
    let ends = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(exp))?;
    Some(ends.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_with_its_token() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let token = |claims: &str| format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(left(&token(r#"{"exp": 1060, "sub": "a"}"#), now), Some(Duration::from_secs(60)));
        assert_eq!(left(&token(r#"{"exp": 900}"#), now), Some(Duration::ZERO));
        assert_eq!(left(&token(r#"{"exp": 18446744073709551615}"#), now), None);
        for other in ["", "opaque", "a.b.c", &token("{}")] {
            assert_eq!(left(other, now), None, "{other}");
        }
    }

    #[test]
    fn a_sign_in_leads_to_the_console_and_nowhere_else() {
        assert_eq!(address("/console/submissions/ab-1/confirm"), "/console/submissions/ab-1/confirm");
        for other in
            ["", "https://evil.example", "//evil.example", "/consoles", "/console/..//x", "/console?x", "/console/\n"]
        {
            assert_eq!(address(other), "/console", "{other}");
        }
    }

    #[test]
    fn only_a_token_for_the_register_that_still_holds_could_be_one() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let could = |claims: &str| could_be_one(&format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims)), now);
        assert!(could(r#"{"aud": "factory-register", "exp": 1001}"#));
        assert!(could(r#"{"aud": ["other", "factory-register"], "exp": 1001}"#));
        for other in [
            r#"{"aud": "factory-register", "exp": 1000}"#,
            r#"{"aud": ["other"], "exp": 1001}"#,
            r#"{"aud": "factory-register"}"#,
            r#"{"exp": 1001}"#,
            "{}",
        ] {
            assert!(!could(other), "{other}");
        }
        assert!(!could_be_one("opaque", now));
    }
}
