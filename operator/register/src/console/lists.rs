//! The inbox, and what was decided.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Query, State},
    http::{StatusCode, Uri},
    response::Response,
};
use factory_assurance::report::Language;
use serde::Deserialize;

use super::{
    objects,
    rows::{self, Row},
    signed_in::SignedIn,
    words::{self, Words},
};
use crate::{
    api::{Register, entries::escaped},
    objects::words as said,
    pages::{self, day},
    store::{StoreError, cases},
};

/// Submissions on one page of what was decided.
const MOST: u32 = 50;

/// What the address of a list may ask for. Unknown parts are ignored: people follow old links.
#[derive(Default, Deserialize)]
struct ListQuery {
    #[serde(default)]
    participant: String,
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "console/list.html")]
struct ListPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    participant: &'a str,
    participants: Vec<String>,
    rows: Vec<Row>,
    older: Option<String>,
    said: &'a said::Words,
    /// Objects that the factory did not build and that wait.
    objects: Vec<objects::Row>,
}

/// What waits, the oldest first.
pub async fn inbox(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Response {
    list(&register, &uri, &who, "inbox").await
}

/// What was decided, the newest first.
pub async fn decided(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Response {
    list(&register, &uri, &who, "decided").await
}

async fn list(register: &Register, uri: &Uri, who: &SignedIn, here: &'static str) -> Response {
    let language = who.language;
    let Query(ListQuery { participant, before }) = Query::try_from_uri(uri).unwrap_or_default();
    let made = async {
        let store = &register.store;
        let (mut cases, more) = if here == "inbox" {
            (store.waiting(&participant, cases::MOST).await?, false)
        } else {
            let before = before.as_ref().and_then(|before| before.parse().ok());
            let cases = store.decided(&participant, before, MOST + 1).await?;
            let more = cases.len() > MOST as usize;
            (cases, more)
        };
        if more {
            cases.truncate(MOST as usize);
        }
        let objects = if here == "inbox" { store.waiting_objects(&participant).await? } else { Vec::new() };
        let last = cases.last().map(|case| case.seq).filter(|_| more);
        let mut rows = Vec::with_capacity(cases.len());
        for case in &cases {
            rows.push(rows::row(register, case, language).await?);
        }
        Ok::<_, StoreError>((rows, objects, last, store.participants().await?))
    };
    let (rows, objects, last, participants) = match made.await {
        Ok(made) => made,
        Err(error) => return pages::unavailable(language, error),
    };
    let keep = if participant.is_empty() { String::new() } else { format!("participant={}&", escaped(&participant)) };
    let page = ListPage {
        words: pages::words::of(language),
        own: words::of(language),
        language,
        older: last.map(|seq| format!("/console/decided?{keep}before={seq}&lang={}", language.tag())),
        keep,
        here,
        who,
        participant: &participant,
        participants,
        rows,
        said: said::of(language),
        objects: objects.into_iter().map(|held| objects::row(register, held, language)).collect(),
    };
    pages::render(StatusCode::OK, language, &page)
}
