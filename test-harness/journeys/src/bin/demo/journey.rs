//! One service on its road, as its team and the regulator take it along.

use std::{collections::BTreeMap, time::Duration};

use factory_crds::{Release, StateService};
use factory_journeys::{
    Failure, Manifest, People, Person,
    escort::Escort,
    job_clock::JobClock,
    live,
    manifest::FIELD_MANAGER,
    result::ServiceResult,
    road::{self, Standing, standing},
    sources,
    waiting::until,
    web::{self, Web},
};
use kube::{Api, ResourceExt as _};

use crate::{journal::Journal, own_time};

/// How a journey must end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Users reach the service.
    Launched,
    /// It was measured and refused.
    Refused,
}

/// A service that travels.
pub struct Traveller {
    /// Folder in `examples`, and name of the service.
    pub example: &'static str,
    /// Participant whose service it is.
    pub participant: &'static str,
    /// The participant's name.
    pub body: &'static str,
    /// How it must end.
    pub end: End,
}

/// Everything around the travellers.
pub struct Stage {
    /// Those who act.
    pub people: People,
    /// A team for each participant.
    pub teams: BTreeMap<&'static str, Person>,
    /// What citizens see.
    pub web: Web,
    /// Lines for the terminal.
    pub journal: Journal,
    /// When Jobs ran.
    pub clock: JobClock,
}

/// How a journey ended.
#[derive(Default)]
pub struct Arrived {
    /// For `result.json`.
    pub result: ServiceResult,
    /// The factory's own seconds, where they could be measured.
    pub own_seconds: Option<f64>,
    /// Host of the launched service.
    pub host: String,
    /// What is not as it should be.
    pub wrong: Vec<String>,
}

impl Arrived {
    /// The end of `traveller`'s journey, also when it broke off.
    pub fn of(traveller: &Traveller, end: Result<Self, Failure>) -> Self {
        end.unwrap_or_else(|failure| Self {
            result: ServiceResult { service: traveller.service(), ..ServiceResult::default() },
            wrong: vec![failure.to_string()],
            ..Self::default()
        })
    }
}

impl Traveller {
    fn service(&self) -> String {
        format!("{}/{}", self.participant, self.example)
    }
}

/// Takes `traveller` from its sources to its end.
pub async fn go(stage: &Stage, traveller: &Traveller) -> Result<Arrived, Failure> {
    let whom = traveller.service();
    let tell = |what: &str| stage.journal.say(&whom, what);
    let people = &stage.people;
    let team = stage.teams.get(traveller.participant).ok_or_else(|| Failure::new("its participant has no team"))?;
    let commit = sources::push_example(&people.cluster, traveller.example).await?;
    tell(&format!("source pushed, commit {}", commit.get(..12).unwrap_or(&commit)));
    let manifest = Manifest::example(&people.cluster, traveller.example)?;
    let service = manifest.apply(&team.client).await?;
    tell("manifest applied by its team");
    let escort = Escort { people, team, service: &service, confirms: traveller.end == End::Launched, tell: &tell };
    let mut release = escort.release(&commit).await?;
    tell(&format!("release {}, attempt {}", release.name_any(), release.spec.attempt));
    let as_wanted = traveller.end == End::Refused && measured(&release);
    if matches!(standing(&release), Standing::Stopped(_)) && !as_wanted {
        // An earlier demo ended badly: that is told, and another attempt is asked for.
        tell(&format!("had stopped: {}", road::reasons(&release).join("; ")));
        release = escort.again(&release).await?;
    }
    release = escort.to_the_end(release).await?;
    arrive(stage, traveller, &manifest, team, &release).await
}

/// Looks at the end of the road as a citizen does, and holds it against what it must be.
async fn arrive(
    stage: &Stage,
    traveller: &Traveller,
    manifest: &Manifest,
    team: &Person,
    release: &Release,
) -> Result<Arrived, Failure> {
    let status = release.status.clone().unwrap_or_default();
    let services: Api<StateService> = Api::namespaced(team.client.clone(), traveller.participant);
    // The service says where it runs a moment after its release says that it does.
    let is_told = |service: &StateService| {
        let live = service.status.as_ref().is_some_and(|status| !status.live_namespace.is_empty());
        live || standing(release) != Standing::Launched
    };
    let service = until(&services, traveller.example, "its live namespace", Duration::from_mins(1), is_told).await?;
    let began = own_time::start(release, service.managed_fields(), FIELD_MANAGER).unwrap_or_default();
    let mut arrived = Arrived {
        own_seconds: own_time::measure(release, began, &stage.clock.jobs()),
        host: manifest.text("/spec/ingress/host").to_owned(),
        result: ServiceResult {
            service: traveller.service(),
            release: release.name_any(),
            uid: release.uid().unwrap_or_default(),
            phase: status.stage,
            verdict: status.outcome.map(|outcome| format!("{outcome:?}")).unwrap_or_default(),
            launched: false,
            stages: road::stage_seconds(release, began),
            reasons: road::reasons(release),
            entry: status.entry,
        },
        wrong: Vec::new(),
    };
    let live_namespace = service.status.unwrap_or_default().live_namespace;
    let differs = if live_namespace.is_empty() {
        Some("it has no live namespace".to_owned())
    } else {
        live::differs(&stage.people.engineer.client, &live_namespace, &status.images).await?
    };
    arrived.result.launched = differs.is_none();
    match traveller.end {
        End::Launched => match differs {
            Some(text) => {
                let reasons = arrived.result.reasons.join("; ");
                arrived
                    .wrong
                    .push(format!("not launched: {text}; the verdict is `{}`: {reasons}", arrived.result.verdict));
            }
            None => arrived
                .wrong
                .extend(visit(&stage.web, manifest, &arrived).await.err().map(|failure| failure.to_string())),
        },
        End::Refused => {
            if arrived.result.launched {
                arrived.wrong.push("launched, though it has a defect".to_owned());
            }
            if arrived.result.verdict != "Failed" || arrived.result.reasons.is_empty() || !measured(release) {
                let reasons = arrived.result.reasons.join("; ");
                arrived.wrong.push(format!(
                    "`{}` at {}, and should be measured and failed: {reasons}",
                    arrived.result.verdict, arrived.result.phase
                ));
            }
            for reason in &arrived.result.reasons {
                stage.journal.say(&arrived.result.service, &format!("refused: {reason}"));
            }
        }
    }
    Ok(arrived)
}

/// Whether the release ran as a candidate and its measurements were reported: only then a refusal
/// says anything about the service.
fn measured(release: &Release) -> bool {
    ["Deployed", "Reported"].into_iter().all(|stage| road::reached(release, stage).is_some())
}

/// Opens the entry and the service without any credentials.
async fn visit(web: &Web, manifest: &Manifest, arrived: &Arrived) -> Result<(), Failure> {
    let soon = Duration::from_secs(30);
    let (host, path) = web::parts(&arrived.result.entry);
    let entry = web.until_good(host, path, soon).await?;
    let number = manifest.text("/spec/register/owner/registrationNumber");
    factory_journeys::ensure(entry.content_type.starts_with("text/html") && entry.body.contains(number), || {
        format!("{}: the page does not show the owner's number {number}", arrived.result.entry)
    })?;
    web.until_good(&arrived.host, "/", soon).await?;
    Ok(())
}
