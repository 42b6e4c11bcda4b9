//! A manifest as a person wrote it, before it is applied: read with the place of every value, held
//! against the schema, the CEL rules and what neither can say. The first gate on the road, and
//! offline: nothing here may ask a cluster, and nothing may end at the first error found.

mod document;
mod phrase;
mod place;
mod reader;
mod rules;
mod schema;
mod semantics;

use std::fmt;

use serde::Serialize;

pub use document::{Kind, Node};
pub use place::{Place, Segment};
pub use reader::{MAX_BYTES, read};
pub use schema::describe;

/// Something in a manifest that is wrong, or that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Diagnostic {
    /// Where it stands, from 1.
    #[serde(flatten)]
    pub place: Place,
    /// Whether it is refused.
    pub severity: Severity,
    /// Path of the field: `spec.components[0].port`; empty where it concerns the whole document.
    pub path: String,
    /// What is wrong, in one line.
    pub message: String,
}

/// Whether a diagnostic refuses the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The manifest is refused.
    Error,
    /// The manifest is accepted; a person should look.
    Warning,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}: {severity}: ", self.place)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// What a look at a text gave.
#[derive(Debug)]
pub struct Examined {
    /// Everything found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The parser's error with an excerpt of the text, where the text is no YAML at all.
    pub unreadable: Option<miette::Report>,
}

/// Examines `text`, which came from `file` (a name for messages).
pub fn examine(text: &str, file: &str) -> Examined {
    let documents = match reader::read(text) {
        Ok(documents) => documents,
        Err(unreadable) => {
            let diagnostic = unreadable.diagnostic();
            return Examined { diagnostics: vec![diagnostic], unreadable: unreadable.report(text, file) };
        }
    };
    let mut diagnostics = Vec::new();
    if documents.is_empty() {
        diagnostics.push(Diagnostic {
            place: Place { line: 1, column: 1 },
            severity: Severity::Error,
            path: String::new(),
            message: "the file has no document in it; `kubectl factory init` writes one".to_owned(),
        });
    }
    for document in &documents {
        diagnostics.extend(examine_document(document));
    }
    diagnostics.sort();
    diagnostics.dedup();
    Examined { diagnostics, unreadable: None }
}

/// What is said of a file whose `bytes` are no text.
pub fn not_text(bytes: &[u8]) -> Examined {
    let valid = std::str::from_utf8(bytes).err().map_or(0, |error| error.valid_up_to());
    let before = &bytes[..valid];
    let line = before.split(|byte| *byte == b'\n').count() as u64;
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() as u64 + 1;
    let message = "the file is no UTF-8 text from here on".to_owned();
    let diagnostic =
        Diagnostic { place: Place { line, column }, severity: Severity::Error, path: String::new(), message };
    Examined { diagnostics: vec![diagnostic], unreadable: None }
}

/// Examines one document: repeated keys, then the schema of its kind, then CEL, then what the
/// schema cannot say. Each looks at all of it, whatever the others found.
fn examine_document(document: &Node) -> Vec<Diagnostic> {
    let mut found = document::repeated_keys(document);
    let Some(definition) = schema::of(document, &mut found) else { return found };
    let value = document.value();
    let violations = schema::violations(&definition, document, &value);
    let sound = violations.is_empty();
    let broken = rules::broken(&definition, document, &value, sound);
    // A rule names the item of the regulation: it says more than the schema about the same field.
    found.extend(violations.into_iter().filter(|violation| !broken.iter().any(|rule| rule.path == violation.path)));
    found.extend(broken);
    if definition.kind() == "StateService" {
        found.extend(semantics::concerns(document));
        if sound {
            found.extend(schema::unparsable(document, &value));
        }
    }
    found
}
