//! The register as a catalogue of data (DCAT-AP 3): what can be read of it, and where.

use factory_assurance::report::Language;
use serde_json::{Value, json};

use super::{KYRGYZSTAN, context, node};
use crate::pages::words::{self, Words};

const HERE: &str = "/api/v1/catalogue.jsonld";

/// Each form of the entries: its part of the name, its address and its media type.
const FORMS: [(&str, &str, &str); 3] = [
    ("json", "/api/v1/entries", "application/json"),
    ("csv", "/api/v1/entries.csv", "text/csv"),
    ("atom", "/entries.atom", "application/atom+xml"),
];

/// The catalogue as a document of linked data; names of things begin with `base`, or with where it was read.
#[must_use]
pub fn catalogue(base: Option<&str>) -> Value {
    let (title, about) = (in_each(|words| words.site), in_each(|words| words.index_intro));
    let id = |what: &str| format!("{HERE}#{what}");
    let forms: Vec<Value> = FORMS
        .iter()
        .map(|(name, address, kind)| {
            node(
                &id(name),
                "dcat:Distribution",
                json!({
                    "title": title,
                    "dcat:accessURL": { "@id": address },
                    "dcat:downloadURL": { "@id": address },
                    "dcat:mediaType": media_type(kind),
                }),
            )
        })
        .collect();
    let languages = ["KIR", "RUS", "ENG"].map(language);
    node(
        &id("catalogue"),
        "dcat:Catalog",
        json!({
            "@context": context(base),
            "title": title,
            "description": about,
            "dct:publisher": node(&id("publisher"), "foaf:Agent", json!({ "name": title })),
            "dct:language": languages,
            "dct:spatial": node(KYRGYZSTAN, "dct:Location", json!({})),
            "foaf:homepage": { "@id": "/entries", "@type": "foaf:Document" },
            "dcat:dataset": node(&id("entries"), "dcat:Dataset", json!({
                "dct:identifier": "entries",
                "title": title,
                "description": about,
                "dct:publisher": { "@id": id("publisher") },
                "dcat:landingPage": { "@id": "/entries", "@type": "foaf:Document" },
                "dcat:distribution": forms,
            })),
            "dcat:service": node(&id("api"), "dcat:DataService", json!({
                "title": title,
                "dcat:endpointURL": { "@id": "/api/v1" },
                "dcat:endpointDescription": { "@id": "/api/v1/openapi.json" },
                "dcat:servesDataset": { "@id": id("entries") },
                "dct:publisher": { "@id": id("publisher") },
            })),
        }),
    )
}

fn in_each(word: fn(&Words) -> &'static str) -> Value {
    super::by_language(Language::ALL.map(|language| (language.tag(), word(words::of(language)))))
}

fn language(code: &str) -> Value {
    let name = format!("http://publications.europa.eu/resource/authority/language/{code}");
    node(&name, "dct:LinguisticSystem", json!({}))
}

fn media_type(kind: &str) -> Value {
    node(&format!("http://www.iana.org/assignments/media-types/{kind}"), "dct:MediaType", json!({}))
}
