//! What goes on beside the load for the whole of a run: the control and the twin are asked, and what the candidate runs
//! on is read once.

use std::{net::SocketAddr, time::Duration};

use factory_assurance::{
    evidence::{ControlSecond, PhaseSpan, Profile, TwinEvidence},
    plan::{PhaseRole, ProvePlan},
};
use kube::Client;
use tokio::task::JoinHandle;

use super::{ProveError, twin};
use crate::{
    control,
    measure::{
        Clock,
        profile::{self, ProfileError},
    },
    target::Targets,
};

/// Where the control and the twin of a plan are.
pub struct Found {
    control: Vec<SocketAddr>,
    twin: Option<twin::Found>,
}

/// What is under way.
pub struct Beside {
    control: Option<JoinHandle<Option<Vec<ControlSecond>>>>,
    twin: Option<twin::Asked>,
    profile: Option<JoinHandle<Result<Profile, ProfileError>>>,
}

/// What was seen, as the evidence has it.
pub struct Seen {
    /// Of the control.
    pub control: Option<Vec<ControlSecond>>,
    /// Of the twin.
    pub twin: Option<TwinEvidence>,
    /// Of what the candidate runs on.
    pub profile: Option<Profile>,
}

impl Found {
    /// Looks for them in `namespace`. One that cannot be found is not asked, which the verdict says.
    pub async fn of(plan: &ProvePlan, namespace: &str, client: &Client) -> Self {
        let control = match &plan.control {
            Some(control) => control::pods(client, namespace, control).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the control was not found");
                Vec::new()
            }),
            None => Vec::new(),
        };
        Self { control, twin: twin::find(plan, namespace, client).await }
    }

    /// Has them asked from the start of `clock` on.
    pub fn begin(
        self,
        plan: &ProvePlan,
        targets: &Targets,
        nonce: &str,
        (namespace, client): (&str, &Client),
        (clock, spans): (Clock, &[PhaseSpan]),
    ) -> Result<Beside, ProveError> {
        Ok(Beside {
            control: asked(plan, self.control, clock),
            twin: twin::ask(plan, targets, self.twin, nonce, clock.start())?,
            profile: profiled(plan, spans, namespace, client, clock),
        })
    }
}

impl Beside {
    /// What all of it came to, when the load is over.
    pub async fn seen(self) -> Result<Seen, ProveError> {
        let control = match self.control {
            Some(control) => control.await.map_err(|_| ProveError::Died("task of the control"))?,
            None => None,
        };
        let twin = match self.twin {
            Some(twin) => Some(twin.counted().await?),
            None => None,
        };
        let profile = match self.profile {
            Some(profile) => profile
                .await
                .map_err(|_| ProveError::Died("task of the profile"))?
                .inspect_err(|error| tracing::warn!(%error, "nobody knows what the candidate runs on"))
                .ok(),
            None => None,
        };
        Ok(Seen { control, twin, profile })
    }
}

/// Has the control at `pods` asked for the whole of the run, if `plan` has one.
fn asked(plan: &ProvePlan, pods: Vec<SocketAddr>, clock: Clock) -> Option<JoinHandle<Option<Vec<ControlSecond>>>> {
    let per_second = plan.control.as_ref()?.requests_per_second;
    let seconds = plan.phases.iter().map(|phase| phase.seconds).sum();
    let timeout = Duration::from_millis(u64::from(plan.load.timeout_ms));
    Some(tokio::spawn(async move { control::ask(&pods, per_second, seconds, timeout, clock).await }))
}

/// Has it read, at the start of the ladder, what the candidate runs on, if `plan` has one: a capacity is one of that.
fn profiled(
    plan: &ProvePlan,
    spans: &[PhaseSpan],
    namespace: &str,
    client: &Client,
    clock: Clock,
) -> Option<JoinHandle<Result<Profile, ProfileError>>> {
    let mut phases = plan.phases.iter().zip(spans);
    let (_, first) = phases.find(|(phase, _)| matches!(phase.role, PhaseRole::Capacity { .. }))?;
    let moment = clock.start() + Duration::from_millis(first.from_ms);
    let (client, namespace) = (client.clone(), namespace.to_owned());
    let control = plan.control.iter().map(|control| control.name.clone());
    let ours: Vec<_> = control.chain(plan.twin.iter().map(|twin| twin.name.clone())).collect();
    Some(tokio::spawn(async move {
        tokio::time::sleep_until(moment.into()).await;
        profile::read(&client, &namespace, &ours).await
    }))
}
