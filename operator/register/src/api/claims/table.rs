//! `/api/v1/entries/{participant}/{service}/claims.csv`: published claims as a table (RFC 4180).

use std::sync::Arc;

use axum::{
    extract::State,
    http::{
        HeaderName,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse as _, Response},
};

use super::{PublicClaim, must_be_entered};
use crate::{
    api::{
        Register,
        asked::{At, ServicePath},
        entries::FOR_EVERYONE,
        problem::Refusal,
        table::{inert, writer},
    },
    store::claims::List,
};

/// Claims in the table: the newest.
const MOST: u32 = 1000;

const TABLE: [(HeaderName, &str); 2] = [
    (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
    (CONTENT_DISPOSITION, "attachment; filename=\"claims.csv\""),
];

const HEAD: [&str; 8] = ["event", "kind", "language", "received_at", "published_at", "words", "answered_at", "answer"];

/// Published claims as a table
///
/// The newest 1000 (RFC 4180), by what moved last.
#[utoipa::path(get, path = "/api/v1/entries/{participant}/{service}/claims.csv", operation_id = "getClaimsTable", tag = "public",
    params(ServicePath),
    responses(
        (status = 200, description = "The table.", body = String, content_type = "text/csv"),
        (status = 404, description = "There is no such service."),
    ))]
pub async fn table(State(register): State<Arc<Register>>, At(at): At<ServicePath>) -> Result<Response, Refusal> {
    must_be_entered(&register, &at).await?;
    let ServicePath { participant, service } = at;
    let failed = |error: csv::Error| Refusal::internal(&error);
    let mut table = writer();
    table.write_record(HEAD).map_err(failed)?;
    for held in register.store.claims(List::Published(&participant, &service), None, MOST).await? {
        let claim = PublicClaim::from(held);
        let answer = claim.answer;
        let row = [
            claim.event.to_string(),
            format!("{:?}", claim.kind),
            claim.language,
            claim.received_at,
            claim.published_at,
            claim.words,
            answer.as_ref().map(|answer| answer.at.clone()).unwrap_or_default(),
            answer.and_then(|answer| answer.words).unwrap_or_default(),
        ];
        table.write_record(row.map(|cell| inert(&cell))).map_err(failed)?;
    }
    let bytes = table.into_inner().map_err(|error| Refusal::internal(error.error()))?;
    Ok((TABLE, FOR_EVERYONE, bytes).into_response())
}
