//! What the console refuses, whatever is sent to it.

use std::sync::atomic::Ordering;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use factory_assurance::{dsse::PrivateKey, sample, term::Term, wire::Procedure};
use factory_register::api::Settings;

use crate::{
    person::{Person, field},
    world::{FADED, World, confirmation_by, named, plenty},
};

#[tokio::test]
async fn only_a_regulators_token_opens_the_console() {
    let world = World::start().await;
    for (token, status, says) in [
        ("reader", 403, "you have no right to confirm releases"),
        ("owner", 403, "you have no right"),
        ("factory", 403, "you have no right"),
        ("keeper", 403, "you have no right"),
        ("nobody", 401, "does not accept this token"),
        ("", 401, "does not accept this token"),
        ("away", 503, "again in a few seconds"),
    ] {
        let mut person = Person::new(&world);
        person.headers.push(("x-forwarded-for", "192.0.2.1"));
        let answer = person.show(token).await;
        assert_eq!(answer.status.as_u16(), status, "{token}: {}", answer.text);
        assert!(answer.text.contains(says), "{token}: {}", answer.text);
        assert!(
            !answer.headers.get_all("set-cookie").iter().any(|cookie| cookie.to_str().unwrap().contains("console="))
        );
    }
}

/// A token of the form that the cluster gives out, for `audience`.
fn jwt(subject: &str, audience: &str) -> String {
    let claims = serde_json::json!({"sub": subject, "aud": [audience], "exp": 9_999_999_999_u64});
    format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// Fails to sign in ten times, each time with another token.
async fn fails_often(person: &mut Person<'_>) {
    for number in 0..10 {
        assert_eq!(person.show(&format!("nobody-{number}")).await.status.as_u16(), 401);
    }
}

#[tokio::test]
async fn whoever_fails_too_often_waits_and_others_do_not() {
    let proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    let world = World::start_with(Settings { proxies, ..plenty() }).await;
    let mut person = Person::new(&world);
    person.headers.push(("x-forwarded-for", "192.0.2.9, 10.0.0.1"));
    fails_often(&mut person).await;
    let answer = person.show("regulator").await;
    assert_eq!(answer.status.as_u16(), 429);
    assert!(answer.text.contains("Too many failed attempts"), "{}", answer.text);
    let mut other = Person::new(&world);
    other.headers.push(("x-forwarded-for", "192.0.2.10, 10.0.0.1"));
    assert_eq!(other.show("regulator").await.status.as_u16(), 303);
}

#[tokio::test]
async fn behind_one_address_nobody_keeps_a_regulator_out_and_a_header_lets_nobody_in() {
    let world = World::start().await;
    let mut person = Person::new(&world);
    fails_often(&mut person).await;
    // No proxy is believed here, so this is the same address.
    person.headers.push(("x-forwarded-for", "192.0.2.77"));
    for token in ["regulator", &jwt("regulator", "another")] {
        assert_eq!(person.show(token).await.status.as_u16(), 429, "{token}");
    }
    let forged = jwt("nobody", "factory-register");
    assert_eq!(person.show(&forged).await.status.as_u16(), 401);
    assert_eq!(person.show(&forged).await.status.as_u16(), 429, "the cluster was asked about the same token twice");
    assert_eq!(person.show(&jwt("regulator", "factory-register")).await.status.as_u16(), 303);
}

#[tokio::test]
async fn a_token_is_taken_over_tls_or_on_this_machine_and_the_cookie_says_which() {
    let world = World::start().await;
    let mut open = Person::new(&world);
    open.headers.push(("host", "register.gov.kg"));
    let page = open.get("/console/sign-in?lang=en").await;
    assert!(page.text.contains("begins with https://") && !page.text.contains("name=\"token\""), "{}", page.text);
    open.keep(&page);
    let answer = open.post("/console/sign-in?lang=en", &[("csrf", "x"), ("token", "regulator")]).await;
    assert_eq!(answer.status.as_u16(), 403);

    for (headers, name, secure) in [
        (vec![("host", "register.gov.kg"), ("x-forwarded-proto", "https")], "__Host-factory-console=", true),
        (vec![], "factory-console=", false),
    ] {
        let mut person = Person::new(&world);
        person.headers = headers;
        let answer = person.show("regulator").await;
        let cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
        let cookie =
            cookies.into_iter().find(|cookie| cookie.starts_with(name)).unwrap_or_else(|| panic!("{answer:?}"));
        assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
        assert_eq!(cookie.contains("; Secure"), secure, "{cookie}");
        assert!(!cookie.contains("regulator"), "{cookie}");
    }
}

#[tokio::test]
async fn a_sign_in_that_no_page_of_ours_asked_for_is_refused() {
    let world = World::start().await;
    let mut person = Person::new(&world);
    let form = person.get("/console/sign-in?lang=en").await;
    let csrf = field(&form, "csrf");
    let fields = [("csrf", csrf.as_str()), ("token", "regulator")];
    assert_eq!(person.post("/console/sign-in?lang=en", &fields).await.status.as_u16(), 403, "without the cookie");
    person.keep(&form);
    let other = [("csrf", "0".repeat(64)), ("token", "regulator".to_owned())];
    let other = other.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(person.post("/console/sign-in?lang=en", &other).await.status.as_u16(), 403, "with another number");
    assert_eq!(person.post("/console/sign-in?lang=en", &fields).await.status.as_u16(), 303);
}

#[tokio::test]
async fn a_session_ends_with_the_right_and_by_signing_out_and_opens_nothing_but_the_console() {
    let world = World::start().await;
    let state = world.submitted(sample::passing(), "one").await;
    let person = Person::signed_in(&world, "fading").await;
    let page = person.get("/console?lang=en").await;
    assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"));
    assert!(!page.text.contains("fading"), "a token stands on a page");
    // The API knows tokens only.
    let api = person.get(&format!("/api/v1/submissions/{}", state.id)).await;
    assert_eq!(api.status.as_u16(), 401);
    FADED.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        let gone = person.get("/console?lang=en").await;
        assert_eq!(gone.status.as_u16(), 303);
        assert_eq!(gone.header("location"), "/console/sign-in?lang=en&why=ended&next=%2Fconsole");
    }
    let person = Person::signed_in(&world, "regulator").await;
    let csrf = field(&person.get("/console?lang=en").await, "csrf");
    assert_eq!(person.post("/console/sign-out?lang=en", &[("csrf", "x")]).await.status.as_u16(), 403);
    assert_eq!(person.get("/console?lang=en").await.status.as_u16(), 200);
    let out = person.post("/console/sign-out?lang=en", &[("csrf", &csrf)]).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    assert_eq!(person.get("/console?lang=en").await.status.as_u16(), 303);
}

#[tokio::test]
async fn a_decision_comes_from_a_page_of_its_own_session_and_once() {
    let world = World::start().await;
    let [one, two] = ["one", "two"].map(|name| named(sample::passing(), name));
    let (one, two) = (world.submitted(one, "one").await, world.submitted(two, "two").await);
    let (person, other) = (Person::signed_in(&world, "regulator").await, Person::signed_in(&world, "regulator").await);
    let path = |state: &factory_assurance::wire::SubmissionState| format!("/console/submissions/{}/return", state.id);
    let page = person.get(&path(&one)).await;
    let (csrf, form) = (field(&page, "csrf"), field(&page, "form"));
    let foreign = field(&other.get(&path(&one)).await, "form");
    for (csrf, form) in [("", &*form), (&*"0".repeat(64), &*form), (&*csrf, ""), (&*csrf, &*foreign)] {
        let answer = person.post(&path(&one), &[("csrf", csrf), ("form", form), ("reason", "x")]).await;
        assert_eq!(answer.status.as_u16(), 403, "{}", answer.text);
    }
    let answer = person.post(&path(&one), &[("csrf", &csrf)]).await;
    assert_eq!(answer.status.as_u16(), 403, "half a form");
    let fields = [("csrf", csrf.as_str()), ("form", form.as_str()), ("reason", "Mend the seal.\r\nSoon.")];
    let done = person.post(&path(&one), &fields).await;
    assert_eq!(done.status.as_u16(), 303, "{}", done.text);
    assert_eq!(person.post(&path(&two), &fields).await.status.as_u16(), 403, "a form that was handed in");
    let nobody = Person::new(&world);
    assert_eq!(nobody.post(&path(&two), &fields).await.header("location"), "/console/sign-in?lang=ky");
    let now: factory_assurance::wire::SubmissionState =
        world.get(&format!("/api/v1/submissions/{}", one.id), "regulator").await.json();
    assert_eq!((now.state, now.reason.as_str()), (Procedure::Returned, "Mend the seal.\nSoon."));
    let trail = person.get("/console/audit?lang=en").await.text;
    assert_eq!(trail.matches("Returned for revision").count(), 1, "{trail}");
    assert!(trail.contains("<bdi>regulator</bdi>"), "{trail}");
}

/// Who reads the trail sees what a server decided, which no person answers for.
#[tokio::test]
async fn the_trail_tells_a_seal_from_a_person() {
    let world = World::start().await;
    let key = PrivateKey::generate();
    let seal = Term { key: key.public(), from: None, until: None, seal: Some("Ministry".to_owned()) };
    std::fs::write(world.folder.0.join("regulator").join("seal.pub"), seal.write().unwrap()).unwrap();
    for (name, key) in [("sealed", &key), ("signed", &world.regulator_key)] {
        let state = world.submitted(named(sample::passing(), name), name).await;
        let path = format!("/api/v1/submissions/{}/confirmation", state.id);
        let answer = world.post(&path, "regulator", "", &confirmation_by(key, &state)).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    }
    let person = Person::signed_in(&world, "regulator").await;
    let trail = person.get("/console/audit?lang=en").await.text;
    assert_eq!(trail.matches("; Sealed by Ministry, by a server and not by a person").count(), 1, "{trail}");
}

#[tokio::test]
async fn a_decision_that_the_api_would_refuse_is_refused_here_with_the_reason() {
    let world = World::start().await;
    let [good, bad] = ["good", "bad"].map(|name| named(sample::passing(), name));
    let (good, bad) = (world.submitted(good, "good").await, world.submitted(bad, "bad").await);
    let failed = world.submitted(named(sample::failing(), "failed"), "failed").await;
    let person = Person::signed_in(&world, "regulator").await;
    for reason in ["", " \r\n", &"x".repeat(4001)] {
        let answer = person.decide(&bad, "return", &[("reason", reason)]).await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
        assert!(answer.text.contains("Say in 1 to 4000 characters"), "{}", answer.text);
    }
    let envelope = |key: &PrivateKey, state| serde_json::to_string(&confirmation_by(key, state).confirmation).unwrap();
    let another = envelope(&PrivateKey::generate(), &good);
    let elsewhere = envelope(&world.regulator_key, &bad);
    for (sent, says) in [
        ("", "no signed statement"),
        ("{}", "no signed statement"),
        ("-----BEGIN PRIVATE KEY-----", "no signed statement"),
        (another.as_str(), "its signature does not fit"),
        (elsewhere.as_str(), "it speaks of something else"),
    ] {
        let answer = person.decide(&good, "confirm", &[("envelope", sent)]).await;
        assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
        assert!(answer.text.contains(says), "{sent}: {}", answer.text);
    }
    let answer = person.get(&format!("/console/submissions/{}/confirm?lang=en", failed.id)).await;
    assert!(answer.status.as_u16() == 422 && answer.text.contains("only what passed can"), "{}", answer.text);
    let right = envelope(&world.regulator_key, &good);
    // Open on another's screen while it is confirmed here.
    let deputy = Person::signed_in(&world, "deputy").await;
    let path = format!("/console/submissions/{}/confirm?lang=en", good.id);
    let open = deputy.get(&path).await;
    let done = person.decide(&good, "confirm", &[("envelope", &right)]).await;
    assert_eq!(done.status.as_u16(), 303, "{}", done.text);
    let page = person.get(done.header("location")).await;
    assert!(page.text.contains("Confirmed. The entry is public."), "{}", page.text);
    let (csrf, form) = (field(&open, "csrf"), field(&open, "form"));
    let late = deputy.hand_in(&path, &[("csrf", &csrf), ("form", &form), ("envelope", &right)]).await;
    assert!(late.status.as_u16() == 409 && late.text.contains("was confirmed by regulator at"), "{}", late.text);
    let answer = person.decide(&good, "return", &[("reason", "too late")]).await;
    assert!(answer.status.as_u16() == 409 && answer.text.contains("has been decided already"), "{}", answer.text);
    assert_eq!(person.get("/console/submissions/none?lang=en").await.status.as_u16(), 404);
}

#[tokio::test]
async fn one_page_alone_may_run_a_script_and_the_report_brings_exactly_its_own_style() {
    let world = World::start().await;
    let state = world.submitted(sample::passing(), "one").await;
    let person = Person::signed_in(&world, "regulator").await;
    let page = format!("/console/submissions/{}", state.id);
    for path in
        ["/console", "/console/overview", "/console/decided", "/console/audit", &page, &format!("{page}/return")]
    {
        let policy = person.get(path).await.header("content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("script"), "{path}");
    }
    let policy = person.get(&format!("{page}/confirm")).await.header("content-security-policy").to_owned();
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let report = person.get(&format!("{page}/report")).await;
    let policy = report.header("content-security-policy");
    assert!(policy.contains("style-src 'sha256-") && policy.contains("form-action 'none'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("script"), "{policy}");
    for (header, value) in [
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(report.header(header), value);
    }
}
