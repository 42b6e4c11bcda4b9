//! One object that the factory did not build, as a resource of a catalogue (DCAT-AP 3).

use factory_assurance::object::ObjectKind;
use serde_json::{Value, json};

use super::{KYRGYZSTAN, context, in_each, in_some, node, service::status, web};
use crate::api::entries::{PublicEntry, Untested};

/// The entry as a document of linked data; names of things begin with `base`, or with where it was read.
#[must_use]
pub fn object(entry: &PublicEntry, untested: &Untested, base: Option<&str>) -> Value {
    let page = entry.page.as_str();
    let owner = &entry.register.owner;
    let explanation = &untested.explanation;
    let mut object = node(
        &format!("{page}#object"),
        kind(untested.kind),
        json!({
            "@context": context(base),
            "dct:identifier": format!("{}/{}", entry.participant, entry.service),
            "title": in_each(&entry.titles),
            "description": { "und": entry.register.results_of_use },
            "issued": entry.registered_at,
            "adms:status": status(entry),
            "dct:spatial": node(KYRGYZSTAN, "dct:Location", json!({})),
            "dct:publisher": node(&format!("{page}#owner"), "foaf:Agent", json!({
                "dct:identifier": owner.registration_number,
                "name": in_some(&owner.name),
            })),
            "dct:provenance": node(&format!("{page}#untested"), "dct:ProvenanceStatement", json!({
                "label": {
                    "ky": format!("Фабриканын сыноосу талап кылынган эмес ({}-пункттар): {explanation}", untested.items),
                    "ru": format!("Испытания фабрикой не требовались (пункты {}): {explanation}", untested.items),
                    "en": format!("No test by the factory was needed (items {}): {explanation}", untested.items),
                },
            })),
            "dcat:landingPage": { "@id": page, "@type": "foaf:Document" },
            "foaf:isPrimaryTopicOf": [
                { "@id": page, "@type": "foaf:Document" },
                { "@id": format!("/api/v1{page}"), "@type": "foaf:Document" },
            ],
        }),
    );
    if entry.host != "none"
        && let Some(address) = web(&entry.host).or_else(|| web(&format!("https://{}", entry.host)))
    {
        object["foaf:page"] = json!({ "@id": address, "@type": "foaf:Document" });
    }
    if let Some(withdrawn) = &entry.withdrawn {
        object["modified"] = withdrawn.at.as_str().into();
    }
    object
}

const fn kind(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Resource => "dcat:Dataset",
        ObjectKind::Service => "dcat:DataService",
        ObjectKind::System | ObjectKind::Application => "dcat:Resource",
    }
}
