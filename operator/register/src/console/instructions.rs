//! Binding instructions (56.7): all of them, overdue ones first, and each on a page of its own.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{StatusCode, Uri},
    response::{IntoResponse as _, Redirect, Response},
};
use factory_assurance::report::Language;

use super::{
    message,
    signed_in::SignedIn,
    words::{self, Words},
};
use crate::{
    api::Register,
    pages::{
        self,
        binding::{self, Shown},
        day, moment,
    },
    store::Which,
};

#[derive(Template)]
#[template(path = "console/instructions.html")]
struct ListPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    binding: &'a binding::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    instructions: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "console/instruction.html")]
struct OnePage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    binding: &'a binding::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    notice: &'a str,
    shown: &'a Shown,
}

/// All instructions.
pub async fn list(State(register): State<Arc<Register>>, who: SignedIn) -> Response {
    let language = who.language;
    let held = match register.store.instructions(&Which::default()).await {
        Ok(held) => held,
        Err(error) => return pages::unavailable(language, error),
    };
    let page = ListPage {
        words: pages::words::of(language),
        own: words::of(language),
        binding: binding::of(language),
        language,
        keep: String::new(),
        here: "instructions",
        who: &who,
        instructions: binding::in_order(held, language),
    };
    pages::render(StatusCode::OK, language, &page)
}

/// One instruction.
pub async fn one(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    uri: Uri,
    who: SignedIn,
) -> Result<Response, Response> {
    let shown = find(&register, &id, &who).await?;
    let (language, binding) = (who.language, binding::of(who.language));
    let done = uri.query().is_some_and(|query| query.contains("done=1"));
    let page = OnePage {
        words: pages::words::of(language),
        own: words::of(language),
        binding,
        language,
        keep: String::new(),
        here: "",
        who: &who,
        notice: match (done, shown.open) {
            (true, true) => binding.done_issued,
            (true, false) if shown.closed_by.is_none() => binding.done_withdrawn,
            _ => "",
        },
        shown: &shown,
    };
    Ok(pages::render(StatusCode::OK, language, &page))
}

/// The instruction with this id, or the page that says that there is none.
pub async fn find(register: &Register, id: &str, who: &SignedIn) -> Result<Shown, Response> {
    let found = register.store.instruction(id).await.map_err(|error| pages::unavailable(who.language, error))?;
    let binding = binding::of(who.language);
    let none = || message(StatusCode::NOT_FOUND, who, (binding.none_such, binding.none_such_intro, ""));
    found.map(|held| binding::shown(held, who.language)).ok_or_else(none)
}

/// To the page of instruction `id`, which says what was done.
pub fn done(id: &str, language: Language) -> Response {
    Redirect::to(&format!("/console/instructions/{id}?lang={}&done=1", language.tag())).into_response()
}
