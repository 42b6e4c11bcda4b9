//! Who is asking, and what they may: the register trusts the cluster's API server for both.
//!
//! The register keeps no accounts and no roles of its own. The factory and the permit keeper are
//! two users named at start; a regulator is whoever the cluster lets `confirm` releases; an owner
//! reads who may `get` releases in the participant's namespace, withdraws who may `delete` manifests
//! there, and answers who may `update` them. Where the register lives apart from the factory, the two users are
//! those of the factory's cluster, and everybody else is of its own: [`apart`].

pub mod apart;
pub mod kubernetes;

use std::{collections::BTreeMap, fmt};

use futures::future::BoxFuture;

/// Audience that tokens for the register carry.
pub const AUDIENCE: &str = "factory-register";

/// Someone whom the cluster knows.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// User name, for example `system:serviceaccount:factory-system:factory-operator`.
    pub user: String,
    /// UID, where there is one.
    pub uid: Option<String>,
    /// Groups.
    pub groups: Vec<String>,
    /// What authorizers may ask for beyond.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl fmt::Debug for Identity {
    /// The name alone: `extra` may hold credential ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.user)
    }
}

/// A right on kinds of the group `factory.gov.kg`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Right<'a> {
    /// Verb `confirm` on `releases` in every namespace: a regulator. A right in one namespace is not enough, since
    /// whoever rules a namespace could hand it out there.
    Confirm,
    /// Verb `get` on `releases` in the namespace of this participant: an owner who reads.
    Read(&'a str),
    /// Verb `delete` on `stateservices` in the namespace of this participant: an owner who withdraws.
    Withdraw(&'a str),
    /// Verb `update` on `stateservices` in the namespace of this participant: someone who speaks for it.
    Write(&'a str),
}

/// Why it is not known who is asking or what they may.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The cluster does not know the token, or it was made for another audience.
    #[error("the token is not valid for the audience {AUDIENCE}: {0}")]
    Unauthenticated(String),
    /// The API server could not be asked.
    #[error("the cluster's API server could not be asked: {reason}")]
    Unavailable {
        /// What happened, in words.
        reason: String,
        /// Cause, where there is one.
        #[source]
        source: Option<Box<kube::Error>>,
    },
}

/// Answers who is asking and what they may.
pub trait Authenticator: Send + Sync + 'static {
    /// Whose token it is.
    fn identify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Identity, AccessError>>;

    /// Whether `who` has the right.
    fn may<'a>(&'a self, who: &'a Identity, right: Right<'a>) -> BoxFuture<'a, Result<bool, AccessError>>;
}

/// The two users whom the register knows by name.
#[derive(Clone, Debug)]
pub struct Users {
    /// The operator.
    pub factory: String,
    /// The permit keeper.
    pub permit_keeper: String,
}

impl Users {
    /// Whether `identity` is a program of the factory. None of them may ever decide.
    #[must_use]
    pub fn is_program(&self, identity: &Identity) -> bool {
        identity.user == self.factory || identity.user == self.permit_keeper
    }
}
