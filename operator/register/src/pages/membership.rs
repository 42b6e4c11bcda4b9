//! The page on which somebody asks for access to the register (14, 23), without an account and without a script, and
//! the page that tells where the request stands.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form, Router,
    extract::{DefaultBodyLimit, Path, State, rejection::FormRejection},
    http::{StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse as _, Redirect, Response},
    routing::get,
};
use factory_assurance::report::Language;
use serde::Deserialize;

use super::{Asked, message, moment, render, unavailable, words};
use crate::{
    api::{Register, limits::Sender, membership::take, problem::Refusal},
    claims::forms::Stale,
    membership::words as own,
    store::membership::{Asked as Wish, Held},
};

/// Largest form: six lines of 500 letters, each written as many characters.
const LARGEST_FORM: usize = 64 * 1024;
/// What the numbers of this form are given out for.
const FORM: &str = "access";

/// Routes that no tag of the log covers: forms are given out anew each time.
pub(crate) fn router() -> Router<Arc<Register>> {
    Router::new()
        .route("/access", get(form).post(send))
        .route("/access/{id}", get(status))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
}

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct AccessForm {
    form: String,
    organisation: String,
    number: String,
    basis: String,
    wants: String,
    name: String,
    contact: String,
    /// A trap: people do not see it.
    website: String,
}

#[derive(Template)]
#[template(path = "access.html")]
struct FormPage<'a> {
    words: &'a words::Words,
    own: &'a own::Words,
    language: Language,
    keep: String,
    form: String,
    fields: [(&'static str, &'a str, &'a str); 6],
    error: &'a str,
    detail: &'a str,
}

#[derive(Template)]
#[template(path = "access_status.html")]
struct StatusPage<'a> {
    words: &'a words::Words,
    own: &'a own::Words,
    language: Language,
    keep: String,
    held: Held,
    new: bool,
}

async fn form(State(register): State<Arc<Register>>, Asked { language, .. }: Asked) -> Response {
    page(&register, language, &AccessForm::default(), (StatusCode::OK, "", ""))
}

async fn send(
    State(register): State<Arc<Register>>,
    Asked { language, .. }: Asked,
    sender: Sender,
    form: Result<Form<AccessForm>, FormRejection>,
) -> Response {
    let own = own::of(language);
    let sent = match form {
        Ok(Form(sent)) => sent,
        Err(error) => return page(&register, language, &AccessForm::default(), (error.status(), own.error, "")),
    };
    let again = |status, error: &str, detail: &str| page(&register, language, &sent, (status, error, detail));
    let unfit = StatusCode::UNPROCESSABLE_ENTITY;
    if !sent.website.is_empty() {
        return again(unfit, own.empty, "");
    }
    match register.forms.hold(&sent.form, FORM, register.store.now(), register.form_takes()) {
        Ok(()) => {}
        Err(Stale::TooSoon) => return again(unfit, own.too_soon, ""),
        Err(Stale::Unknown) => return again(unfit, own.stale, ""),
    }
    let AccessForm { form, organisation, number, basis, wants, name, contact, website: _ } = sent.clone();
    let language_of = language.tag().to_owned();
    let wish = Wish {
        // One form is one request, however often its button is pressed.
        key: form,
        organisation,
        registration_number: number,
        basis,
        wants,
        language: language_of,
        name,
        contact,
    };
    match take(&register, &sender, wish).await {
        Ok((_, held)) => {
            Redirect::to(&format!("/access/{}?lang={}&new=1", held.asked.id, language.tag())).into_response()
        }
        Err(refusal) => again(refusal.status(), own.error, refusal.detail()),
    }
}

/// Where a request stands, for whoever knows its id.
async fn status(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    Asked { language, query }: Asked,
) -> Response {
    let (words, own) = (words::of(language), own::of(language));
    let held = match register.store.access_request(&id).await {
        Ok(Some(held)) => held,
        Ok(None) => return message(StatusCode::NOT_FOUND, language, own.none_found, own.none_found_intro),
        Err(error) => return unavailable(language, error),
    };
    let page = StatusPage { words, own, language, keep: String::new(), held, new: query.new.is_some() };
    private(render(StatusCode::OK, language, &page))
}

fn page(
    register: &Register,
    language: Language,
    sent: &AccessForm,
    (status, error, detail): (StatusCode, &str, &str),
) -> Response {
    let form = match register.forms.number(FORM, register.store.now()) {
        Ok(form) => form,
        Err(error) => return Refusal::internal(&error).into_response(),
    };
    let (words, own) = (words::of(language), own::of(language));
    let fields = [
        ("organisation", own.organisation, &*sent.organisation),
        ("number", own.registration_number, &*sent.number),
        ("basis", own.basis, &*sent.basis),
        ("wants", own.wants, &*sent.wants),
        ("name", own.name, &*sent.name),
        ("contact", own.contact, &*sent.contact),
    ];
    let page = FormPage { words, own, language, keep: String::new(), form, fields, error, detail };
    private(render(status, language, &page))
}

/// No cache keeps it: it holds the number of a form, or what its sender alone asks for.
fn private(response: Response) -> Response {
    ([(CACHE_CONTROL, "no-store")], response).into_response()
}
