//! The page on which the owner of an object that the factory did not build submits it (7, 21), and sees what became
//! of what was submitted. Works without a script. There is no session: the token comes with the form, so no other
//! site can send one in a person's name.
//!
//! *Architecture invariant:* the token is asked about and forgotten: it stands on no page and in no log.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form, Router,
    extract::{ConnectInfo, DefaultBodyLimit, State, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header::CACHE_CONTROL},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use factory_assurance::{
    object::{Basis, ObjectKind},
    report::Language,
    wire::Procedure,
};
use serde::Deserialize;

use super::{Asked, day, render, words};
use crate::{
    api::{Register, caller::Caller, objects::take, problem::Refusal},
    console::{
        sign_in::{shown, shown_openly},
        words::with,
    },
    objects::{form::ObjectForm, words as said},
    peer::Peer,
    store::objects::Held,
};

/// Largest form: lists of fifty lines, each letter written as three characters.
const LARGEST_FORM: usize = 256 * 1024;
/// Objects that are shown to their owner.
const MOST: u32 = 100;

/// Routes that no tag of the log covers.
pub(crate) fn router() -> Router<Arc<Register>> {
    Router::new()
        .route("/objects/new", get(form).post(submit))
        .route("/objects/submitted", post(submitted))
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
}

/// A field of the form.
struct Field<'a> {
    name: &'static str,
    label: String,
    value: &'a str,
    hint: &'a str,
    lines: bool,
}

/// Fields under one heading.
struct Group<'a> {
    title: &'a str,
    /// Item of the regulation; empty where there is none.
    item: String,
    fields: Vec<Field<'a>>,
}

#[derive(Template)]
#[template(path = "object_form.html")]
struct FormPage<'a> {
    words: &'a words::Words,
    said: &'a said::Words,
    own: &'a crate::console::words::Words,
    language: Language,
    keep: String,
    form: &'a ObjectForm,
    groups: Vec<Group<'a>>,
    open: bool,
    error: &'a str,
    detail: &'a str,
}

#[derive(Template)]
#[template(path = "object_list.html")]
struct ListPage<'a> {
    words: &'a words::Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    notice: &'a str,
    objects: Vec<Held>,
}

/// What is asked about what was submitted.
#[derive(Deserialize)]
pub(crate) struct Submitted {
    token: String,
    participant: String,
}

/// The empty form.
async fn form(headers: HeaderMap, Asked { language, .. }: Asked) -> Response {
    match crate::console::sessions::random() {
        Ok(form) => {
            let form = ObjectForm { form, ..ObjectForm::default() };
            page(language, &headers, &form, (StatusCode::OK, "", ""))
        }
        Err(error) => Refusal::internal(&error).into_response(),
    }
}

/// Takes what was filled in; it is judged where the API's is.
async fn submit(
    State(register): State<Arc<Register>>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    headers: HeaderMap,
    Asked { language, .. }: Asked,
    form: Result<Form<ObjectForm>, FormRejection>,
) -> Response {
    let own = said::of(language);
    let form = match form {
        Ok(Form(form)) => form,
        Err(error) => {
            let detail = error.body_text();
            return page(language, &headers, &ObjectForm::default(), (error.status(), own.not_taken, &detail));
        }
    };
    let again = |status, error: &str, detail: &str| page(language, &headers, &form, (status, error, detail));
    if shown_openly(&headers) {
        return again(StatusCode::FORBIDDEN, own.needs_https, "");
    }
    let source = register.limits.client(peer, &headers);
    let taken = async {
        let caller = shown(&register, source, form.token.trim()).await?;
        let object = form.object()?;
        let owner = caller.must_supply(&register, &object.participant).await?;
        take(&register, &owner, form.form.clone(), object).await
    };
    match taken.await {
        Ok((status, held)) => list(language, status, own.taken, vec![held]),
        Err(refusal) => again(refusal.status(), why(own, &refusal), refusal.detail()),
    }
}

/// What a participant has submitted, for whoever speaks for it.
async fn submitted(
    State(register): State<Arc<Register>>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    headers: HeaderMap,
    Asked { language, .. }: Asked,
    form: Result<Form<Submitted>, FormRejection>,
) -> Response {
    let own = said::of(language);
    let again = |refusal: &Refusal| {
        let error = why(own, refusal);
        page(language, &headers, &ObjectForm::default(), (refusal.status(), error, refusal.detail()))
    };
    let Ok(Form(Submitted { token, participant })) = form else {
        return again(&Refusal::bad_request("the form has no token or no participant".to_owned()));
    };
    if shown_openly(&headers) {
        return again(&Refusal::forbidden(String::new()));
    }
    let source = register.limits.client(peer, &headers);
    let found = async {
        let caller: Caller = shown(&register, source, token.trim()).await?;
        caller.must_supply(&register, participant.trim()).await?;
        Ok::<_, Refusal>(register.store.objects(participant.trim(), None, MOST).await?)
    };
    match found.await {
        Ok(objects) => list(language, StatusCode::OK, "", objects),
        Err(refusal) => again(&refusal),
    }
}

/// What a refusal is called.
fn why(own: &'static said::Words, refusal: &Refusal) -> &'static str {
    match refusal.status() {
        StatusCode::UNAUTHORIZED => own.token_refused,
        StatusCode::TOO_MANY_REQUESTS => own.too_many,
        _ => own.not_taken,
    }
}

fn list(language: Language, status: StatusCode, notice: &str, objects: Vec<Held>) -> Response {
    let (words, said) = (words::of(language), said::of(language));
    private(render(status, language, &ListPage { words, said, language, keep: String::new(), notice, objects }))
}

fn page(
    language: Language,
    headers: &HeaderMap,
    form: &ObjectForm,
    (status, error, detail): (StatusCode, &str, &str),
) -> Response {
    let (words, said, own) = (words::of(language), said::of(language), crate::console::words::of(language));
    let (groups, open) = (groups(form, words, said), shown_openly(headers));
    let page = FormPage { words, said, own, language, keep: String::new(), form, groups, open, error, detail };
    private(render(status, language, &page))
}

/// No cache keeps it: it holds what one person wrote.
fn private(response: Response) -> Response {
    ([(CACHE_CONTROL, "no-store")], response).into_response()
}

/// The fields as the page shows them: the object, then the nine groups of item 17, then what stands for it.
fn groups<'a>(form: &'a ObjectForm, words: &'a words::Words, said: &'a said::Words) -> Vec<Group<'a>> {
    let field = |name, label: &str, value, hint, lines| Field { name, label: label.to_owned(), value, hint, lines };
    let line = |name, label: &str, value| field(name, label, value, "", false);
    let lines = |name, label: &str, value| field(name, label, value, said.one_a_line, true);
    let span = |name, label: &str, value| field(name, label, value, said.span_hint, false);
    let title = |language: Language| with(said.title_in, language.name());
    let object = vec![
        line("participant", said.participant, &form.participant),
        line("name", said.name, &form.name),
        line("title_ky", &title(Language::Ky), &form.title_ky),
        line("title_ru", &title(Language::Ru), &form.title_ru),
        line("title_en", &title(Language::En), &form.title_en),
        line("host", words.host, &form.host),
        field("explanation", said.explanation, &form.explanation, said.explanation_hint, false),
    ];
    let titles = words.group_titles;
    let nine = [
        vec![
            line("owner_name", words.owner, &form.owner_name),
            line("owner_number", words.registration_number, &form.owner_number),
        ],
        vec![lines("users", titles[1], &form.users)],
        vec![lines("used_in", titles[2], &form.used_in)],
        vec![lines("interacts_with", titles[3], &form.interacts_with)],
        vec![lines("methods", titles[4], &form.methods)],
        vec![lines("results", titles[5], &form.results)],
        vec![
            line("person_position", said.position, &form.person_position),
            line("person_name", said.person, &form.person_name),
            line("person_email", said.email, &form.person_email),
            field("person_phone", said.phone, &form.person_phone, said.people_intro, false),
        ],
        vec![
            span("downtime", words.downtime, &form.downtime),
            span("recovery", words.recovery_time, &form.recovery),
            line("simultaneous", words.simultaneous_users, &form.simultaneous),
        ],
        vec![
            lines("data_formats", words.data_formats, &form.data_formats),
            lines("interfaces", words.interfaces, &form.interfaces),
        ],
    ];
    let mut groups = vec![Group { title: said.object, item: "7".to_owned(), fields: object }];
    for ((number, title), fields) in (1..).zip(titles).zip(nine) {
        groups.push(Group { title, item: format!("17.{number}"), fields });
    }
    let evidence = vec![field("evidence", said.evidence, &form.evidence, said.evidence_hint, true)];
    groups.push(Group { title: said.evidence, item: "21".to_owned(), fields: evidence });
    groups
}
