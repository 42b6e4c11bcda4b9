//! Excluding a service from the register (21), on a ground and an item of law that everyone reads.

mod words;

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, State, rejection::FormRejection},
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use factory_assurance::report::Language;
use serde::Deserialize;

use super::{message, refused_as, signed_in::SignedIn, words as console};
use crate::{
    api::{Register, asked::ServicePath, exclusions},
    console::words::with,
    pages,
};
pub(super) use words::of as words;

#[derive(Template)]
#[template(path = "console/exclude.html")]
struct ExcludePage<'a> {
    words: &'a pages::words::Words,
    own: &'a console::Words,
    exclusion: &'a words::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    page: String,
    heading: String,
    form: String,
    reason: &'a str,
    item: &'a str,
    error: &'a str,
    detail: &'a str,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct ExcludeForm {
    csrf: String,
    form: String,
    reason: String,
    item: String,
}

/// The form.
pub async fn form(
    State(register): State<Arc<Register>>,
    Path(at): Path<ServicePath>,
    who: SignedIn,
) -> Result<Response, Response> {
    page(&register, &at, &who, (StatusCode::OK, ["", "21"], "", "")).await
}

/// Excludes the service; ground and item are judged where the API's are.
pub async fn exclude(
    State(register): State<Arc<Register>>,
    Path(at): Path<ServicePath>,
    who: SignedIn,
    form: Result<Form<ExcludeForm>, FormRejection>,
) -> Result<Response, Response> {
    let Ok(Form(ExcludeForm { csrf, form, reason, item })) = form else { return Err(who.stale()) };
    who.hand_in(&register, &csrf, &form)?;
    let public = format!("/entries/{}/{}?lang={}", at.participant, at.service, who.language.tag());
    let wished = ServicePath { participant: at.participant.clone(), service: at.service.clone() };
    // A form is handed in once, so its number is the key.
    match exclusions::carry_out(&register, &who.regulator, wished, form, (&reason, &item)).await {
        Ok(_) => Ok(Redirect::to(&public).into_response()),
        Err(refusal) => {
            let error = refused_as(refusal.status(), console::of(who.language), words(who.language).unfit);
            page(&register, &at, &who, (refusal.status(), [&reason, &item], error, refusal.detail())).await
        }
    }
}

async fn page(
    register: &Register,
    ServicePath { participant, service }: &ServicePath,
    who: &SignedIn,
    (status, [reason, item], error, detail): (StatusCode, [&str; 2], &str, &str),
) -> Result<Response, Response> {
    let language = who.language;
    let entry = register.store.entry_of(participant, service).await;
    let entry = entry.map_err(|error| pages::unavailable(language, error))?;
    let words = pages::words::of(language);
    let none = || message(StatusCode::NOT_FOUND, who, (words.not_found, words.not_found_intro, ""));
    let entry = entry.ok_or_else(none)?;
    let exclusion = self::words(language);
    let page = ExcludePage {
        words,
        own: console::of(language),
        exclusion,
        language,
        keep: String::new(),
        here: "",
        who,
        page: format!("/entries/{participant}/{service}"),
        heading: with(exclusion.title, language.pick(entry.said.titles())),
        form: who.form(register)?,
        reason,
        item,
        error,
        detail,
    };
    Ok(pages::render(status, language, &page))
}
