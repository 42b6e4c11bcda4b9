//! Versions of the rules. There is one set of rules, and where two versions differ, the rule asks
//! which one it is. Rules of an old version are kept for ever: a verdict never changes.

/// A version of the rules, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rules {
    /// Faults that are done through the API, judged by what failed and by recovery.
    V1,
    /// Also faults on the node, with what each pod felt of them, and latency while they last.
    V2,
}

impl Rules {
    /// All versions, oldest first.
    pub const ALL: [Self; 2] = [Self::V1, Self::V2];

    /// As a result names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "factory.gov.kg/verdict/v1",
            Self::V2 => "factory.gov.kg/verdict/v2",
        }
    }

    /// The version of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rules| rules.name() == name)
    }
}
