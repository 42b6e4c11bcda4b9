//! The regulator's console: the public pages' sibling for one reader. It shows what waits and how long it
//! may, the evidence, and what people did; and it carries a decision to the functions that the API decides
//! by ([`crate::api`]), so that nothing is decided in two ways.
//!
//! A request comes through [`signed_in`] (a session, whose token the cluster is asked about again), and
//! each form proves that it came from a page of that session. Works without JavaScript; one page has a
//! script, which signs in the browser.
//!
//! *Architecture invariant:* no right comes from a session, no key of a regulator is ever received, and
//! nothing is signed on the server.

#![allow(clippy::result_large_err, reason = "an answer that ends a handler early is as large as any other")]

mod attempts;
mod audit;
pub mod calendar;
mod case;
mod claims;
mod confirm;
mod cookie;
mod delegations;
mod exclude;
mod instruct;
mod instructions;
mod kpis;
mod lists;
mod membership;
mod objects;
mod overview;
pub mod provider;
mod replay;
mod rows;
mod send_back;
pub mod sessions;
pub(crate) mod sign_in;
mod signed_in;
pub mod words;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use askama::Template;
use axum::{
    Router,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use factory_assurance::report::Language;
use factory_crds::Text;

use crate::{
    api::Register,
    pages,
    store::{StoreError, cases::Case},
};
use attempts::Attempts;
use calendar::Calendar;
use provider::Provider;
use sessions::{Limits, Sessions};
use signed_in::SignedIn;
use words::Words;

/// Titles that are remembered.
const TITLES: usize = 10_000;

/// The one script: it signs in the browser.
const SCRIPT: &str = include_str!("../templates/console/sign.js");

/// What the console remembers between requests; nothing of it outlives the process.
#[derive(Debug)]
pub struct Console {
    calendar: Calendar,
    sessions: Sessions,
    attempts: Attempts,
    /// Where regulators may sign in instead of showing a token.
    pub provider: Option<Provider>,
    /// Titles by submission: they stand in dossiers alone, which are large and never change.
    titles: Mutex<HashMap<String, Text>>,
}

impl Default for Console {
    fn default() -> Self {
        Self::new(Calendar::built_in(), Limits::default())
    }
}

impl Console {
    /// A console with this calendar, where nobody is signed in.
    #[must_use]
    pub fn new(calendar: Calendar, limits: Limits) -> Self {
        let (sessions, attempts, titles) = (Sessions::within(limits), Attempts::default(), Mutex::default());
        Self { calendar, sessions, attempts, provider: None, titles }
    }

    /// Working days.
    pub(crate) const fn calendar(&self) -> &Calendar {
        &self.calendar
    }
}

/// Routes of the console.
pub(crate) fn router() -> Router<Arc<Register>> {
    Router::new()
        .route("/console", get(lists::inbox))
        .route("/console/overview", get(overview::overview))
        .route("/console/decided", get(lists::decided))
        .route("/console/audit", get(audit::audit))
        .route("/console/entries/{participant}/{service}/exclude", get(exclude::form).post(exclude::exclude))
        .route("/console/claims", get(claims::list))
        .route("/console/claims/{id}", get(claims::claim).post(claims::decide))
        .route("/console/claims/{id}/forget", get(claims::form).post(claims::forget))
        .route("/console/objects", get(objects::list))
        .route("/console/objects/{id}", get(objects::one))
        .route("/console/objects/{id}/confirm", get(objects::confirm_form).post(objects::confirm))
        .route("/console/objects/{id}/return", get(objects::return_form).post(objects::send_back))
        .route("/console/objects/{id}/forget", get(objects::forget_form).post(objects::forget))
        .route("/console/delegations", get(delegations::list))
        .route("/console/delegations/new", get(delegations::form).post(delegations::give))
        .route("/console/delegations/{id}/revoke", get(delegations::revoke_form).post(delegations::revoke))
        .route("/console/access", get(membership::list))
        .route("/console/access/{id}", get(membership::one).post(membership::decide))
        .route("/console/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/console/sign-in/provider", get(sign_in::by_provider::leave))
        .route(provider::BACK, get(sign_in::by_provider::back))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/submissions/{id}", get(case::case))
        .route("/console/submissions/{id}/report", get(case::report))
        .route("/console/submissions/{id}/confirm", get(confirm::form).post(confirm::confirm))
        .route("/console/submissions/{id}/return", get(send_back::form).post(send_back::send_back))
        .route("/console/instructions", get(instructions::list))
        .route("/console/instructions/new", get(instruct::form).post(instruct::issue))
        .route("/console/instructions/{id}", get(instructions::one))
        .route("/console/instructions/{id}/withdraw", get(instruct::withdraw_form).post(instruct::withdraw))
        .route("/console/kpis", get(kpis::dashboard))
        .route("/console/kpis/values", get(kpis::values))
        .route("/console/kpis.csv", get(kpis::table))
        .route("/console/kpis.json", get(kpis::json))
        .route("/console/replay", get(replay::form).post(replay::carry_out))
        .route("/console/sign.js", get(script))
}

async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")], SCRIPT)
        .into_response()
}

/// Title of the service of `case`.
async fn title(register: &Register, case: &Case) -> Result<Text, StoreError> {
    let titles = || register.console.titles.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(title) = titles().get(&case.id) {
        return Ok(title.clone());
    }
    let title = register.store.title_of(case).await?;
    let mut titles = titles();
    if titles.len() < TITLES {
        titles.insert(case.id.clone(), title.clone());
    }
    Ok(title)
}

/// To the page of submission `id`, which says that the decision was taken.
fn taken(id: &str, language: Language) -> Response {
    Redirect::to(&format!("/console/submissions/{id}?lang={}&done=1", language.tag())).into_response()
}

/// What a refused decision is called; `unfit` where what was sent does not hold.
fn refused_as(status: StatusCode, own: &'static Words, unfit: &'static str) -> &'static str {
    match status {
        StatusCode::UNPROCESSABLE_ENTITY => unfit,
        StatusCode::CONFLICT => own.refused_decided,
        _ => own.refused,
    }
}

#[derive(Template)]
#[template(path = "console/message.html")]
struct MessagePage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    title: &'a str,
    text: &'a str,
    detail: &'a str,
}

/// A page that says why something was not done.
fn message(status: StatusCode, who: &SignedIn, (title, text, detail): (&str, &str, &str)) -> Response {
    let language = who.language;
    let (words, own) = (pages::words::of(language), words::of(language));
    let page = MessagePage { words, own, language, keep: String::new(), here: "", who, title, text, detail };
    pages::render(status, language, &page)
}
