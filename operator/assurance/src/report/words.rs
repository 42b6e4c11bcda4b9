//! The words of the report in the register's three languages: one file a language. A word that a
//! language lacks does not compile. Findings are sentences of the verdict and stay as they are.

mod en;
mod ky;
mod ru;
mod terms;

use factory_crds::{Outcome, resilience_standard::FaultKind};

use super::language::Language;
use crate::evidence::Class;
pub use terms::Terms;
use terms::rank;

impl Language {
    /// The words that every page has in it.
    #[must_use]
    pub const fn terms(self) -> &'static Terms {
        self.words().terms
    }

    /// What an outcome means, in one sentence.
    #[must_use]
    pub const fn outcome_means(self, outcome: Outcome) -> &'static str {
        self.words().outcome_means(outcome)
    }

    /// The words of the report in it.
    pub(super) const fn words(self) -> &'static Words {
        self.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
    }
}

/// Every word of the report. Lists stand in the order of the type that they speak of.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
pub struct Words {
    pub terms: &'static Terms,
    pub title: &'static str,
    pub outcome_means: [&'static str; 3],
    pub signature_holds: &'static str,
    pub signature_not_checked: &'static str,
    pub verdict_differs: &'static str,
    pub dossier_says: &'static str,
    pub evidence_gives: &'static str,
    pub contradiction: &'static str,
    pub findings: &'static str,
    pub no_findings: &'static str,
    pub tested: &'static str,
    pub bundle: &'static str,
    pub version: &'static str,
    pub began: &'static str,
    pub twin: &'static str,
    /// Refused, passed, and not known.
    pub twin_states: [&'static str; 3],
    pub load: &'static str,
    pub per_minute: &'static str,
    pub waiting_users: &'static str,
    pub run: &'static str,
    pub run_about: &'static str,
    pub nothing_measured: &'static str,
    pub plot_title: &'static str,
    pub plot_about: &'static str,
    pub axis_latency: &'static str,
    pub axis_failed: &'static str,
    pub axis_time: &'static str,
    pub pods: &'static str,
    pub warm_up: &'static str,
    pub steady: &'static str,
    pub soak: &'static str,
    pub fault_window: &'static str,
    pub lease: &'static str,
    pub limit_p99: &'static str,
    pub pod_gone: &'static str,
    pub all_ready_again: &'static str,
    pub as_table: &'static str,
    pub seconds_caption: &'static str,
    pub step: &'static str,
    pub seconds_short: &'static str,
    pub phases_caption: &'static str,
    pub from: &'static str,
    pub requests: &'static str,
    pub failed: &'static str,
    pub faults: &'static str,
    pub no_faults: &'static str,
    pub fault_names: [&'static str; FaultKind::ALL.len()],
    pub fault_means: [&'static str; FaultKind::ALL.len()],
    pub share: &'static str,
    pub share_one: &'static str,
    pub share_all: &'static str,
    pub peer: &'static str,
    pub names: &'static str,
    pub path: &'static str,
    pub status: &'static str,
    pub late: &'static str,
    pub direction: &'static str,
    /// In the order of [`factory_crds::resilience_standard::Direction`].
    pub directions: [&'static str; 3],
    pub share_in_turn: &'static str,
    pub share_of_node: &'static str,
    pub lease_asked: &'static str,
    pub strength: &'static str,
    pub injected: &'static str,
    pub not_injected: &'static str,
    pub ended: &'static str,
    pub tries: &'static str,
    pub declared: &'static str,
    pub pods_caption: &'static str,
    pub pod: &'static str,
    pub ready_before: &'static str,
    pub gone_at: &'static str,
    pub doses_caption: &'static str,
    pub class: &'static str,
    pub classes: [&'static str; 4],
    pub way: &'static str,
    pub asked: &'static str,
    pub before: &'static str,
    pub during: &'static str,
    pub errors: &'static str,
    pub residue: &'static str,
    pub budget: &'static str,
    pub budget_about: &'static str,
    pub budget_caption: &'static str,
    pub used: &'static str,
    pub over: &'static str,
    pub noticed: &'static str,
    pub noticed_about: &'static str,
    pub whole_run: &'static str,
    /// Name in the verdict, and in words.
    pub figures: [(&'static str, &'static str); 34],
    pub check: &'static str,
    pub check_about: &'static str,
    pub check_repeat: &'static str,
    pub dossier: &'static str,
    pub announcement: &'static str,
    pub nonce: &'static str,
    pub spec_hash: &'static str,
}

impl Words {
    /// What an outcome means.
    pub const fn outcome_means(&self, outcome: Outcome) -> &'static str {
        self.outcome_means[rank(outcome)]
    }

    /// The name of a fault.
    pub const fn fault(&self, kind: FaultKind) -> &'static str {
        self.fault_names[order(kind)]
    }

    /// What a fault does.
    pub const fn meaning(&self, kind: FaultKind) -> &'static str {
        self.fault_means[order(kind)]
    }

    /// A class of traffic.
    pub const fn class(&self, class: Class) -> &'static str {
        let [all, new, pooled, dns] = self.classes;
        match class {
            Class::All => all,
            Class::New => new,
            Class::Pooled => pooled,
            Class::Dns => dns,
        }
    }

    /// What the figure `name` of the verdict is called; nothing if it has no word.
    pub fn figure(&self, name: &str) -> &'static str {
        self.figures.iter().find(|(known, _)| *known == name).map_or("", |(_, word)| word)
    }
}

const fn order(kind: FaultKind) -> usize {
    match kind {
        FaultKind::PodKill => 0,
        FaultKind::RollingRestart => 1,
        FaultKind::ContainerKill => 2,
        FaultKind::Freeze => 3,
        FaultKind::Partition => 4,
        FaultKind::Delay => 5,
        FaultKind::Loss => 6,
        FaultKind::Bandwidth => 7,
        FaultKind::DnsOutage => 8,
        FaultKind::Reset => 9,
        FaultKind::MemoryPressure => 10,
        FaultKind::Jitter => 11,
        FaultKind::CpuStarvation => 12,
        FaultKind::DiskFull => 13,
        FaultKind::DescriptorExhaustion => 14,
        FaultKind::DnsFailure => 15,
        FaultKind::DnsWrongAddress => 16,
        FaultKind::DnsDelay => 17,
        FaultKind::HttpReset => 18,
        FaultKind::HttpDelay => 19,
        FaultKind::HttpStatus => 20,
        FaultKind::HttpCut => 21,
        FaultKind::Duplicate => 22,
        FaultKind::Corrupt => 23,
        FaultKind::Reorder => 24,
        FaultKind::ControlPlaneOutage => 25,
        FaultKind::Eviction => 26,
        FaultKind::SecretRotation => 27,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_names_the_same_figures_and_each_fault_in_its_own_way() {
        for language in Language::ALL {
            let words = language.words();
            assert_eq!(words.figures.map(|(name, _)| name), en::WORDS.figures.map(|(name, _)| name));
            for (index, name) in words.fault_names.iter().enumerate() {
                assert!(!words.fault_names[..index].contains(name) && !name.is_empty(), "{name}");
            }
        }
    }
}
