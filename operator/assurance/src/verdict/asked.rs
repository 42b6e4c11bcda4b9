//! What was asked of one fault phase: which fault, how strong, how long, of whom; how a person says
//! that, and the limits that the standard has for it.

use factory_crds::resilience_standard::{Direction, EACH_PEER, FaultKind, FaultLimits, Share};

use crate::{
    plan::{PhaseRole, Strike},
    standard::Standard,
};

use super::{Rules, say};

/// A fault as the plan asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The rules by which it is judged.
    pub rules: Rules,
    /// Which fault.
    pub kind: FaultKind,
    /// How it is done, as the plan has it.
    pub strike: Option<Strike>,
}

/// The strictest limits of the standard for one fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest share of failed requests in its window.
    pub max_failed_ppm: u32,
    /// Largest 95th percentile of latency in its window.
    pub p95_ms: Option<u32>,
    /// Largest 99th percentile of latency in its window.
    pub p99_ms: Option<u32>,
}

impl Asked {
    /// What `role` asks for, and of which component; `None` if it is no fault.
    pub fn of(rules: Rules, role: &PhaseRole) -> Option<(Self, &str)> {
        match role {
            PhaseRole::Fault { kind, component, strike } => {
                Some((Self { rules, kind: *kind, strike: strike.clone() }, component))
            }
            PhaseRole::WarmUp {} | PhaseRole::Steady {} | PhaseRole::Soak { .. } | PhaseRole::Capacity { .. } => None,
        }
    }

    /// What the standard asks for with `limits`.
    pub fn by(rules: Rules, limits: &FaultLimits) -> Self {
        Self { rules, kind: limits.kind, strike: Strike::of(limits) }
    }

    /// The same, with traffic of `peer` alone.
    pub fn toward(self, peer: Option<&str>) -> Self {
        Self { strike: self.strike.map(|strike| strike.toward(peer)), ..self }
    }

    /// Whether it is the fault `other`, as a standard asks for it: that may mean each peer.
    pub fn belongs_to(&self, other: &Self) -> bool {
        let each = |asked: &Self| asked.strike.as_ref().is_some_and(|strike| strike.peer.as_deref() == Some(EACH_PEER));
        let named = self.strike.as_ref().and_then(|strike| strike.peer.as_deref());
        if each(other) && named.is_some() { self == &other.clone().toward(named) } else { self == other }
    }

    /// Whether it is a fault on the node, which has a dose; the first rules knew none.
    pub const fn on_node(&self) -> bool {
        !matches!(self.rules, Rules::V1) && self.kind.on_node()
    }

    /// Whether it gives pods other values of secrets; the first rules knew no such fault.
    pub const fn rotates(&self) -> bool {
        !matches!(self.rules, Rules::V1) && self.kind.rotates()
    }

    /// Whether it lasts, until its lease ends it.
    pub const fn lasts(&self) -> bool {
        self.on_node() && !matches!(self.kind, FaultKind::ContainerKill)
    }

    /// Whether it has a strength.
    pub const fn has_strength(&self) -> bool {
        !matches!(
            self.kind,
            FaultKind::PodKill
                | FaultKind::RollingRestart
                | FaultKind::Eviction
                | FaultKind::SecretRotation
                | FaultKind::ContainerKill
                | FaultKind::Freeze
                | FaultKind::Partition
                | FaultKind::DnsOutage
                | FaultKind::DnsFailure
                | FaultKind::DnsWrongAddress
                | FaultKind::ControlPlaneOutage
        )
    }

    /// Whether it can be told which way packets go that feel it.
    pub const fn has_direction(&self) -> bool {
        self.kind.on_network() && !matches!(self.kind, FaultKind::Bandwidth)
    }

    /// How long it lasts, in milliseconds.
    pub fn lease_ms(&self) -> u64 {
        self.strike.as_ref().filter(|_| self.lasts()).map_or(0, |strike| u64::from(strike.lease_seconds) * 1_000)
    }

    /// Whom it strikes.
    pub fn share(&self) -> Share {
        self.strike.as_ref().map_or(Share::One, |strike| strike.share)
    }

    /// How strong it is, if it is as strong as a standard can ask for.
    pub fn strength(&self) -> Option<u32> {
        let most = match self.kind {
            FaultKind::Loss | FaultKind::Reset => 1_000_000,
            kind if kind.on_http() || kind.on_share_of_packets() => 1_000_000,
            kind if kind.takes_percent() => 100,
            _ => u32::MAX,
        };
        let strength = u32::try_from(self.strike.as_ref()?.strength).ok()?;
        (strength > 0 && strength <= most).then_some(strength)
    }

    /// `delay of 200 ms for 4 s of all pods`; ``loss of 5 % of traffic with `registry` both ways for 3 s``; `pod-kill`.
    pub fn words(&self) -> String {
        let slug = self.kind.slug();
        let Some(strike) = self.strike.as_ref().filter(|_| self.on_node()) else { return slug.to_owned() };
        let amount = match self.kind {
            FaultKind::Delay | FaultKind::Jitter | FaultKind::DnsDelay => format!(" of {} ms", strike.strength),
            FaultKind::HttpDelay => {
                format!(" of {} ms of {}", strike.late_ms.unwrap_or(0), say::percent(strike.strength))
            }
            FaultKind::HttpStatus => {
                format!(" {} of {}", strike.status.unwrap_or(0), say::percent(strike.strength))
            }
            FaultKind::Loss
            | FaultKind::Reset
            | FaultKind::HttpReset
            | FaultKind::HttpCut
            | FaultKind::Duplicate
            | FaultKind::Corrupt
            | FaultKind::Reorder => format!(" of {}", say::percent(strike.strength)),
            FaultKind::Bandwidth => format!(" of {} kB/s", strike.strength),
            kind if kind.takes_percent() => format!(" of {} %", strike.strength),
            _ => String::new(),
        };
        let peer =
            strike.peer.as_ref().map_or_else(String::new, |peer| format!(" of traffic with {}", say::quote(peer)));
        let names: Vec<_> = strike.names.iter().map(|name| say::quote(name)).collect();
        let names = if names.is_empty() { String::new() } else { format!(" of answers for {}", names.join(", ")) };
        let path =
            strike.path.as_ref().map_or_else(String::new, |path| format!(" of requests under {}", say::quote(path)));
        let way = match strike.direction {
            None => "",
            Some(Direction::In) => " on the way in",
            Some(Direction::Out) => " on the way out",
            Some(Direction::Both) => " both ways",
        };
        let lease = if strike.lease_seconds > 0 { format!(" for {} s", strike.lease_seconds) } else { String::new() };
        let all = match strike.share {
            Share::One => "",
            Share::All => " of all pods",
            Share::Node => " of all pods on one node",
        };
        format!("{slug}{amount}{peer}{names}{path}{way}{lease}{all}")
    }

    /// After "when" and "after". Of one kind on the node there can be several, so it says which.
    pub fn phrase(&self) -> String {
        let phrase = self.kind.phrase();
        if self.on_node() { format!("{phrase} ({})", self.words()) } else { phrase.to_owned() }
    }

    /// Whether `limits` are limits for it: those of the same kind, done in the same way. The first
    /// rules knew a kind, a share of failures and a window; limits that say more mean more, and are
    /// none to them.
    pub fn is_limited_by(&self, limits: &FaultLimits) -> bool {
        match self.rules {
            Rules::V1 => {
                let plain = FaultLimits::once(self.kind, limits.max_failed_ppm, limits.window_seconds);
                !self.kind.on_node() && !self.kind.rotates() && self.strike.is_none() && *limits == plain
            }
            Rules::V2 | Rules::V3 => self.belongs_to(&Self::by(self.rules, limits)),
        }
    }

    /// The strictest limits of the standard for it.
    pub fn limits(&self, standard: &Standard) -> Option<Limits> {
        let strictest = |one: Option<u32>, other: Option<u32>| one.into_iter().chain(other).min();
        standard
            .faults
            .iter()
            .filter(|limits| self.is_limited_by(limits))
            .map(|limits| Limits {
                max_failed_ppm: limits.max_failed_ppm,
                p95_ms: limits.p95_ms,
                p99_ms: limits.p99_ms,
            })
            .reduce(|one, other| Limits {
                max_failed_ppm: one.max_failed_ppm.min(other.max_failed_ppm),
                p95_ms: strictest(one.p95_ms, other.p95_ms),
                p99_ms: strictest(one.p99_ms, other.p99_ms),
            })
    }
}
