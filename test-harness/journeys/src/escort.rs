//! Takes a release along the road as its team and the regulator do: waits for the result, confirms
//! what has passed, and stays for the second attempt that the factory makes of an inconclusive one.

use std::{cell::RefCell, time::Duration};

use factory_crds::{Release, StateService, condition::STAGES};
use kube::{Api, ResourceExt as _};

use crate::{
    Failure, People, Person,
    road::{self, Standing, standing, travel},
    tool,
    waiting::until,
};

/// Builds, experiments, and the queue for the lab behind other services, of which each may take ten minutes twice.
const TO_THE_REGULATOR: Duration = Duration::from_mins(45);
const TO_THE_LAUNCH: Duration = Duration::from_mins(5);
/// A branch is polled every minute where the manifest says nothing else.
const TO_A_RELEASE: Duration = Duration::from_secs(150);

/// Who goes with a service.
pub struct Escort<'a> {
    /// Everybody but the team.
    pub people: &'a People,
    /// The service's team.
    pub team: &'a Person,
    /// The service.
    pub service: &'a StateService,
    /// Whether the regulator confirms what has passed.
    pub confirms: bool,
    /// Is told each step in words.
    pub tell: &'a dyn Fn(&str),
}

impl Escort<'_> {
    fn name(&self) -> String {
        self.service.name_any()
    }

    fn participant(&self) -> String {
        self.service.namespace().unwrap_or_default()
    }

    /// The release that the factory makes of the service as it stands, at `commit`.
    pub async fn release(&self, commit: &str) -> Result<Release, Failure> {
        road::release_of(&self.team.client, self.service, commit, TO_A_RELEASE).await
    }

    /// From wherever `release` is to its end: launched, stopped, or with the regulator where the
    /// escort does not confirm.
    pub async fn to_the_end(&self, release: Release) -> Result<Release, Failure> {
        let release = self.once(release).await?;
        if !release.is_tried_again() {
            return Ok(release);
        }
        (self.tell)(&format!("inconclusive, tried once more by itself: {}", road::reasons(&release).join("; ")));
        let next = self.after(&release).await?;
        self.once(next).await
    }

    async fn once(&self, release: Release) -> Result<Release, Failure> {
        let client = &self.team.client;
        let reached = RefCell::new(stages(&release));
        let waited = RefCell::new(String::new());
        let see = |release: &Release| {
            for stage in stages(release) {
                if !reached.borrow().contains(&stage) {
                    reached.borrow_mut().push(stage);
                    (self.tell)(stage);
                }
            }
            let waits = road::waits(release).unwrap_or_default();
            if !waits.is_empty() && *waited.borrow() != waits {
                (self.tell)(&format!("… {waits}"));
            }
            waits.clone_into(&mut waited.borrow_mut());
        };
        let with_regulator = |standing: &Standing| *standing == Standing::WithRegulator;
        let release = travel(client, &release, TO_THE_REGULATOR, with_regulator, see).await?;
        if standing(&release) != Standing::WithRegulator || !self.confirms {
            return Ok(release);
        }
        self.confirm().await?;
        (self.tell)("confirmed by the regulator, with the regulator's own key");
        travel(client, &release, TO_THE_LAUNCH, |_| false, see).await
    }

    /// The regulator confirms the newest release.
    async fn confirm(&self) -> Result<String, tool::ToolError> {
        let (name, participant) = (self.name(), self.participant());
        let key = self.people.regulator_key().display().to_string();
        let arguments = ["confirm", &name, "-n", &participant, "--key", &key, "--yes"];
        tool::succeed(&self.people.cluster, &self.people.regulator, &arguments).await
    }

    /// The team asks for another attempt after `last`.
    pub async fn again(&self, last: &Release) -> Result<Release, Failure> {
        let arguments = ["run", &self.name(), "-n", &self.participant(), "--no-wait"];
        tool::succeed(&self.people.cluster, self.team, &arguments).await?;
        self.after(last).await
    }

    /// The release that comes after `last`.
    async fn after(&self, last: &Release) -> Result<Release, Failure> {
        let namespace = self.participant();
        let services: Api<StateService> = Api::namespaced(self.team.client.clone(), &namespace);
        let releases: Api<Release> = Api::namespaced(self.team.client.clone(), &namespace);
        let known = last.name_any();
        let found = until(&services, &self.name(), "another attempt", TO_A_RELEASE, |service| {
            service.status.as_ref().is_some_and(|status| !status.release.is_empty() && status.release != known)
        })
        .await?;
        Ok(releases.get(&found.status.unwrap_or_default().release).await?)
    }
}

/// The stages that `release` has reached.
fn stages(release: &Release) -> Vec<&'static str> {
    STAGES.into_iter().filter(|stage| road::reached(release, stage).is_some()).collect()
}
