//! `/api/v1/objects`: objects of item 7 that the factory did not build. Their owner submits data and evidence; the
//! regulator confirms them with a signed inclusion, which enters them, or returns them with a reason (21). Such an
//! entry permits no launch: no permit is made from anything but a dossier.

mod decide;
mod documents;

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use factory_assurance::object::Object;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Register,
    asked::{Asked, At},
    body::Body,
    caller::{Caller, Regulator},
    describe::schemas,
    entries::escaped,
    key::{Key, KeyHeader},
    page::Page,
    problem::Refusal,
    to_the_end,
};
use crate::{
    intake,
    store::{Written, objects::Held},
};
pub(crate) use decide::{carry_out_confirmation, carry_out_forgetting, carry_out_return};
pub use documents::{ContactsRequest, ObjectState, ObjectStates};
use documents::{ObjectPath, ObjectsQuery};

/// All of it.
pub(super) fn router() -> OpenApiRouter<Arc<Register>> {
    OpenApiRouter::new()
        .routes(routes!(list, submit))
        .routes(routes!(get))
        .routes(routes!(decide::confirm))
        .routes(routes!(decide::send_back))
        .routes(routes!(decide::forget))
}

/// Submit an object
///
/// One of item 7 that the factory did not build, with the data of item 17 and documents that stand for it. 201 once it
/// is on the disk; 200 with the same for a repeated request. Whoever may change manifests of the participant submits;
/// a new submission under the same name asks to change the entry (21). Contacts of people are kept beside the log.
#[utoipa::path(post, path = "/api/v1/objects", operation_id = "submitObject", tag = "owner",
    params(KeyHeader), security(("bearer" = [])),
    request_body(content = ref("#/components/schemas/Object"), content_type = "application/json",
        description = "At most 256 KiB."),
    responses(
        (status = 201, description = "Written.", body = ref("#/components/schemas/ObjectState"), content_type = "application/json"),
        (status = 200, description = "Was written before.", body = ref("#/components/schemas/ObjectState"), content_type = "application/json"),
        (status = 409, description = "The key was used for another object, one waits under this name, or the factory tests it."),
        (status = 422, description = "A field is not what it must be."),
    ))]
pub async fn submit(
    State(register): State<Arc<Register>>,
    caller: Caller,
    Key(key): Key,
    body: Body,
) -> Result<(StatusCode, Json<ObjectState>), Refusal> {
    let object: Object = body.read()?;
    let owner = caller.must_supply(&register, &object.participant).await?;
    let (status, held) = take(&register, &owner, key, object).await?;
    Ok((status, Json(ObjectState::of(&register, held).await?)))
}

/// Writes what `owner` submits, after everything in it was found to hold.
pub(crate) async fn take(
    register: &Arc<Register>,
    owner: &str,
    key: String,
    object: Object,
) -> Result<(StatusCode, Held), Refusal> {
    intake::objects::hold(&object)?;
    let document = serde_json::to_value(&object).map_err(|error| Refusal::internal(&error))?;
    if let Some(error) = schemas::object()?.iter_errors(&document).next() {
        let field = error.instance_path().to_string().trim_start_matches('/').replace('/', ".");
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, format!("{field}: {error}")));
    }
    let (shared, actor) = (Arc::clone(register), owner.to_owned());
    let (status, id) = match to_the_end(async move { shared.store.submit_object(&actor, &key, object).await }).await? {
        Written::Now(id) => {
            tracing::info!(object = id, owner, "an object was submitted");
            (StatusCode::CREATED, id)
        }
        Written::Before(id) => (StatusCode::OK, id),
    };
    Ok((status, find(register, &id).await?))
}

/// List objects
///
/// Those of a participant for its owner, all for the regulator, the newest first.
#[utoipa::path(get, path = "/api/v1/objects", operation_id = "listObjects", tag = "procedure",
    params(ObjectsQuery), security(("bearer" = [])),
    responses((status = 200, description = "A page of them.", body = ref("#/components/schemas/ObjectStates"), content_type = "application/json")))]
pub async fn list(
    State(register): State<Arc<Register>>,
    caller: Caller,
    Asked(query): Asked<ObjectsQuery>,
) -> Result<Json<ObjectStates>, Refusal> {
    let page = Page::of(query.before, query.limit)?;
    let participant = query.participant.unwrap_or_default();
    if participant.is_empty() {
        Regulator::of(&register, caller).await?;
    } else {
        must_see(&register, &caller, &participant).await?;
    }
    let mut found = register.store.objects(&participant, page.before, page.read()).await?;
    let list = format!("/api/v1/objects?participant={}&", escaped(&participant));
    let next = page.cut(&mut found, &list, |held| held.seq);
    let mut objects = Vec::with_capacity(found.len());
    for held in found {
        objects.push(ObjectState::of(&register, held).await?);
    }
    Ok(Json(ObjectStates { objects, next }))
}

/// One object
///
/// Where it stands, for its owner and the regulator.
#[utoipa::path(get, path = "/api/v1/objects/{id}", operation_id = "getObject", tag = "procedure",
    params(ObjectPath), security(("bearer" = [])),
    responses(
        (status = 200, description = "Where it stands.", body = ref("#/components/schemas/ObjectState"), content_type = "application/json"),
        (status = 404, description = "There is none with this id."),
    ))]
pub async fn get(
    State(register): State<Arc<Register>>,
    caller: Caller,
    At(ObjectPath { id }): At<ObjectPath>,
) -> Result<Json<ObjectState>, Refusal> {
    let held = find(&register, &id).await?;
    must_see(&register, &caller, &held.object.participant).await?;
    Ok(Json(ObjectState::of(&register, held).await?))
}

/// Contacts of people are for whoever speaks for the participant, and for the regulator: no program needs them.
async fn must_see(register: &Register, caller: &Caller, participant: &str) -> Result<(), Refusal> {
    match caller.must_supply(register, participant).await {
        Ok(_) => Ok(()),
        Err(refusal) if refusal.status() == StatusCode::FORBIDDEN => {
            caller.regulates(register).await.map_err(|_| refusal)
        }
        Err(refusal) => Err(refusal),
    }
}

/// The object with this id.
pub(crate) async fn find(register: &Register, id: &str) -> Result<Held, Refusal> {
    let held = register.store.object(id).await?;
    held.ok_or_else(|| Refusal::not_found(&format!("no object was submitted under the id `{id}`")))
}
