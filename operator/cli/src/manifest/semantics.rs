//! What neither schema nor CEL can say about a `StateService`: names that refer to other names,
//! checks that could not fail, lengths of time that are zero, text that nobody has written yet.

mod checks;
mod lengths;
mod names;
mod placeholders;

use super::{Diagnostic, Node, Severity};

/// All concerns about a `StateService`.
pub fn concerns(document: &Node) -> Vec<Diagnostic> {
    let mut concerns = Concerns(Vec::new());
    if let Some(spec) = document.get("spec") {
        names::look(spec, &mut concerns);
        lengths::look(spec, &mut concerns);
        checks::look(spec, &mut concerns);
        placeholders::look(spec, "spec", &mut concerns);
    }
    concerns.0
}

/// Collects what the files in this folder find.
struct Concerns(Vec<Diagnostic>);

impl Concerns {
    /// `node`, at `path`, is refused.
    fn refuse(&mut self, node: &Node, path: impl Into<String>, message: impl Into<String>) {
        self.push(node, Severity::Error, path.into(), message.into());
    }

    /// A person should look at `node`, at `path`.
    fn warn(&mut self, node: &Node, path: impl Into<String>, message: impl Into<String>) {
        self.push(node, Severity::Warning, path.into(), message.into());
    }

    fn push(&mut self, node: &Node, severity: Severity, path: String, message: String) {
        self.0.push(Diagnostic { place: node.place, severity, path, message });
    }
}

/// The entries of the list `key`, each with its path under `parent`.
fn list<'a>(node: &'a Node, parent: &str, key: &str) -> Vec<(&'a Node, String)> {
    let items = node.get(key).map(Node::items).unwrap_or_default();
    items.iter().enumerate().map(|(index, item)| (item, format!("{parent}.{key}[{index}]"))).collect()
}
