//! Versions of the rules. There is one set of rules, and where two versions differ, the rule asks
//! which one it is. Rules of an old version are kept for ever: a verdict never changes.

/// A version of the rules, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rules {
    /// Faults that are done through the API, judged by what failed and by recovery.
    V1,
    /// Also faults on the node, with what each pod felt of them, and latency while they last.
    V2,
    /// Also each operation of the load by itself, the class and the load of the standard, and faults that are
    /// counted from their order, not from its acknowledgement.
    V3,
}

impl Rules {
    /// All versions, oldest first.
    pub const ALL: [Self; 3] = [Self::V1, Self::V2, Self::V3];

    /// As a result names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1 => "factory.gov.kg/verdict/v1",
            Self::V2 => "factory.gov.kg/verdict/v2",
            Self::V3 => "factory.gov.kg/verdict/v3",
        }
    }

    /// The version of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rules| rules.name() == name)
    }

    // All that v3 adds, in one place: nothing else asks whether it is v3.

    /// Whether each operation of the load must be asked and served, beside all together ([`super::operations`]).
    pub fn judges_operations(self) -> bool {
        self >= Self::V3
    }

    /// Whether the plan is held against the class and the load of the standard ([`super::plan`]).
    pub fn holds_the_load(self) -> bool {
        self >= Self::V3
    }

    /// Whether a fault begins with its order, which the evidence must then have, and not with its acknowledgement.
    pub fn begins_with_the_order(self) -> bool {
        self >= Self::V3
    }

    /// Whether recovery from a fault that replaces pods one after another is counted from each that went.
    pub fn recovers_pod_by_pod(self) -> bool {
        self >= Self::V3
    }
}
