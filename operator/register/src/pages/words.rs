//! The words of the pages themselves in the register's three languages: one file a language. A word
//! that a language lacks does not compile.

mod en;
mod ky;
mod ru;

use factory_assurance::{
    object::{Basis, ObjectKind},
    report::{Language, Terms},
    wire::Withdrawal,
};
use factory_crds::state_service::{instructions::DataOperation, register_data::OwnerRole};

/// The words of the pages in `language`.
#[must_use]
pub const fn of(language: Language) -> &'static Words {
    language.of([&ky::WORDS, &ru::WORDS, &en::WORDS])
}

/// Every word that the pages use; `terms` are those that stand in a report too.
#[allow(missing_docs, reason = "a word's name and its English text say what it is")]
#[derive(Debug)]
pub struct Words {
    pub terms: &'static Terms,
    pub site: &'static str,
    pub skip: &'static str,
    pub language: &'static str,
    pub index_title: &'static str,
    pub index_intro: &'static str,
    pub search: &'static str,
    pub search_label: &'static str,
    pub none_found: &'static str,
    pub older: &'static str,
    pub owner: &'static str,
    pub class: &'static str,
    pub registered: &'static str,
    pub withdrawn: &'static str,
    pub excluded: &'static str,
    pub as_json: &'static str,
    pub as_table: &'static str,
    pub as_linked: &'static str,
    pub changes: &'static str,
    pub was_entered: &'static str,
    pub was_withdrawn: &'static str,
    pub was_excluded: &'static str,
    pub back: &'static str,
    pub item: &'static str,
    pub about: &'static str,
    pub other_languages: &'static str,
    pub host: &'static str,
    pub decision: &'static str,
    pub reported_by: &'static str,
    pub confirmed_by: &'static str,
    pub confirmed_at: &'static str,
    pub groups: &'static str,
    pub group_titles: [&'static str; 9],
    pub registration_number: &'static str,
    pub role: &'static str,
    pub roles: [&'static str; 3],
    pub committed: &'static str,
    pub downtime: &'static str,
    pub recovery_time: &'static str,
    pub simultaneous_users: &'static str,
    pub data_formats: &'static str,
    pub interfaces: &'static str,
    pub verdict: &'static str,
    pub verdict_intro: &'static str,
    pub untested: &'static str,
    pub untested_intro: &'static str,
    pub evidence: &'static str,
    pub submitted_by: &'static str,
    pub object_digest: &'static str,
    pub ask_for_access: &'static str,
    pub submit_object: &'static str,
    pub object_kinds: [&'static str; 4],
    pub bases: [&'static str; 3],
    pub figures: &'static str,
    pub whole_run: &'static str,
    pub no_limit: &'static str,
    pub figure_names: [&'static str; 34],
    pub instructions: &'static str,
    pub published: &'static str,
    pub rights: &'static str,
    pub duties: &'static str,
    pub procedures: &'static str,
    pub data: &'static str,
    pub operations: &'static str,
    pub operation_names: [&'static str; 5],
    pub changed_records: &'static str,
    pub proactive: &'static str,
    pub dossier: &'static str,
    pub dossier_intro: &'static str,
    pub digest: &'static str,
    pub bundle: &'static str,
    pub verify: &'static str,
    pub log: &'static str,
    pub log_intro: &'static str,
    pub proof: &'static str,
    pub history: &'static str,
    pub not_found: &'static str,
    pub not_found_intro: &'static str,
    pub statistics: &'static str,
    pub delegations: &'static str,
    pub participants: &'static str,
    pub suppliers: &'static str,
    pub glossary: &'static str,
    pub unavailable: &'static str,
    pub unavailable_intro: &'static str,
}

impl Words {
    /// Of the day on which an entry ended: by its owner, or by the regulator.
    #[must_use]
    pub const fn ended(&self, withdrawal: &Withdrawal) -> &'static str {
        if withdrawal.item.is_some() { self.excluded } else { self.withdrawn }
    }

    /// What an object is (7).
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they have by reference")]
    pub const fn object_kind(&self, kind: &ObjectKind) -> &'static str {
        let [resource, service, system, application] = self.object_kinds;
        match kind {
            ObjectKind::Resource => resource,
            ObjectKind::Service => service,
            ObjectKind::System => system,
            ObjectKind::Application => application,
        }
    }

    /// Why an object needed no test.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass what they have by reference")]
    pub const fn basis(&self, basis: &Basis) -> &'static str {
        let [no_state_service, trust, basic] = self.bases;
        match basis {
            Basis::NoStateService => no_state_service,
            Basis::TrustService => trust,
            Basis::BasicService => basic,
        }
    }

    /// The part of a participant.
    #[must_use]
    pub const fn role(&self, role: OwnerRole) -> &'static str {
        let [owner, processor, supplier] = self.roles;
        match role {
            OwnerRole::Owner => owner,
            OwnerRole::Processor => processor,
            OwnerRole::Supplier => supplier,
        }
    }

    /// A kind of processing (65.2).
    #[must_use]
    pub const fn operation(&self, operation: DataOperation) -> &'static str {
        let [creation, updating, refining, change, search] = self.operation_names;
        match operation {
            DataOperation::Creation => creation,
            DataOperation::Updating => updating,
            DataOperation::Refining => refining,
            DataOperation::Change => change,
            DataOperation::Search => search,
        }
    }
}
