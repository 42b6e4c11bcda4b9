//! Whether the plan is the one that the standard asks of this service: of its class, with its timeout, at the rate that
//! its users make, warmed up and steady for as long as it says, with its users coming as they do by it. A standard that is not held against the plan could be
//! met by one request a minute with all the time in the world.

mod model;
mod shape;

use crate::{
    dossier::TestResult,
    plan::{Phase, PhaseRole, requests_per_minute},
    standard::StandardLoad,
    verdict::{Rules, say},
};

/// What the plan lacks, one text for each rule.
pub fn lacks(result: &TestResult, rules: Rules) -> Vec<String> {
    if !rules.holds_the_load() {
        return Vec::new();
    }
    let (Some(class), Some(load)) = (result.standard.class, &result.standard.load) else {
        return vec!["the standard does not say for which class it is, or under which load".to_owned()];
    };
    [
        of_class(result, class.as_str()),
        timeout(result, load),
        rate(result, load),
        warm_up(result, load),
        steady(result, load),
        model::check(result, load),
        shape::connections(result, load),
        shape::arrivals(result, load),
        shape::placed(result, rules, load),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_class(result: &TestResult, class: &str) -> Option<String> {
    let of = &result.record.class;
    (of != class).then(|| {
        let (class, of) = (say::quote(class), say::quote(of));
        format!("the standard is for services of class {class}, and this one is of class {of}")
    })
}

fn timeout(result: &TestResult, load: &StandardLoad) -> Option<String> {
    let planned = u64::from(result.plan.prove.load.timeout_ms);
    let asked = load.timeout_ms.min(u32::MAX.into());
    (planned != asked).then(|| {
        let (planned, asked) = (say::seconds(planned), say::seconds(asked));
        format!("an answer may take {planned}; the standard asks for {asked}")
    })
}

/// The rate from which the rates of all phases follow.
fn rate(result: &TestResult, load: &StandardLoad) -> Option<String> {
    let users = result.availability.simultaneous_users;
    let (planned, asked) = (result.plan.prove.load.requests_per_minute, requests_per_minute(users, load.think_time_ms));
    (planned != asked).then(|| {
        format!("the load is {planned} requests a minute; by the standard {users} simultaneousUsers make {asked}")
    })
}

/// What happens in a warm-up is not judged, so there is one at most, at the start, and no longer than it may be.
fn warm_up(result: &TestResult, load: &StandardLoad) -> Option<String> {
    let longest = load.warm_up_seconds;
    let phases = result.plan.prove.phases.iter().enumerate();
    phases.filter(|(_, phase)| phase.role == PhaseRole::WarmUp {}).find_map(|(index, phase)| {
        let (name, seconds) = (say::quote(&phase.name), phase.seconds);
        if index > 0 {
            Some(format!("phase {name} is a warm-up, and not the first phase: nothing in it would be judged"))
        } else if seconds > longest {
            Some(format!("phase {name} warms up for {seconds} s; the standard allows {longest} s"))
        } else {
            None
        }
    })
}

fn steady(result: &TestResult, load: &StandardLoad) -> Option<String> {
    let is_short = |phase: &&Phase| phase.role == (PhaseRole::Steady {}) && phase.seconds < load.steady_seconds;
    let short = result.plan.prove.phases.iter().find(is_short)?;
    let (name, seconds, asked) = (say::quote(&short.name), short.seconds, load.steady_seconds);
    Some(format!("phase {name} is steady for {seconds} s; the standard requires {asked} s"))
}
