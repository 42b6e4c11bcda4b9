//! A document as a tree in which every key and value knows its place. It must not know what a
//! document means, nor how it was read.

use serde_json::{Map, Value};

use super::{Diagnostic, Place, Segment, Severity, place::path_text};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A text, number, boolean or null.
    Scalar(Value),
    /// A list.
    Sequence(Vec<Node>),
    /// Fields in the order of the text; a key may be repeated.
    Mapping(Vec<Entry>),
}

/// A field.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its name.
    pub key: String,
    /// Where the name stands.
    pub place: Place,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The field `key`, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The field `key` with the place of its name.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The fields; none where this is no mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The entries of a list; none where this is no list.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text, if this is one.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Without places. Of a repeated key the first value counts.
    pub fn value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::Sequence(items) => Value::Array(items.iter().map(Self::value).collect()),
            Kind::Mapping(entries) => {
                let mut fields = Map::new();
                for entry in entries {
                    fields.entry(entry.key.clone()).or_insert_with(|| entry.value.value());
                }
                Value::Object(fields)
            }
        }
    }

    /// The place to point at for `path`: the value where it is a scalar, else its name; the nearest
    /// thing around it where the path is not in the text.
    pub fn locate(&self, path: &[Segment]) -> Place {
        let (node, name) = self.find(path);
        if matches!(&node.kind, Kind::Scalar(value) if !value.is_null()) { node.place } else { name }
    }

    /// The place of the name of `path`, or of the nearest thing around it.
    pub fn locate_name(&self, path: &[Segment]) -> Place {
        self.find(path).1
    }

    /// The value at `path`, or the nearest one around it, with the place of its name.
    fn find(&self, path: &[Segment]) -> (&Self, Place) {
        let (mut node, mut name) = (self, self.place);
        for segment in path {
            let next = match segment {
                Segment::Key(key) => node.entry(key).map(|entry| (&entry.value, entry.place)),
                Segment::Index(index) => node.items().get(*index).map(|item| (item, item.place)),
            };
            let Some(next) = next else { return (node, name) };
            (node, name) = next;
        }
        (node, name)
    }
}

/// Every key that stands twice in one mapping.
pub fn repeated_keys(document: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    repeated_in(document, &mut Vec::new(), &mut found);
    found
}

fn repeated_in(node: &Node, path: &mut Vec<Segment>, found: &mut Vec<Diagnostic>) {
    for (index, item) in node.items().iter().enumerate() {
        path.push(Segment::Index(index));
        repeated_in(item, path, found);
        path.pop();
    }
    for (index, entry) in node.entries().iter().enumerate() {
        path.push(Segment::Key(entry.key.clone()));
        if let Some(first) = node.entries()[..index].iter().find(|earlier| earlier.key == entry.key) {
            found.push(Diagnostic {
                place: entry.place,
                severity: Severity::Error,
                path: path_text(path),
                message: format!("stands twice; first on line {}", first.place.line),
            });
        }
        repeated_in(&entry.value, path, found);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{place::path_of, reader::read},
        *,
    };

    #[test]
    fn every_key_and_value_knows_its_place() {
        let document = &read("a: 1\nb:\n  - c: text\n    d: [x, y]\n").unwrap()[0];
        for (path, line, column) in
            [("a", 1, 4), ("b", 2, 1), ("b[0].c", 3, 8), ("b[0].d", 4, 5), ("b[0].d[1]", 4, 12), ("b[0].e", 3, 5)]
        {
            assert_eq!(document.locate(&path_of(path)), Place { line, column }, "{path}");
        }
    }

    #[test]
    fn repeated_keys_are_all_found() {
        let document = &read("a: 1\nb: {c: 1, c: 2}\na: 3\n").unwrap()[0];
        let paths: Vec<_> = repeated_keys(document).into_iter().map(|found| (found.path, found.place.line)).collect();
        assert_eq!(paths, [("b.c".to_owned(), 2), ("a".to_owned(), 3)]);
    }
}
