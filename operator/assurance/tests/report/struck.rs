//! A fault on the node: its lease within the window, the dose asked for and the one that was felt.

use factory_assurance::{
    dossier::TestResult,
    evidence::{Class, Dose},
    plan::{PhaseRole, Strike},
    report::Language,
    sample,
};
use factory_crds::resilience_standard::{FaultKind, Share};

use super::{html, json, named, parse, prove, rows, text};

/// The passing sample with the first fault a delay of 50 ms for 3 s on one pod.
pub fn delayed() -> TestResult {
    let mut result = sample::passing();
    if let PhaseRole::Fault { kind, strike, .. } = &mut result.plan.prove.phases[2].role {
        *kind = FaultKind::Delay;
        *strike = Some(Strike { share: Share::One, lease_seconds: 3, strength: 50, ..Strike::default() });
    }
    let fault = &mut prove(&mut result).faults[0];
    fault.gone.clear();
    fault.ended_ms = Some(10_100);
    fault.errors.push("a warning".to_owned());
    fault.residue.push("a rule".to_owned());
    fault.doses = vec![Dose {
        pod: "registry-pod-kill-0".to_owned(),
        way: "netem".to_owned(),
        class: Class::Pooled,
        before: vec![[120, 40]],
        during: vec![[50_120, 30], [51_000, 10]],
    }];
    sample::judged(result)
}

#[test]
fn dose_asked_for_and_measured_stand_side_by_side() {
    let page = html(delayed(), Language::En);
    let document = parse(&page);
    assert_eq!(
        rows(&document, "doses-1"),
        [["registry-pod-kill-0", "open connections", "netem", "50 ms", "0.12 ms (n = 40)", "50.12 ms (n = 40)"]
            .map(str::to_owned)]
    );
    let section = named(&document, "section").next().unwrap();
    let shown = text(section);
    for words in [
        "1. Delay: registry",
        "How long, as planned 3 s",
        "How strong, as planned 50 ms",
        "Injected, from the start of the load 7.04 s",
        "Effect seen to be over 10.1 s",
        "a warning",
        "a rule",
    ] {
        assert!(shown.contains(words), "{words}\n{shown}");
    }
}

#[test]
fn the_lease_is_drawn_within_the_window_of_its_fault() {
    let page = html(delayed(), Language::En);
    let document = parse(&page);
    let number = |node: roxmltree::Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
    let mut rects = named(&document, "rect").filter(|rect| rect.attribute("y").is_some());
    let window = rects.find(|rect| rect.attribute("class") == Some("band fault")).unwrap();
    let lease = rects.find(|rect| rect.attribute("class") == Some("acts")).unwrap();
    let ends = |rect| (number(rect, "x"), number(rect, "x") + number(rect, "width"));
    let ((from, to), (starts, stops)) = (ends(window), ends(lease));
    assert!(from < starts && starts < stops && stops < to, "{from} {starts} {stops} {to}");
    // 3.06 of 6 seconds.
    assert!(((stops - starts) / (to - from) - 0.51).abs() < 0.01);
}

#[test]
fn recovery_stands_against_what_was_declared_and_pods_with_the_moment_at_which_they_went() {
    let page = html(sample::passing(), Language::En);
    let document = parse(&page);
    let third = text(named(&document, "section").nth(2).unwrap());
    assert!(
        third.contains("Served again after 0.16 s (declared ≤ 30 s)") || third.contains("(declared ≤ 30 s)"),
        "{third}"
    );
    assert_eq!(
        rows(&document, "pods-3"),
        [["web-pod-kill-0", "yes", "19.06 s"].map(str::to_owned), ["web-pod-kill-1", "yes", "–"].map(str::to_owned)]
    );
    let marks = |class| {
        named(&document, "path")
            .filter(move |path| path.attribute("class") == Some(class) && path.has_children())
            .count()
    };
    assert_eq!((marks("gone"), marks("ready")), (6, 4));
}

#[test]
fn programs_get_the_same() {
    let fault = &json(delayed())["faults"][0];
    assert_eq!(fault["kind"], "Delay");
    assert_eq!(
        (&fault["leaseSeconds"], &fault["strength"], &fault["endedMs"]),
        (&3.into(), &50.into(), &10_100.into())
    );
    assert_eq!(fault["doses"][0]["during"], serde_json::json!({ "samples": 40, "median": 50_120, "sharePpm": null }));
}
