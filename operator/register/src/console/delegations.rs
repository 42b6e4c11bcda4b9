//! Standing delegations in the console: the list, a new one, and a revocation. The statement is made and shown here,
//! the signature comes from the regulator's side, and both are judged where the API's are.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Multipart, Path, Query, State, multipart::MultipartRejection},
    http::{StatusCode, Uri},
    response::{IntoResponse as _, Redirect, Response},
};
use factory_assurance::{
    canonical::NotCanonical,
    delegation::{self, ChangeClass, Terms},
    dsse::Envelope,
    report::Language,
    wire::{DelegationStanding, StandingDelegation},
};
use jiff::SignedDuration;
use serde::Deserialize;

use super::{
    confirm::{encoded, office_or_user, signed},
    message, refused_as,
    signed_in::SignedIn,
    words::{self, Words},
};
use crate::{
    api::{Register, browser, delegations, entries::escaped, problem::Refusal},
    delegations::words as said,
    pages::{self, moment},
};

/// Delegations on one page.
const MOST: u32 = 50;
/// How long a delegation is where nothing else is written.
const USUAL: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What the form for a new one asks for.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct TermsForm {
    participant: String,
    service: String,
    from: String,
    until: String,
    reason: String,
    office: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListQuery {
    before: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "console/delegations.html")]
struct ListPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    notice: &'a str,
    delegations: Vec<StandingDelegation>,
    older: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/delegate.html")]
struct DelegatePage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    said: &'a said::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    heading: &'a str,
    intro: &'a str,
    /// The delegation that is revoked; none where one is given.
    revoked: Option<&'a StandingDelegation>,
    sent: TermsForm,
    form: String,
    /// What is signed, with its DSSE encoding; empty until it is known.
    signed: String,
    /// Path that the signed statement is sent to.
    post: String,
    /// How it is signed by the command line: what that does, and the command.
    command: (&'a str, String),
    error: &'a str,
    detail: &'a str,
}

/// All of them, the newest first.
pub async fn list(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Response {
    let language = who.language;
    let Query(ListQuery { before, done }) = Query::try_from_uri(&uri).unwrap_or_default();
    let before = before.and_then(|before| before.parse().ok());
    let mut delegations = match register.store.delegations(before, MOST + 1).await {
        Ok(delegations) => delegations,
        Err(error) => return pages::unavailable(language, error),
    };
    let more = crate::store::cut(&mut delegations, MOST);
    let said = said::of(language);
    let page = ListPage {
        words: pages::words::of(language),
        own: words::of(language),
        said,
        language,
        keep: String::new(),
        here: "delegations",
        who: &who,
        notice: if done.is_some() { said.done } else { "" },
        older: delegations.last().map(|given| given.event).filter(|_| more),
        delegations,
    };
    pages::render(StatusCode::OK, language, &page)
}

/// The form, and the statement once its terms are in order.
pub async fn form(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Result<Response, Response> {
    let Query(sent) = Query::<TermsForm>::try_from_uri(&uri).unwrap_or_default();
    give_page(&register, &who, sent, (StatusCode::OK, "", ""))
}

/// Takes a signed delegation.
pub async fn give(
    State(register): State<Arc<Register>>,
    who: SignedIn,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<Response, Response> {
    let own = words::of(who.language);
    let refused =
        |status, error: &str, detail: &str| give_page(&register, &who, TermsForm::default(), (status, error, detail));
    let envelope: Envelope = match signed(&register, &who, parts).await? {
        Ok(envelope) => envelope,
        Err(error) => return refused(StatusCode::UNPROCESSABLE_ENTITY, own.refused_envelope, &error),
    };
    match delegations::carry_out(&register, &who.regulator, envelope).await {
        Ok(_) => Ok(done(who.language)),
        Err(refusal) => {
            let error = refused_as(refusal.status(), own, own.refused_signature);
            refused(refusal.status(), error, refusal.detail())
        }
    }
}

/// The form for a revocation; its address may name the reason.
pub async fn revoke_form(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    uri: Uri,
    who: SignedIn,
) -> Result<Response, Response> {
    let Query(sent) = Query::<TermsForm>::try_from_uri(&uri).unwrap_or_default();
    revoke_page(&register, &id, &who, sent, (StatusCode::OK, "", "")).await
}

/// Takes a signed revocation.
pub async fn revoke(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
    parts: Result<Multipart, MultipartRejection>,
) -> Result<Response, Response> {
    let own = words::of(who.language);
    let envelope: Envelope = match signed(&register, &who, parts).await? {
        Ok(envelope) => envelope,
        Err(error) => {
            let shown = (StatusCode::UNPROCESSABLE_ENTITY, own.refused_envelope, error.as_str());
            return revoke_page(&register, &id, &who, TermsForm::default(), shown).await;
        }
    };
    match delegations::carry_out_revocation(&register, &who.regulator, &id, envelope).await {
        Ok(_) => Ok(done(who.language)),
        Err(refusal) => {
            let error = refused_as(refusal.status(), own, own.refused_signature);
            revoke_page(&register, &id, &who, TermsForm::default(), (refusal.status(), error, refusal.detail())).await
        }
    }
}

fn done(language: Language) -> Response {
    Redirect::to(&format!("/console/delegations?lang={}&done=1", language.tag())).into_response()
}

fn give_page(
    register: &Register,
    who: &SignedIn,
    mut sent: TermsForm,
    (mut status, mut error, detail): (StatusCode, &str, &str),
) -> Result<Response, Response> {
    let said = said::of(who.language);
    let (now, mut detail) = (register.store.now(), detail.to_owned());
    sent.office = office_or_user(&sent.office, who);
    if sent.from.is_empty() {
        sent.from = format!("{now:.0}");
    }
    if sent.until.is_empty() {
        sent.until = format!("{:.0}", now + USUAL);
    }
    let mut signed = String::new();
    let terms = terms(&sent);
    if !terms.participant.is_empty() {
        match terms.hold() {
            Ok(()) => signed = statement(&terms, &sent.office, &format!("{now:.0}")).map_err(failed)?,
            Err(wrong) => {
                (status, error, detail) = (StatusCode::UNPROCESSABLE_ENTITY, said.not_taken, wrong.to_string());
            }
        }
    }
    let command = command("delegate", &terms.scope(), &sent);
    let shown = Shown { heading: said.new, intro: said.new_intro, revoked: None, signed, command };
    let (post, keep) = ("/console/delegations/new".to_owned(), kept(&sent));
    page(register, who, shown, (sent, post, keep), (status, error, &detail))
}

async fn revoke_page(
    register: &Register,
    id: &str,
    who: &SignedIn,
    mut sent: TermsForm,
    (status, error, detail): (StatusCode, &str, &str),
) -> Result<Response, Response> {
    let said = said::of(who.language);
    let held = register.store.delegation(id).await.map_err(|error| pages::unavailable(who.language, error))?;
    let held = held.ok_or_else(|| message(StatusCode::NOT_FOUND, who, (said.title, said.none, "")))?;
    sent.office = office_or_user(&sent.office, who);
    let reason = sent.reason.trim();
    let signed = if reason.is_empty() {
        String::new()
    } else {
        let time = format!("{:.0}", register.store.now());
        encoded(&delegation::revocation(&format!("sha256:{id}"), &sent.office, &time, reason)).map_err(failed)?
    };
    let command = command("revoke", id, &sent);
    let shown = Shown { heading: said.revoke, intro: said.revoke_intro, revoked: Some(&held), signed, command };
    let (post, keep) = (format!("/console/delegations/{id}/revoke"), kept(&sent));
    page(register, who, shown, (sent, post, keep), (status, error, detail))
}

/// What both pages show.
struct Shown<'a> {
    heading: &'a str,
    intro: &'a str,
    revoked: Option<&'a StandingDelegation>,
    signed: String,
    command: String,
}

fn page(
    register: &Register,
    who: &SignedIn,
    Shown { heading, intro, revoked, signed, command }: Shown<'_>,
    (sent, post, keep): (TermsForm, String, String),
    (status, error, detail): (StatusCode, &str, &str),
) -> Result<Response, Response> {
    let language = who.language;
    let said = said::of(language);
    let page = DelegatePage {
        words: pages::words::of(language),
        own: words::of(language),
        said,
        language,
        keep,
        here: "",
        who,
        heading,
        intro,
        revoked,
        sent,
        form: who.form(register)?,
        signed,
        post,
        command: (said.with_tool, command),
        error,
        detail,
    };
    let (name, value) = browser::WITH_SCRIPT;
    Ok(([(name, value)], pages::render(status, language, &page)).into_response())
}

/// The terms that a form asks for.
fn terms(sent: &TermsForm) -> Terms {
    let service = sent.service.trim();
    Terms {
        participant: sent.participant.trim().to_owned(),
        service: (!service.is_empty()).then(|| service.to_owned()),
        class: ChangeClass::RebuildOnPatchedBase,
        from: sent.from.trim().to_owned(),
        until: sent.until.trim().to_owned(),
        reason: sent.reason.trim().to_owned(),
    }
}

fn statement(terms: &Terms, office: &str, time: &str) -> Result<String, NotCanonical> {
    encoded(&delegation::statement(terms, office, time)?)
}

fn failed(error: NotCanonical) -> Response {
    Refusal::internal(&error).into_response()
}

/// The command by which `verb` does the same to what stands after it.
fn command(verb: &str, what: &str, sent: &TermsForm) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let TermsForm { from, until, reason, office, .. } = sent;
    let time =
        if verb == "delegate" { format!(" --from {} --until {}", quoted(from), quoted(until)) } else { String::new() };
    let (reason, office) = (quoted(reason), quoted(office));
    format!("kubectl factory {verb} {}{time} --reason {reason} --key regulator.pem --office {office}", quoted(what))
}

/// What was written, to keep when the language is changed.
fn kept(TermsForm { participant, service, from, until, reason, office }: &TermsForm) -> String {
    [
        ("participant", participant),
        ("service", service),
        ("from", from),
        ("until", until),
        ("reason", reason),
        ("office", office),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(name, value)| format!("{name}={}&", escaped(value)))
    .collect()
}

/// Whether there is anything to revoke.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they have by reference")]
const fn is_open(standing: &DelegationStanding) -> bool {
    matches!(standing, DelegationStanding::Coming | DelegationStanding::Standing)
}
