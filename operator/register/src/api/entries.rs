//! `/api/v1/entries`: the public register as JSON (item 22). Nobody is asked who they are.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, header::ACCESS_CONTROL_ALLOW_ORIGIN},
    response::{IntoResponse as _, Response},
};
use factory_assurance::{
    object::{Basis, Evidence, Object, ObjectKind},
    verdict::Verdict,
    wire::Withdrawal,
};
use factory_crds::{
    Text,
    state_service::{Instructions, RegisterData},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    Register,
    asked::{Asked, At, Number, Search, ServicePath},
    linked,
    page::Page,
    problem::Refusal,
};
use crate::{
    log::event::{EntryMade, ObjectEntered},
    store::{Entry, Said},
};

/// Pages on other sites may read what is public.
pub(crate) const FOR_EVERYONE: [(HeaderName, &str); 1] = [(ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

/// Which entries to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct IndexQuery {
    /// Words that all must stand in title, name, participant or owner.
    #[serde(default)]
    #[param(value_type = String, required = false, max_length = 200)]
    pub q: Search,
    /// Only entries older than this event.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub before: Option<Number>,
    /// How many; 100 where nothing is said.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    pub limit: Option<Number>,
}

/// A page of the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicIndex {
    /// Entries, newest first.
    pub entries: Vec<PublicEntry>,
    /// Path of the next page, where there is one.
    pub next: Option<String>,
}

/// A public entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicEntry {
    /// Participant.
    pub participant: String,
    /// Name of the service.
    pub service: String,
    /// Name of the release.
    pub release: String,
    /// Title in three languages.
    pub titles: Text,
    /// Class.
    pub class: String,
    /// Number and date of the decision (62).
    pub decision: String,
    /// Who reported, by whose delegation (63.2).
    pub reported_by: String,
    /// Where users reach the service.
    pub host: String,
    /// The nine groups of item 17. Contacts in 17.7 are salted commitments.
    pub register: RegisterData,
    /// Instructions for use (64 and 65); none of an object that is no state service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instructions: Option<Instructions>,
    /// The verdict that the register computed, with its figures; none of an object that needed no test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Of an object that needed no test by the factory: why, and what stands for it. It has no release, standard,
    /// source and bundle, and nothing of it is ever permitted to be launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untested: Option<Untested>,
    /// `<name>@<version>` of the standard.
    pub standard: String,
    /// Which attempt at the bundle it was.
    pub attempt: u32,
    /// Address of the source.
    pub source: String,
    /// Full commit.
    pub commit: String,
    /// `sha256:…` of the bundle.
    pub bundle: String,
    /// `sha256:…` of the dossier's payload, or of the object as the regulator signed it.
    pub dossier: String,
    /// Who confirmed, or who delegated that.
    pub confirmed_by: String,
    /// The organisation whose seal signed that, by a server and not by a person; none where a person signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_by: Option<String>,
    /// When, as the signed confirmation says; when it was found to fall within the delegation (RFC 3339).
    pub confirmed_at: String,
    /// Id of the standing delegation under which it was entered, without a person's confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegation: Option<String>,
    /// When the entry came into being (RFC 3339).
    pub registered_at: String,
    /// Number of the entry's event in the register's log.
    pub event: u64,
    /// Path of the public page.
    pub page: String,
    /// Its withdrawal by its owner, or its exclusion by the regulator (21); none while the entry is in force or was replaced by a newer one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<Withdrawal>,
}

/// Why an object needed no test by the factory, and what stands for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Untested {
    /// What it is (7).
    pub kind: ObjectKind,
    /// Why no test was needed.
    pub basis: Basis,
    /// Items of the regulation that the basis rests on.
    pub items: String,
    /// The same for this object, in its owner's words.
    pub explanation: String,
    /// Documents that stand for it.
    pub evidence: Vec<Evidence>,
}

impl From<Entry> for PublicEntry {
    fn from(Entry { seq, time, said, withdrawn }: Entry) -> Self {
        match said {
            Said::Tested(made) => Self { registered_at: time, event: seq, withdrawn, ..tested(*made) },
            Said::Object(made) => Self { registered_at: time, event: seq, withdrawn, ..untested(*made) },
        }
    }
}

fn tested(made: EntryMade) -> PublicEntry {
    let EntryMade { submission: _, summary, record, confirmed_by, confirmed_at, under, sealed_by } = made;
    let subject = summary.subject;
    PublicEntry {
        page: format!("/entries/{}/{}", subject.participant, subject.service),
        participant: subject.participant,
        service: subject.service,
        release: subject.release,
        titles: record.titles,
        class: record.class,
        decision: record.decision,
        reported_by: record.reported_by,
        host: record.host,
        register: record.data,
        instructions: Some(record.instructions),
        verdict: Some(summary.verdict),
        untested: None,
        standard: summary.standard,
        attempt: summary.attempt,
        source: subject.source,
        commit: subject.commit,
        bundle: summary.bundle,
        dossier: summary.dossier,
        confirmed_by,
        sealed_by,
        confirmed_at,
        delegation: under.map(|under| under.delegation),
        registered_at: String::new(),
        event: 0,
        withdrawn: None,
    }
}

fn untested(made: ObjectEntered) -> PublicEntry {
    let ObjectEntered { submission: _, object, digest, submitted_by, confirmed_by, confirmed_at, sealed_by } = made;
    let Object { participant, name, kind, basis, explanation, titles, host, register, evidence } = object;
    let none = String::new;
    PublicEntry {
        page: format!("/entries/{participant}/{name}"),
        participant,
        service: name,
        release: none(),
        titles,
        class: kind.name().to_lowercase(),
        decision: none(),
        reported_by: submitted_by,
        host,
        register,
        instructions: None,
        verdict: None,
        untested: Some(Untested { kind, basis, items: basis.items().to_owned(), explanation, evidence }),
        standard: none(),
        attempt: 0,
        source: none(),
        commit: none(),
        bundle: none(),
        dossier: digest,
        confirmed_by,
        sealed_by,
        confirmed_at,
        delegation: None,
        registered_at: none(),
        event: 0,
        withdrawn: None,
    }
}

/// List entries
///
/// The newest entry of each service, in pages; `next` is the way on.
#[utoipa::path(get, path = "/api/v1/entries", operation_id = "listEntries", tag = "public", params(IndexQuery),
    responses(
        (status = 200, description = "A page of the index.", body = ref("#/components/schemas/PublicIndex"), content_type = "application/json"),
        (status = 304, description = "As it was."),
    ))]
pub async fn index(
    State(register): State<Arc<Register>>,
    Asked(query): Asked<IndexQuery>,
) -> Result<([(HeaderName, &'static str); 1], Json<PublicIndex>), Refusal> {
    let (Search(search), page) = (query.q, Page::of(query.before, query.limit)?);
    let list = register.store.index(&search, page.before, None, page.most).await?;
    let oldest = list.entries.last().map(|entry| entry.seq).filter(|_| list.more);
    let next = page.next(&format!("/api/v1/entries?q={}&", escaped(&search)), oldest);
    let entries = list.entries.into_iter().map(PublicEntry::from).collect();
    Ok((FOR_EVERYONE, Json(PublicIndex { entries, next })))
}

/// One entry
///
/// The newest entry of a service: the one in force, unless it says that it was withdrawn.
#[utoipa::path(get, path = "/api/v1/entries/{participant}/{service}", operation_id = "getEntry", tag = "public",
    params(ServicePath),
    responses(
        (status = 200, description = "The entry; as linked data where `Accept` asks for them.", content(
            (ref("#/components/schemas/PublicEntry") = "application/json"),
            (ref("#/components/schemas/Document") = "application/ld+json"),
        )),
        (status = 304, description = "As it was."),
        (status = 404, description = "There is no such entry."),
    ))]
pub async fn entry(
    State(register): State<Arc<Register>>,
    headers: HeaderMap,
    At(at): At<ServicePath>,
) -> Result<Response, Refusal> {
    if linked::wished(&headers) {
        return linked::entry(State(register), At(at)).await;
    }
    Ok((FOR_EVERYONE, Json(newest(&register, &at).await?)).into_response())
}

/// The newest entry of a service.
pub(super) async fn newest(
    register: &Register,
    ServicePath { participant, service }: &ServicePath,
) -> Result<PublicEntry, Refusal> {
    let newest = register.store.entry_of(participant, service).await?;
    let none = || Refusal::not_found(&format!("the register has no entry {participant}/{service}"));
    Ok(newest.ok_or_else(none)?.into())
}

/// `text` as it may stand in a query.
pub(crate) fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_survives_in_the_address_of_the_next_page() {
        assert_eq!(escaped("дарек&q=1 +"), "%D0%B4%D0%B0%D1%80%D0%B5%D0%BA%26q%3D1%20%2B");
        assert_eq!(escaped("a-b.c_d~9"), "a-b.c_d~9");
    }
}
