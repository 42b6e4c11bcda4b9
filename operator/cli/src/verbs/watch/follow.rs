//! From three watches to one view: which release is followed, and when it has ended. What is told
//! to a person is decided in `progress`; here it is only kept up to date.

use std::collections::BTreeMap;

use factory_crds::{Experiment, Release, StateService};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use kube::{
    ResourceExt as _,
    runtime::{
        WatchStreamExt as _,
        watcher::{self, Event, watcher},
    },
};

use super::{WatchError, display::Display};
use crate::{
    cluster::{Cluster, ClusterError},
    failure::Failure,
    progress::{self, Ending, View},
};

/// Which release of a service is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follow {
    /// The newest of the present spec; a newer one takes its place.
    Newest,
    /// The first that is newer than this one (empty: the first of all).
    After(String),
    /// The one that carries out this experiment.
    Experiment(String),
}

/// Something changed.
enum Change {
    Service(Event<StateService>),
    Release(Event<Release>),
    Experiment(Event<Experiment>),
}

/// What is known of the service.
#[derive(Default)]
struct Known {
    service: Option<StateService>,
    releases: BTreeMap<String, Release>,
    experiments: BTreeMap<String, Experiment>,
    /// How many of the two lists that are needed have been read to their end.
    listed: u8,
}

/// Shows every change until the end.
pub async fn until_end(
    cluster: &Cluster,
    service: &str,
    which: &Follow,
    until: Option<&str>,
    display: &mut Display,
) -> Result<Ending, Failure> {
    let mut changes = changes(cluster, service);
    let mut known = Known::default();
    while let Some(change) = changes.next().await {
        known.take(change?, service);
        // A view of half a list could take an old release for the newest.
        if known.listed < 2 {
            continue;
        }
        let Some(present) = &known.service else {
            return Err(WatchError::Deleted(format!("StateService `{service}`")).into());
        };
        let view = match known.followed(present, which) {
            Some(release) => {
                let view = progress::of_release(release);
                if let Some(ending) = progress::ending(release, until) {
                    display.show(&view)?;
                    return Ok(ending);
                }
                view
            }
            None => match progress::stopped_before_release(present) {
                Some(ending) if !matches!(which, Follow::Experiment(_)) => return Ok(ending),
                _ => known.without_release(present, which),
            },
        };
        display.show(&view)?;
    }
    Err(WatchError::Deleted("the watch".to_owned()).into())
}

/// The three watches as one stream. A refusal ends it; everything else is tried again by the watcher.
fn changes(cluster: &Cluster, service: &str) -> impl Stream<Item = Result<Change, ClusterError>> + Unpin + use<> {
    let only = watcher::Config::default().fields(&format!("metadata.name={service}"));
    let services = watcher(cluster.namespaced::<StateService>(), only).default_backoff().map_ok(Change::Service);
    let releases =
        watcher(cluster.namespaced::<Release>(), watcher::Config::default()).default_backoff().map_ok(Change::Release);
    let experiments = watcher(cluster.namespaced::<Experiment>(), watcher::Config::default())
        .default_backoff()
        .map_ok(Change::Experiment);
    let needed = stream::select(settle("StateServices", services), settle("Releases", releases));
    // Only a rehearsal needs them: a watch of a service does without the right to see experiments.
    let wished = settle("Experiments", experiments).filter(|change| futures::future::ready(change.is_ok()));
    stream::select(needed, wished).boxed()
}

/// Leaves out errors after which the watcher goes on by itself.
fn settle(
    what: &'static str,
    changes: impl Stream<Item = Result<Change, watcher::Error>> + Send,
) -> impl Stream<Item = Result<Change, ClusterError>> + Send {
    changes.filter_map(move |change| {
        futures::future::ready(match change {
            Ok(change) => Some(Ok(change)),
            Err(error) if is_refusal(&error) => Some(Err(ClusterError::Watch { what, source: Box::new(error) })),
            Err(_) => None,
        })
    })
}

/// Whether asking again would be refused again.
fn is_refusal(error: &watcher::Error) -> bool {
    let status = match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status)) => status,
        watcher::Error::WatchError(status) => status,
        _ => return false,
    };
    matches!(status.code, 401 | 403 | 404)
}

impl Known {
    fn take(&mut self, change: Change, name: &str) {
        match change {
            Change::Service(Event::Apply(service) | Event::InitApply(service)) => self.service = Some(service),
            Change::Service(Event::Delete(_)) => self.service = None,
            Change::Service(Event::Init)
            | Change::Release(Event::Init)
            | Change::Experiment(Event::Init | Event::InitDone) => {}
            Change::Service(Event::InitDone) | Change::Release(Event::InitDone) => {
                self.listed = self.listed.saturating_add(1);
            }
            Change::Release(Event::Apply(release) | Event::InitApply(release)) => {
                if release.spec.service == name {
                    self.releases.insert(release.name_any(), release);
                }
            }
            Change::Release(Event::Delete(release)) => {
                self.releases.remove(&release.name_any());
            }
            Change::Experiment(Event::Apply(experiment) | Event::InitApply(experiment)) => {
                if experiment.spec.service == name {
                    self.experiments.insert(experiment.name_any(), experiment);
                }
            }
            Change::Experiment(Event::Delete(experiment)) => {
                self.experiments.remove(&experiment.name_any());
            }
        }
    }

    /// The release that is followed, once there is one.
    fn followed(&self, service: &StateService, which: &Follow) -> Option<&Release> {
        let newest = service.status.as_ref().map(|status| status.release.as_str()).unwrap_or_default();
        match which {
            Follow::Newest => self.current(service, newest),
            Follow::After(old) => self.releases.get(newest).filter(|release| release.name_any() != *old),
            Follow::Experiment(name) => {
                let release = &self.experiments.get(name)?.status.as_ref()?.release;
                self.releases.get(release)
            }
        }
    }

    /// The newest release of the present spec. After a change back to an earlier spec that is not the
    /// newest of all, and before the operator has seen a change there is none.
    fn current(&self, service: &StateService, newest: &str) -> Option<&Release> {
        let seen = service.status.as_ref().and_then(|status| status.observed_generation);
        if seen != service.metadata.generation {
            return None;
        }
        let is_current = |release: &&Release| !release.spec.rehearsal && progress::is_current(service, release);
        let of_spec = || {
            self.releases
                .values()
                .filter(is_current)
                .max_by_key(|release| (release.creation_timestamp(), release.spec.attempt))
        };
        self.releases.get(newest).filter(is_current).or_else(of_spec)
    }

    /// What is shown while there is no release to follow.
    fn without_release(&self, service: &StateService, which: &Follow) -> View {
        let mut view = progress::of_service(service);
        if let Follow::Experiment(name) = which {
            view.stages.clear();
            let status = self.experiments.get(name).and_then(|experiment| experiment.status.as_ref());
            view.experiment = status.map(|status| status.message.clone()).unwrap_or_default();
        }
        view
    }
}
