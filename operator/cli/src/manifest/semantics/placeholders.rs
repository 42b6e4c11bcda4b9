//! Text that `init` left for a person to write: `<who may use the service>`. It passes the schema,
//! so only a warning keeps it from reaching the regulator unseen.

use super::{Concerns, Node};

/// Warns of every text that is still as `init` wrote it.
pub fn look(node: &Node, path: &str, concerns: &mut Concerns) {
    if let Some(text) = node.text() {
        // A slash would be the end of an element: HTML that a service answers is no placeholder.
        if text.starts_with('<') && text.ends_with('>') && !text.contains('/') {
            concerns.warn(node, path, format!("`{text}` is still to be written"));
        } else if text.contains("example.gov.kg") {
            concerns.warn(node, path, format!("`{text}` is still the example's address"));
        }
    }
    for (index, item) in node.items().iter().enumerate() {
        look(item, &format!("{path}[{index}]"), concerns);
    }
    for entry in node.entries() {
        look(&entry.value, &format!("{path}.{}", entry.key), concerns);
    }
}
