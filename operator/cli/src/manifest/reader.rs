//! From text to a tree, by the YAML parser. Input is bounded here: size, depth, number of nodes,
//! repetition by aliases. It must not know what a document means.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, Options, Spanned};

use super::{
    Diagnostic, Place, Severity,
    document::{Entry, Kind, Node},
};

/// Largest text that is read: no manifest is near it, and the API server takes no larger one.
pub const MAX_BYTES: u64 = 1024 * 1024;

/// A text that is no YAML within our bounds.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Longer than [`MAX_BYTES`].
    #[error("the file has {0} bytes; a manifest has at most {MAX_BYTES}")]
    TooLong(usize),
    /// Indented with a tab, there.
    #[error("a tab in the indent; YAML is indented with spaces")]
    Tab(Place),
    /// The parser's error.
    #[error("{}", .0.without_snippet())]
    Yaml(#[from] Box<serde_saphyr::Error>),
}

impl Unreadable {
    /// As a line with its place.
    pub fn diagnostic(&self) -> Diagnostic {
        let (place, message) = match self {
            Self::TooLong(_) => (Place { line: 1, column: 1 }, self.to_string()),
            Self::Tab(place) => (*place, self.to_string()),
            Self::Yaml(error) => {
                let place = error.location().map_or(Place { line: 1, column: 1 }, Place::from);
                let whole = error.without_snippet().to_string();
                // The parser repeats the place at the end of its message; ours stands in front.
                let message = whole.split(" at line ").next().unwrap_or_default().replace('\n', " ");
                (place, message)
            }
        };
        Diagnostic { place, severity: Severity::Error, path: String::new(), message }
    }

    /// With an excerpt of the text.
    pub fn report(&self, text: &str, file: &str) -> Option<miette::Report> {
        match self {
            Self::TooLong(_) | Self::Tab(_) => None,
            Self::Yaml(error) => Some(serde_saphyr::miette::to_miette_report(error, text, file)),
        }
    }
}

/// The documents of `text`, empty ones left out.
pub fn read(text: &str) -> Result<Vec<Node>, Unreadable> {
    if text.len() as u64 > MAX_BYTES {
        return Err(Unreadable::TooLong(text.len()));
    }
    serde_saphyr::from_multiple_with_options(text, options()).map_err(|error| {
        let near = error.location().map_or(Place { line: 1, column: 1 }, Place::from);
        // The parser stumbles over a tab where it stands or a line before.
        tab(text, near).map_or_else(|| Unreadable::Yaml(Box::new(error)), Unreadable::Tab)
    })
}

/// The first tab in an indent on the line of `near` or on the one after it.
fn tab(text: &str, near: Place) -> Option<Place> {
    (1..).zip(text.lines()).skip_while(|(line, _)| *line < near.line).take(2).find_map(|(line, words)| {
        let indent = words.len() - words.trim_start_matches(' ').len();
        let column = u64::try_from(indent).ok()? + 1;
        words[indent..].starts_with('\t').then_some(Place { line, column })
    })
}

/// Bounds that no honest manifest comes near. Repeated keys are passed on, so that each is reported.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: 48,
            max_nodes: 50_000,
            max_documents: 50,
            max_anchors: 200,
            max_aliases: 500,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
            max_replay_stack_depth: 8,
        },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        Ok(Self { place: spanned.referenced.into(), kind: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        Kind::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Kind::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut mapping: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = mapping.next_key::<Spanned<String>>()? {
            let value = mapping.next_value()?;
            entries.push(Entry { key: key.value, place: key.referenced.into(), value });
        }
        Ok(Kind::Mapping(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_bomb_is_refused_at_once() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
            bomb = format!("{bomb}a{level}: &a{level} [{aliases}]\n");
        }
        let began = std::time::Instant::now();
        assert!(read(&bomb).is_err());
        assert!(began.elapsed().as_secs() < 2);
    }

    #[test]
    fn depth_and_size_are_bounded() {
        assert!(read(&"[".repeat(5000)).is_err());
        assert!(read("a: \n").is_ok());
        let deep: String = (0..100).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        assert!(read(&deep).is_err());
        let long = "x".repeat(usize::try_from(MAX_BYTES).unwrap() + 1);
        assert!(matches!(read(&long), Err(Unreadable::TooLong(_))));
        assert!(read(&"---\na: 1\n".repeat(60)).is_err());
    }
}
