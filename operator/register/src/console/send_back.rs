//! Returning a submission with a reason (63).

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, State, rejection::FormRejection},
    http::StatusCode,
    response::Response,
};
use factory_assurance::report::Language;
use serde::Deserialize;

use super::{
    case::find,
    refused_as,
    signed_in::SignedIn,
    taken, title,
    words::{self, Words, with},
};
use crate::{
    api::{Register, decisions},
    pages,
};

#[derive(Template)]
#[template(path = "console/return.html")]
struct ReturnPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    /// Path of the page of what is returned.
    at: String,
    back: &'a str,
    heading: String,
    form: String,
    reason: &'a str,
    error: &'a str,
    detail: &'a str,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct ReturnForm {
    pub(super) csrf: String,
    pub(super) form: String,
    pub(super) reason: String,
}

/// The form.
pub async fn form(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Response> {
    page(&register, &id, &who, (StatusCode::OK, "", "", "")).await
}

/// Returns the submission; the reason is judged where the API's is.
pub async fn send_back(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
    form: Result<Form<ReturnForm>, FormRejection>,
) -> Result<Response, Response> {
    let Ok(Form(ReturnForm { csrf, form, reason })) = form else { return Err(who.stale()) };
    who.hand_in(&register, &csrf, &form)?;
    let own = words::of(who.language);
    // Browsers send line ends as two characters.
    let reason = reason.replace("\r\n", "\n");
    match decisions::carry_out_return(&register, &who.regulator, id.clone(), &reason).await {
        Ok(_) => Ok(taken(&id, who.language)),
        Err(refusal) => {
            let error = refused_as(refusal.status(), own, own.no_reason);
            page(&register, &id, &who, (refusal.status(), &reason, error, refusal.detail())).await
        }
    }
}

async fn page(
    register: &Register,
    id: &str,
    who: &SignedIn,
    (status, reason, error, detail): (StatusCode, &str, &str, &str),
) -> Result<Response, Response> {
    let case = find(register, id, who).await?;
    let language = who.language;
    let title = title(register, &case).await.map_err(|error| pages::unavailable(language, error))?;
    let to = (format!("/console/submissions/{id}"), words::of(language).back_to_submission, language.pick(&title));
    show(register, who, to, (status, reason, error, detail))
}

/// The form of a return of what has its page at the path `at`, to which the words `back` lead, and is called `title`.
pub(super) fn show(
    register: &Register,
    who: &SignedIn,
    (at, back, title): (String, &str, &str),
    (status, reason, error, detail): (StatusCode, &str, &str, &str),
) -> Result<Response, Response> {
    let language = who.language;
    let own = words::of(language);
    let page = ReturnPage {
        words: pages::words::of(language),
        own,
        language,
        keep: String::new(),
        here: "",
        who,
        at,
        back,
        heading: with(own.return_title, title),
        form: who.form(register)?,
        reason,
        error,
        detail,
    };
    Ok(pages::render(status, language, &page))
}
