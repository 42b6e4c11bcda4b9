//! Issued standards, as the register answers them.

use factory_assurance::{
    dsse::Envelope,
    wire::{IssuanceRequest, SignedStandard},
};
use reqwest::{Method, StatusCode};

use super::{Register, RegisterError};

impl Register {
    /// The standard `name` in this `version`; `None` where it was not issued. Both were held to be one segment of an
    /// address each.
    pub async fn standard(&self, name: &str, version: &str) -> Result<Option<SignedStandard>, RegisterError> {
        match self.call(Method::GET, &format!("/api/v1/standards/{name}/{version}"), None::<&()>).await {
            Ok(standard) => Ok(Some(standard)),
            Err(RegisterError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Hands a signed issuance in.
    pub async fn issue(&self, issuance: Envelope) -> Result<SignedStandard, RegisterError> {
        self.call(Method::POST, "/api/v1/standards", Some(&IssuanceRequest { issuance })).await
    }
}
