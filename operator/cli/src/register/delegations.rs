//! Standing delegations, as the register answers them.

use factory_assurance::{
    dsse::Envelope,
    wire::{DelegationRequest, RevocationRequest, StandingDelegation},
};
use reqwest::{Method, StatusCode};

use super::{Register, RegisterError};

impl Register {
    /// The delegation `id`; `None` where there is none. Ids are hexadecimal digits: nothing else gets into an address.
    pub async fn delegation(&self, id: &str) -> Result<Option<StandingDelegation>, RegisterError> {
        if id.is_empty() || !id.chars().all(|letter| letter.is_ascii_hexdigit()) {
            return Ok(None);
        }
        match self.call(Method::GET, &format!("/api/v1/delegations/{id}"), None::<&()>).await {
            Ok(delegation) => Ok(Some(delegation)),
            Err(RegisterError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Hands a signed delegation in.
    pub async fn delegate(&self, delegation: Envelope) -> Result<StandingDelegation, RegisterError> {
        self.call(Method::POST, "/api/v1/delegations", Some(&DelegationRequest { delegation })).await
    }

    /// Revokes a delegation with a signed statement.
    pub async fn revoke(&self, id: &str, revocation: Envelope) -> Result<StandingDelegation, RegisterError> {
        let path = format!("/api/v1/delegations/{id}/revocation");
        self.call(Method::POST, &path, Some(&RevocationRequest { revocation })).await
    }
}
