//! Claims and responses of users (67) as pages: what was published of a service, the form to send one, and where
//! one stands. A form needs no account and no script; what programs send is known by its number and its trap.

pub(crate) mod feed;
mod send;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse as _, Response},
    routing::get,
};
use factory_assurance::report::Language;

use super::{Asked, Words, answered, message, moment, render, unavailable, words};
use crate::{
    api::{
        Register,
        claims::{ClaimStatus, PublicClaim},
        problem::Refusal,
    },
    claims,
    console::words::with,
    store::{Entry, StoreError, claims::List},
};
use send::Said;

/// Claims on one page.
const MOST: u32 = 20;
/// Largest form: 4000 letters of three bytes, each written as three characters, and a contact.
const LARGEST_FORM: usize = 64 * 1024;

/// Routes that no tag of the log covers: forms are given out anew each time.
pub(crate) fn router() -> Router<Arc<Register>> {
    Router::new()
        .route("/entries/{participant}/{service}/claims", get(claims).post(send::send))
        .route("/claims/{id}", get(claim))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
}

#[derive(Template)]
#[template(path = "claims.html")]
struct ClaimsPage<'a> {
    words: &'a Words,
    own: &'a claims::words::Words,
    language: Language,
    keep: String,
    page: String,
    title: String,
    claims: Vec<PublicClaim>,
    older: Option<u64>,
    form: String,
    said: Said,
    error: &'a str,
}

#[derive(Template)]
#[template(path = "claim.html")]
struct ClaimPage<'a> {
    words: &'a Words,
    own: &'a claims::words::Words,
    language: Language,
    keep: String,
    claim: ClaimStatus,
    title: String,
    new: bool,
}

async fn claims(
    State(register): State<Arc<Register>>,
    Path(at): Path<(String, String)>,
    Asked { language, query }: Asked,
) -> Response {
    show(&register, &at, language, query.before(), (StatusCode::OK, Said::default(), "")).await
}

/// The page of claims about a service, with the form as it was filled in and what is wrong with it.
async fn show(
    register: &Register,
    (participant, service): &(String, String),
    language: Language,
    before: Option<u64>,
    (status, said, error): (StatusCode, Said, &str),
) -> Response {
    let made = async {
        let entry = register.store.entry_of(participant, service).await?;
        let published = List::Published(participant, service);
        Ok::<_, StoreError>((entry, register.store.claims(published, before, MOST + 1).await?))
    };
    let (entry, mut held) = match made.await {
        Ok(made) => made,
        Err(error) => return unavailable(language, error),
    };
    let (words, own) = (words::of(language), claims::words::of(language));
    let Some(entry) = entry else {
        return message(StatusCode::NOT_FOUND, language, words.not_found, words.not_found_intro);
    };
    let more = crate::store::cut(&mut held, MOST);
    let name = format!("{participant}/{service}");
    let form = match register.forms.number(&name, register.store.now()) {
        Ok(form) => form,
        Err(error) => return Refusal::internal(&error).into_response(),
    };
    let page = ClaimsPage {
        words,
        own,
        language,
        keep: String::new(),
        page: format!("/entries/{name}"),
        title: with(own.claims_of, title(&entry, language)),
        older: held.last().map(|claim| claim.moved).filter(|_| more),
        claims: held.into_iter().map(PublicClaim::from).collect(),
        form,
        said,
        error,
    };
    private(render(status, language, &page))
}

/// Where a claim stands, for whoever knows its id.
async fn claim(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    Asked { language, query }: Asked,
) -> Response {
    let made = async {
        let Some(held) = register.store.claim_of(&id).await? else { return Ok(None) };
        let entry = register.store.entry_of(&held.participant, &held.service).await?;
        Ok::<_, StoreError>(Some((held, entry)))
    };
    let (words, own) = (words::of(language), claims::words::of(language));
    let (held, entry) = match made.await {
        Ok(Some(found)) => found,
        Ok(None) => return message(StatusCode::NOT_FOUND, language, own.no_claim, own.no_claim_intro),
        Err(error) => return unavailable(language, error),
    };
    let title = entry.as_ref().map_or_else(|| held.service.clone(), |entry| title(entry, language).to_owned());
    let claim = ClaimStatus::of(&register, held);
    let page = ClaimPage { words, own, language, keep: String::new(), claim, title, new: query.new.is_some() };
    private(render(StatusCode::OK, language, &page))
}

fn title(entry: &Entry, language: Language) -> &str {
    language.pick(entry.said.titles())
}

/// No cache keeps it: it holds the number of a form, or what its sender alone asks for.
fn private(response: Response) -> Response {
    ([(CACHE_CONTROL, "no-store")], response).into_response()
}
