//! Participants of the ecosystem (14) for everyone, with the way to what each has entered.

mod en;
mod ky;
mod ru;

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use factory_assurance::report::Language;

use super::{Asked, day, render, unavailable, words};
use crate::api::{Register, entries::escaped, participants::PublicParticipant};

/// Participants on one page.
const MOST: u32 = 50;

/// Every word about participants.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub title: &'static str,
    pub intro: &'static str,
    pub none: &'static str,
    pub participant: &'static str,
    pub name: &'static str,
    pub services: &'static str,
    pub objects: &'static str,
    pub access_since: &'static str,
    pub next: &'static str,
}

/// The words in `language`.
const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

#[derive(Template)]
#[template(path = "participants.html")]
struct ParticipantsPage<'a> {
    words: &'a words::Words,
    own: &'a Words,
    language: Language,
    keep: String,
    participants: Vec<PublicParticipant>,
    next: Option<String>,
}

/// A page of them.
pub(super) async fn list(State(register): State<Arc<Register>>, Asked { language, query }: Asked) -> Response {
    let after = query.after.unwrap_or_default();
    let (known, more) = match register.store.known_participants(&after, MOST).await {
        Ok(known) => known,
        Err(error) => return unavailable(language, error),
    };
    let participants: Vec<PublicParticipant> = known.into_iter().map(PublicParticipant::from).collect();
    let last = participants.last().filter(|_| more);
    let next = last.map(|last| format!("/participants?after={}&lang={}", escaped(&last.participant), language.tag()));
    let keep = if after.is_empty() { String::new() } else { format!("after={}&", escaped(&after)) };
    let page = ParticipantsPage { words: words::of(language), own: of(language), language, keep, participants, next };
    render(StatusCode::OK, language, &page)
}
