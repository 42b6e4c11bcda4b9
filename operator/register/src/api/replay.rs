//! `POST /api/v1/replay`: what would follow if a proposed standard held, from the dossiers that the register has.
//! Nothing is written. It is heavy, so one is carried out at a time, off the async threads, and no longer than a
//! minute: what was not reached by then is said to be left out.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Json, extract::State};
use factory_crds::{ResilienceStandardSpec, release::Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use super::{Register, body::Body, caller::Regulator, off_thread, problem::Refusal};
use crate::{
    replay::{Proposal, ProposalError},
    store::{StoreError, cases::Case},
};

/// Longest time for one replay.
const LONGEST: Duration = Duration::from_secs(60);

/// Body of `POST /api/v1/replay`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplayRequest {
    /// Name of the proposed standard.
    #[schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"))]
    pub name: String,
    /// The `spec` of the proposed `ResilienceStandard`.
    #[schemars(with = "ResilienceStandardSpec")]
    pub spec: Value,
}

/// What would follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// `<name>@<version>` of the proposed standard.
    pub standard: String,
    /// Class of services that it is for.
    pub class: String,
    /// Services that would pass.
    pub passed: u32,
    /// Services that would fail.
    pub failed: u32,
    /// Services of which their dossiers do not say it.
    pub undecided: u32,
    /// Services that were not reached in time.
    pub left_out: u32,
    /// Each service of the class by its release in force, else by its newest submission; the worst first.
    pub services: Vec<Replayed>,
}

/// What would follow for a service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// Name of the release.
    pub release: String,
    /// Submission whose dossier was judged again.
    pub submission: String,
    /// `sha256:…` of that dossier.
    pub dossier: String,
    /// The verdict that it has.
    pub now: Outcome,
    /// The verdict that it would have.
    pub then: Outcome,
    /// The first finding of that verdict, where there is one.
    pub finding: Option<String>,
}

impl From<ProposalError> for Refusal {
    fn from(error: ProposalError) -> Self {
        match &error {
            ProposalError::Schema => Self::internal(&error),
            _ => Self::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
        }
    }
}

/// Judge by a proposed standard
///
/// The dossiers of services of its class are judged again by it, each by its own evidence without earlier runs, and nothing
/// is written.
#[utoipa::path(post, path = "/api/v1/replay", operation_id = "replay", tag = "regulator", security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/ReplayRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "What would follow.", body = ref("#/components/schemas/Replay"), content_type = "application/json"),
        (status = 422, description = "The standard breaks a rule of its kind."),
    ))]
pub async fn replay(State(register): State<Arc<Register>>, _: Regulator, body: Body) -> Result<Json<Replay>, Refusal> {
    let ReplayRequest { name, spec } = body.read()?;
    let proposal = off_thread(move || Proposal::of(&name, spec)).await?;
    carry_out(&register, proposal).await.map(Json)
}

/// Judges every service of the class again by `proposal`.
pub(crate) async fn carry_out(register: &Register, proposal: Proposal) -> Result<Replay, Refusal> {
    let one_at_a_time = register.replaying.try_acquire();
    let _one = one_at_a_time
        .map_err(|_| Refusal::unavailable("another proposed standard is judged at the moment; nothing was done"))?;
    let (until, proposal) = (Instant::now() + LONGEST, Arc::new(proposal));
    let cases = chosen(register).await?;
    let (mut services, mut left_out) = (Vec::new(), 0);
    for case in cases {
        if Instant::now() >= until {
            left_out += 1;
            continue;
        }
        let envelope = register.store.dossier_of(&case).await?;
        let proposal = Arc::clone(&proposal);
        let judged = off_thread(move || proposal.judge(&envelope).map_err(StoreError::Row)).await?;
        if let Some(verdict) = judged {
            let finding = verdict.findings.first().map(|finding| finding.message.clone());
            services.push(Replayed::of(case, verdict.outcome, finding));
        }
    }
    services.sort_by_key(|service| std::cmp::Reverse(service.then));
    let count = |outcome| services.iter().filter(|service| service.then == outcome).count();
    let count = |outcome| u32::try_from(count(outcome)).unwrap_or(u32::MAX);
    Ok(Replay {
        standard: proposal.standard.named(),
        class: proposal.class.clone(),
        passed: count(Outcome::Passed),
        failed: count(Outcome::Failed),
        undecided: count(Outcome::Inconclusive),
        left_out,
        services,
    })
}

/// Of each service the release in force, else its newest submission.
async fn chosen(register: &Register) -> Result<Vec<Case>, StoreError> {
    let key = |case: &Case| (case.summary.subject.participant.clone(), case.summary.subject.service.clone());
    let newest = register.store.newest_cases().await?;
    let mut chosen: BTreeMap<_, _> = newest.into_iter().map(|case| (key(&case), case)).collect();
    chosen.extend(register.store.cases_in_force().await?.into_iter().map(|case| (key(&case), case)));
    Ok(chosen.into_values().collect())
}

impl Replayed {
    fn of(case: Case, then: Outcome, finding: Option<String>) -> Self {
        let summary = case.summary;
        Self {
            participant: summary.subject.participant,
            service: summary.subject.service,
            release: summary.subject.release,
            submission: case.id,
            dossier: summary.dossier,
            now: summary.verdict.outcome,
            then,
            finding,
        }
    }
}
