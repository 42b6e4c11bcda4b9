//! `/api/v1/instructions`: the regulator's binding instructions (56.7). They are closed by nothing here: the
//! confirmation of a release that carries one out does that.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State, http::StatusCode};
use factory_assurance::wire::{BindingInstruction, InstructionRequest, InstructionState, WithdrawalRequest};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Register,
    asked::{Asked, At, ServicePath},
    body::Body,
    caller::{Caller, Regulator},
    entries::{self, FOR_EVERYONE},
    key::{Key, KeyHeader},
    problem::Refusal,
    to_the_end,
};
use crate::{
    intake,
    store::{Instruction, Issue, Which, Written},
};

/// Which instructions to list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InstructionsQuery {
    /// Only those that stand there.
    #[param(schema_with = state)]
    state: Option<InstructionState>,
    /// Only those to this participant.
    #[param(pattern = "^[^\\u0000]*$")]
    participant: Option<String>,
    /// Only those to services with this name.
    #[param(pattern = "^[^\\u0000]*$")]
    service: Option<String>,
}

/// An instruction by its id.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct InstructionPath {
    /// Id of the instruction, as the register gave it.
    #[param(max_length = 253, min_length = 1)]
    pub id: String,
}

fn state() -> utoipa::openapi::Ref {
    utoipa::openapi::Ref::from_schema_name("InstructionState")
}

impl From<Instruction> for BindingInstruction {
    fn from(held: Instruction) -> Self {
        let issued = held.issued;
        Self {
            id: issued.id,
            event: held.seq,
            issued_at: held.time,
            participant: issued.participant,
            service: issued.service,
            finding: issued.finding,
            basis: issued.basis,
            due: issued.due,
            experiment: issued.experiment,
            state: held.state,
            overdue: held.overdue,
            ended_at: held.ended,
            closed_by: held.submission,
            reason: held.reason,
        }
    }
}

/// Issue an instruction
///
/// A binding instruction to raise the resilience of a service (56.7). 201 with the instruction once it is on the
/// disk; 200 with the same for a repeated request.
#[utoipa::path(post, path = "/api/v1/instructions", operation_id = "instruct", tag = "regulator",
    params(KeyHeader), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/InstructionRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 201, description = "Issued.", body = ref("#/components/schemas/BindingInstruction"), content_type = "application/json"),
        (status = 200, description = "Was issued before.", body = ref("#/components/schemas/BindingInstruction"), content_type = "application/json"),
        (status = 409, description = "The key was used for another instruction."),
        (status = 422, description = "A field is not what it must be, or nothing was ever submitted for the service."),
    ))]
pub async fn issue(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    Key(key): Key,
    body: Body,
) -> Result<(StatusCode, Json<BindingInstruction>), Refusal> {
    let written = carry_out(&register, &regulator, key, body.read()?).await?;
    let (status, id) = match written {
        Written::Now(id) => (StatusCode::CREATED, id),
        Written::Before(id) => (StatusCode::OK, id),
    };
    Ok((status, Json(found(&register, &id).await?.into())))
}

/// Issues what `wish` says, after it was found to be in order; answers the instruction's id.
pub(crate) async fn carry_out(
    register: &Arc<Register>,
    regulator: &Regulator,
    key: String,
    wish: InstructionRequest,
) -> Result<Written<String>, Refusal> {
    let issue: Issue = intake::instruction::issued(key, wish, register.store.now())?;
    let (shared, user) = (Arc::clone(register), regulator.user().to_owned());
    let name = format!("{}/{}", issue.participant, issue.service);
    let written = to_the_end(async move { shared.store.instruct(&user, issue).await }).await?;
    if let Written::Now(id) = &written {
        tracing::info!(instruction = id, service = name, regulator = regulator.user(), "instruction issued");
    }
    Ok(written)
}

/// Withdraw an instruction
///
/// What was issued by mistake ends with a reason; answers where it stands then, also when repeated.
#[utoipa::path(post, path = "/api/v1/instructions/{id}/withdrawal", operation_id = "withdrawInstruction", tag = "regulator",
    params(InstructionPath), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/WithdrawalRequest"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 200, description = "Where it stands then.", body = ref("#/components/schemas/BindingInstruction"), content_type = "application/json"),
        (status = 404, description = "There is no instruction with this id."),
        (status = 409, description = "It has ended otherwise."),
        (status = 422, description = "The reason is too short, too long or no plain text."),
    ))]
pub async fn withdraw(
    State(register): State<Arc<Register>>,
    regulator: Regulator,
    At(InstructionPath { id }): At<InstructionPath>,
    body: Body,
) -> Result<Json<BindingInstruction>, Refusal> {
    let WithdrawalRequest { reason } = body.read()?;
    carry_out_withdrawal(&register, &regulator, &id, &reason).await?;
    Ok(Json(found(&register, &id).await?.into()))
}

/// Withdraws instruction `id` with a `reason`, after it was found to be one.
pub(crate) async fn carry_out_withdrawal(
    register: &Arc<Register>,
    regulator: &Regulator,
    id: &str,
    reason: &str,
) -> Result<(), Refusal> {
    let reason = intake::instruction::reason(reason)?;
    let (shared, user, instruction) = (Arc::clone(register), regulator.user().to_owned(), id.to_owned());
    let written = to_the_end(async move { shared.store.take_back(&user, &instruction, &reason).await }).await?;
    if written == Written::Now(()) {
        tracing::info!(instruction = id, regulator = regulator.user(), "instruction withdrawn");
    }
    Ok(())
}

/// List instructions
///
/// Those that the caller may see, newest first, at most 1000.
#[utoipa::path(get, path = "/api/v1/instructions", operation_id = "listInstructions", tag = "procedure",
    params(InstructionsQuery), security(("bearer" = [])),
    responses((status = 200, description = "What was found.", body = ref("#/components/schemas/BindingInstructions"), content_type = "application/json")))]
pub async fn list(
    State(register): State<Arc<Register>>,
    caller: Caller,
    Asked(InstructionsQuery { state, participant, service }): Asked<InstructionsQuery>,
) -> Result<Json<Vec<BindingInstruction>>, Refusal> {
    let all = caller.sees_all(&register).await?;
    let mut owned: BTreeMap<String, bool> = BTreeMap::new();
    let mut seen = Vec::new();
    for held in register.store.instructions(&Which { id: None, state, participant, service }).await? {
        let participant = &held.issued.participant;
        let visible = match owned.get(participant) {
            _ if all => true,
            Some(visible) => *visible,
            None => {
                let visible = caller.owns(&register, participant).await?;
                owned.insert(participant.clone(), visible);
                visible
            }
        };
        if visible {
            seen.push(held.into());
        }
    }
    Ok(Json(seen))
}

/// One instruction
///
/// Where it stands: for the regulator, the factory and the owner of its service.
#[utoipa::path(get, path = "/api/v1/instructions/{id}", operation_id = "getInstruction", tag = "procedure",
    params(InstructionPath), security(("bearer" = [])),
    responses(
        (status = 200, description = "Where it stands.", body = ref("#/components/schemas/BindingInstruction"), content_type = "application/json"),
        (status = 404, description = "There is no instruction with this id."),
    ))]
pub async fn get(
    State(register): State<Arc<Register>>,
    caller: Caller,
    At(InstructionPath { id }): At<InstructionPath>,
) -> Result<Json<BindingInstruction>, Refusal> {
    let held = found(&register, &id).await?;
    caller.must_see(&register, &held.issued.participant).await?;
    Ok(Json(held.into()))
}

/// Instructions to a service
///
/// Those to a service that has an entry, newest first: what its public page shows.
#[utoipa::path(get, path = "/api/v1/entries/{participant}/{service}/binding-instructions", operation_id = "listPublicInstructions", tag = "public",
    params(ServicePath),
    responses(
        (status = 200, description = "What was found.", body = ref("#/components/schemas/BindingInstructions"), content_type = "application/json"),
        (status = 304, description = "As it was."),
        (status = 404, description = "There is no such entry."),
    ))]
pub async fn of_entry(
    State(register): State<Arc<Register>>,
    At(at): At<ServicePath>,
) -> Result<([(axum::http::HeaderName, &'static str); 1], Json<Vec<BindingInstruction>>), Refusal> {
    entries::newest(&register, &at).await?;
    let ServicePath { participant, service } = at;
    let which = Which { participant: Some(participant), service: Some(service), ..Which::default() };
    let held = register.store.instructions(&which).await?;
    Ok((FOR_EVERYONE, Json(held.into_iter().map(BindingInstruction::from).collect())))
}

async fn found(register: &Register, id: &str) -> Result<Instruction, Refusal> {
    let held = register.store.instruction(id).await?;
    held.ok_or_else(|| Refusal::not_found(&format!("no instruction has the id `{id}`")))
}
