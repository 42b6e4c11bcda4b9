//! Schemas of the documents that pass, from their types (JSON Schema 2020-12, which OpenAPI 3.1 takes as it is).

use std::sync::OnceLock;

use factory_assurance::{
    dsse::Envelope,
    grounds::Grounds,
    log::{
        proof::{Consistency, Inclusion},
        served::{EventProof, Events, LogKeys},
    },
    object::Object,
    plan::EarlierRuns,
    verdict::MAX_EXACT,
    wire::{
        Announced, Announcement, BindingInstruction, ConfirmationRequest, DelegationRequest, ExclusionRequest,
        InstructionRequest, InstructionState, IssuanceRequest, Problem, Procedure, ReturnRequest, RevocationRequest,
        SignedStandard, StandingDelegation, Submission, SubmissionState, WithdrawalRequest,
    },
};
use jsonschema::Validator;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Map, Value, json};

use crate::{
    api::{
        claims::{
            AnswerRequest, ClaimRequest, ClaimStatus, DecisionRequest, ForgettingRequest, HeldClaims, PublicClaims,
        },
        delegations::Delegations,
        entries::{PublicEntry, PublicIndex},
        membership::{AccessDecision, AccessRequest, AccessStatus, HeldAccess, HeldAccesses},
        objects::{ContactsRequest, ObjectState, ObjectStates},
        participants::Participants,
        problem::Refusal,
        replay::{Replay, ReplayRequest},
        standards::IssuedStandards,
        statistics::Statistics,
    },
    glossary::Glossary,
    kpi::KpiReport,
    observed::Observed,
};

/// Every schema by its name.
#[must_use]
pub fn all() -> Map<String, Value> {
    let mut generator = generator();
    generator.subschema_for::<Announcement>();
    generator.subschema_for::<Announced>();
    generator.subschema_for::<EarlierRuns>();
    generator.subschema_for::<Submission>();
    generator.subschema_for::<SubmissionState>();
    generator.subschema_for::<Procedure>();
    generator.subschema_for::<ConfirmationRequest>();
    generator.subschema_for::<ReturnRequest>();
    generator.subschema_for::<WithdrawalRequest>();
    generator.subschema_for::<InstructionRequest>();
    generator.subschema_for::<BindingInstruction>();
    generator.subschema_for::<InstructionState>();
    generator.subschema_for::<KpiReport>();
    generator.subschema_for::<Statistics>();
    generator.subschema_for::<Observed>();
    generator.subschema_for::<Glossary>();
    generator.subschema_for::<ReplayRequest>();
    generator.subschema_for::<Replay>();
    generator.subschema_for::<ExclusionRequest>();
    generator.subschema_for::<Problem>();
    generator.subschema_for::<Envelope>();
    generator.subschema_for::<PublicEntry>();
    generator.subschema_for::<PublicIndex>();
    generator.subschema_for::<ClaimRequest>();
    generator.subschema_for::<ClaimStatus>();
    generator.subschema_for::<PublicClaims>();
    generator.subschema_for::<HeldClaims>();
    generator.subschema_for::<DecisionRequest>();
    generator.subschema_for::<AnswerRequest>();
    generator.subschema_for::<ForgettingRequest>();
    generator.subschema_for::<Object>();
    generator.subschema_for::<ObjectState>();
    generator.subschema_for::<ObjectStates>();
    generator.subschema_for::<ContactsRequest>();
    generator.subschema_for::<AccessRequest>();
    generator.subschema_for::<AccessStatus>();
    generator.subschema_for::<AccessDecision>();
    generator.subschema_for::<HeldAccess>();
    generator.subschema_for::<HeldAccesses>();
    generator.subschema_for::<DelegationRequest>();
    generator.subschema_for::<RevocationRequest>();
    generator.subschema_for::<StandingDelegation>();
    generator.subschema_for::<Delegations>();
    generator.subschema_for::<IssuanceRequest>();
    generator.subschema_for::<SignedStandard>();
    generator.subschema_for::<IssuedStandards>();
    generator.subschema_for::<Participants>();
    generator.subschema_for::<Events>();
    generator.subschema_for::<EventProof>();
    generator.subschema_for::<Grounds>();
    generator.subschema_for::<LogKeys>();
    generator.subschema_for::<Inclusion>();
    generator.subschema_for::<Consistency>();
    let mut schemas = generator.take_definitions(true);
    schemas.insert(
        "SubmissionStates".to_owned(),
        json!({ "type": "array", "maxItems": 1000, "items": { "$ref": "#/components/schemas/SubmissionState" } }),
    );
    schemas.insert(
        "BindingInstructions".to_owned(),
        json!({ "type": "array", "maxItems": 1000, "items": { "$ref": "#/components/schemas/BindingInstruction" } }),
    );
    schemas.insert("Document".to_owned(), json!({ "type": "object", "description": "Another standard's document." }));
    // Entries show commitments where manifests have the contacts themselves (17.7).
    let people = "/properties/register/properties/protection/items/properties";
    for of in ["PublicEntry", "ObjectState"] {
        let Some(person) = schemas.get_mut(of).and_then(|entry| entry.pointer_mut(people)) else { continue };
        for contact in ["name", "email", "phone"] {
            person[contact] =
                json!({ "type": "string", "pattern": "^sha256:[0-9a-f]{64}$", "description": "A salted commitment." });
        }
    }
    schemas
}

/// Holds announcements against their schema: rules of the kinds stand in it, which no reader of JSON knows.
pub fn announcement() -> Result<&'static Validator, Refusal> {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    validator(&VALIDATOR, "Announcement")
}

/// The same of standards that the regulator issues.
pub fn standard() -> Result<&'static Validator, Refusal> {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    validator(&VALIDATOR, "Standard")
}

/// The same of objects that owners submit.
pub fn object() -> Result<&'static Validator, Refusal> {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    validator(&VALIDATOR, "Object")
}

fn validator(made: &'static OnceLock<Validator>, name: &str) -> Result<&'static Validator, Refusal> {
    if let Some(validator) = made.get() {
        return Ok(validator);
    }
    let schema = json!({ "$ref": format!("#/components/schemas/{name}"), "components": { "schemas": all() } });
    let new = jsonschema::draft202012::new(&schema).map_err(|error| Refusal::internal(&error))?;
    Ok(made.get_or_init(|| new))
}

fn generator() -> SchemaGenerator {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    settings.transforms.push(Box::new(RecursiveTransform(bounded)));
    settings.into_generator()
}

/// Numbers are as large as their readers take them: all that is written is canonical JSON (RFC 8785).
fn bounded(schema: &mut Schema) {
    let most = match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => u64::from(u32::MAX),
        Some("uint64") => MAX_EXACT,
        _ => return,
    };
    let _ = schema.ensure_object().entry("maximum").or_insert(most.into());
}
