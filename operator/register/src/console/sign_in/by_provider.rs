//! Signing in at an identity provider: the browser leaves, and comes back with a code. It must hold the cookie that it
//! left with, so that nobody is signed in by a link that somebody else sent.

use std::{sync::Arc, time::Instant};

use askama::Template;
use axum::{
    extract::{ConnectInfo, Query, State},
    http::{HeaderMap, StatusCode, Uri, header::SET_COOKIE},
    response::{IntoResponse as _, Redirect, Response},
};
use factory_assurance::{canonical, report::Language};
use serde::Deserialize;

use super::{SignInQuery, address, begin, page};
use crate::{
    api::{Register, problem::Refusal},
    console::{
        cookie::{self, Kind, Way},
        sessions,
        words::{self, Words},
    },
    pages,
    peer::Peer,
};

/// What the provider sends the browser back with.
#[derive(Default, Deserialize)]
pub struct Came {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    error: String,
}

/// A page of the register's own between the provider and the console: what follows from it is asked for by the register
/// and not by another site, and only so does the browser show the session's cookie.
#[derive(Template)]
#[template(path = "console/came_back.html")]
struct CameBackPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    language: Language,
    keep: &'a str,
    next: &'a str,
}

/// Sends the browser to the provider.
pub async fn leave(State(register): State<Arc<Register>>, uri: Uri, headers: HeaderMap) -> Response {
    let language = pages::language_of(&uri, &headers);
    let Query(query) = Query::<SignInQuery>::try_from_uri(&uri).unwrap_or_default();
    let own = words::of(language);
    let again = |status, error: &str| page(&register, status, &headers, language, (&query.next, "", error));
    let Some(provider) = &register.console.provider else { return again(StatusCode::NOT_FOUND, own.no_provider) };
    if Way::of(&headers) == Way::Open {
        return again(StatusCode::FORBIDDEN, own.needs_https);
    }
    let cookie = match sessions::random() {
        Ok(cookie) => cookie,
        Err(error) => return Refusal::internal(&error).into_response(),
    };
    match provider.send(&cookie, address(&query.next), language).await {
        Ok(there) => {
            let mut response = Redirect::to(there.as_str()).into_response();
            response.headers_mut().append(SET_COOKIE, cookie::write(&headers, Kind::Provider, Some(&cookie)));
            response
        }
        Err(error) => {
            tracing::warn!(%error, "nobody can be sent to the identity provider");
            again(StatusCode::BAD_GATEWAY, own.provider_away)
        }
    }
}

/// Takes who comes back, and begins a session if the cluster says that the token is a regulator's.
pub async fn back(
    State(register): State<Arc<Register>>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Query(came) = Query::<Came>::try_from_uri(&uri).unwrap_or_default();
    let source = register.limits.client(peer, &headers);
    let left = cookie::read(&headers, Kind::Provider);
    let held = left.is_some_and(|cookie| sessions::same(&canonical::sha256(cookie.as_bytes()), &came.state));
    let provider = register.console.provider.as_ref().filter(|_| held);
    let journey = provider.and_then(|provider| provider.under_way.end(&came.state, Instant::now()));
    let language = journey.as_ref().map_or_else(|| pages::language_of(&uri, &headers), |journey| journey.language);
    let own = words::of(language);
    let again = |status, error: &str| page(&register, status, &headers, language, ("", "", error));
    let (Some(provider), Some(journey)) = (provider, journey) else {
        return again(StatusCode::FORBIDDEN, own.form_refused_intro);
    };
    if !came.error.is_empty() {
        tracing::warn!(%source, error = ?came.error, "the identity provider let nobody in");
        return again(StatusCode::FORBIDDEN, own.provider_refused);
    }
    let token = match provider.token(&came.code, &journey).await {
        Ok(token) => token,
        Err(error) => {
            tracing::warn!(%source, %error, "a sign-in failed");
            return again(StatusCode::BAD_GATEWAY, own.provider_away);
        }
    };
    match begin(&register, source, &headers, language, &token).await {
        Ok(session) => {
            let words = pages::words::of(language);
            let next = CameBackPage { words, own, language, keep: "", next: &journey.next };
            let mut response = pages::render(StatusCode::OK, language, &next);
            response.headers_mut().append(SET_COOKIE, session);
            response.headers_mut().append(SET_COOKIE, cookie::write(&headers, Kind::Provider, None));
            response
        }
        Err((status, error)) => again(status, error),
    }
}
