//! Standing delegations for everyone: all of them, and each with what was signed.
//!
//! Where a delegation stands depends on the day, so no tag of the log covers these pages.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use factory_assurance::{report::Language, wire::StandingDelegation};

use super::{Asked, grounds, message, moment, render, unavailable, words};
use crate::{api::Register, delegations::words as own};

/// Delegations on one page.
const MOST: u32 = 50;

pub(crate) fn router() -> Router<Arc<Register>> {
    Router::new().route("/delegations", get(list)).route("/delegations/{id}", get(one))
}

#[derive(Template)]
#[template(path = "delegations.html")]
struct ListPage<'a> {
    words: &'a words::Words,
    own: &'a own::Words,
    language: Language,
    keep: String,
    delegations: Vec<StandingDelegation>,
    older: Option<String>,
}

#[derive(Template)]
#[template(path = "delegation.html")]
struct OnePage<'a> {
    words: &'a words::Words,
    own: &'a own::Words,
    language: Language,
    keep: String,
    given: StandingDelegation,
    grounds: &'a grounds::Words,
}

async fn list(State(register): State<Arc<Register>>, Asked { language, query }: Asked) -> Response {
    let mut delegations = match register.store.delegations(query.before(), MOST + 1).await {
        Ok(delegations) => delegations,
        Err(error) => return unavailable(language, error),
    };
    let more = crate::store::cut(&mut delegations, MOST);
    let last = delegations.last().map(|given| given.event).filter(|_| more);
    let older = last.map(|seq| format!("/delegations?before={seq}&lang={}", language.tag()));
    let (words, own) = (words::of(language), own::of(language));
    render(StatusCode::OK, language, &ListPage { words, own, language, keep: String::new(), delegations, older })
}

async fn one(State(register): State<Arc<Register>>, Path(id): Path<String>, Asked { language, .. }: Asked) -> Response {
    let (words, own) = (words::of(language), own::of(language));
    match register.store.delegation(&id).await {
        Ok(Some(given)) => render(
            StatusCode::OK,
            language,
            &OnePage { words, own, language, keep: String::new(), given, grounds: grounds::of(language) },
        ),
        Ok(None) => message(StatusCode::NOT_FOUND, language, own.title, own.none),
        Err(error) => unavailable(language, error),
    }
}
