//! Lengths of time that may not be zero: the schema knows how they are written, not how long they
//! are.

use factory_crds::Span;

use super::{Concerns, Node, list};

/// Looks at the lengths of time in a `spec`.
pub fn look(spec: &Node, concerns: &mut Concerns) {
    if let Some(availability) = spec.get("register").and_then(|register| register.get("availability")) {
        for field in ["maxDowntimePerYear", "recoveryTime"] {
            let why = "item 17.8: a zero cannot be kept, so nothing could pass";
            positive(availability, "spec.register.availability", field, why, concerns);
        }
    }
    if let Some(source) = spec.get("source") {
        positive(source, "spec.source", "poll", "the branch would be looked at without a pause", concerns);
    }
    for (dependency, path) in list(spec, "spec", "dependsOn") {
        positive(
            dependency,
            &path,
            "maxDowntimePerYear",
            "item 51: no service can be agreed to never be down",
            concerns,
        );
    }
}

/// Refuses a zero in `parent`'s `field`. An empty text is left to the rules that ask for the field.
fn positive(parent: &Node, path: &str, field: &str, why: &str, concerns: &mut Concerns) {
    let Some(node) = parent.get(field) else { return };
    let Some(text) = node.text().filter(|text| !text.is_empty()) else { return };
    if text.parse::<Span>().is_ok_and(|span| span.millis() == 0) {
        concerns.refuse(node, format!("{path}.{field}"), format!("`{text}` is zero; {why}"));
    }
}
