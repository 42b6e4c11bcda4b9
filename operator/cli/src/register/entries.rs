//! The public entry of a service, read and withdrawn.

use factory_assurance::wire::{NewestEntry, Withdrawal, WithdrawalRequest};
use reqwest::{Method, StatusCode};

use super::{Register, RegisterError};

impl Register {
    /// The newest entry of `service`; `None` where there is none.
    pub async fn entry(&self, participant: &str, service: &str) -> Result<Option<NewestEntry>, RegisterError> {
        match self.call(Method::GET, &format!("/api/v1/entries/{participant}/{service}"), None::<&()>).await {
            Ok(entry) => Ok(Some(entry)),
            Err(RegisterError::Refused { status: StatusCode::NOT_FOUND, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Withdraws the entry number `event` of `service`. Its number is the key, so that a call that is
    /// repeated withdraws nothing that was entered later.
    pub async fn withdraw(
        &self,
        participant: &str,
        service: &str,
        event: u64,
        reason: &str,
    ) -> Result<(Withdrawal, NewestEntry), RegisterError> {
        let body = WithdrawalRequest { reason: reason.to_owned() };
        let path = format!("/api/v1/entries/{participant}/{service}/withdrawal");
        let request = self.request(Method::POST, &path, Some(&body));
        let entry: NewestEntry =
            self.send(request.header("Idempotency-Key", format!("withdrawal-of-entry-{event}"))).await?;
        match entry.withdrawn.clone() {
            Some(withdrawn) => Ok((withdrawn, entry)),
            None => Err(self.strange("an entry that is not withdrawn".to_owned())),
        }
    }
}
