//! What a benchmark says: a list of figures, for `target/bench/*.json` and as a table.

use std::fmt;

use serde::Serialize;

/// One figure beside what it is compared with.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// How much; nothing where it could not be measured.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: String,
    /// What it is compared with.
    pub peer: String,
    /// How much that is.
    pub peer_value: Option<f64>,
    /// Value over peer's value.
    pub ratio: Option<f64>,
    /// What the ratio should be, in words; nothing where there is no goal.
    pub goal: Option<String>,
    /// Whether it is.
    pub holds: Option<bool>,
}

#[allow(clippy::cast_precision_loss)] // figures for people
impl Figure {
    /// A value that should be within `goal`, a part, of the asked one.
    #[must_use]
    pub fn near(name: &str, value: Option<f64>, unit: &str, asked: u64, goal: f64) -> Self {
        let ratio = value.map(|value| value / asked as f64);
        Self {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            peer: "asked".to_owned(),
            peer_value: Some(asked as f64),
            ratio,
            goal: Some(format!("within {} %", goal * 100.0)),
            holds: Some(ratio.is_some_and(|ratio| (ratio - 1.0).abs() <= goal)),
        }
    }

    /// A count out of `all` that should be nothing.
    #[must_use]
    pub fn none(name: &str, count: usize, all: usize) -> Self {
        Self { goal: Some("none".to_owned()), holds: Some(count == 0), ..Self::plain(name, count, all) }
    }

    /// A value that should be at most `most`.
    #[must_use]
    pub fn at_most(name: &str, value: Option<f64>, unit: &str, most: f64) -> Self {
        Self {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            peer: "at most".to_owned(),
            peer_value: Some(most),
            ratio: value.map(|value| value / most),
            goal: Some(format!("at most {most} {unit}")),
            holds: Some(value.is_some_and(|value| value <= most)),
        }
    }

    /// A count out of `all`.
    #[must_use]
    pub fn plain(name: &str, count: usize, all: usize) -> Self {
        Self {
            name: name.to_owned(),
            value: Some(count as f64),
            unit: "of".to_owned(),
            peer: "tries".to_owned(),
            peer_value: Some(all as f64),
            ratio: Some(count as f64 / all.max(1) as f64),
            goal: None,
            holds: None,
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
        let goal = match (&self.goal, self.holds) {
            (Some(goal), Some(holds)) => format!("goal {goal}: {}", if holds { "holds" } else { "MISSED" }),
            _ => String::new(),
        };
        let ratio = self.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.3}"));
        let (value, peer) = (number(self.value), number(self.peer_value));
        write!(to, "  {:<42} {value:>10} {:<5} {:>6} {peer:>10}  {ratio:>6}  {goal}", self.name, self.unit, self.peer)
    }
}
