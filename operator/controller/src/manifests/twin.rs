//! The twin in front of a candidate: a proxy that is too late on purpose, so that a run in which the gate sleeps is
//! told from one in which it is awake. It stands beside the control, and like that in no launched service; nothing
//! leads from the candidate to it.

use factory_assurance::plan::{LoadOperation, TwinPlan};
use factory_crds::state_service::Component;
use k8s_openapi::{
    api::{
        apps::v1::Deployment,
        core::v1::{Probe, TCPSocketAction},
    },
    apimachinery::pkg::util::intstr::IntOrString,
};

use super::{Place, control, deployment};

/// Longer than a component's name can be. How late it is, is not in it.
const NAME: &str = "slow-twin-in-front-of-the-candidate";
const PORT: u16 = 8080;
/// Enough for a 95th percentile of a phase of a few seconds.
const REQUESTS_PER_SECOND: u32 = 10;

/// How late a twin is.
#[derive(Clone, Copy, Debug)]
pub struct Late {
    /// Limit on the 95th percentile of latency, in milliseconds.
    pub limit_ms: u32,
    /// Percent of it.
    pub percent: u32,
}

/// How it is asked, of `operations` of a load: the first that reads and begins a visit, else the first that begins
/// one.
#[must_use]
pub fn plan(operations: &[LoadOperation]) -> Option<TwinPlan> {
    let begins = || operations.iter().enumerate().filter(|(_, operation)| operation.after.is_none());
    let reads = begins().find(|(_, operation)| operation.request.method == "GET");
    let (index, _) = reads.or_else(|| begins().next())?;
    Some(TwinPlan {
        name: NAME.to_owned(),
        port: PORT,
        operation: u32::try_from(index).ok()?,
        requests_per_second: REQUESTS_PER_SECOND,
    })
}

/// As a component.
#[must_use]
pub fn component() -> Component {
    Component { name: NAME.to_owned(), port: PORT, replicas: 1, ..control::component(&[]) }
}

/// Its Deployment, of the lab's `image`, in front of the component `asked`.
#[must_use]
pub fn build(place: &Place<'_>, image: &str, asked: &Component, late: Late) -> Deployment {
    let mut built = deployment::build(place, &[], &component(), image, None);
    let pod = built.spec.as_mut().and_then(|spec| spec.template.spec.as_mut());
    for container in pod.into_iter().flat_map(|pod| &mut pod.containers) {
        let named = |name: &str, value: String| [format!("--{name}"), value];
        let arguments = [
            named("port", PORT.to_string()),
            named("to", format!("{}:{}", asked.name, asked.port)),
            named("limit-ms", late.limit_ms.to_string()),
            named("percent", late.percent.to_string()),
        ];
        container.args = Some(["twin".to_owned()].into_iter().chain(arguments.into_iter().flatten()).collect());
        // Whether it is there, and not what the service says.
        let there = TCPSocketAction { port: IntOrString::Int(i32::from(PORT)), ..TCPSocketAction::default() };
        container.readiness_probe =
            Some(Probe { tcp_socket: Some(there), period_seconds: Some(1), ..Probe::default() });
        (container.liveness_probe, container.startup_probe) = (None, None);
    }
    built
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{manifests::places, release::plan::compose, state_service::examples};

    #[test]
    fn it_is_asked_what_reads_and_begins_a_visit_and_where_nothing_reads_what_begins_one() {
        let mut service = examples::service();
        let mut asked = |method: &str| {
            for step in service.spec.checks.iter_mut().flat_map(|check| &mut check.steps) {
                if method != "GET" {
                    step.request.method = method.to_owned();
                }
            }
            let prove = compose(&service.spec, &examples::standard().spec).unwrap().prove;
            let twin = prove.twin.unwrap();
            prove.load.operations[usize::try_from(twin.operation).unwrap()].clone()
        };
        let reads = asked("GET");
        assert_eq!((reads.request.method.as_str(), reads.after), ("GET", None));
        let writes = asked("PUT");
        assert_eq!((writes.request.method.as_str(), writes.after), ("PUT", None));
        assert_eq!(plan(&[]), None);
    }

    #[test]
    fn its_pod_is_told_where_the_service_is_and_how_late_to_be_and_its_name_says_nothing_of_it() {
        let environment = places::environment("lab");
        let asked = &examples::service().spec.components[0];
        let built = build(&places::in_environment(&environment), "lab", asked, Late { limit_ms: 500, percent: 150 });
        assert!(NAME.len() > 30 && built.metadata.name.as_deref() == Some(NAME));
        let pod = built.spec.unwrap().template.spec.unwrap();
        let [container] = pod.containers.as_slice() else { panic!("one container") };
        let to = format!("{}:{}", asked.name, asked.port);
        let arguments = ["twin", "--port", "8080", "--to", &to, "--limit-ms", "500", "--percent", "150"];
        assert_eq!(container.args.as_deref().unwrap(), arguments);
        let ready = container.readiness_probe.as_ref().unwrap();
        assert!(ready.tcp_socket.is_some() && ready.http_get.is_none());
        assert!(container.liveness_probe.is_none() && container.startup_probe.is_none());
    }
}
