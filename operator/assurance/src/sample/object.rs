//! An object that the factory did not build.

use factory_crds::Text;

use super::record;
use crate::object::{Basis, Evidence, Object, ObjectKind};

/// A table that others read, with commitments in place of contacts.
#[must_use]
pub fn object() -> Object {
    Object {
        participant: "social-registry".to_owned(),
        name: "archive".to_owned(),
        kind: ObjectKind::Resource,
        basis: Basis::NoStateService,
        explanation: "A table of <b>2019</b> that nobody changes.".to_owned(),
        titles: Text {
            ky: "Архив".to_owned(), ru: "Архив адресов".to_owned(), en: "Archive of addresses".to_owned()
        },
        host: "none".to_owned(),
        register: record::record().data,
        evidence: vec![Evidence {
            title: "Act of acceptance".to_owned(),
            url: "https://social-registry.gov.kg/acts/7.pdf".to_owned(),
            digest: format!("sha256:{}", "a".repeat(64)),
        }],
    }
}
