//! Names that must be unique, and names that refer to others. It must not look at checks: their
//! variables are a matter of order, and stand in their own file.

use std::collections::HashMap;

use super::{Concerns, Node, list};

/// Looks at the names in a `spec`.
pub fn look(spec: &Node, concerns: &mut Concerns) {
    let components = unique(list(spec, "spec", "components"), concerns);
    for (component, path) in list(spec, "spec", "components") {
        unique(list(component, &path, "env"), concerns);
        for (callee, path) in list(component, &path, "calls") {
            refers(callee, &path, &components, "no component has this name", concerns);
        }
    }
    unique(list(spec, "spec", "checks"), concerns);
    let Some(decision) = spec.get("decision") else { return };
    let powers = unique(list(decision, "spec.decision", "powers"), concerns);
    for (datum, path) in list(spec, "spec", "personalData") {
        if let Some(power) = datum.get("power") {
            let missing =
                "item 60: spec.decision.powers has no power of this name; every datum needs a power that needs it";
            refers(power, &format!("{path}.power"), &powers, missing, concerns);
        }
    }
}

/// The names of `entries` with the line of each; a repeated one is refused.
fn unique<'a>(entries: Vec<(&'a Node, String)>, concerns: &mut Concerns) -> HashMap<&'a str, u64> {
    let mut names = HashMap::new();
    for (entry, path) in entries {
        let Some(name) = entry.get("name") else { continue };
        let Some(text) = name.text() else { continue };
        if let Some(line) = names.get(text) {
            concerns.refuse(
                name,
                format!("{path}.name"),
                format!("`{text}` is already the name of the one on line {line}"),
            );
        } else {
            names.insert(text, name.place.line);
        }
    }
    names
}

/// Refuses `reference` where it names none of `names`.
fn refers(reference: &Node, path: &str, names: &HashMap<&str, u64>, missing: &str, concerns: &mut Concerns) {
    let Some(text) = reference.text() else { return };
    if !names.contains_key(text) {
        let mut known: Vec<_> = names.keys().copied().collect();
        known.sort_unstable();
        let known = if known.is_empty() { "there are none".to_owned() } else { format!("known: {}", known.join(", ")) };
        concerns.refuse(reference, path, format!("`{text}`: {missing} ({known})"));
    }
}
