//! The conditions of a release, in the order of the road, and how a condition is set.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

/// The stages of the road; each is a condition of the `Release`, mirrored to the `StateService`.
pub const STAGES: [&str; 9] =
    ["Resolved", "Built", "Deployed", "Verified", "Proven", "Reported", "Confirmed", "Registered", "Launched"];

/// Sets `condition` in `conditions` by its type. The time of transition changes only when the
/// status does, so that an unchanged condition compares equal and nothing is written.
pub fn set(conditions: &mut Vec<Condition>, mut condition: Condition) {
    match conditions.iter_mut().find(|known| known.type_ == condition.type_) {
        Some(known) => {
            if known.status == condition.status {
                condition.last_transition_time = known.last_transition_time.clone();
            }
            *known = condition;
        }
        None => conditions.push(condition),
    }
}

/// A condition; `status` is `True`, `False` or `Unknown`.
#[must_use]
pub fn condition(
    type_: &str,
    status: &str,
    reason: &str,
    message: &str,
    generation: Option<i64>,
    now: Time,
) -> Condition {
    Condition {
        type_: type_.to_owned(),
        status: status.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        observed_generation: generation,
        last_transition_time: now,
    }
}

/// Whether `conditions` hold `type_` with this `reason`.
#[must_use]
pub fn has_reason(conditions: &[Condition], type_: &str, reason: &str) -> bool {
    conditions.iter().any(|condition| condition.type_ == type_ && condition.reason == reason)
}

/// Whether `conditions` hold `type_` with status `True`.
#[must_use]
pub fn is_true(conditions: &[Condition], type_: &str) -> bool {
    conditions.iter().any(|condition| condition.type_ == type_ && condition.status == "True")
}
