//! Carries out one fault and writes down what happened: the pods before, the moments of the order and the injection,
//! the pods that went, the moment at which all were ready again, what was left. A fault that is
//! refused is written down as such, and the run goes on.

use std::time::Instant;

use factory_assurance::evidence::FaultEvidence;
use tokio::sync::watch;

use super::{Fault, FaultError, Target, nothing};
use crate::{
    measure::{Clock, view::View},
    schema::line,
};

/// Injects `fault` now and follows the target until it is ready again, at most until `end`. Ends at
/// `end` even when the API server does not answer.
pub async fn run(
    mut fault: Box<dyn Fault>,
    phase: &str,
    target: &Target,
    mut view: watch::Receiver<View>,
    clock: Clock,
    end: Instant,
) -> FaultEvidence {
    let known = view.borrow_and_update().clone();
    let mut evidence = nothing(phase, &known);
    let injected = match fault.preflight(target, &known) {
        Ok(()) => {
            // Before the API is asked: its answer may come long after the pods have gone.
            evidence.ordered_ms = Some(clock.now_ms());
            fault.lease(target).await
        }
        Err(refusal) => Err(refusal),
    };
    match injected {
        Ok(()) => {
            evidence.injected_ms = Some(clock.now_ms());
            tracing::info!(phase, component = target.component, "fault injected");
            evidence.ready_again_ms = recovered(fault.as_ref(), &mut view, clock, end).await;
            evidence.doses = fault.given(&view.borrow());
        }
        Err(error) => failed(&mut evidence, phase, &error),
    }
    // What was not acknowledged may have happened all the same: undo and residue always run.
    if let Err(error) = fault.undo(target).await {
        failed(&mut evidence, phase, &error);
    }
    match fault.residue(target).await {
        Ok(left) => evidence.residue = left,
        Err(error) => failed(&mut evidence, phase, &error),
    }
    if evidence.ready_again_ms.is_some() {
        tracing::info!(phase, component = target.component, ready_again_ms = evidence.ready_again_ms, "ready again");
    }
    evidence.gone = view.borrow().gone_of(&evidence.before, clock);
    evidence
}

/// Waits until everything that the fault strikes went and every desired replica is ready again.
async fn recovered(fault: &dyn Fault, view: &mut watch::Receiver<View>, clock: Clock, end: Instant) -> Option<u64> {
    let whole = view.wait_for(|view| fault.dose(view) && view.whole());
    match tokio::time::timeout_at(end.into(), whole).await {
        Ok(Ok(_)) => Some(clock.now_ms()),
        _ => None,
    }
}

fn failed(evidence: &mut FaultEvidence, phase: &str, error: &FaultError) {
    tracing::warn!(phase, %error, "fault");
    evidence.errors.push(line(&error.to_string()));
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        faults::{pod_kill::PodKill, rolling_restart::RollingRestart},
        measure::view::tests::{deployment, pod, view},
    };
    use futures::{FutureExt as _, future::BoxFuture};

    /// A fault that strikes pod `a` and needs no API server; `refuse` is what its injection says.
    struct Scripted {
        refuse: bool,
        left: Vec<String>,
    }

    impl Fault for Scripted {
        fn preflight(&mut self, _: &Target, _: &View) -> Result<(), FaultError> {
            Ok(())
        }
        fn lease<'a>(&'a mut self, target: &'a Target) -> BoxFuture<'a, Result<(), FaultError>> {
            let refused = FaultError::NoTarget(target.component.clone(), "scripted");
            async move { if self.refuse { Err(refused) } else { Ok(()) } }.boxed()
        }
        fn dose(&self, view: &View) -> bool {
            view.gone.contains_key("a")
        }
        fn undo<'a>(&'a mut self, _: &'a Target) -> BoxFuture<'a, Result<(), FaultError>> {
            async { Err(FaultError::Slow("undo")) }.boxed()
        }
        fn residue<'a>(&'a mut self, _: &'a Target) -> BoxFuture<'a, Result<Vec<String>, FaultError>> {
            async move { Ok(self.left.clone()) }.boxed()
        }
    }

    fn target() -> Target {
        // Which test comes first is open; the second installation is refused and that is fine.
        drop(rustls::crypto::ring::default_provider().install_default());
        let address = "http://127.0.0.1:1".parse().unwrap();
        let client = kube::Client::try_from(kube::Config::new(address)).unwrap();
        Target::new(&client, "svc-00000000", "web")
    }

    fn settled() -> View {
        view(&[("a", true, false), ("b", true, false)], &deployment(1, 1, [2, 2, 2]))
    }

    #[tokio::test]
    async fn a_component_that_has_not_felt_the_fault_yet_is_not_ready_again() {
        let (sender, receiver) = watch::channel(settled());
        let (clock, end) = (Clock::starting(Instant::now()), Instant::now() + Duration::from_secs(20));
        let fault = Box::new(Scripted { refuse: false, left: vec!["spec.replicas: differs".to_owned()] });
        let running = tokio::spawn(async move { run(fault, "kill", &target(), receiver, clock, end).await });
        let steps: [fn(&mut View); 3] = [
            |view| view.pod_gone("a", Instant::now()),
            |view| view.pod(&pod("c", false, false), Instant::now()),
            |view| view.pod(&pod("c", true, false), Instant::now()),
        ];
        for step in steps {
            tokio::task::yield_now().await;
            assert!(!running.is_finished());
            sender.send_modify(step);
        }
        let evidence = running.await.unwrap();
        assert!(evidence.injected_ms.is_some() && evidence.ready_again_ms.is_some());
        assert!(evidence.ordered_ms.is_some() && evidence.ordered_ms <= evidence.injected_ms);
        assert_eq!(evidence.before.len(), 2);
        assert_eq!(evidence.gone.iter().map(|gone| gone.uid.as_str()).collect::<Vec<_>>(), ["a"]);
        assert_eq!(evidence.residue, ["spec.replicas: differs"]);
        assert_eq!(evidence.errors, ["undo: no answer in time"]);
    }

    #[tokio::test]
    async fn one_that_never_becomes_whole_is_followed_to_the_end_and_no_longer() {
        let (sender, receiver) = watch::channel(settled());
        sender.send_modify(|view| view.pod_gone("a", Instant::now()));
        let (clock, end) = (Clock::starting(Instant::now()), Instant::now() + Duration::from_millis(150));
        let evidence =
            run(Box::new(Scripted { refuse: false, left: Vec::new() }), "kill", &target(), receiver, clock, end).await;
        assert_eq!(evidence.ready_again_ms, None);
        assert!(evidence.injected_ms.is_some() && Instant::now() >= end);
    }

    #[tokio::test]
    async fn a_refused_fault_says_why_and_was_not_injected() {
        let (_sender, receiver) = watch::channel(settled());
        let (clock, end) = (Clock::starting(Instant::now()), Instant::now() + Duration::from_secs(20));
        let evidence =
            run(Box::new(Scripted { refuse: true, left: Vec::new() }), "kill", &target(), receiver, clock, end).await;
        assert_eq!((evidence.injected_ms, evidence.ready_again_ms), (None, None));
        assert_eq!(evidence.errors[0], "web: scripted");
    }

    #[tokio::test]
    async fn the_victim_follows_from_the_nonce_and_is_always_a_ready_pod() {
        let known = view(
            &[("a", true, false), ("b", false, false), ("c", true, false), ("d", true, true)],
            &deployment(1, 1, [3, 3, 2]),
        );
        let struck = |nonce: &str| {
            let mut kill = PodKill::new(nonce, "pod-kill-web");
            kill.preflight(&target(), &known).unwrap();
            ["a", "b", "c", "d"].into_iter().find(|uid| {
                let mut after = known.clone();
                after.gone.clear();
                after.pod_gone(uid, Instant::now());
                kill.dose(&after)
            })
        };
        let drawn: Vec<_> = (0..40).map(|nonce| struck(&nonce.to_string())).collect();
        assert!(drawn.contains(&Some("a")) && drawn.contains(&Some("c")));
        assert!(drawn.iter().all(|uid| matches!(uid, Some("a" | "c"))), "{drawn:?}");
        assert_eq!(struck("7"), struck("7"));
    }

    #[tokio::test]
    async fn where_there_is_nothing_to_strike_the_fault_is_refused_before_anything_is_touched() {
        let nothing = View::default();
        let unready = view(&[("a", false, false)], &deployment(1, 1, [1, 1, 0]));
        assert!(PodKill::new("n", "p").preflight(&target(), &unready).is_err());
        assert!(RollingRestart::default().preflight(&target(), &nothing).is_err());
        assert!(RollingRestart::default().preflight(&target(), &unready).is_ok());
    }
}
