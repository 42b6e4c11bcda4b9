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
    let address = Some(entry.host.as_str()).filter(|host| *host != "none");
    let address = address.and_then(|host| web(host).or_else(|| web(&format!("https://{host}"))));
    let mut object = node(
        &format!("{page}#object"),
        kind(untested.kind, address.is_some()),
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
    if let Some(address) = address {
        if untested.kind == ObjectKind::Service {
            object["dcat:endpointURL"] = json!({ "@id": address });
        }
        object["foaf:page"] = json!({ "@id": address, "@type": "foaf:Document" });
    }
    if let Some(withdrawn) = &entry.withdrawn {
        object["modified"] = withdrawn.at.as_str().into();
    }
    object
}

/// A service that nobody can reach by an address is no service of data.
const fn kind(kind: ObjectKind, has_address: bool) -> &'static str {
    match kind {
        ObjectKind::Resource => "dcat:Dataset",
        ObjectKind::Service if has_address => "dcat:DataService",
        ObjectKind::Service | ObjectKind::System | ObjectKind::Application => "dcat:Resource",
    }
}
