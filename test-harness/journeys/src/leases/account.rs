//! What came of the kills: how many there were, in which faults, and what they left.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use super::dice::Who;

/// What came of one round or several.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// How many processes were killed, by what they do.
    pub killed: BTreeMap<&'static str, usize>,
    /// Faults that lasted when an eye looked: an eye that sees none would see nothing left either.
    pub seen: BTreeSet<String>,
    /// Faults that were ordered.
    pub faults: usize,
    /// Effects that an eye saw one second after the end of a lease or later, a line each.
    pub effects: Vec<String>,
    /// What was there fifteen seconds after the end of a lease, a line each.
    pub objects: Vec<String>,
    /// The longest time from the end of a lease until nothing was there.
    pub slowest: Duration,
}

impl Account {
    /// All kills.
    #[must_use]
    pub fn kills(&self) -> usize {
        self.killed.values().sum()
    }

    /// `count` processes were killed.
    pub fn kill(&mut self, who: Who, count: usize) {
        let what = match who {
            Who::Server(_) => "who strikes on a node",
            Who::Guard(_) => "the lab's pod on a node",
            Who::Prove => "the lab that leads the run",
            Who::Operator => "the operator",
        };
        *self.killed.entry(what).or_default() += count;
    }

    /// Takes over what came of another round.
    pub fn add(&mut self, other: Self) {
        let Self { killed, seen, faults, effects, objects, slowest } = other;
        for (who, count) in killed {
            *self.killed.entry(who).or_default() += count;
        }
        self.seen.extend(seen);
        self.faults += faults;
        self.effects.extend(effects);
        self.objects.extend(objects);
        self.slowest = self.slowest.max(slowest);
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} kills in {} faults: {:?}", self.kills(), self.faults, self.killed)?;
        writeln!(f, "seen while they lasted: {:?}", self.seen)?;
        writeln!(f, "clean at the latest {} ms after the end of a lease", self.slowest.as_millis())?;
        writeln!(f, "effects left: {:?}", self.effects)?;
        write!(f, "objects left: {:?}", self.objects)
    }
}
