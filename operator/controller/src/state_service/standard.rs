//! Which version of the regulator's standard judges a release that begins today.

use factory_crds::{ResilienceStandard, state_service::ServiceClass};
use k8s_openapi::jiff::{Timestamp, tz::TimeZone};
use kube::{Api, ResourceExt as _, api::ListParams};

use crate::{context::Context, stage::Progress};

/// The standard for `class` that holds today.
pub async fn of_class(context: &Context, class: ServiceClass) -> Result<Progress<ResilienceStandard>, kube::Error> {
    let standards: Api<ResilienceStandard> = Api::all(context.client.clone());
    // Days are those of Bishkek (UTC+6, without summer time).
    let bishkek = k8s_openapi::jiff::tz::Offset::constant(6);
    let today = Timestamp::now().to_zoned(TimeZone::fixed(bishkek)).date().to_string();
    let list = standards.list(&ListParams::default()).await?.items;
    Ok(choose(list, class, &today).map_or_else(
        || {
            Progress::waiting(
                "StandardNotFound",
                format!("spec.class: no ResilienceStandard for class {} holds today", class.as_str()),
            )
        },
        Progress::Done,
    ))
}

/// The newest standard for `class` that holds on `today` (`YYYY-MM-DD`).
fn choose(standards: Vec<ResilienceStandard>, class: ServiceClass, today: &str) -> Option<ResilienceStandard> {
    standards
        .into_iter()
        .filter(|standard| standard.spec.class == class && standard.spec.effective_from.as_str() <= today)
        .max_by_key(|standard| (standard.spec.effective_from.clone(), standard.name_any()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state_service::examples;

    fn standard(name: &str, from: &str) -> ResilienceStandard {
        let mut standard = examples::standard();
        standard.metadata.name = Some(name.to_owned());
        from.clone_into(&mut standard.spec.effective_from);
        standard
    }

    #[test]
    fn the_newest_version_that_holds_today_judges() {
        let all = || vec![standard("old", "2026-01-01"), standard("now", "2026-06-01"), standard("soon", "2027-01-01")];
        assert_eq!(choose(all(), ServiceClass::Basic, "2026-06-01").unwrap().name_any(), "now");
        assert_eq!(choose(all(), ServiceClass::Basic, "2026-05-31").unwrap().name_any(), "old");
        assert!(choose(all(), ServiceClass::Basic, "2025-12-31").is_none());
        assert!(choose(all(), ServiceClass::Critical, "2026-06-01").is_none());
    }
}
