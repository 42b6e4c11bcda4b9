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
pub(super) struct ReturnPage<'a> {
    pub words: &'a pages::words::Words,
    pub own: &'a Words,
    pub language: Language,
    pub keep: String,
    pub here: &'static str,
    pub who: &'a SignedIn,
    /// Path of the page of what is returned.
    pub at: String,
    pub back: &'a str,
    pub heading: String,
    pub form: String,
    pub reason: &'a str,
    pub error: &'a str,
    pub detail: &'a str,
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
    let own = words::of(language);
    let page = ReturnPage {
        words: pages::words::of(language),
        own,
        language,
        keep: String::new(),
        here: "",
        who,
        at: format!("/console/submissions/{id}"),
        back: own.back_to_submission,
        heading: with(own.return_title, language.pick(&title)),
        form: who.form(register)?,
        reason,
        error,
        detail,
    };
    Ok(pages::render(status, language, &page))
}
