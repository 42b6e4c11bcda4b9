//! `/api/v1/entries/{participant}/{service}/grounds`: everything that an entry stands on, in one file, for whoever
//! believes the register nothing. Nobody is asked who they are: what was entered is public.

use std::sync::Arc;

use axum::{Json, extract::State};
use factory_assurance::{
    grounds::{Grounds, Under},
    log::{Included, served::EventProof},
};

use super::{
    Register,
    asked::{At, ServicePath},
    log::{ForEveryone, Proving},
    problem::Refusal,
};
use crate::{
    api::entries::FOR_EVERYONE,
    store::{Said, grounds::Documents},
};

/// What an entry stands on
///
/// The newest entry of a service with the proof that it is in the log, its dossier, and what the regulator signed: the
/// confirmation, or the standing delegation in its place. `kubectl factory verify` holds the file against pinned keys.
#[utoipa::path(get, path = "/api/v1/entries/{participant}/{service}/grounds", operation_id = "getGrounds", tag = "log", params(ServicePath),
    responses(
        (status = 200, description = "Entry, dossier and what the regulator signed.", body = ref("#/components/schemas/Grounds"), content_type = "application/json"),
        (status = 404, description = "There is no such entry, or it is of an object that the factory did not test."),
    ))]
pub async fn grounds(
    State(register): State<Arc<Register>>,
    At(ServicePath { participant, service }): At<ServicePath>,
) -> Result<ForEveryone<Grounds>, Refusal> {
    let none = || Refusal::not_found(&format!("the register has no entry {participant}/{service} with a dossier"));
    // Each answer has two dossiers at most.
    let _turn = register.serving.acquire().await.map_err(|error| Refusal::internal(&error))?;
    let entry = register.store.entry_of(&participant, &service).await?.ok_or_else(none)?;
    let Said::Tested(made) = entry.said else { return Err(none()) };
    // Before the checkpoint is signed, so that a revocation that is found is in it.
    let Documents { dossier, confirmation, under } = register.store.documents(&made).await?;
    let proving = Proving::begin(&register).await?;
    let entry: EventProof = proving.proof(entry.seq).await?.ok_or_else(none)?;
    let delegated = match under {
        None => None,
        Some(under) => Some(Under {
            delegation: included(&proving, under.delegation).await?,
            used: included(&proving, under.used).await?,
            revocation: match under.revocation {
                None => None,
                Some(seq) => Some(included(&proving, seq).await?),
            },
            base_entry: included(&proving, under.base_entry).await?,
            base: under.base,
        }),
    };
    Ok((FOR_EVERYONE, Json(Grounds { entry, dossier, confirmation, delegated })))
}

async fn included(proving: &Proving<'_>, seq: u64) -> Result<Included, Refusal> {
    let found = proving.included(seq).await?;
    found.ok_or_else(|| Refusal::internal(&std::io::Error::other(format!("event {seq} is not public"))))
}
