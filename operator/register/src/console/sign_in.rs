//! Signing in with a token of the cluster, and out. An identity provider of the cluster (OIDC) comes by the
//! same way: what it gives out is a token that the API server accepts.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use askama::Template;
use axum::{
    Form,
    extract::{Query, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, Uri, header::SET_COOKIE},
    response::{IntoResponse as _, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use factory_assurance::report::Language;
use serde::Deserialize;

use super::{
    cookie::{self, Kind, Way},
    sessions,
    signed_in::SignedIn,
    words::{self, Words},
};
use crate::{
    api::{Register, caller::Regulator, problem::Refusal},
    pages,
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
pub async fn form(uri: Uri, headers: HeaderMap) -> Response {
    let language = pages::language_of(&uri, &headers);
    let Query(query) = Query::<SignInQuery>::try_from_uri(&uri).unwrap_or_default();
    let own = words::of(language);
    let notice = match query.why.as_str() {
        "ended" => own.session_ended,
        "out" => own.signed_out,
        _ => "",
    };
    page(StatusCode::OK, &headers, language, (&query.next, notice, ""))
}

/// Begins a session, if the cluster says that the token is a regulator's.
pub async fn sign_in(
    State(register): State<Arc<Register>>,
    uri: Uri,
    headers: HeaderMap,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Response {
    let language = pages::language_of(&uri, &headers);
    let own = words::of(language);
    let source = source(&headers);
    let again = |status, next: &str, error: &str| page(status, &headers, language, (next, "", error));
    let Ok(Form(SignInForm { csrf, token, next })) = form else {
        return again(StatusCode::BAD_REQUEST, "", own.form_refused_intro);
    };
    if Way::of(&headers) == Way::Open {
        return again(StatusCode::FORBIDDEN, &next, own.needs_https);
    }
    if !cookie::read(&headers, Kind::Form).is_some_and(|held| sessions::same(&held, &csrf)) {
        return again(StatusCode::FORBIDDEN, &next, own.form_refused_intro);
    }
    if !register.console.attempts.may(&source, Instant::now()) {
        return again(StatusCode::TOO_MANY_REQUESTS, &next, own.too_many);
    }
    let token = token.trim();
    let regulator = match Regulator::of_token(&register, token).await {
        Ok(regulator) => regulator,
        Err(refusal) if refusal.status() == StatusCode::SERVICE_UNAVAILABLE => {
            return again(refusal.status(), &next, pages::words::of(language).unavailable_intro);
        }
        Err(refusal) => {
            register.console.attempts.failed(&source, Instant::now());
            tracing::warn!(source, reason = refusal.detail(), "a sign-in failed");
            let error = if refusal.status() == StatusCode::FORBIDDEN { own.no_right } else { own.token_refused };
            return again(refusal.status(), &next, error);
        }
    };
    // Whoever signs in anew leaves no session behind.
    if let Some(before) = cookie::read(&headers, Kind::Session) {
        register.console.sessions.end(&before);
    }
    match register.console.sessions.begin(token.to_owned(), left(token, SystemTime::now()), Instant::now()) {
        Ok(session) => {
            tracing::info!(regulator = regulator.user(), source, "signed in");
            let next = format!("{}?lang={}", address(&next), language.tag());
            let mut response = Redirect::to(&next).into_response();
            response.headers_mut().append(SET_COOKIE, cookie::write(&headers, Kind::Session, Some(&session)));
            response.headers_mut().append(SET_COOKIE, cookie::write(&headers, Kind::Form, None));
            response
        }
        Err(error) => Refusal::internal(&error).into_response(),
    }
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
    let page = SignInPage { words, own, language, keep, csrf: &csrf, next, notice, error, open };
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

/// Where a try comes from: the last address that the ingress wrote down.
fn source(headers: &HeaderMap) -> String {
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|addresses| addresses.rsplit(',').next()).unwrap_or("direct").trim();
    last.chars().filter(|c| c.is_ascii_alphanumeric() || ".:[]".contains(*c)).take(64).collect()
}

/// How long `token` holds, if it is a JWT that says so. The cluster has accepted it before this is asked.
fn left(token: &str, now: SystemTime) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let Claims { exp } = serde_json::from_slice(&claims).ok()?;
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
    fn a_source_is_what_the_ingress_wrote() {
        let mut headers = HeaderMap::new();
        assert_eq!(source(&headers), "direct");
        headers.insert("x-forwarded-for", "10.0.0.1, 192.0.2.7".parse().unwrap());
        assert_eq!(source(&headers), "192.0.2.7");
    }
}
