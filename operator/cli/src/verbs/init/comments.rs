//! Comments for a manifest, taken from the schema's own descriptions: one source for `kubectl
//! explain`, for lint and for the first manifest that a team sees.

use std::collections::{BTreeMap, HashSet};

use crate::manifest::{self, Node, Segment};

/// Longest line of a comment, in characters.
const WIDTH: usize = 98;

/// `text` with a comment above each field; a description that stood once is not repeated.
pub fn explain(text: &str) -> String {
    let Ok(documents) = manifest::read(text) else { return text.to_owned() };
    let mut comments = BTreeMap::new();
    let mut said = HashSet::new();
    for document in &documents {
        collect(document, &mut Vec::new(), &mut said, &mut comments);
    }
    let mut explained = String::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(comment) = comments.get(&(index as u64 + 1)) {
            let indent = line.len() - line.trim_start().len();
            for part in wrap(comment, WIDTH.saturating_sub(indent + 2)) {
                explained.extend([" ".repeat(indent).as_str(), "# ", &part, "\n"]);
            }
        }
        explained.push_str(line);
        explained.push('\n');
    }
    explained
}

/// The comment for each line. Of a list only the first entry is explained.
fn collect(node: &Node, path: &mut Vec<Segment>, said: &mut HashSet<String>, comments: &mut BTreeMap<u64, String>) {
    for entry in node.entries() {
        path.push(Segment::Key(entry.key.clone()));
        if let Some(description) = manifest::describe(path)
            && said.insert(format!("{} {description}", entry.key))
        {
            // A line that begins with a list's first field has one comment: the field's.
            comments.entry(entry.place.line).or_insert(description);
        }
        collect(&entry.value, path, said, comments);
        path.pop();
    }
    if let Some(first) = node.items().first() {
        path.push(Segment::Index(0));
        collect(first, path, said, comments);
        path.pop();
    }
}

/// `text` in lines of at most `width` characters, where words allow.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_explained_once_in_place_and_nothing_else_changes() {
        let text = "spec:\n  class: basic\n  components:\n    - port: 1\n    - port: 2\n";
        let explained = explain(text);
        let lines: Vec<_> = explained.lines().collect();
        let port = lines.iter().position(|line| *line == "    - port: 1").unwrap();
        assert!(lines[port - 1].starts_with("    # Port"), "{explained}");
        assert_eq!(explained.matches("# Port").count(), 1);
        let without: String =
            lines.iter().filter(|line| !line.trim_start().starts_with('#')).map(|line| format!("{line}\n")).collect();
        assert_eq!(without, text);
    }
}
