//! Who is calling, and in which part. The bodies of these types can only be made by the check, so a
//! handler that takes one cannot be reached without it.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};

use super::{
    Register,
    asked::{At, ServicePath},
    observe::Asks,
    problem::Refusal,
};
use crate::access::{Identity, Right};

/// Longest token that is looked at.
const LONGEST_TOKEN: usize = 16 * 1024;

/// Anyone whom the cluster knows.
pub struct Caller(Identity);

/// The operator.
pub struct Factory(Identity);

/// The regulator. A program of the factory never is, whatever rights it was given (invariant 11).
pub struct Regulator(Identity);

/// Someone who may withdraw the service that the path names: whoever may delete its manifest.
pub struct Owner {
    identity: Identity,
    /// The service.
    pub at: ServicePath,
}

impl Factory {
    /// User name, for the log.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.0.user
    }
}

impl Regulator {
    /// User name, for the log.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.0.user
    }

    /// The regulator, if `token` is one's: asked of the cluster each time.
    pub(crate) async fn of_token(register: &Register, token: &str) -> Result<Self, Refusal> {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            return Err(Refusal::unauthenticated("token: must have 1 to 16384 bytes"));
        }
        Self::of(register, Caller(register.access.identify(token).await?)).await
    }

    /// The regulator, if `caller` is one.
    pub(crate) async fn of(register: &Register, Caller(identity): Caller) -> Result<Self, Refusal> {
        if register.users.is_program(&identity) {
            return Err(Refusal::forbidden(format!(
                "{} is a program of the factory and never decides (item 63.3)",
                identity.user
            )));
        }
        if register.access.may(&identity, Right::Confirm).await? {
            return Ok(Self(identity));
        }
        let rule = "only the regulator confirms and returns (item 63.3)";
        Err(Refusal::forbidden(format!("{} has no right `confirm` on releases.factory.gov.kg: {rule}", identity.user)))
    }
}

impl Owner {
    /// User name, for the log.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.identity.user
    }
}

impl Caller {
    /// Whether the caller sees every submission: programs of the factory and regulators do.
    pub async fn sees_all(&self, register: &Register) -> Result<bool, Refusal> {
        Ok(register.users.is_program(&self.0) || register.access.may(&self.0, Right::Confirm).await?)
    }

    /// Whoever `token` is of: asked of the cluster each time.
    pub(crate) async fn of_token(register: &Register, token: &str) -> Result<Self, Refusal> {
        if token.is_empty() || token.len() > LONGEST_TOKEN {
            return Err(Refusal::unauthenticated("token: must have 1 to 16384 bytes"));
        }
        let identity = register.access.identify(token).await?;
        register.limits.user(&identity.user)?;
        Ok(Self(identity))
    }

    /// Refuses a caller who is no regulator.
    pub async fn regulates(&self, register: &Register) -> Result<(), Refusal> {
        Regulator::of(register, Self(self.0.clone())).await.map(drop)
    }

    /// Whether the caller is an owner of this participant's submissions.
    pub async fn owns(&self, register: &Register, participant: &str) -> Result<bool, Refusal> {
        Ok(register.access.may(&self.0, Right::Read(participant)).await?)
    }

    /// User name of a caller who works for this participant: whoever may change its manifests. A program of the
    /// factory never does.
    pub async fn must_supply(&self, register: &Register, participant: &str) -> Result<String, Refusal> {
        let Self(identity) = self;
        let user = &identity.user;
        if register.users.is_program(identity) {
            return Err(Refusal::forbidden(format!(
                "{user} is a program of the factory and speaks for no participant"
            )));
        }
        if register.access.may(identity, Right::Write(participant)).await? {
            return Ok(user.clone());
        }
        Err(Refusal::forbidden(format!(
            "{user} has no right `update` on stateservices.factory.gov.kg in {participant}: only who may change its \
             manifests speaks for it"
        )))
    }

    /// Refuses a caller who may not see this participant's submissions.
    pub async fn must_see(&self, register: &Register, participant: &str) -> Result<(), Refusal> {
        if self.owns(register, participant).await? || self.sees_all(register).await? {
            return Ok(());
        }
        let user = &self.0.user;
        let rule = "only its owner, the regulator and the factory may see a submission";
        Err(Refusal::forbidden(format!(
            "{user} has no right `get` on releases.factory.gov.kg in {participant}: {rule}"
        )))
    }
}

impl FromRequestParts<Arc<Register>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, register: &Arc<Register>) -> Result<Self, Refusal> {
        let header = parts.headers.get(AUTHORIZATION).ok_or_else(|| {
            Refusal::unauthenticated("Authorization: a bearer token for the audience factory-register is needed")
        })?;
        let token = header
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .filter(|token| !token.is_empty() && token.len() <= LONGEST_TOKEN)
            .ok_or_else(|| Refusal::unauthenticated("Authorization: not of the form `Bearer <token>`"))?;
        let identity = register.access.identify(token).await?;
        Asks::is(parts, &identity.user);
        // The factory's programs write what nobody else can: they wait for nothing but their address.
        if !register.users.is_program(&identity) {
            register.limits.user(&identity.user)?;
        }
        Ok(Self(identity))
    }
}

impl FromRequestParts<Arc<Register>> for Factory {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, register: &Arc<Register>) -> Result<Self, Refusal> {
        let Caller(identity) = Caller::from_request_parts(parts, register).await?;
        if identity.user == register.users.factory {
            return Ok(Self(identity));
        }
        Err(Refusal::forbidden(format!("{} is not the factory, which alone announces and submits", identity.user)))
    }
}

impl FromRequestParts<Arc<Register>> for Regulator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, register: &Arc<Register>) -> Result<Self, Refusal> {
        Self::of(register, Caller::from_request_parts(parts, register).await?).await
    }
}

impl FromRequestParts<Arc<Register>> for Owner {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, register: &Arc<Register>) -> Result<Self, Refusal> {
        let Caller(identity) = Caller::from_request_parts(parts, register).await?;
        let At(at) = At::<ServicePath>::from_request_parts(parts, register).await?;
        let user = &identity.user;
        if register.users.is_program(&identity) {
            return Err(Refusal::forbidden(format!(
                "{user} is a program of the factory and withdraws nothing (item 21)"
            )));
        }
        if register.access.may(&identity, Right::Withdraw(&at.participant)).await? {
            return Ok(Self { identity, at });
        }
        let rule = "only its owner withdraws a service (item 21)";
        Err(Refusal::forbidden(format!(
            "{user} has no right `delete` on stateservices.factory.gov.kg in {}: {rule}",
            at.participant
        )))
    }
}
