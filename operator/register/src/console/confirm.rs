//! Confirming: the statement that is to be signed is made and shown here; the signature comes from the
//! regulator's side, made in the browser by the page's script, by `kubectl factory confirm`, or elsewhere
//! and handed in as a file. *Architecture invariant:* no key is received; what is checked is checked by
//! [`crate::api::decisions`].

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Multipart, Path, Query, State, multipart::MultipartRejection},
    http::{StatusCode, Uri},
    response::{IntoResponse as _, Response},
};
use factory_assurance::{
    canonical,
    confirmation::{self, Confirmed},
    dsse::{self, Envelope},
    report::Language,
    wire::Procedure,
};
use factory_crds::Outcome;
use serde::Deserialize;

use super::{
    case::find,
    message, refused_as,
    signed_in::SignedIn,
    taken, title,
    words::{self, Words, with},
};
use crate::{
    api::{Register, browser, decisions, problem::Refusal},
    pages,
    store::cases::Case,
};

/// Longest name of an office, in characters.
const LONGEST_OFFICE: usize = 200;

#[derive(Template)]
#[template(path = "console/confirm.html")]
pub(super) struct ConfirmPage<'a> {
    pub words: &'a pages::words::Words,
    pub own: &'a Words,
    pub language: Language,
    pub keep: String,
    pub here: &'static str,
    pub who: &'a SignedIn,
    /// Path of the page of what is confirmed.
    pub at: String,
    /// Path that the signed statement is sent to.
    pub post: String,
    pub back: &'a str,
    pub intro: &'a str,
    /// What is signed, in parts that can be compared.
    pub facts: Vec<(&'a str, String)>,
    pub heading: String,
    pub form: String,
    pub office: String,
    /// What is signed, with its DSSE encoding.
    pub signed: String,
    /// How it is signed by the command line: what that does, and the command.
    pub command: (&'a str, String),
    pub error: &'a str,
    pub detail: &'a str,
}

#[derive(Default, Deserialize)]
pub(super) struct OfficeQuery {
    #[serde(default)]
    pub office: String,
}

/// The statement, and the ways to sign it.
pub async fn form(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    uri: Uri,
    who: SignedIn,
) -> Result<Response, Response> {
    let Query(OfficeQuery { office }) = Query::try_from_uri(&uri).unwrap_or_default();
    page(&register, &id, &who, (StatusCode::OK, &office, "", "")).await
}

/// Takes a signed statement, from whichever way; it is judged where the API's is.
pub async fn confirm(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<Response, Response> {
    let own = words::of(who.language);
    let envelope: Envelope = match signed(&register, &who, parts).await? {
        Ok(envelope) => envelope,
        Err(error) => {
            let shown = (StatusCode::UNPROCESSABLE_ENTITY, "", own.refused_envelope, error.as_str());
            return page(&register, &id, &who, shown).await;
        }
    };
    match decisions::carry_out_confirmation(&register, &who.regulator, id.clone(), envelope).await {
        Ok(_) => Ok(taken(&id, who.language)),
        Err(refusal) => {
            let error = refused_as(refusal.status(), own, own.refused_signature);
            page(&register, &id, &who, (refusal.status(), "", error, refusal.detail())).await
        }
    }
}

/// The signed statement that a form of this session hands in; an error in words where it is none.
pub(super) async fn signed(
    register: &Register,
    who: &SignedIn,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<Result<Envelope, String>, Response> {
    let Some(sent) = sent(parts).await else { return Err(who.stale()) };
    who.hand_in(register, &sent.csrf, &sent.form)?;
    Ok(serde_json::from_str(sent.envelope.trim()).map_err(|error| error.to_string()))
}

#[derive(Default)]
struct Sent {
    csrf: String,
    form: String,
    /// The file's text where there is a file, else what was pasted.
    envelope: String,
}

async fn sent(parts: Result<Multipart, MultipartRejection>) -> Option<Sent> {
    let mut parts = parts.ok()?;
    let mut sent = Sent::default();
    while let Some(part) = parts.next_field().await.ok()? {
        let name = part.name().unwrap_or_default().to_owned();
        let text = part.text().await.ok()?;
        match name.as_str() {
            "csrf" => sent.csrf = text,
            "form" => sent.form = text,
            "file" | "envelope" if !text.trim().is_empty() => sent.envelope = text,
            _ => {}
        }
    }
    Some(sent)
}

async fn page(
    register: &Register,
    id: &str,
    who: &SignedIn,
    (status, office, error, detail): (StatusCode, &str, &str, &str),
) -> Result<Response, Response> {
    let case = find(register, id, who).await?;
    let language = who.language;
    let own = words::of(language);
    if error.is_empty() {
        if case.summary.verdict.outcome != Outcome::Passed {
            return Err(message(StatusCode::UNPROCESSABLE_ENTITY, who, (own.refused, own.cannot_confirm, "")));
        }
        if case.state != Procedure::Submitted {
            return Err(message(StatusCode::CONFLICT, who, (own.refused, own.refused_decided, "")));
        }
    }
    let title = title(register, &case).await.map_err(|error| pages::unavailable(language, error))?;
    let office = office_or_user(office, who);
    let signed = statement(&case, &office, &format!("{:.0}", register.store.now()))
        .map_err(|error| Refusal::internal(&error).into_response())?;
    let words = pages::words::of(language);
    let page = ConfirmPage {
        words,
        own,
        language,
        keep: String::new(),
        here: "",
        who,
        heading: with(own.confirm_title, language.pick(&title)),
        form: who.form(register)?,
        signed,
        command: (own.with_tool_intro, command("confirm", id, &office)),
        office,
        at: format!("/console/submissions/{id}"),
        post: format!("/console/submissions/{id}/confirm"),
        back: own.back_to_submission,
        intro: own.confirm_intro,
        facts: vec![
            (words.bundle, case.summary.bundle.clone()),
            (words.digest, case.summary.dossier.clone()),
            (words.terms.standard, case.summary.standard.clone()),
        ],
        error,
        detail,
    };
    let (name, value) = browser::WITH_SCRIPT;
    Ok(([(name, value)], pages::render(status, language, &page)).into_response())
}

/// The command by which `verb` signs what has this id.
pub(super) fn command(verb: &str, id: &str, office: &str) -> String {
    format!("kubectl factory {verb} {id} --key regulator.pem --office '{}'", office.replace('\'', "'\\''"))
}

/// The name of the office that was written, or the user's.
pub(super) fn office_or_user(office: &str, who: &SignedIn) -> String {
    let office = match office.trim() {
        "" => who.regulator.user(),
        office => office,
    };
    office.chars().filter(|c| !c.is_control()).take(LONGEST_OFFICE).collect()
}

/// What is to be signed: the DSSE encoding of the canonical statement. The script signs what the page shows.
fn statement(case: &Case, office: &str, time: &str) -> Result<String, canonical::NotCanonical> {
    let confirmed = Confirmed {
        resource: &case.summary.subject.resource(),
        bundle: &case.summary.bundle,
        dossier: &case.summary.dossier,
        standard: &case.summary.standard,
    };
    encoded(&confirmation::statement(&confirmed, office, time))
}

/// The DSSE encoding of a canonical statement.
pub(super) fn encoded(statement: &impl serde::Serialize) -> Result<String, canonical::NotCanonical> {
    let payload = canonical::bytes(statement)?;
    // Canonical JSON is UTF-8, and so is what stands before it.
    Ok(String::from_utf8_lossy(&dsse::pae(dsse::IN_TOTO, &payload)).into_owned())
}
