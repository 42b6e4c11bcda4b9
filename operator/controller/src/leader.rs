//! Leader election over one Lease, and the epoch that fences its writes outside the cluster: a
//! Lease alone does not stop an old leader that was only slow (lessons: operators).

use std::time::Duration;

use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use tokio::time::{Instant, timeout_at};

/// How long a lease holds without renewal.
const LEASE: Duration = Duration::from_secs(15);
/// How often it is renewed, and how often others look whether it has run out.
const RENEW: Duration = Duration::from_secs(3);
/// A leader that could not renew for this long stops, before another can begin.
const GIVE_UP: Duration = Duration::from_secs(10);
/// A renewal ends by then, so that another fits before giving up.
const CALL: Duration = Duration::from_secs(5);
/// Name of the Lease.
const NAME: &str = "factory-operator";

/// Number of the leadership: grows with every change of the holder.
pub type Epoch = u64;

/// The lease could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LeaderError {
    /// From the API server.
    #[error("lease {NAME}")]
    Api(#[from] kube::Error),
    /// Somebody else holds it now, or it could not be renewed in time.
    #[error("lease {NAME} was lost: {0}")]
    Lost(String),
}

/// A candidate for leadership.
pub struct Candidate {
    api: Api<Lease>,
    me: String,
}

impl Candidate {
    /// `me` in `namespace`.
    #[must_use]
    pub fn new(client: Client, namespace: &str, me: &str) -> Self {
        Self { api: Api::namespaced(client, namespace), me: me.to_owned() }
    }

    /// Returns when this process leads, with its epoch. Errors of the API server are waited out.
    pub async fn lead(&self) -> Epoch {
        loop {
            match self.acquire().await {
                Ok(Some(epoch)) => return epoch,
                Ok(None) => {}
                Err(error) => tracing::warn!(error = %crate::error::chain(&error), "cannot look at the lease"),
            }
            tokio::time::sleep(RENEW).await;
        }
    }

    /// Renews until it is lost; then says how. The process ends after that: whatever it was doing
    /// is taken up by the next leader from what is observed.
    pub async fn hold(&self, epoch: Epoch) -> LeaderError {
        let mut renewed = Instant::now();
        let mut trouble = None;
        loop {
            tokio::time::sleep(RENEW).await;
            // What the lease will say is the time before the call, so that counts.
            let began = Instant::now();
            let end = (began + CALL).min(renewed + GIVE_UP);
            match timeout_at(end, self.acquire()).await {
                Ok(Ok(Some(now))) if now == epoch => renewed = began,
                Ok(Ok(_)) => return LeaderError::Lost("another pod holds it".to_owned()),
                Ok(Err(error)) => trouble = Some(error),
                Err(_) => {}
            }
            if renewed.elapsed() >= GIVE_UP {
                return trouble.unwrap_or_else(|| LeaderError::Lost("no answer from the API server".to_owned()));
            }
        }
    }

    /// Gives the lease back at a shutdown in order, so that the next leader need not wait.
    pub async fn release(&self) -> Result<(), LeaderError> {
        let mut lease = self.api.get(NAME).await?;
        let spec = lease.spec.get_or_insert_with(LeaseSpec::default);
        if spec.holder_identity.as_deref() == Some(&self.me) {
            spec.holder_identity = None;
            self.api.replace(NAME, &PostParams::default(), &lease).await?;
        }
        Ok(())
    }

    async fn acquire(&self) -> Result<Option<Epoch>, LeaderError> {
        let now = Timestamp::now();
        let Some(mut lease) = self.api.get_opt(NAME).await? else {
            let first = first_epoch(now);
            let lease = Lease {
                metadata: ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() },
                spec: Some(self.spec(now, first)),
            };
            return won(self.api.create(&PostParams::default(), &lease).await, first);
        };
        let spec = lease.spec.take().unwrap_or_default();
        let transitions = spec.lease_transitions.unwrap_or(0);
        let mine = spec.holder_identity.as_deref() == Some(&self.me);
        if !mine && held(&spec, now) {
            return Ok(None);
        }
        let transitions = if mine { transitions } else { transitions + 1 };
        // The resource version in `lease` makes this fail when another was quicker.
        lease.spec = Some(self.spec(now, transitions));
        won(self.api.replace(NAME, &PostParams::default(), &lease).await, transitions)
    }

    fn spec(&self, now: Timestamp, transitions: i32) -> LeaseSpec {
        LeaseSpec {
            holder_identity: Some(self.me.clone()),
            lease_duration_seconds: i32::try_from(LEASE.as_secs()).ok(),
            renew_time: Some(MicroTime(now)),
            lease_transitions: Some(transitions),
            ..LeaseSpec::default()
        }
    }
}

/// Epoch of the first leader of a new lease: the minute. A register that outlived the cluster knows the
/// epochs of the lease before, which began earlier and grew by one with each change of the holder.
fn first_epoch(now: Timestamp) -> i32 {
    i32::try_from(now.as_second() / 60).unwrap_or(i32::MAX)
}

fn won(answer: Result<Lease, kube::Error>, transitions: i32) -> Result<Option<Epoch>, LeaderError> {
    match answer {
        Ok(_) => Ok(Some(u64::try_from(transitions).unwrap_or(0))),
        Err(kube::Error::Api(status)) if status.is_conflict() || status.is_already_exists() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether somebody's lease still holds at `now`.
fn held(spec: &LeaseSpec, now: Timestamp) -> bool {
    let Some(renewed) = &spec.renew_time else { return false };
    let holder = spec.holder_identity.as_deref().unwrap_or_default();
    let length = i64::from(spec.lease_duration_seconds.unwrap_or(15));
    !holder.is_empty() && now.as_second() - renewed.0.as_second() <= length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(holder: Option<&str>, renewed: i64) -> LeaseSpec {
        LeaseSpec {
            holder_identity: holder.map(str::to_owned),
            lease_duration_seconds: Some(15),
            renew_time: Some(MicroTime(Timestamp::from_second(renewed).unwrap())),
            ..LeaseSpec::default()
        }
    }

    #[test]
    fn a_lease_holds_until_its_length_is_over() {
        let now = Timestamp::from_second(100).unwrap();
        assert!(held(&lease(Some("other"), 85), now));
        assert!(!held(&lease(Some("other"), 84), now));
    }

    #[test]
    fn the_first_leader_of_a_rebuilt_cluster_is_newer_than_those_of_the_old_one() {
        let (old, new) =
            (Timestamp::from_second(1_790_000_000).unwrap(), Timestamp::from_second(1_790_003_600).unwrap());
        let changes_of_the_holder = 50;
        assert!(first_epoch(new) > first_epoch(old) + changes_of_the_holder);
        assert!(first_epoch("2500-01-01T00:00:00Z".parse().unwrap()) < i32::MAX);
    }

    #[test]
    fn a_lease_that_was_given_back_is_free_at_once() {
        let now = Timestamp::from_second(100).unwrap();
        assert!(!held(&lease(None, 100), now));
        assert!(!held(&LeaseSpec::default(), now));
    }
}
