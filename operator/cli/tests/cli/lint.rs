//! `lint`, as a person runs it: one good manifest, and the same one broken in one place each, with
//! the line, the column and the words that must follow.

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

const GOOD: &str = include_str!("../fixtures/good.yaml");

fn lint(text: &str, flags: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-factory"))
        .arg("lint")
        .args(flags)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A text that is too long is not read to its end: the pipe may break.
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let found = text.lines().filter_map(|line| line.strip_prefix("standard input:"));
    found.filter(|line| line.contains("error:") || line.contains("warning:")).map(str::to_owned).collect()
}

/// `GOOD` with `from` replaced by `to`; each must break exactly one place.
fn broken(from: &str, to: &str) -> String {
    assert_eq!(GOOD.matches(from).count(), 1, "{from:?} must stand once in the fixture");
    GOOD.replace(from, to)
}

/// Place of `what` in `text`, as `line:column`.
fn place(text: &str, what: &str) -> String {
    let before = &text[..text.find(what).unwrap_or_else(|| panic!("{what:?} is not in the text"))];
    let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
    format!("{}:{column}", before.matches('\n').count() + 1)
}

#[test]
fn a_good_manifest_is_good() {
    let output = lint(GOOD, &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "standard input: good\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn secrets_by_reference_are_good() {
    let references = "secrets: [{env: USER, secret: db, key: user}, {env: PASSWORD, secret: db.main, key: tls.key}]";
    let text = broken("calls: [store]", &format!("calls: [store]\n      {references}"));
    assert_eq!(lines(&lint(&text, &["--strict"])), Vec::<String>::new());
}

#[test]
fn what_follows_a_secret_has_a_key_of_its_own() {
    let with = |next: &str| {
        let reference = format!("secrets: [{{env: PASSWORD, secret: db, key: password, next: {next}}}]");
        lines(&lint(&broken("calls: [store]", &format!("calls: [store]\n      {reference}")), &["--strict"]))
    };
    assert_eq!(with("next-password"), Vec::<String>::new());
    let said = with("password");
    let wanted = "error: spec.components.secrets.next: names the key that holds the value now";
    assert!(said.len() == 1 && said[0].contains(wanted), "{said:#?}");
}

#[test]
fn a_database_is_good_and_what_it_gives_may_stand_in_nobodys_variables_who_uses_it() {
    let bound = broken("\n  ingress:", "\n  bindings: [{name: db, kind: database, components: [store]}]\n  ingress:");
    assert_eq!(lines(&lint(&bound, &["--strict"])), Vec::<String>::new());
    let own = |component: &str, variables: &str| {
        let at = format!("- name: {component}\n");
        assert_eq!(bound.matches(&at).count(), 1);
        lines(&lint(&bound.replace(&at, &format!("{at}      {variables}\n")), &[]))
    };
    // `web` is not bound: what it calls its variables is its own matter.
    assert_eq!(own("web", "env: [{name: PGHOST, value: x}]"), Vec::<String>::new());
    for (variables, name) in [
        ("env: [{name: KEY, value: x}, {name: PGHOST, value: x}]", "PGHOST"),
        ("secrets: [{env: DATABASE_URL, secret: db, key: url}]", "DATABASE_URL"),
    ] {
        let said = own("store", variables);
        let wanted = format!(
            "{}: error: spec.components.env: a component that `db` serves sets variable `{name}`, which the binding gives it",
            place(&bound, "components:")
        );
        assert!(said.len() == 1 && said[0].starts_with(&wanted), "{wanted}\nbut found: {said:#?}");
    }
}

#[test]
fn the_examples_are_good() {
    let examples = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut seen = 0;
    for folder in fs::read_dir(examples).unwrap() {
        let manifest = folder.unwrap().path().join("service.yaml");
        if manifest.exists() {
            seen += 1;
            let output = Command::new(env!("CARGO_BIN_EXE_kubectl-factory"))
                .args(["lint", "--strict"])
                .arg(&manifest)
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
        }
    }
    assert!(seen >= 2, "only {seen} examples have a manifest");
}

/// What is broken, where the fault is then pointed at, and what is said of it.
struct Case {
    from: &'static str,
    to: &'static str,
    at: &'static str,
    said: &'static str,
}

const fn case(from: &'static str, to: &'static str, at: &'static str, said: &'static str) -> Case {
    Case { from, to, at, said }
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    // The bad inputs that the factory promises to refuse, as far as a manifest shows them.
    case("class: basic", "class: urgent", "urgent", "spec.class: `urgent` is none of basic, important, critical"),
    case("    interactsWith: [none]\n", "", "register:", "spec.register.interactsWith: item 17.4"),
    case("    users: [citizens]\n    usedIn", "    users: []\n    usedIn", "users: []", "spec.register.users: item 17.2"),
    case("recoveryTime: 30s", "recoveryTime: 5 parsecs", "5 parsecs", "spec.register.availability.recoveryTime: `5 parsecs` is no length of time"),
    case("recoveryTime: 30s", "recoveryTime: 0s", "0s", "spec.register.availability.recoveryTime: `0s` is zero; item 17.8"),
    case("port: 8081", "port: 8080", "components:", "spec.components: two components are on one port"),
    case("ref: main", "ref: -main", "-main", "spec.source.ref: a branch, tag or commit"),
    case("ref: main", "ref: a..b", "a..b", "spec.source.ref: a branch, tag or commit"),
    case("git: http://git.factory.test/demo/queue-number.git", "git: file:///etc/passwd", "file:///etc", "spec.source.git: an http or https address"),
    case("git: http://git.factory.test/demo/queue-number.git", "git: https://user:secret@git.test/a.git", "https://user", "spec.source.git: an http or https address"),
    case("basis: power", "basis: consent", "consent", "spec.personalData[0].basis: item 61: consent is no basis"),
    // What the schema refuses.
    case("simultaneousUsers: 200", "simultanousUsers: 200", "simultanousUsers", "spec.register.availability.simultanousUsers: is no known field; did you mean `simultaneousUsers`?"),
    case("    number: 2026/7\n", "", "decision:", "spec.decision: `number` is missing (Number of the decision"),
    case("number: 2026/7", "number: 7", "7\n", "spec.decision.number: `7` is no text for YAML: put it in quotes"),
    case("date: \"2026-09-14\"", "date: 14.09.2026", "14.09", "spec.decision.date: `14.09.2026` does not fit"),
    case("port: 8081", "port: 80", "80\n      replicas: 2\n      resources: {cpu: 50m", "spec.components[1].port: `80` is less than 1024"),
    case("port: 8081", "port: eighty", "eighty", "spec.components[1].port: `eighty`; expected a whole number"),
    case("supplier: Service Centres", "supplier:", "supplier:", "spec.decision.supplier: is empty"),
    case("apiVersion: factory.gov.kg/v1alpha1", "apiVersion: v1", "v1\n", "apiVersion: `v1`, expected `factory.gov.kg/v1alpha1`"),
    case("kind: StateService", "kind: Deployment", "Deployment", "kind: `Deployment` is no kind of factory.gov.kg"),
    case("name: queue-number", "name: Queue_Number", "Queue_Number", "metadata.name: `Queue_Number` does not fit"),
    case("\n  ingress:", "\n  class: basic\n  ingress:", "class: basic\n  ingress", "spec.class: stands twice; first on line 9"),
    case("\n  ingress:", "\n  bindings: [{name: db, kind: queue, components: [web]}]\n  ingress:", "queue, components", "spec.bindings[0].kind: only `database` is carried out by this version"),
    case("\n  ingress:", "\n  bindings: [{name: db, kind: database, components: [web, archive]}]\n  ingress:", "components: [web, archive]", "spec.bindings[0].components: `archive`: no component has this name"),
    case("\n  ingress:", "\n  bindings: [{name: store, kind: database, components: [web]}]\n  ingress:", "store, kind", "spec.bindings[0].name: a component has this name"),
    case("\n  ingress:", "\n  bindings: [{name: default-deny, kind: database, components: [web]}]\n  ingress:", "default-deny", "spec.bindings[0].name: `default-deny` is the network policy"),
    case("\n  ingress:", "\n  bindings: [{name: Data_Base, kind: database, components: [web]}]\n  ingress:", "Data_Base", "spec.bindings[0].name: `Data_Base` does not fit"),
    case("\n  ingress:", "\n  bindings: [{name: db, kind: database, storage: 1TB, components: [web]}]\n  ingress:", "1TB", "spec.bindings[0].storage: `1TB` does not fit"),
    case("\n  ingress:", "\n  bindings: [{name: db, kind: database, components: [web]}, {name: two, kind: database, components: [web]}]\n  ingress:", "bindings:", "spec.bindings: a service has one database in this version"),
    case("\n  ingress:", "\n  bindings: [{name: db, kind: database, components: [web]}]\n  migrations: [{name: one, binding: db, component: web, command: [go]}]\n  ingress:", "migrations:", "spec.migrations: not carried out by this version"),
    case("calls: [store]", "calls: [store]\n      env: [{name: KEY, value: x}]\n      secrets: [{env: OTHER, secret: db, key: k}, {env: KEY, secret: db, key: k}]", "name: web\n      build", "spec.components[0]: variable `KEY` stands in `env` and in `secrets`"),
    case("calls: [store]", "calls: [store]\n      secrets: [{env: KEY, secret: db, key: k}, {env: KEY, secret: db, key: l}]", "secrets:", "spec.components[0].secrets: variable `KEY` stands twice"),
    case("calls: [store]", "calls: [store]\n      secrets: [{env: KEY, secret: Data_Base, key: k}]", "Data_Base", "spec.components[0].secrets[0].secret: `Data_Base` does not fit"),
    case("image: registry.factory.test:5000/store@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "image: store:latest", "store:latest", "spec.components[1].image: registry/name@sha256"),
    case("host: queue.localhost", "host: queue..localhost", "queue..localhost", "spec.ingress.host: `queue..localhost` does not fit"),
    case("host: queue.localhost", "host: 192.0.2.1", "192.0.2.1", "spec.ingress.host: a name, not an address of numbers"),
    case("\n    host: queue.localhost", "\n\thost: queue.localhost", "\thost", "a tab in the indent; YAML is indented with spaces"),
    // What neither schema nor CEL can say.
    case("power: run-centres", "power: rule-the-world", "rule-the-world", "spec.personalData[0].power: `rule-the-world`: item 60"),
    case("calls: [store]", "calls: [storage]", "storage]", "spec.components[0].calls[0]: `storage`: no component has this name (known: store, web)"),
    case("- name: store", "- name: web", "web\n      image", "spec.components[1].name: `web` is already the name of the one on line"),
    case("path: /v1/numbers/{{id}}", "path: /v1/numbers/{{number}}", "/v1/numbers/{{number}}", "spec.checks[0].steps[1].request.path: `{{number}}` is used, but no earlier step"),
    case("status: 201", "status: 503", "503", "spec.checks[0].steps[0].expect.status: 500 and above says that the service failed"),
    case("id: /id", "id: id", "id\n        - request", "spec.checks[0].steps[0].carry.id: `id` is no JSON pointer"),
    case("            body: {state: waiting}\n", "", "status: 201", "spec.checks[0].steps[0].expect: item 63.2: expects neither `body` nor `schema`"),
    case("body: {state: waiting}", "schema: {}", "status: 201", "spec.checks[0].steps[0].expect: item 63.2"),
    case("body: {state: waiting}", "schema: {type: nonsense}", "{type: nonsense}", "spec.checks[0].steps[0].expect.schema: is no JSON Schema"),
    case("body: {state: waiting}", "body: {state: waiting}\n            headers: {Content-Type: a}", "Content-Type", "spec.checks[0].steps[0].expect.headers.Content-Type: write it in lower case"),
];

#[test]
fn each_fault_is_pointed_at_and_named() {
    for case in CASES {
        let text = broken(case.from, case.to);
        let output = lint(&text, &[]);
        let wanted = format!("{}: error: {}", place(&text, case.at), case.said);
        let found = lines(&output);
        assert!(found.iter().any(|line| line.starts_with(&wanted)), "{wanted}\nbut found: {found:#?}");
        assert_eq!(output.status.code(), Some(1), "{wanted}");
    }
}

#[test]
fn a_missing_group_of_item_17_is_named_for_each_of_the_nine() {
    let groups = [
        "owner",
        "users",
        "usedIn",
        "interactsWith",
        "methodsOfUse",
        "resultsOfUse",
        "protection",
        "availability",
        "formats",
    ];
    let start = GOOD.find("  register:\n").unwrap();
    let end = GOOD.find("  instructions:\n").unwrap();
    let text = format!("{}  register: {{}}\n{}", &GOOD[..start], &GOOD[end..]);
    let found = lines(&lint(&text, &[]));
    for (index, group) in groups.iter().enumerate() {
        let wanted = format!("{}: error: spec.register.{group}: item 17.{}:", place(&text, "register: {}"), index + 1);
        assert!(found.iter().any(|line| line.starts_with(&wanted)), "{wanted}\nbut found: {found:#?}");
    }
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_text() {
    let faults = [
        ("class: basic", "class: urgent"),
        ("recoveryTime: 30s", "recoveryTime: soon"),
        ("basis: power", "basis: consent"),
        ("calls: [store]", "calls: [shop]"),
    ];
    let text = faults.iter().fold(GOOD.to_owned(), |text, (from, to)| text.replace(from, to));
    let found = lines(&lint(&text, &[]));
    let paths: Vec<_> = found.iter().map(|line| line.split(": ").nth(2).unwrap()).collect();
    assert_eq!(
        paths,
        [
            "spec.class",
            "spec.register.availability.recoveryTime",
            "spec.personalData[0].basis",
            "spec.components[0].calls[0]"
        ],
        "{found:#?}"
    );
}

#[test]
fn what_is_no_yaml_is_told_with_its_place() {
    for (text, place) in
        [("a: [1, 2\n", "1:4"), ("a: b: c\n", "1:5"), ("a: 'open\n", "1:4"), ("", "1:1"), ("*nobody\n", "1:1")]
    {
        let output = lint(text, &[]);
        let found = lines(&output);
        assert!(
            found.len() == 1 && found[0].starts_with(&format!("{place}: error: ")),
            "{text:?} at {place}, but {found:?}"
        );
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn hostile_files_are_refused_at_once() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb = format!("{bomb}a{level}: &a{level} [{aliases}]\n");
    }
    for text in [bomb, "[".repeat(100_000), "a".repeat(2 * 1024 * 1024), "---\na: 1\n".repeat(1000)] {
        let began = std::time::Instant::now();
        let output = lint(&text, &[]);
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(lines(&output).len(), 1);
        assert!(began.elapsed().as_secs() < 5);
    }
}

#[test]
fn a_control_character_does_not_reach_the_terminal() {
    let text = broken("class: basic", "class: \"\\e[2Jbasic\"");
    let output = lint(&text, &[]);
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn programs_get_json() {
    let output = lint(&broken("class: basic", "class: urgent"), &["-o", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["files"][0]["valid"], false);
    let found = &json["files"][0]["diagnostics"][0];
    assert_eq!((found["line"].as_u64(), found["column"].as_u64()), (Some(9), Some(10)));
    assert_eq!(found["path"], "spec.class");
    assert_eq!(found["severity"], "error");
    let output = lint(GOOD, &["-o", "json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["files"][0]["valid"], true);
}

#[test]
fn several_documents_are_all_examined() {
    let text = format!("{GOOD}---\n{}", broken("class: basic", "class: urgent"));
    let found = lines(&lint(&text, &[]));
    assert_eq!(found.len(), 1, "{found:?}");
    let line = GOOD.lines().count() + 1 + 9;
    assert!(found[0].starts_with(&format!("{line}:10: error: spec.class")), "{found:?}");
}
