//! Whether requests come whatever the answers do, or from users who wait, as the standard says, and from as many of them.

use factory_crds::resilience_standard::LoadModel;

use crate::{dossier::TestResult, plan::Closed, standard::StandardLoad, verdict::say};

/// What the plan lacks.
pub fn check(result: &TestResult, load: &StandardLoad) -> Option<String> {
    let users = result.availability.simultaneous_users;
    let asked = (load.model == Some(LoadModel::Closed)).then(|| Closed::of(users, load.think_time_ms));
    match (&result.plan.prove.load.closed, asked) {
        (Some(_), None) => Some("the load is of the closed model; the standard asks for the open one".to_owned()),
        (None, Some(_)) => Some("the load is of the open model; the standard asks for the closed one".to_owned()),
        (Some(planned), Some(asked)) if *planned != asked => {
            let [planned, asked] = [*planned, asked].map(words);
            Some(format!("the closed model has {planned}; by the standard it has {asked}"))
        }
        _ => None,
    }
}

fn words(closed: Closed) -> String {
    format!("{} users who think for {}", closed.users, say::seconds(closed.think_ms.into()))
}
