//! The public register as pages (item 22): made on the server, without a script, in three languages.
//! They only read.
//!
//! *Architecture invariant:* every text that came from outside is escaped by the template engine;
//! no template marks anything as safe.

pub mod binding;
pub(crate) mod claims;
pub(crate) mod delegations;
pub(crate) mod feed;
pub(crate) mod figures;
pub(crate) mod grounds;
mod language;
pub(crate) mod membership;
pub(crate) mod objects;
mod observed;
pub mod oversight;
mod participants;
mod public;
pub(crate) mod supplier;
pub(crate) mod times;
pub mod words;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{FromRequestParts, Path, Query, State},
    http::{
        HeaderMap, HeaderName, StatusCode, Uri,
        header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, VARY},
        request::Parts,
    },
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use factory_assurance::report::Language;
use serde::Deserialize;

use crate::{
    api::{
        self, Register,
        claims::{PublicAnswer, PublicClaim},
        entries::{PublicEntry, escaped},
        problem::Refusal,
    },
    store::{StoreError, Which, claims::List},
};
use figures::Row;
pub(crate) use times::{day, moment};
use words::Words;

/// Entries on one page of the index.
const MOST: u32 = 50;

/// Claims on the page of a service.
const CLAIMS: u32 = 5;

/// The style sheet: the only thing that a page loads.
const STYLE: &str = include_str!("../templates/register.css");

/// Routes that show what the log says.
pub(crate) fn router() -> Router<Arc<Register>> {
    Router::new()
        .route("/entries", get(index))
        .route("/entries/{participant}/{service}", get(entry))
        .route("/statistics", get(public::numbers))
        .route("/glossary", get(public::terms))
        .route("/participants", get(participants::list))
}

/// Routes that are the same whatever happens.
pub(crate) fn fixed() -> Router<Arc<Register>> {
    Router::new().route("/", get(async || Redirect::to("/entries"))).route("/register.css", get(style))
}

/// The language that a request asks for.
pub(crate) fn language_of(uri: &Uri, headers: &HeaderMap) -> Language {
    Asked::of(uri, headers).language
}

/// What a page's address may ask for. Unknown parts are ignored: people follow old links.
#[derive(Default, Deserialize)]
struct PageQuery {
    #[serde(default)]
    q: String,
    before: Option<String>,
    /// Name after which to go on.
    after: Option<String>,
    lang: Option<String>,
    /// Whether the page follows what was just sent.
    new: Option<String>,
}

impl PageQuery {
    /// Number of the event before which to go on; one that cannot be read is ignored as well.
    fn before(&self) -> Option<u64> {
        self.before.as_ref()?.parse().ok()
    }
}

/// The language that a request asks for, with the rest of its query.
pub(crate) struct Asked {
    language: Language,
    query: PageQuery,
}

impl Asked {
    fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let query = Query::<PageQuery>::try_from_uri(uri).map_or_else(|_| PageQuery::default(), |Query(query)| query);
        let accept = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self { language: language::chosen(query.lang.as_deref(), accept), query }
    }
}

impl FromRequestParts<Arc<Register>> for Asked {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Register>) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.uri, &parts.headers))
    }
}

#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage<'a> {
    words: &'a Words,
    language: Language,
    /// The query to keep when the language is changed, ending in `&`.
    keep: String,
    search: &'a str,
    entries: Vec<PublicEntry>,
    older: Option<String>,
}

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage<'a> {
    words: &'a Words,
    language: Language,
    keep: String,
    entry: &'a PublicEntry,
    outcome: &'static str,
    role: &'static str,
    operations: Vec<&'static str>,
    figures: Vec<Row>,
    history: &'a [PublicEntry],
    /// What was observed of it, beside what was predicted.
    seen: observed::Shown,
    watched: &'a observed::Words,
    binding: &'a binding::Words,
    /// Binding instructions to the service, overdue ones first.
    bindings: Vec<binding::Shown>,
    /// What users said of it last (67).
    own: &'a crate::claims::words::Words,
    claims: Vec<PublicClaim>,
    delegations: &'a crate::delegations::words::Words,
    grounds: &'a grounds::Words,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    words: &'a Words,
    language: Language,
    keep: String,
    title: &'a str,
    text: &'a str,
}

async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=3600")], STYLE).into_response()
}

async fn index(State(register): State<Arc<Register>>, Asked { language, query }: Asked) -> Response {
    let before = query.before();
    let list = match register.store.index(&query.q, before, None, MOST).await {
        Ok(list) => list,
        Err(error) => return unavailable(language, error),
    };
    let search = escaped(&query.q);
    let keep = if query.q.is_empty() { String::new() } else { format!("q={search}&") };
    let oldest = list.entries.last().map(|entry| entry.seq).filter(|_| list.more);
    let page = IndexPage {
        words: words::of(language),
        language,
        older: oldest.map(|seq| format!("/entries?{keep}before={seq}&lang={}", language.tag())),
        keep,
        search: &query.q,
        entries: list.entries.into_iter().map(PublicEntry::from).collect(),
    };
    render(StatusCode::OK, language, &page)
}

async fn entry(
    State(register): State<Arc<Register>>,
    Path((participant, service)): Path<(String, String)>,
    Asked { language, .. }: Asked,
) -> Response {
    let history = match register.store.entries_of(&participant, &service).await {
        Ok(entries) => entries.into_iter().map(PublicEntry::from).collect::<Vec<_>>(),
        Err(error) => return unavailable(language, error),
    };
    let words = words::of(language);
    let Some(entry) = history.first() else {
        return message(StatusCode::NOT_FOUND, language, words.not_found, words.not_found_intro);
    };
    let said = match register.store.claims(List::Published(&participant, &service), None, CLAIMS).await {
        Ok(claims) => claims.into_iter().map(PublicClaim::from).collect(),
        Err(error) => return unavailable(language, error),
    };
    let which = Which { participant: Some(participant), service: Some(service), ..Which::default() };
    let held = match register.store.instructions(&which).await {
        Ok(held) => held,
        Err(error) => return unavailable(language, error),
    };
    let seen = match api::observed::beside(&register, &entry.participant, &entry.service, entry).await {
        Ok(seen) => seen,
        Err(error) => return unavailable(language, error),
    };
    let operations = entry.instructions.iter().flat_map(|instructions| &instructions.operations);
    let page = EntryPage {
        words,
        language,
        keep: String::new(),
        entry,
        outcome: entry.verdict.as_ref().map_or("", |verdict| words.terms.outcome(verdict.outcome)),
        role: words.role(entry.register.owner.role),
        operations: operations.map(|operation| words.operation(*operation)).collect(),
        figures: entry.verdict.as_ref().map(|verdict| figures::rows(&verdict.figures, words)).unwrap_or_default(),
        history: &history,
        seen: observed::Shown::new(&seen, observed::of(language)),
        watched: observed::of(language),
        binding: binding::of(language),
        bindings: binding::in_order(held, language),
        own: crate::claims::words::of(language),
        claims: said,
        delegations: crate::delegations::words::of(language),
        grounds: grounds::of(language),
    };
    render(StatusCode::OK, language, &page)
}

pub(crate) fn unavailable(language: Language, error: StoreError) -> Response {
    let status = Refusal::from(error).status();
    let words = words::of(language);
    message(status, language, words.unavailable, words.unavailable_intro)
}

pub(crate) fn message(status: StatusCode, language: Language, title: &str, text: &str) -> Response {
    let words = words::of(language);
    render(status, language, &MessagePage { words, language, keep: String::new(), title, text })
}

pub(crate) fn render(status: StatusCode, language: Language, page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => {
            let html_type = [(CONTENT_TYPE, "text/html; charset=utf-8")];
            (status, html_type, language_headers(language), html).into_response()
        }
        Err(error) => Refusal::internal(&error).into_response(),
    }
}

/// What is said of an answer's language.
const fn language_headers(language: Language) -> [(HeaderName, &'static str); 2] {
    [(CONTENT_LANGUAGE, language.tag()), (VARY, "Accept-Language")]
}

/// The answer's words, or that they were forgotten.
fn answered<'a>(answer: &'a PublicAnswer, own: &'a crate::claims::words::Words) -> &'a str {
    answer.words.as_deref().unwrap_or(own.forgotten)
}

/// Whether `address` may stand behind a link: a text of the manifest could name a script.
fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}
