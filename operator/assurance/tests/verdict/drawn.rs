//! Operations that are drawn from a description: what was asked is what follows from the description that was verified, the
//! plan and the nonce, or nothing is proved.

use factory_assurance::{
    canonical::sha256,
    dossier::TestResult,
    evidence::{DrawnEvidence, Failure},
    plan::DrawnPlan,
    sample,
};
use factory_crds::release::Outcome::{Failed, Inconclusive, Passed};
use serde_json::{Value, json};

use super::{assert_finds, prove, varied::Random, verify};

/// A description with two operations that can be drawn, and two that cannot.
fn described() -> Value {
    let street = json!({"name": "street", "in": "query", "required": true, "schema": {"enum": ["Manas", "Chüy"]}});
    let pin = json!({"name": "pin", "in": "path", "required": true, "schema": {"type": "string"}});
    let get = |parameters: &Value| json!({"get": {"parameters": parameters, "responses": {"200": {}}}});
    json!({"openapi": "3.1.0", "paths": {
        "/v1/streets": get(&json!([])),
        "/v1/houses": get(&json!([street])),
        "/v1/people/{pin}": get(&json!([pin])),
        "/v1/certificates": {"post": {"responses": {"201": {}}}},
    }})
}

fn plan() -> DrawnPlan {
    DrawnPlan { component: "web".to_owned(), path: "/openapi.json".to_owned(), weight: 1, most: 8 }
}

/// `result` with what `plan` draws from `text`, and what was asked of it: of the requests of each second, every other one
/// of each operation of the plan.
fn drawn(mut result: TestResult, plan: &DrawnPlan, text: &str) -> TestResult {
    let names: Vec<String> = plan.draw(text, &result.announcement.nonce).into_iter().map(|one| one.name).collect();
    let first = u32::try_from(result.plan.prove.load.operations.len()).unwrap();
    let count = u32::try_from(names.len()).unwrap();
    result.plan.prove.load.drawn = vec![plan.clone()];
    let contract = &mut verify(&mut result).contracts[0];
    (contract.component, contract.path) = (plan.component.clone(), plan.path.clone());
    contract.digest = sha256(text.as_bytes());
    let (component, path, description) = (plan.component.clone(), plan.path.clone(), text.to_owned());
    let evidence = prove(&mut result);
    evidence.drawn = Some(vec![DrawnEvidence { component, path, description, operations: names }]);
    for bucket in evidence.buckets.iter_mut().filter(|bucket| count > 0 && bucket.second % 2 == 1) {
        bucket.operation = first + bucket.operation % count;
    }
    result
}

pub fn passing() -> TestResult {
    sample::judged(drawn(sample::passing(), &plan(), &described().to_string()))
}

fn seen(result: &mut TestResult) -> &mut DrawnEvidence {
    &mut prove(result).drawn.as_mut().unwrap()[0]
}

fn asked(result: &mut TestResult) -> &mut DrawnPlan {
    &mut result.plan.prove.load.drawn[0]
}

/// All requests of the first operation that was drawn failed.
fn failing() -> TestResult {
    let mut result = passing();
    let drawn = u32::try_from(result.plan.prove.load.operations.len()).unwrap();
    sample::fail(&mut result, drawn, 0..360, Failure::Status);
    result.standard.steady.max_failed_ppm = 500_000;
    sample::judged(result)
}

/// Vectors of what is drawn.
pub fn vectors() -> Vec<(&'static str, TestResult)> {
    let mut otherwise = passing();
    seen(&mut otherwise).operations.reverse();
    let mut another = passing();
    seen(&mut another).description.push(' ');
    vec![
        ("v3-drawn-passed", passing()),
        ("v3-drawn-never-served", failing()),
        ("v3-drawn-otherwise", sample::judged(otherwise)),
        ("v3-drawn-from-another-description", sample::judged(another)),
    ]
}

#[test]
fn what_was_drawn_is_an_operation_as_any_other() {
    assert_finds(&passing().verdict, Passed, &[], "drawn and served");
    let failing = failing();
    assert_eq!(failing.verdict.outcome, Failed, "{:#?}", failing.verdict.findings);
    let said = "in the steady state, 100 % of requests of operation 3 of the load (`GET /v1/houses?street=";
    let messages: Vec<_> = failing.verdict.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert!(messages.iter().any(|message| message.starts_with(said)), "{messages:#?}");
}

type Change = fn(&mut TestResult);

/// Changes after which it was not so drawn, the codes of the findings, and what is said.
const TABLE: &[(Change, &[&str], &str)] = &[
    (
        |r| asked(r).path = "/other.json".to_owned(),
        &["PlanIncomplete", "EvidenceIncomplete", "EvidenceContradictory"],
        "operations are drawn from description `web/other.json`, which is not verified",
    ),
    (
        |r| {
            let again = asked(r).clone();
            r.plan.prove.load.drawn.push(again);
        },
        &["PlanIncomplete", "EvidenceIncomplete"],
        "operations are drawn from description `web/openapi.json` twice",
    ),
    (
        |r| asked(r).most = 33,
        &["PlanIncomplete"],
        "33 operations may be drawn from description `web/openapi.json`; 32 are the most",
    ),
    (
        |r| prove(r).drawn = None,
        &["EvidenceIncomplete", "EvidenceContradictory"],
        "drawn description 1: planned was `web/openapi.json`, the evidence has nothing",
    ),
    (
        |r| r.plan.prove.load.drawn.clear(),
        &["EvidenceIncomplete", "EvidenceContradictory"],
        "drawn description 1: planned was nothing, the evidence has `web/openapi.json`",
    ),
    (
        |r| drop(seen(r).operations.pop()),
        &["EvidenceContradictory"],
        "drawn description `web/openapi.json`: not as it was to be drawn: operation 2: planned was `GET /v1/streets`, the evidence has nothing",
    ),
    (
        |r| seen(r).description.push('\n'),
        &["EvidenceIncomplete", "EvidenceContradictory"],
        "drawn description `web/openapi.json`: what was drawn from is not what was verified",
    ),
];

#[test]
fn what_was_not_so_drawn_proves_nothing() {
    for (change, codes, said) in TABLE {
        let mut result = passing();
        change(&mut result);
        let verdict = result.judge();
        assert_finds(&verdict, Inconclusive, codes, said);
        assert!(verdict.findings.iter().any(|finding| finding.message == *said), "{said}: {:#?}", verdict.findings);
    }
}

/// Nothing is drawn from what was not verified, however large it would become.
#[test]
fn from_a_text_that_was_not_verified_nothing_is_drawn() {
    let first = passing().plan.prove.load.operations.len();
    for change in [
        |r| seen(r).description.push(' '),
        |r| verify(r).contracts.clear(),
        |r| {
            let mut another = verify(r).contracts[0].clone();
            another.digest = sha256(b"another");
            verify(r).contracts.push(another);
        },
    ] as [fn(&mut TestResult); 3]
    {
        let mut result = passing();
        change(&mut result);
        let messages: Vec<_> = result.judge().findings.into_iter().map(|finding| finding.message).collect();
        let said = "drawn description `web/openapi.json`: what was drawn from is not what was verified";
        assert!(messages.iter().any(|message| message == said), "{messages:#?}");
        let unknown = format!("operation {first} is not in the plan, which has {first}");
        assert!(messages.iter().any(|message| message.ends_with(&unknown)), "{messages:#?}");
    }
}

/// Another nonce would have drawn another value: nobody chooses what is asked.
#[test]
fn another_run_draws_something_else() {
    let text = described().to_string();
    let drawn: std::collections::BTreeSet<_> = (0..20)
        .map(|run| plan().draw(&text, &format!("nonce-{run}")).into_iter().map(|one| one.name).collect::<Vec<_>>())
        .collect();
    assert_eq!(drawn.len(), 2, "{drawn:?}");
    let only = |most| plan_of(most).draw(&text, "n").len();
    assert_eq!([only(0), only(1), only(2), only(3)], [0, 1, 2, 2]);
}

fn plan_of(most: u32) -> DrawnPlan {
    DrawnPlan { most, ..plan() }
}

#[test]
fn a_description_that_gives_nothing_is_no_load_and_the_second_rules_do_not_draw() {
    let result = drawn(sample::passing(), &plan(), r#"{"paths": {}}"#);
    assert_finds(&result.judge(), Inconclusive, &["EvidenceIncomplete"], "nothing to draw");
    let mut result = passing();
    result.rules = "factory.gov.kg/verdict/v2".to_owned();
    let said = "the plan draws operations from a description, which these rules do not know";
    assert!(result.judge().findings.iter().any(|finding| finding.message == said));
}

/// Descriptions with something taken out, put in or made absurd, drawn from as the factory would, or nearly.
pub fn varied(seed: u64) -> TestResult {
    let mut random = Random::seeded(seed);
    let mut document = described();
    for _ in 0..random.below(4) {
        absurd(&mut document, &mut random);
    }
    let mut text = document.to_string();
    match random.below(32) {
        0 => text = text.chars().take(text.chars().count() / 2).collect(),
        1 => text = format!("\u{feff}{text}"),
        2 => text = text.replacen("Manas", "\\ud800", 1),
        3 => text = text.replacen("[\"Manas\"", "[-0,1e2,18446744073709551616,-7,true,\"\"", 1),
        4 => text = text.replacen("\"3.1.0\"", "1e999", 1),
        5 => text = text.replacen("\"3.1.0\"", &format!("{}1{}", "[".repeat(63), "]".repeat(63)), 1),
        6 => text = text.replacen("\"3.1.0\"", &format!("{}1{}", "[".repeat(64), "]".repeat(64)), 1),
        7 => text = text.replacen("\"3.1.0\"", &"9".repeat(400), 1),
        8 => text = text.replacen("\"3.1.0\"", "NaN", 1),
        9 => text = text.replacen("/v1/streets", "/v1/houses", 1),
        10 => text = text.replacen("\"3.1.0\"", "[\"\\ud800\"],\"openapi\":1", 1),
        11 => text = text.replacen("\"3.1.0\"", &format!("{}{},\"openapi\":1", "[".repeat(63), "]".repeat(63)), 1),
        12 => text = text.replacen("\"3.1.0\"", &format!("{}{},\"openapi\":1", "[".repeat(200), "]".repeat(200)), 1),
        13 => text = text.replacen("\"3.1.0\"", "\"\\\\\\\"[[{{\"", 1),
        _ => {}
    }
    let plan = DrawnPlan { most: [1, 2, 8, 40][random.index(4)], weight: [1, 1, 3, 0][random.index(4)], ..plan() };
    let mut result = drawn(sample::passing(), &plan, &text);
    match random.below(8) {
        0 => seen(&mut result).operations.reverse(),
        1 => seen(&mut result).description.push('x'),
        2 => result.plan.prove.load.drawn.clear(),
        3 => prove(&mut result).drawn = None,
        4 => result.announcement.nonce.push('x'),
        _ => {}
    }
    sample::judged(result)
}

/// One place of a description becomes something else.
fn absurd(document: &mut Value, random: &mut Random) {
    let parts = [
        ("/paths/~1v1~1houses/get/parameters/0/schema/enum", json!([null, {}, 7, "a b/ü", false, "x".repeat(201)])),
        ("/paths/~1v1~1houses/get/parameters/0", json!({"$ref": "#/components/parameters/0"})),
        ("/paths/~1v1~1houses/get/parameters/0/in", json!("cookie")),
        ("/paths/~1v1~1houses/get/parameters/0/required", json!("true")),
        ("/paths/~1v1~1people~1{pin}/get/parameters/0/schema", json!({"default": 10_101_199_900_017_u64})),
        ("/paths/~1v1~1people~1{pin}/get/parameters/0/schema", json!({"$ref": "#/components/Pin"})),
        (
            "/paths/~1v1~1people~1{pin}/get/parameters/0",
            json!({"name": "pin", "in": "path", "examples": {"b": {"value": "ы"}, "a": {"value": "{pin}"}}}),
        ),
        ("/paths/~1v1~1streets", json!({"$ref": "#/paths/~1v1~1houses"})),
        ("/paths/~1v1~1streets", json!({"$ref": "#/paths/~1v1~1streets"})),
        ("/paths/~1v1~1streets/get/responses", json!({"2xx": {}, "299": {}, "204": {}, "1000": {}})),
        ("/paths/~1v1~1streets/get", json!({"security": [], "responses": {"200": null}})),
        ("/paths/~1v1~1streets/get", json!(null)),
        ("/openapi", json!("3.0.0")),
    ];
    let (place, value) = parts[random.index(parts.len())].clone();
    if let Some(part) = document.pointer_mut(place) {
        *part = value;
    }
    let many = |count: usize| (0..count).map(|n| format!("/{n}")).collect::<Vec<_>>();
    let pinned = |count: usize| json!({"$ref": format!("#/components/{}", "9".repeat(count)), "enum": many(count), "in": "path", "name": "q"});
    let more: [(&str, Value); 11] = [
        (
            "paths",
            many(300).into_iter().map(|path| (path, json!({"$ref": "#/x"}))).collect::<serde_json::Map<_, _>>().into(),
        ),
        ("x", json!({"get": {"parameters": [pinned(5_000)], "responses": {"200": {}}}})),
        ("x", json!({"get": {"parameters": vec![json!({"in": "query", "name": "q"}); 65], "responses": {"200": {}}}})),
        (
            "x",
            json!({"get": {"parameters": [{"in": "query", "name": "q", "required": true, "schema": {"enum": many(101), "default": 1}}], "responses": {"200": {}}}}),
        ),
        (
            "x",
            json!({"get": {"parameters": [{"in": "path", "name": "n".repeat(201), "example": 1}], "responses": {"200": {}}}}),
        ),
        (
            "components",
            json!({"parameters": [{"name": "q", "in": "query", "required": true, "example": -3}], "Pin": {"examples": [1.5, "p?q"]}}),
        ),
        ("servers", json!([{"url": "https://example.test/api/v9//"}])),
        ("servers", json!([{"url": "{scheme}://x/{a}"}])),
        ("servers", json!({"0": {"url": "/b"}})),
        ("security", json!([{"key": []}])),
        ("x", json!({"deep": {}})),
    ];
    let (name, value) = more[random.index(more.len())].clone();
    if let Some(fields) = document.as_object_mut().filter(|_| random.below(2) == 0) {
        fields.insert(name.to_owned(), value);
    }
}
