//! A register that lives in another cluster than the factory. Who somebody is and what they may is said by the
//! register's own cluster, as ever; the factory's cluster is asked for one thing: whether a token is one of the two
//! programs of the factory, which announce and submit and never decide.
//!
//! *Architecture invariant:* nobody else gets in by the factory's cluster, whatever rights its administrator has
//! there, and nobody gets in as one of these programs by the register's own.

use futures::future::{BoxFuture, FutureExt as _};

use super::{AccessError, Authenticator, Identity, Right, Users};

/// Two clusters.
pub struct Apart<H, F> {
    home: H,
    factory: F,
    programs: Users,
}

impl<H: Authenticator, F: Authenticator> Apart<H, F> {
    /// People by `home`, the `programs` by the cluster of the `factory`.
    #[must_use]
    pub const fn new(home: H, factory: F, programs: Users) -> Self {
        Self { home, factory, programs }
    }

    async fn who(&self, token: &str) -> Result<Identity, AccessError> {
        // First at home: a person's token is shown to the other cluster only where it is none here.
        let unknown = match self.home.identify(token).await {
            Ok(identity) if self.programs.is_program(&identity) => {
                return Err(AccessError::Unauthenticated(format!(
                    "{} is a program of the factory, which only the factory's cluster can say",
                    identity.user
                )));
            }
            Err(AccessError::Unauthenticated(reason)) => reason,
            known => return known,
        };
        match self.factory.identify(token).await {
            Ok(identity) if self.programs.is_program(&identity) => Ok(identity),
            Ok(identity) => Err(AccessError::Unauthenticated(format!(
                "{} is known to the factory's cluster alone, from which only the factory's programs are taken",
                identity.user
            ))),
            Err(AccessError::Unauthenticated(_)) => Err(AccessError::Unauthenticated(unknown)),
            Err(error) => Err(error),
        }
    }
}

impl<H: Authenticator, F: Authenticator> Authenticator for Apart<H, F> {
    fn identify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Identity, AccessError>> {
        self.who(token).boxed()
    }

    /// By the register's own cluster alone, and none there for programs of another one.
    fn may<'a>(&'a self, who: &'a Identity, right: Right<'a>) -> BoxFuture<'a, Result<bool, AccessError>> {
        if self.programs.is_program(who) {
            return futures::future::ready(Ok(false)).boxed();
        }
        self.home.may(who, right)
    }
}
