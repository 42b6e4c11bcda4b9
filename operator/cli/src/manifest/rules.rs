//! The CEL rules of a kind, evaluated on this machine with the API server's defaults: the same rules
//! as at admission, so that lint never promises what `kubectl apply` then refuses.

use kube::core::cel::{ErrorKind, ValidationError, Validator};
use serde_json::Value;

use super::{
    Diagnostic, Node, Segment, Severity,
    place::{path_of, path_text},
    schema::Definition,
};

/// Every rule that `value` breaks. Where the schema already refused something (`sound` is false), a
/// rule that could not be evaluated says nothing new and is left out; otherwise it is an error.
pub fn broken(definition: &Definition, document: &Node, value: &Value, sound: bool) -> Vec<Diagnostic> {
    let errors = match Validator::new().validate(definition.structural(), value, None) {
        Ok(()) => return Vec::new(),
        Err(errors) => errors.into_vec(),
    };
    errors
        .into_iter()
        .filter(|error| error.kind == ErrorKind::ValidationFailure || sound)
        .map(|error| diagnostic(document, &error))
        .collect()
}

fn diagnostic(document: &Node, error: &ValidationError) -> Diagnostic {
    let (path, message) = best_path(error);
    Diagnostic {
        place: document.locate(&path),
        severity: Severity::Error,
        path: path_text(&path),
        message: message.to_owned(),
    }
}

/// Messages of our rules begin with the field they mean, which is often deeper than the object on
/// which the rule stands; the rule's own path knows the index. The longer of the two says more.
fn best_path(error: &ValidationError) -> (Vec<Segment>, &str) {
    let own = path_of(&error.field_path);
    let Some((named, rest)) = error.message.split_once(": ") else { return (own, &error.message) };
    if !named.starts_with("spec") && !named.starts_with("metadata") {
        return (own, &error.message);
    }
    let named = path_of(named);
    let fields = |path: &[Segment]| path.iter().filter(|segment| matches!(segment, Segment::Key(_))).count();
    if fields(&named) > fields(&own) { (named, rest) } else { (own, rest) }
}
