//! Entries and the whole register as linked data, in the vocabularies that catalogues of public services read:
//! CPSV-AP 3.2 for a service, DCAT-AP 3 for the register. What stands there is what the entry says; nothing
//! is added, and nothing is asked from elsewhere to read it.
//!
//! *Architecture invariant:* text that came from outside stays a value with a language, and an address from
//! outside names a thing only after it was found to be one of the web.

mod catalogue;
mod object;
mod service;

use factory_crds::Text;
use reqwest::Url;
use serde_json::{Map, Value, json};

pub use catalogue::catalogue;
pub use service::service;

/// Media type of JSON-LD.
pub const JSON_LD: &str = "application/ld+json";

/// The country, as the Publications Office of the European Union names it.
const KYRGYZSTAN: &str = "http://publications.europa.eu/resource/authority/country/KGZ";

/// Short names, and properties whose values are texts by language or times. `base` is the address of the
/// register; without one, names of things follow from where the document was read.
fn context(base: Option<&str>) -> Value {
    let by_language = |name: &str| json!({ "@id": name, "@container": "@language" });
    let moment = |name: &str| json!({ "@id": name, "@type": "http://www.w3.org/2001/XMLSchema#dateTime" });
    let mut context = json!({
        "adms": "http://www.w3.org/ns/adms#",
        "cpsv": "http://purl.org/vocab/cpsv#",
        "cv": "http://data.europa.eu/m8g/",
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "eli": "http://data.europa.eu/eli/ontology#",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "title": by_language("dct:title"),
        "description": by_language("dct:description"),
        "label": by_language("skos:prefLabel"),
        "name": by_language("foaf:name"),
        "issued": moment("dct:issued"),
        "modified": moment("dct:modified"),
    });
    if let Some(base) = base {
        context["@base"] = format!("{}/", base.trim_end_matches('/')).into();
    }
    context
}

/// A text in the languages that it is written in.
fn in_each(text: &Text) -> Value {
    by_language([("ky", text.ky.as_str()), ("ru", &text.ru), ("en", &text.en)])
}

/// Texts of which nobody says in which language they are.
fn in_some(text: &str) -> Value {
    by_language([("und", text)])
}

fn by_language<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Value {
    let filled = texts.into_iter().filter(|(_, text)| !text.trim().is_empty());
    filled.map(|(language, text)| (language.to_owned(), Value::from(text))).collect::<Map<_, _>>().into()
}

/// `address` as the name of a thing, if it is an address of the web.
fn web(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}

/// `thing` of the type `kind`, under the name `id`.
fn node(id: &str, kind: &str, mut thing: Value) -> Value {
    thing["@id"] = id.into();
    thing["@type"] = kind.into();
    thing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_of_the_web_names_a_thing() {
        for (address, name) in [
            ("https://gov.kg/a b", Some("https://gov.kg/a%20b")),
            ("http://gov.kg", Some("http://gov.kg/")),
            ("https://gov.kg/<script>", Some("https://gov.kg/%3Cscript%3E")),
            ("javascript:alert(1)", None),
            ("data:text/html,x", None),
            ("https://", None),
            ("gov.kg", None),
            ("_:b0", None),
            ("", None),
        ] {
            assert_eq!(web(address).as_deref(), name, "{address}");
        }
    }

    #[test]
    fn a_text_keeps_its_languages_and_an_empty_one_has_none() {
        let text = Text { ky: "Дарек".to_owned(), ru: " ".to_owned(), en: "{\"@id\": \"x\"}".to_owned() };
        assert_eq!(in_each(&text), json!({ "ky": "Дарек", "en": "{\"@id\": \"x\"}" }));
    }
}
