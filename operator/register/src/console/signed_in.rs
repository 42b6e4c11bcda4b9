//! Who is signed in: the only way to a page of the console. The cluster is asked again on each request, so
//! a right that was taken away ends the session.

use std::{sync::Arc, time::Instant};

use axum::{
    extract::FromRequestParts,
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse as _, Redirect, Response},
};
use factory_assurance::report::Language;

use super::{
    cookie::{self, Kind},
    message, sessions, words,
};
use crate::{
    api::{Register, caller::Regulator, entries::escaped, observe::Asks, problem::Refusal},
    pages,
};

/// A regulator with a session.
pub struct SignedIn {
    /// The right to decide, as the cluster gave it for this request.
    pub regulator: Regulator,
    /// Language of the page.
    pub language: Language,
    /// What every form of this session carries.
    pub csrf: String,
    cookie: String,
}

impl SignedIn {
    /// A number for a form that decides something.
    pub fn form(&self, register: &Register) -> Result<String, Response> {
        register.console.sessions.form(&self.cookie).map_err(|error| Refusal::internal(&error).into_response())
    }

    /// Refuses a form that no page of this session gave out, or that was handed in before.
    pub fn hand_in(&self, register: &Register, csrf: &str, form: &str) -> Result<(), Response> {
        if self.sent(csrf) && register.console.sessions.hand_in(&self.cookie, form) {
            return Ok(());
        }
        tracing::warn!(regulator = self.regulator.user(), "a form was refused: not of this session, or sent twice");
        Err(self.stale())
    }

    /// Whether a form comes from a page of this session.
    pub fn sent(&self, csrf: &str) -> bool {
        sessions::same(csrf, &self.csrf)
    }

    /// The page that says that a form was not accepted.
    pub fn stale(&self) -> Response {
        let own = words::of(self.language);
        message(StatusCode::FORBIDDEN, self, (own.form_refused, own.form_refused_intro, ""))
    }
}

impl FromRequestParts<Arc<Register>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, register: &Arc<Register>) -> Result<Self, Response> {
        let language = pages::language_of(&parts.uri, &parts.headers);
        let to_sign_in = |why: &str| {
            let next = match parts.method {
                Method::GET | Method::HEAD => format!("&next={}", escaped(parts.uri.path())),
                _ => String::new(),
            };
            Redirect::to(&format!("/console/sign-in?lang={}{why}{next}", language.tag())).into_response()
        };
        let Some(cookie) = cookie::read(&parts.headers, Kind::Session) else { return Err(to_sign_in("")) };
        let Some(open) = register.console.sessions.find(&cookie, Instant::now()) else {
            return Err(to_sign_in("&why=ended"));
        };
        match Regulator::of_token(register, &open.token).await {
            Ok(regulator) => {
                Asks::is(parts, regulator.user());
                Ok(Self { regulator, language, csrf: open.csrf, cookie })
            }
            Err(refusal) if refusal.status() == StatusCode::SERVICE_UNAVAILABLE => {
                let words = pages::words::of(language);
                Err(pages::message(refusal.status(), language, words.unavailable, words.unavailable_intro))
            }
            Err(refusal) => {
                tracing::warn!(reason = refusal.detail(), "a session was ended: the cluster no longer accepts it");
                register.console.sessions.end(&cookie);
                Err(to_sign_in("&why=ended"))
            }
        }
    }
}
