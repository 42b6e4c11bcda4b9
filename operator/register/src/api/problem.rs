//! Every refusal as problem details (RFC 9457): one line that names field, value and rule.

use std::time::Duration;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use factory_assurance::wire::{DAMAGED, NOT_ISSUED, OTHER_HISTORY, OTHER_REFERENCE, Problem};

use super::observe::Refused;
use crate::{
    access::AccessError,
    intake::IntakeError,
    keys::KeysError,
    signer::SignerError,
    store::{
        StoreError, WriteError, claims::ClaimError, delegations::DelegationError, history::HistoryError,
        issued::IssuedError, membership::AccessError as MembershipError, objects::ObjectError,
    },
};

/// Longest line in an answer, in characters: evidence may be quoted in it.
const LONGEST: usize = 1000;
/// Seconds after which to try again what failed for a passing reason.
const RETRY_SECONDS: u64 = 5;

/// A request that is not carried out.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    kind: &'static str,
    detail: String,
    /// Seconds after which to try again.
    retry: Option<u64>,
}

impl Refusal {
    /// A refusal with any status.
    #[must_use]
    pub const fn new(status: StatusCode, detail: String) -> Self {
        Self { status, kind: "about:blank", detail, retry: None }
    }

    /// 400: the request cannot be read.
    #[must_use]
    pub const fn bad_request(detail: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401: who asks is not known.
    #[must_use]
    pub fn unauthenticated(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail.to_owned())
    }

    /// 403: who asks may not.
    #[must_use]
    pub const fn forbidden(detail: String) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 404: there is no such thing.
    #[must_use]
    pub fn not_found(detail: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail.to_owned())
    }

    /// 405: another method.
    #[must_use]
    pub fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not know the method".to_owned())
    }

    /// 503: a passing reason; the same request may succeed later.
    #[must_use]
    pub fn unavailable(detail: &str) -> Self {
        Self { retry: Some(RETRY_SECONDS), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, detail.to_owned()) }
    }

    /// 429: too many requests; the next one has a chance after `wait`.
    #[must_use]
    pub fn too_many(detail: String, wait: Duration) -> Self {
        let retry = Some(wait.as_secs().saturating_add(1));
        Self { retry, ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail) }
    }

    /// 500: a mistake of ours. The cause is logged and not told.
    #[must_use]
    pub fn internal(error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "a request ended in an error of the register");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "an error of the register, noted in its log".to_owned())
    }

    /// Its status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// What it says, in English.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let one_line = |c: char| if c.is_control() { ' ' } else { c };
        let problem = Problem {
            kind: self.kind.to_owned(),
            title: self.status.canonical_reason().unwrap_or("Refused").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.chars().take(LONGEST).map(one_line).collect(),
        };
        let refused = Refused::saying(&problem.detail);
        let mut response = (self.status, axum::Json(problem)).into_response();
        response.extensions_mut().insert(refused);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<AccessError> for Refusal {
    fn from(error: AccessError) -> Self {
        match &error {
            AccessError::Unauthenticated(_) => Self::unauthenticated(&error.to_string()),
            AccessError::Unavailable { .. } => {
                tracing::warn!(%error, "nobody can be identified");
                Self::unavailable("the cluster's API server could not be asked who you are; nothing was done")
            }
        }
    }
}

impl From<IntakeError> for Refusal {
    fn from(error: IntakeError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
    }
}

impl From<WriteError> for Refusal {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => error.into(),
            WriteError::Unknown(_) | WriteError::NoEntry { .. } | WriteError::NoInstruction(_) => {
                Self::not_found(&error.to_string())
            }
            // The same call by the leader of today succeeds.
            WriteError::Epoch { .. } => Self::new(StatusCode::PRECONDITION_FAILED, error.to_string()),
            WriteError::NoService { .. } => Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
            WriteError::Claim(error) => error.into(),
            WriteError::Object(ObjectError::Unknown(_)) => Self::not_found(&error.to_string()),
            WriteError::Access(MembershipError::Unknown(_)) => Self::not_found(&error.to_string()),
            // The regulator works by day.
            WriteError::Access(MembershipError::Full) => {
                Self::too_many(error.to_string(), Duration::from_secs(60 * 60))
            }
            WriteError::Delegation(DelegationError::Unknown(_)) => Self::not_found(&error.to_string()),
            // The same announcement succeeds once the regulator has issued it, and its day has come.
            WriteError::Issued(IssuedError::Not(_) | IssuedError::Early { .. }) => {
                Self { kind: NOT_ISSUED, ..Self::new(StatusCode::CONFLICT, error.to_string()) }
            }
            // The same announcement, beside what was confirmed last, succeeds.
            WriteError::Reference(_) => {
                Self { kind: OTHER_REFERENCE, ..Self::new(StatusCode::CONFLICT, error.to_string()) }
            }
            // The same announcement, with what the register has, succeeds.
            WriteError::History(HistoryError::Other { .. }) => {
                Self { kind: OTHER_HISTORY, ..Self::new(StatusCode::CONFLICT, error.to_string()) }
            }
            WriteError::History(HistoryError::TooMany(_)) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
            }
            WriteError::Access(_)
            | WriteError::Delegation(_)
            | WriteError::Issued(_)
            | WriteError::Object(_)
            | WriteError::Key(_)
            | WriteError::Standard { .. }
            | WriteError::Attempts { .. }
            | WriteError::Ended { .. }
            | WriteError::Frozen { .. }
            | WriteError::SecondDossier { .. }
            | WriteError::Withdrawn { .. }
            | WriteError::Confirmed { .. }
            | WriteError::HandedOver { .. }
            | WriteError::Decided { .. } => Self::new(StatusCode::CONFLICT, error.to_string()),
        }
    }
}

impl From<ClaimError> for Refusal {
    fn from(error: ClaimError) -> Self {
        match error {
            ClaimError::NoService(..) | ClaimError::Unknown(_) => Self::not_found(&error.to_string()),
            ClaimError::Twice(..) | ClaimError::Stands { .. } => Self::new(StatusCode::CONFLICT, error.to_string()),
            // The regulator works by day.
            ClaimError::Full(..) => Self::too_many(error.to_string(), Duration::from_secs(60 * 60)),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Database(cause) if passes(cause) => {
                tracing::error!(%error, "the database failed");
                Self::unavailable("the register's database did not answer; nothing was acknowledged")
            }
            StoreError::Database(sqlx::Error::Database(cause))
                if NO_TEXT.contains(&&*cause.code().unwrap_or_default()) =>
            {
                Self::bad_request(
                    "the request has the character U+0000, which no text of the register holds".to_owned(),
                )
            }
            StoreError::Key(SignerError::Unable(_) | SignerError::Slow(_)) => {
                tracing::error!(%error, "no checkpoint is signed now");
                Self::unavailable("the key of the log does not sign now; nothing was signed")
            }
            StoreError::Key(_) => {
                tracing::error!(%error, "no checkpoint can be signed");
                Self::unavailable("the register does not have the key of the log; nothing was signed")
            }
            // No later try mends what the database holds.
            other => Self { kind: DAMAGED, ..Self::internal(other) },
        }
    }
}

/// What `PostgreSQL` says of a text that is none for it.
const NO_TEXT: [&str; 2] = ["22021", "22P05"];

/// Whether a later try may succeed: the database was busy, full or away, or a server has settings that are
/// not written to. All else is in what it holds.
fn passes(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Configuration, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
    match error {
        Io(_) | PoolTimedOut | PoolClosed | WorkerCrashed | Tls(_) | Protocol(_) | Configuration(_) => true,
        sqlx::Error::Database(refusal) => refusal.code().is_some_and(|code| code_passes(&code)),
        _ => false,
    }
}

fn code_passes(code: &str) -> bool {
    /// Of `PostgreSQL`: connection (08), who may connect (28), rolled back (40), resources and full disks (53),
    /// locks (55), stopped by a person (57), system (58), and a server that only reads or ended a transaction (25).
    const CLASSES: [&str; 8] = ["08", "25", "28", "40", "53", "55", "57", "58"];
    if code.len() == 5 {
        return CLASSES.iter().any(|class| code.starts_with(class));
    }
    // Of SQLite: the low byte is the primary code. BUSY, LOCKED, IOERR, FULL, CANTOPEN.
    code.parse::<u32>().is_ok_and(|code| [5, 6, 10, 13, 14].contains(&(code & 0xff)))
}

impl From<KeysError> for Refusal {
    fn from(error: KeysError) -> Self {
        tracing::error!(%error, "pinned keys cannot be used");
        Self::unavailable("the register has no pinned key to check the signature with; nothing was done")
    }
}
