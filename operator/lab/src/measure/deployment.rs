//! What is different about a Deployment after a fault: anything left is named. Pure.

use k8s_openapi::api::apps::v1::Deployment;
use serde_json::{Map, Value, json};

use crate::schema::{line, place};

/// The annotation with which `kubectl rollout restart` marks a restart; a service cannot see it.
pub const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
/// Most differences that are listed.
const MAX_LINES: usize = 20;

/// How `after` differs from `before`, apart from the mark of a restart: one line each.
#[must_use]
pub fn differences(before: &Deployment, after: &Deployment) -> Vec<String> {
    let mut lines = Vec::new();
    if before.metadata.uid != after.metadata.uid {
        lines.push("the Deployment was made anew".to_owned());
    }
    differ(&spec(before), &spec(after), &mut "spec".to_owned(), &mut lines);
    let ready =
        |deployment: &Deployment| deployment.status.as_ref().and_then(|status| status.ready_replicas).unwrap_or(0);
    if ready(after) < ready(before) {
        lines.push(format!("status.readyReplicas: {} before, {} after", ready(before), ready(after)));
    }
    lines.truncate(MAX_LINES);
    lines
}

/// The spec as JSON, without the mark of a restart.
fn spec(deployment: &Deployment) -> Value {
    let mut spec = json!(deployment.spec);
    if let Some(metadata) = spec.pointer_mut("/template/metadata").and_then(Value::as_object_mut)
        && let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut)
    {
        annotations.remove(RESTARTED_AT);
        // No annotations and an empty map of them are the same.
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
    spec
}

fn differ(before: &Value, after: &Value, path: &mut String, lines: &mut Vec<String>) {
    let empty = Map::new();
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
            for name in names {
                let length = path.len();
                path.push('.');
                path.push_str(name);
                let missing = Value::Object(empty.clone());
                differ(before.get(name).unwrap_or(&missing), after.get(name).unwrap_or(&missing), path, lines);
                path.truncate(length);
            }
        }
        _ if before == after => {}
        _ => lines.push(line(&format!("{}: differs", place(path)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(annotations: &Value, replicas: i32, ready: i32) -> Deployment {
        serde_json::from_value(json!({
            "metadata": {"uid": "u"},
            "spec": {"replicas": replicas, "selector": {}, "template": {"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "c", "image": "i"}]}}},
            "status": {"readyReplicas": ready}
        }))
        .unwrap()
    }

    #[test]
    fn the_mark_of_a_restart_is_no_residue_and_everything_else_is() {
        let before = deployment(&json!(null), 2, 2);
        let mark = json!({RESTARTED_AT: "now"});
        assert_eq!(differences(&before, &deployment(&mark, 2, 2)), Vec::<String>::new());
        assert_eq!(differences(&before, &deployment(&mark, 2, 3)), Vec::<String>::new());
        assert_eq!(
            differences(&before, &deployment(&json!({"chaos": "1"}), 3, 1)),
            [
                "spec.replicas: differs",
                "spec.template.metadata.annotations.chaos: differs",
                "status.readyReplicas: 2 before, 1 after"
            ]
        );
        let mut other = before.clone();
        other.metadata.uid = Some("v".to_owned());
        assert_eq!(differences(&before, &other), ["the Deployment was made anew"]);
    }
}
