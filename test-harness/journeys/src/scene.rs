//! The scene of a test: the people, one participant with its team, and names that no earlier run
//! has used. What a test made is deleted at its end, as a team would.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use factory_crds::{Release, StateService};
use kube::{Api, ResourceExt as _, api::DeleteParams};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    Cluster, Failure, Manifest, People, Person, ensure,
    escort::Escort,
    road::{Standing, reasons, standing},
    sources, standard,
    waiting::until_gone,
    web::Web,
};

/// One journey at a time issues a standard and has a release made under it.
static ISSUING: Mutex<()> = Mutex::const_new(());

/// A test's surroundings.
pub struct Scene {
    /// Everybody but the team.
    pub people: People,
    /// What citizens see.
    pub web: Web,
    /// The participant.
    pub participant: String,
    /// Its team.
    pub team: Person,
}

impl Scene {
    /// The scene of `participant`.
    pub async fn of(participant: &str) -> Result<Self, Failure> {
        let cluster = Cluster::find()?;
        let web = Web::through(&cluster)?;
        let people = People::gather(cluster).await?;
        let team = people.team(participant, participant).await?;
        Ok(Self { people, web, participant: participant.to_owned(), team })
    }

    /// A name beginning with `prefix` that no earlier run has used.
    #[must_use]
    pub fn fresh(prefix: &str) -> String {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        format!("{prefix}-{:x}", since.as_secs())
    }

    /// The participant's services, as its team sees them.
    #[must_use]
    pub fn services(&self) -> Api<StateService> {
        Api::namespaced(self.team.client.clone(), &self.participant)
    }

    /// The participant's releases, as its team sees them.
    #[must_use]
    pub fn releases(&self) -> Api<Release> {
        Api::namespaced(self.team.client.clone(), &self.participant)
    }

    /// `examples/<example>` as a service `name` of this participant.
    pub fn manifest(&self, example: &str, name: &str) -> Result<Manifest, Failure> {
        Ok(Manifest::example(&self.people.cluster, example)?.named(&self.participant, name))
    }

    /// Applies `manifest`, whose source is at `commit`; the service, and the release that is made of it.
    pub async fn begin(&self, manifest: &Manifest, commit: &str) -> Result<(StateService, Release), Failure> {
        let service = manifest.apply(&self.team.client).await?;
        let escort =
            Escort { people: &self.people, team: &self.team, service: &service, confirms: false, tell: &|_| {} };
        let release = escort.release(commit).await?;
        Ok((service, release))
    }

    /// The same under a standard with `faults` that is issued for its `class`, and that the release holds
    /// fast: others may issue another for that class from then on.
    pub async fn begin_under(
        &self,
        (class, faults): (&str, Value),
        manifest: &Manifest,
        commit: &str,
    ) -> Result<(StateService, Release), Failure> {
        let _turn = ISSUING.lock().await;
        standard::issue(self, class, faults).await?;
        self.begin(&manifest.clone().with("/spec/class", json!(class)), commit).await
    }

    /// The same under the standard `object` of `class`, which the cluster has and nobody issues for it.
    pub async fn begin_unissued(
        &self,
        (class, object): (&str, &Value),
        manifest: &Manifest,
        commit: &str,
    ) -> Result<(StateService, Release), Failure> {
        let _turn = ISSUING.lock().await;
        standard::put(self, class, object).await?;
        self.begin(&manifest.clone().with("/spec/class", json!(class)), commit).await
    }

    /// Another attempt after `last` at the service of `manifest` as it stands, under a standard that is issued for it.
    pub async fn again_under(
        &self,
        (class, faults): (&str, Value),
        manifest: &Manifest,
        last: &Release,
    ) -> Result<Release, Failure> {
        let _turn = ISSUING.lock().await;
        standard::issue(self, class, faults).await?;
        let service = self.services().get(manifest.service()).await?;
        let escort =
            Escort { people: &self.people, team: &self.team, service: &service, confirms: false, tell: &|_| {} };
        escort.again(last).await
    }

    /// From a release's beginning to its end; the regulator confirms where `confirms`.
    pub async fn escorted(
        &self,
        (service, release): (StateService, Release),
        confirms: bool,
    ) -> Result<Release, Failure> {
        let name = service.name_any();
        let tell = |what: &str| println!("{name}: {what}");
        let escort = Escort { people: &self.people, team: &self.team, service: &service, confirms, tell: &tell };
        Box::pin(escort.to_the_end(release)).await
    }

    /// Takes `manifest`, whose source is at `commit`, to the end of its road; the regulator confirms
    /// where `confirms`.
    pub async fn to_the_end(&self, manifest: &Manifest, commit: &str, confirms: bool) -> Result<Release, Failure> {
        self.escorted(Box::pin(self.begin(manifest, commit)).await?, confirms).await
    }

    /// The same under a standard that is issued for it.
    pub async fn to_the_end_under(
        &self,
        standard: (&str, Value),
        manifest: &Manifest,
        commit: &str,
        confirms: bool,
    ) -> Result<Release, Failure> {
        self.escorted(Box::pin(self.begin_under(standard, manifest, commit)).await?, confirms).await
    }

    /// The same, by another attempt where an earlier run of the tests has made one already.
    pub async fn anew(&self, manifest: &Manifest, commit: &str) -> Result<Release, Failure> {
        let service = manifest.apply(&self.team.client).await?;
        let name = manifest.service().to_owned();
        let tell = |what: &str| println!("{name}: {what}");
        let escort = Escort { people: &self.people, team: &self.team, service: &service, confirms: true, tell: &tell };
        let mut release = escort.release(commit).await?;
        if standing(&release) != Standing::Underway {
            release = escort.again(&release).await?;
        }
        Box::pin(escort.to_the_end(release)).await
    }

    /// A launched service `name` made of `examples/<example>`, by the shortest proof: the one of an earlier
    /// run where it is still as it was.
    pub async fn launched(&self, example: &str, name: &str) -> Result<Release, Failure> {
        let commit = sources::push_example(&self.people.cluster, example).await?;
        let manifest = self.manifest(example, name)?;
        let release = self.to_the_end_under(standard::brief(), &manifest, &commit, true).await?;
        ensure(standing(&release) == Standing::Launched, || {
            format!("{name} was not launched: {}", reasons(&release).join("; "))
        })?;
        Ok(release)
    }

    /// Deletes the service `name` as its team does, and waits until it is gone.
    pub async fn delete(&self, name: &str) -> Result<(), Failure> {
        self.services().delete(name, &DeleteParams::default()).await?;
        until_gone(&self.services(), name, Duration::from_mins(2)).await?;
        Ok(())
    }
}
