//! How many pods of the lab share a load, and where the first of them waits for the others. The platform engineer says
//! how much one of them can do; nothing of it is judged: what they counted is added up before anybody reads it.

use factory_assurance::{
    plan::{Arrivals, LoadPlan, WHOLE_PPM},
    wire::Company,
};
use factory_crds::EnvironmentSpec;

use super::plan::PlanError;
use crate::{context::LAB_NAMESPACE, manifests::lab_job::COMPANY};

/// Most pods that share a load.
const MOST: u64 = 16;
/// Port on which the first one waits for the others; the lab's network policy knows it.
const PORT: u16 = 7070;

/// The pods of the Job `job` that share `load` in `environment`, if one is not enough. Where operations are drawn there is
/// one: a service could describe itself otherwise to each.
pub fn company(load: &LoadPlan, environment: &EnvironmentSpec, job: &str) -> Option<Company> {
    let of = needed(load, environment).filter(|_| load.drawn.is_empty())?;
    Some(Company { of, leader: format!("{job}-0.{COMPANY}.{LAB_NAMESPACE}.svc"), port: PORT })
}

/// Whether `load` can be made in `environment`: one generator must do where operations are drawn. It would be void each time.
///
/// # Errors
///
/// [`PlanError::DrawnByMany`].
pub fn suffice(load: &LoadPlan, environment: &EnvironmentSpec) -> Result<(), PlanError> {
    let many = needed(load, environment).filter(|_| !load.drawn.is_empty());
    many.map_or(Ok(()), |of| Err(PlanError::DrawnByMany(of)))
}

/// How many pods `load` takes, if it is more than one.
fn needed(load: &LoadPlan, environment: &EnvironmentSpec) -> Option<u32> {
    let each = u64::from(environment.requests_per_generator?).max(1);
    let peak_ppm = load.arrivals.as_ref().map_or(WHOLE_PPM, Arrivals::peak_ppm);
    let peak = (u64::from(load.requests_per_minute) * u64::from(peak_ppm)).div_ceil(60 * u64::from(WHOLE_PPM));
    u32::try_from(peak.div_ceil(each).min(MOST)).ok().filter(|of| *of > 1)
}

#[cfg(test)]
mod tests {
    use factory_assurance::plan::{Arrivals, Gaps, Stretch};

    use super::*;
    use crate::{release::plan, state_service::examples};

    #[test]
    fn there_are_as_many_as_the_highest_rate_needs_and_one_where_nothing_is_said() {
        let mut load = plan::compose(&examples::service().spec, &examples::standard().spec).unwrap().prove.load;
        load.requests_per_minute = 60_000;
        let mut environment: EnvironmentSpec = serde_json::from_value(serde_json::json!({
            "purpose": "lab", "gitHosts": [], "registry": {"prefix": "registry.test", "cidrs": [], "port": 443},
        }))
        .unwrap();
        let mut of = |load: &LoadPlan, each| {
            environment.requests_per_generator = each;
            company(load, &environment, "prove-x").map_or(1, |company| company.of)
        };
        assert_eq!([None, Some(1_000), Some(999), Some(250), Some(10)].map(|each| of(&load, each)), [1, 1, 2, 4, 16]);
        load.arrivals = Some(Arrivals { gaps: Gaps::Drawn, stretches: vec![Stretch::level(9, 2_500_000)] });
        assert_eq!(of(&load, Some(1_000)), 3);
        load.drawn = vec![factory_assurance::plan::DrawnPlan {
            component: "web".to_owned(),
            path: "/openapi.json".to_owned(),
            weight: 1,
            most: 8,
        }];
        assert_eq!(of(&load, Some(1)), 1);
        environment.requests_per_generator = Some(1_000);
        assert_eq!(suffice(&load, &environment), Err(PlanError::DrawnByMany(3)));
        load.drawn.clear();
        assert_eq!(suffice(&load, &environment), Ok(()));
        let company = company(&load, &environment, "prove-x").unwrap();
        assert_eq!(company.leader, "prove-x-0.factory-lab.factory-lab.svc");
    }
}
