//! `make demo`: three services on the whole road, from manifest to register, on a real cluster. Two
//! are good and end launched; one has a defect and must end refused, by what was measured.
//!
//! Acts as two teams and as the regulator, each with a token of their own; the administrator's
//! rights serve to set up and to read clocks. Repeating it goes on where it was interrupted. It ends
//! with an error when anything is not as it should be.

mod journal;
mod journey;
mod own_time;
mod table;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use factory_journeys::{Cluster, Failure, People, ensure, job_clock::JobClock, result::DemoResult, web::Web};
use futures::future::join_all;

use crate::{
    journal::Journal,
    journey::{Arrived, End, Stage, Traveller},
    own_time::OwnTimes,
};

/// Most seconds that the factory itself may add to a launched service.
const OWN_SECONDS_GOAL: f64 = 30.0;

/// Who travels, in the order of the final table.
const TRAVELLERS: [Traveller; 3] = [
    Traveller {
        example: "registered-address",
        participant: "social-registry",
        body: "Agency of the Social Register",
        end: End::Launched,
    },
    Traveller {
        example: "queue-number",
        participant: "service-centres",
        body: "Public Service Centres",
        end: End::Launched,
    },
    Traveller {
        example: "registered-address-no-drain",
        participant: "social-registry",
        body: "Agency of the Social Register",
        end: End::Refused,
    },
];

#[tokio::main]
async fn main() -> ExitCode {
    match demo().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("demo: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything is as it should be.
async fn demo() -> Result<bool, Failure> {
    let cluster = Cluster::find()?;
    let folder = cluster.demo();
    let web = Web::through(&cluster)?;
    let people = People::gather(cluster).await?;
    let key = people.regulator_key();
    ensure(key.exists(), || {
        format!("{}: no key of the regulator; run `make demo`, which makes it at install", key.display())
    })?;
    let clock = JobClock::start(&people.engineer.client);
    let journal = Journal::start();
    let mut teams = BTreeMap::new();
    for traveller in &TRAVELLERS {
        if !teams.contains_key(traveller.participant) {
            teams.insert(traveller.participant, people.team(traveller.participant, traveller.body).await?);
            journal.say(traveller.participant, "registered as a participant by the regulator");
        }
    }
    let stage = Stage { people, teams, web, journal, clock };
    let ends = join_all(TRAVELLERS.iter().map(|traveller| journey::go(&stage, traveller))).await;
    let arrived: Vec<Arrived> =
        TRAVELLERS.iter().zip(ends).map(|(traveller, end)| Arrived::of(traveller, end)).collect();
    conclude(&stage, &arrived, &folder)
}

/// Writes the result, prints it, and says whether everything is as it should be.
fn conclude(stage: &Stage, arrived: &[Arrived], folder: &Path) -> Result<bool, Failure> {
    let mut times = OwnTimes::read(folder.join("own-times.json"));
    for one in arrived {
        times.note(&one.result, one.own_seconds);
    }
    times.write()?;
    let overhead = times.most(arrived.iter().filter(|one| one.result.launched).map(|one| &one.result));
    let mut result =
        DemoResult { overhead_seconds: overhead, services: arrived.iter().map(|one| one.result.clone()).collect() };
    let path: PathBuf = folder.join("result.json");
    result.keep_times(&DemoResult::read(&path));
    result.write(&path)?;
    table::print(stage, arrived, &result, &times, &path);
    let mut wrong: Vec<String> =
        arrived.iter().flat_map(|one| one.wrong.iter().map(|text| format!("{}: {text}", one.result.service))).collect();
    match overhead {
        Some(seconds) if seconds > OWN_SECONDS_GOAL => {
            wrong.push(format!("the factory itself added {seconds:.1} s; the goal is {OWN_SECONDS_GOAL:.0} s"));
        }
        None if arrived.iter().any(|one| one.result.launched) => {
            wrong.push(
                "no Jobs of the launched services were seen, now or before, so the factory's own time is not known"
                    .to_owned(),
            );
        }
        _ => {}
    }
    for text in &wrong {
        eprintln!("not as it should be: {text}");
    }
    Ok(wrong.is_empty())
}
