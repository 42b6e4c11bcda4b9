//! "What if the limit were X", for the regulator: a proposed standard in, and out comes which services would fail.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::StatusCode,
    response::Response,
};
use factory_assurance::report::Language;
use serde::Deserialize;

use super::{
    rows::class,
    signed_in::SignedIn,
    words::{self, Words, with},
};
use crate::{
    api::{
        Register, off_thread,
        problem::Refusal,
        replay::{self, Replay, Replayed},
    },
    pages::{self, oversight},
    replay::Proposal,
};

#[derive(Template)]
#[template(path = "console/replay.html")]
struct ReplayPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    oversight: &'a oversight::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    text: &'a str,
    detail: &'a str,
    result: Option<&'a Replay>,
    rows: Vec<Row<'a>>,
}

/// A service, as people read it.
struct Row<'a> {
    replayed: &'a Replayed,
    /// Class of the style sheet and word, of now and of then.
    now: (&'static str, &'static str),
    then: (&'static str, &'static str),
}

/// What the form sends.
#[derive(Deserialize)]
pub struct ReplayForm {
    csrf: String,
    standard: String,
}

/// The form.
pub async fn form(who: SignedIn) -> Response {
    page(&who, StatusCode::OK, "", "", None)
}

/// Judges by what the form sends; nothing is decided, so it may be sent again.
pub async fn carry_out(
    State(register): State<Arc<Register>>,
    who: SignedIn,
    form: Result<Form<ReplayForm>, FormRejection>,
) -> Result<Response, Response> {
    let Ok(Form(ReplayForm { csrf, standard })) = form else { return Err(who.stale()) };
    if !who.sent(&csrf) {
        return Err(who.stale());
    }
    match judged(&register, standard.clone()).await {
        Ok(result) => Ok(page(&who, StatusCode::OK, &standard, "", Some(&result))),
        Err(refusal) => Ok(page(&who, refusal.status(), &standard, refusal.detail(), None)),
    }
}

async fn judged(register: &Register, text: String) -> Result<Replay, Refusal> {
    let proposal = off_thread(move || Proposal::read(&text)).await?;
    replay::carry_out(register, proposal).await
}

fn page(who: &SignedIn, status: StatusCode, text: &str, detail: &str, result: Option<&Replay>) -> Response {
    let language = who.language;
    let words = pages::words::of(language);
    let outcome = |outcome| (class(outcome), words.terms.outcome(outcome));

    let page = ReplayPage {
        rows: result
            .map(|result| {
                result
                    .services
                    .iter()
                    .map(|replayed| Row { replayed, now: outcome(replayed.now), then: outcome(replayed.then) })
                    .collect()
            })
            .unwrap_or_default(),
        words,
        own: words::of(language),
        oversight: oversight::of(language),
        language,
        keep: String::new(),
        here: "replay",
        who,
        text,
        detail,
        result,
    };
    pages::render(status, language, &page)
}
