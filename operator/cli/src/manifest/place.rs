//! Where something stands in a manifest: line and column for editors, a path of fields for people.
//! It must not know what the fields mean.

use std::fmt::{self, Write as _};

use serde::Serialize;

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl From<serde_saphyr::Location> for Place {
    fn from(location: serde_saphyr::Location) -> Self {
        // The parser says 0:0 where it knows no place; editors count from 1.
        Self { line: location.line().max(1), column: location.column().max(1) }
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A field.
    Key(String),
    /// An entry of a list, from 0.
    Index(usize),
}

/// `spec.components[0].port`.
pub fn path_text(path: &[Segment]) -> String {
    let mut text = String::new();
    for segment in path {
        match segment {
            Segment::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(key);
            }
            Segment::Index(index) => {
                // Writing into a String cannot fail.
                let _ = write!(text, "[{index}]");
            }
        }
    }
    text
}

/// The steps of `spec.components[0].port`.
pub fn path_of(text: &str) -> Vec<Segment> {
    let mut path = Vec::new();
    for part in text.split('.').filter(|part| !part.is_empty()) {
        let (key, indices) = part.split_once('[').unwrap_or((part, ""));
        if !key.is_empty() {
            path.push(Segment::Key(key.to_owned()));
        }
        let indices = indices.split(['[', ']']).filter_map(|index| index.parse().ok());
        path.extend(indices.map(Segment::Index));
    }
    path
}

/// The steps of a JSON pointer (RFC 6901). A number is taken for an index: no field of ours is one.
pub fn path_of_pointer(pointer: &str) -> Vec<Segment> {
    let segment = |part: &str| {
        let key = part.replace("~1", "/").replace("~0", "~");
        part.parse().map_or(Segment::Key(key), Segment::Index)
    };
    pointer.split('/').skip(1).map(segment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_survives_being_written_and_read() {
        for text in ["", "spec", "spec.components[0].port", "spec.a[1][2].b"] {
            assert_eq!(path_text(&path_of(text)), text);
        }
    }

    #[test]
    fn a_pointer_is_the_same_path() {
        assert_eq!(path_text(&path_of_pointer("/spec/components/0/port")), "spec.components[0].port");
        assert_eq!(path_of_pointer("/a~1b"), vec![Segment::Key("a/b".to_owned())]);
    }
}
