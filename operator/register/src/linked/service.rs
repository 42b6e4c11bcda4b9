//! One entry as a public service (CPSV-AP 3.2).

use factory_crds::Text;
use serde_json::{Value, json};

use super::{KYRGYZSTAN, context, in_each, in_some, node, object, web};
use crate::api::entries::PublicEntry;

/// The resolution that the register follows from.
fn resolution() -> Value {
    json!({
        "@type": "eli:LegalResource",
        "dct:identifier": "Resolution No. 145 of 4 March 2026",
        "title": {
            "ky": "Кыргыз Республикасынын 2026-жылдын 4-мартындагы № 145 токтому",
            "ru": "Постановление Кыргызской Республики от 4 марта 2026 года № 145",
            "en": "Resolution No. 145 of the Kyrgyz Republic of 4 March 2026",
        },
    })
}

/// The entry as a document of linked data; names of things begin with `base`, or with where it was read.
#[must_use]
pub fn service(entry: &PublicEntry, base: Option<&str>) -> Value {
    if let Some(untested) = &entry.untested {
        return object::object(entry, untested, base);
    }
    let page = entry.page.as_str();
    let identifier = format!("{}/{}", entry.participant, entry.service);
    let owner = &entry.register.owner;
    let mut service = node(
        &format!("{page}#service"),
        "cpsv:PublicService",
        json!({
            "@context": context(base),
            "dct:identifier": identifier,
            "title": in_each(&entry.titles),
            "description": in_each(&purposes(entry)),
            "issued": entry.registered_at,
            "adms:status": status(entry),
            "dct:spatial": node(KYRGYZSTAN, "dct:Location", json!({})),
            "cv:hasCompetentAuthority": node(&format!("{page}#owner"), "cv:PublicOrganisation", json!({
                "dct:identifier": owner.registration_number,
                "label": in_some(&owner.name),
                "dct:spatial": { "@id": KYRGYZSTAN },
            })),
            "cv:hasChannel": channel(entry),
            "cpsv:produces": numbered(page, "output", &identifier, "cv:Output", &entry.register.results_of_use),
            "cv:hasLegalResource": [resolution(), {
                "@type": "eli:LegalResource",
                "dct:identifier": entry.decision,
                "title": in_some(&entry.decision),
            }],
            "foaf:isPrimaryTopicOf": [
                { "@id": page, "@type": "foaf:Document" },
                { "@id": format!("/api/v1{page}"), "@type": "foaf:Document" },
            ],
        }),
    );
    if let Some(withdrawn) = &entry.withdrawn {
        service["modified"] = withdrawn.at.as_str().into();
    }
    let Some(instructions) = &entry.instructions else { return service };
    service["cpsv:follows"] = json!([
        rule(page, "rights", &identifier, ("Укуктар", "Права", "Rights"), &instructions.rights),
        rule(page, "duties", &identifier, ("Милдеттер", "Обязанности", "Duties"), &instructions.duties),
    ]);
    if let Some(address) = web(&instructions.url) {
        service["cv:contactPoint"] = node(
            &format!("{page}#contact"),
            "cv:ContactPoint",
            json!({
                "cv:contactPage": { "@id": address, "@type": "foaf:Document" },
            }),
        );
    }
    service
}

/// What the service is for: the goals of its procedures.
fn purposes(entry: &PublicEntry) -> Text {
    let joined = |goal: fn(&Text) -> &str| {
        let procedures = entry.instructions.iter().flat_map(|instructions| &instructions.procedures);
        let goals = procedures.map(|procedure| goal(&procedure.goal));
        goals.filter(|goal| !goal.trim().is_empty()).collect::<Vec<_>>().join("; ")
    };
    Text { ky: joined(|goal| &goal.ky), ru: joined(|goal| &goal.ru), en: joined(|goal| &goal.en) }
}

pub(super) fn status(entry: &PublicEntry) -> Value {
    let (status, [ky, ru, en]) = if entry.withdrawn.is_some() {
        ("Withdrawn", ["Кайтарылып алынган", "Отозвано", "Withdrawn"])
    } else {
        ("Completed", ["Күчүндө", "Действует", "In force"])
    };
    let label = json!({ "ky": ky, "ru": ru, "en": en });
    node(&format!("http://purl.org/adms/status/{status}"), "skos:Concept", json!({ "label": label }))
}

/// Where it is used.
fn channel(entry: &PublicEntry) -> Value {
    let page = entry.page.as_str();
    let methods: Vec<Value> = entry.register.methods_of_use.iter().map(|method| method.as_str().into()).collect();
    let mut channel = node(
        &format!("{page}#channel"),
        "cv:Channel",
        json!({
            "dct:identifier": format!("{}/{}/web", entry.participant, entry.service),
            "description": { "und": methods },
        }),
    );
    if let Some(address) = web(&format!("https://{}", entry.host)) {
        channel["foaf:page"] = json!({ "@id": address, "@type": "foaf:Document" });
    }
    channel
}

/// A thing of the type `kind` for each text.
fn numbered(page: &str, what: &str, service: &str, kind: &str, texts: &[String]) -> Vec<Value> {
    let named = |(index, text): (usize, &String)| {
        let number = index + 1;
        node(
            &format!("{page}#{what}-{number}"),
            kind,
            json!({
                "dct:identifier": format!("{service}/{what}-{number}"),
                "title": in_some(text),
            }),
        )
    };
    texts.iter().filter(|text| !text.trim().is_empty()).enumerate().map(named).collect()
}

/// Rights or duties of those who use it (64).
fn rule(page: &str, what: &str, service: &str, (ky, ru, en): (&str, &str, &str), text: &Text) -> Value {
    node(
        &format!("{page}#{what}"),
        "cpsv:Rule",
        json!({
            "dct:identifier": format!("{service}/{what}"),
            "title": { "ky": ky, "ru": ru, "en": en },
            "description": in_each(text),
        }),
    )
}
