//! Issuing a binding instruction (56.7), and withdrawing one that was issued by mistake. Both are carried out
//! by the functions of the API.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::{Path, Query, State, rejection::FormRejection},
    http::{StatusCode, Uri},
    response::Response,
};
use factory_assurance::{report::Language, wire::InstructionRequest};
use factory_crds::resilience_standard::FaultKind;
use serde::Deserialize;

use super::{
    instructions::{done, find},
    signed_in::SignedIn,
    words::{self, Words},
};
use crate::{
    api::{Register, instructions},
    pages::{
        self,
        binding::{self, Shown},
    },
    store::Written,
};

/// What the form sends, and what it shows again where it was refused.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct IssueForm {
    csrf: String,
    form: String,
    /// Participant and service.
    service: String,
    finding: String,
    basis: String,
    due: String,
    experiment: String,
}

/// What the form for a withdrawal sends.
#[derive(Deserialize)]
pub struct WithdrawForm {
    csrf: String,
    form: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "console/instruct.html")]
struct IssuePage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    binding: &'a binding::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    form: String,
    services: Vec<String>,
    faults: Vec<(String, &'static str)>,
    sent: &'a IssueForm,
    error: &'a str,
    detail: &'a str,
}

#[derive(Template)]
#[template(path = "console/take_back.html")]
struct WithdrawPage<'a> {
    words: &'a pages::words::Words,
    own: &'a Words,
    binding: &'a binding::Words,
    language: Language,
    keep: String,
    here: &'static str,
    who: &'a SignedIn,
    form: String,
    shown: Shown,
    reason: &'a str,
    error: &'a str,
    detail: &'a str,
}

/// The form; its address may name the service.
pub async fn form(State(register): State<Arc<Register>>, uri: Uri, who: SignedIn) -> Result<Response, Response> {
    let Query(sent) = Query::<IssueForm>::try_from_uri(&uri).unwrap_or_default();
    issue_page(&register, &who, &sent, (StatusCode::OK, "", "")).await
}

/// Issues the instruction; it is judged where the API's is.
pub async fn issue(
    State(register): State<Arc<Register>>,
    who: SignedIn,
    form: Result<Form<IssueForm>, FormRejection>,
) -> Result<Response, Response> {
    let Ok(Form(sent)) = form else { return Err(who.stale()) };
    who.hand_in(&register, &sent.csrf, &sent.form)?;
    let binding = binding::of(who.language);
    let wish = match wished(&sent) {
        Ok(wish) => wish,
        Err(detail) => {
            let refused = (StatusCode::UNPROCESSABLE_ENTITY, binding.not_issued, detail);
            return issue_page(&register, &who, &sent, refused).await;
        }
    };
    // A form is handed in once, so its number is that of the wish.
    let key = format!("console-{}", sent.form);
    match instructions::carry_out(&register, &who.regulator, key, wish).await {
        Ok(Written::Now(id) | Written::Before(id)) => Ok(done(&id, who.language)),
        Err(refusal) => {
            issue_page(&register, &who, &sent, (refusal.status(), binding.not_issued, refusal.detail())).await
        }
    }
}

/// What the form asks for. Browsers send what was written in several lines with the ends of lines in it.
fn wished(sent: &IssueForm) -> Result<InstructionRequest, &'static str> {
    let (participant, service) = sent.service.split_once('/').ok_or("service: must be one of those in the list")?;
    let experiment = FaultKind::ALL.into_iter().find(|kind| kind.to_string() == sent.experiment);
    Ok(InstructionRequest {
        participant: participant.to_owned(),
        service: service.to_owned(),
        finding: one_line(&sent.finding),
        basis: one_line(&sent.basis),
        due: sent.due.clone(),
        experiment: experiment.ok_or("experiment: must be one of those in the list")?,
    })
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

async fn issue_page(
    register: &Register,
    who: &SignedIn,
    sent: &IssueForm,
    (status, error, detail): (StatusCode, &str, &str),
) -> Result<Response, Response> {
    let language = who.language;
    let binding = binding::of(language);
    let cases = register.store.newest_cases().await.map_err(|error| pages::unavailable(language, error))?;
    let services = cases.iter().map(|case| &case.summary.subject);
    let page = IssuePage {
        words: pages::words::of(language),
        own: words::of(language),
        binding,
        language,
        keep: String::new(),
        here: "",
        who,
        form: who.form(register)?,
        services: services.map(|subject| format!("{}/{}", subject.participant, subject.service)).collect(),
        faults: FaultKind::ALL.map(|kind| (kind.to_string(), binding.fault(kind))).into(),
        sent,
        error,
        detail,
    };
    Ok(pages::render(status, language, &page))
}

/// The form for a withdrawal.
pub async fn withdraw_form(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
) -> Result<Response, Response> {
    withdraw_page(&register, &id, &who, (StatusCode::OK, "", "", "")).await
}

/// Withdraws the instruction; the reason is judged where the API's is.
pub async fn withdraw(
    State(register): State<Arc<Register>>,
    Path(id): Path<String>,
    who: SignedIn,
    form: Result<Form<WithdrawForm>, FormRejection>,
) -> Result<Response, Response> {
    let Ok(Form(WithdrawForm { csrf, form, reason })) = form else { return Err(who.stale()) };
    who.hand_in(&register, &csrf, &form)?;
    match instructions::carry_out_withdrawal(&register, &who.regulator, &id, &one_line(&reason)).await {
        Ok(()) => Ok(done(&id, who.language)),
        Err(refusal) => {
            let error = binding::of(who.language).not_withdrawn;
            withdraw_page(&register, &id, &who, (refusal.status(), &reason, error, refusal.detail())).await
        }
    }
}

async fn withdraw_page(
    register: &Register,
    id: &str,
    who: &SignedIn,
    (status, reason, error, detail): (StatusCode, &str, &str, &str),
) -> Result<Response, Response> {
    let language = who.language;
    let page = WithdrawPage {
        words: pages::words::of(language),
        own: words::of(language),
        binding: binding::of(language),
        language,
        keep: String::new(),
        here: "",
        who,
        form: who.form(register)?,
        shown: find(register, id, who).await?,
        reason,
        error,
        detail,
    };
    Ok(pages::render(status, language, &page))
}
