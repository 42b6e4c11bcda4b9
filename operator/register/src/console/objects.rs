//! Objects that the factory did not build before the regulator (7, 21): all of them, one with what would become
//! public, and the decisions on it. The inclusion is signed on the regulator's side, as a confirmation is, and decided
//! by the functions of the API.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Multipart, Path, Query, State, multipart::MultipartRejection, rejection::FormRejection},
    http::{StatusCode, Uri},
    response::{IntoResponse as _, Redirect, Response},
};
use factory_assurance::{object as inclusion, report::Language, wire::Procedure};
use serde::Deserialize;

use super::{
    calendar::TERM,
    confirm::{self, ConfirmPage, OfficeQuery},
    message, refused_as,
    rows::{Term, running},
    send_back::{self, ReturnForm},
    signed_in::SignedIn,
    words::{self, with},
};
use crate::{
    api::{
        Register, browser,
        entries::{PublicEntry, Untested},
        objects::{carry_out_confirmation, carry_out_forgetting, carry_out_return},
        problem::Refusal,
    },
    log::event::ObjectEntered,
    objects::words as said,
    pages::{self, day, moment},
    store::{
        Entry, Said,
        objects::{Held, Person},
    },
};

/// Objects on one page.
const MOST: u32 = 50;

/// What an address may ask for. Unknown parts are ignored: people follow old links.
#[derive(Default, Deserialize)]
struct ObjectQuery {
    before: Option<String>,
    done: Option<String>,
}

/// An object in a list.
pub struct Row {
    /// The submission.
    pub held: Held,
    /// Title in the language of the page.
    pub title: String,
    /// What it is, in words.
    pub kind: &'static str,
    /// Where it stands, in words.
    pub state: &'static str,
    /// The clock of item 21; none once it was decided.
    pub term: Option<Term>,
}

#[derive(Template)]
#[template(path = "console/objects.html")]
struct ObjectsPage<'a> {
    words: &'a pages::words::Words,
    own: &'a words::Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    objects: Vec<Row>,
    older: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/object.html")]
struct ObjectPage<'a> {
    words: &'a pages::words::Words,
    own: &'a words::Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    notice: &'a str,
    row: Row,
    people: Vec<Person>,
    entry: &'a PublicEntry,
    untested: &'a Untested,
    role: &'static str,
    public: bool,
}

#[derive(Template)]
#[template(path = "console/forget_people.html")]
struct ForgetPage<'a> {
    words: &'a pages::words::Words,
    own: &'a words::Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    id: &'a str,
    form: String,
    reason: &'a str,
    error: &'a str,
    detail: &'a str,
}

/// All of them, the newest first.
pub async fn list(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Response {
    let language = who.language;
    let Query(ObjectQuery { before, .. }) = Query::try_from_uri(&uri).unwrap_or_default();
    let before = before.and_then(|before| before.parse().ok());
    let mut held = match register.store.objects("", before, MOST + 1).await {
        Ok(held) => held,
        Err(error) => return pages::unavailable(language, error),
    };
    let more = crate::store::cut(&mut held, MOST);
    let page = ObjectsPage {
        words: pages::words::of(language),
        own: words::of(language),
        said: said::of(language),
        language,
        keep: String::new(),
        here: "objects",
        who: &who,
        older: held.last().map(|held| held.seq).filter(|_| more),
        objects: held.into_iter().map(|held| row(&register, held, language)).collect(),
    };
    pages::render(StatusCode::OK, language, &page)
}

/// One of them.
pub async fn one(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    uri: Uri,
    who: SignedIn,
) -> Result<Response, Response> {
    let Query(ObjectQuery { done, .. }) = Query::try_from_uri(&uri).unwrap_or_default();
    let language = who.language;
    let held = find(&register, &id, &who).await?;
    let words = pages::words::of(language);
    let people = register.store.people(&held.object).await.map_err(|error| pages::unavailable(language, error))?;
    let entry = preview(&held);
    let said = said::of(language);
    let notice = match (done.as_deref(), held.state) {
        (Some("forgotten"), _) => said.done_forgotten,
        (Some(_), Procedure::Registered) => said.done_registered,
        (Some(_), Procedure::Returned) => said.done_returned,
        _ => "",
    };
    let Some(untested) = &entry.untested else { return Err(who.stale()) };
    let page = ObjectPage {
        words,
        own: words::of(language),
        said,
        language,
        keep: String::new(),
        here: "objects",
        who: &who,
        notice,
        people,
        role: words.role(entry.register.owner.role),
        public: matches!(held.state, Procedure::Registered | Procedure::Withdrawn),
        row: row(&register, held, language),
        untested,
        entry: &entry,
    };
    Ok(pages::render(StatusCode::OK, language, &page))
}

/// The inclusion, and the ways to sign it.
pub async fn confirm_form(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    uri: Uri,
    who: SignedIn,
) -> Result<Response, Response> {
    let Query(OfficeQuery { office }) = Query::try_from_uri(&uri).unwrap_or_default();
    confirm_page(&register, &id, &who, (StatusCode::OK, &office, "", "")).await
}

/// Takes a signed inclusion; it is judged where the API's is.
pub async fn confirm(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<Response, Response> {
    let own = words::of(who.language);
    let envelope = match confirm::signed(&register, &who, parts).await? {
        Ok(envelope) => envelope,
        Err(error) => {
            let shown = (StatusCode::UNPROCESSABLE_ENTITY, "", own.refused_envelope, error.as_str());
            return confirm_page(&register, &id, &who, shown).await;
        }
    };
    match carry_out_confirmation(&register, &who.regulator, &id, envelope).await {
        Ok(_) => Ok(done(&id, who.language, "1")),
        Err(refusal) => {
            let error = refused_as(refusal.status(), own, own.refused_signature);
            confirm_page(&register, &id, &who, (refusal.status(), "", error, refusal.detail())).await
        }
    }
}

/// The form of a return.
pub async fn return_form(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Response> {
    return_page(&register, &id, &who, (StatusCode::OK, "", "", "")).await
}

/// Returns it; the reason is judged where the API's is.
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
    match carry_out_return(&register, &who.regulator, &id, &reason).await {
        Ok(_) => Ok(done(&id, who.language, "1")),
        Err(refusal) => {
            let error = refused_as(refusal.status(), own, own.no_reason);
            return_page(&register, &id, &who, (refusal.status(), &reason, error, refusal.detail())).await
        }
    }
}

/// The form by which its people are forgotten.
pub async fn forget_form(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Response> {
    find(&register, &id, &who).await?;
    forget_page(&register, &id, &who, (StatusCode::OK, "", ""))
}

/// Forgets them.
pub async fn forget(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
    form: Result<Form<ReturnForm>, FormRejection>,
) -> Result<Response, Response> {
    let Ok(Form(ReturnForm { csrf, form, reason })) = form else { return Err(who.stale()) };
    who.hand_in(&register, &csrf, &form)?;
    match carry_out_forgetting(&register, &who.regulator, &id, &reason).await {
        Ok(_) => Ok(done(&id, who.language, "forgotten")),
        Err(refusal) => forget_page(&register, &id, &who, (refusal.status(), &reason, refusal.detail())),
    }
}

/// `held` as lists show it.
pub fn row(register: &Register, held: Held, language: Language) -> Row {
    let waits = held.state == Procedure::Submitted;
    let term = || running(register.console.calendar(), TERM, &held.received, register.store.now(), language);
    Row {
        term: waits.then(term),
        title: language.pick(&held.object.titles).to_owned(),
        kind: pages::words::of(language).object_kind(&held.object.kind),
        state: said::of(language).state(held.state),
        held,
    }
}

fn done(id: &str, language: Language, what: &str) -> Response {
    Redirect::to(&format!("/console/objects/{id}?lang={}&done={what}", language.tag())).into_response()
}

async fn find(register: &Register, id: &str, who: &SignedIn) -> Result<Held, Response> {
    let found = register.store.object(id).await.map_err(|error| pages::unavailable(who.language, error))?;
    let said = said::of(who.language);
    found.ok_or_else(|| message(StatusCode::NOT_FOUND, who, (said.no_object, said.no_object_intro, "")))
}

/// What the public entry would say.
fn preview(held: &Held) -> PublicEntry {
    let made = ObjectEntered {
        submission: held.id.clone(),
        object: held.object.clone(),
        digest: held.object.digest().unwrap_or_default(),
        submitted_by: held.submitted_by.clone(),
        confirmed_by: String::new(),
        confirmed_at: String::new(),
        sealed_by: None,
    };
    Entry { seq: 0, time: String::new(), said: Said::Object(Box::new(made)), withdrawn: None }.into()
}

async fn confirm_page(
    register: &Register,
    id: &str,
    who: &SignedIn,
    (status, office, error, detail): (StatusCode, &str, &str, &str),
) -> Result<Response, Response> {
    let Held { object, state, .. } = find(register, id, who).await?;
    let language = who.language;
    let (own, said) = (words::of(language), said::of(language));
    if error.is_empty() && state != Procedure::Submitted {
        return Err(message(StatusCode::CONFLICT, who, (own.refused, own.refused_decided, "")));
    }
    let office = confirm::office_or_user(office, who);
    let failed = |error| Refusal::internal(&error).into_response();
    let statement = inclusion::statement(&object, &office, &format!("{:.0}", register.store.now())).map_err(failed)?;
    let page = ConfirmPage {
        words: pages::words::of(language),
        own,
        language,
        keep: String::new(),
        here: "",
        who,
        at: format!("/console/objects/{id}"),
        post: format!("/console/objects/{id}/confirm"),
        back: said.back_to_object,
        intro: said.confirm_intro,
        facts: vec![(said.digest, object.digest().map_err(failed)?)],
        heading: with(own.confirm_title, language.pick(&object.titles)),
        form: who.form(register)?,
        signed: confirm::encoded(&statement).map_err(failed)?,
        command: (said.with_tool_intro, confirm::command("include", id, &office)),
        office,
        error,
        detail,
    };
    let (name, value) = browser::WITH_SCRIPT;
    Ok(([(name, value)], pages::render(status, language, &page)).into_response())
}

async fn return_page(
    register: &Register,
    id: &str,
    who: &SignedIn,
    (status, reason, error, detail): (StatusCode, &str, &str, &str),
) -> Result<Response, Response> {
    let held = find(register, id, who).await?;
    let (back, title) = (said::of(who.language).back_to_object, who.language.pick(&held.object.titles));
    send_back::show(register, who, (format!("/console/objects/{id}"), back, title), (status, reason, error, detail))
}

fn forget_page(
    register: &Register,
    id: &str,
    who: &SignedIn,
    (status, reason, detail): (StatusCode, &str, &str),
) -> Result<Response, Response> {
    let language = who.language;
    let own = words::of(language);
    let page = ForgetPage {
        words: pages::words::of(language),
        own,
        said: said::of(language),
        language,
        keep: String::new(),
        here: "",
        who,
        id,
        form: who.form(register)?,
        reason,
        error: if detail.is_empty() { "" } else { own.refused },
        detail,
    };
    Ok(pages::render(status, language, &page))
}
