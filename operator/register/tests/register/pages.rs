//! The public pages: complete, in three languages, for every reader, and no way in for a script.

use factory_assurance::sample;
use reqwest::{Method, StatusCode};

use crate::{
    page::Page,
    world::{Answer, World, send},
};

const ENTRY: &str = "/entries/social-registry/registered-address";

fn read(answer: &Answer) -> Page {
    let page = Page::read(&answer.text).unwrap_or_else(|fault| panic!("{fault}\n{}", answer.text));
    assert_eq!(page.faults(), Vec::<String>::new());
    page
}

#[tokio::test]
async fn an_entry_shows_all_nine_groups_with_their_items_and_the_whole_record() {
    let world = World::start().await;
    let state = world.registered(sample::passing(), "one").await;
    let answer = world.get(&format!("{ENTRY}?lang=en"), "").await;
    assert_eq!((answer.status, answer.header("content-language")), (StatusCode::OK, "en"));
    let page = read(&answer);
    let mut from = 0;
    for number in 1..=9 {
        let at = page.text[from..].find(&format!("(item 17.{number})"));
        from += at.unwrap_or_else(|| panic!("17.{number} in its order"));
    }
    let record = sample::passing().record;
    for text in [
        record.titles.en.as_str(),
        &record.titles.ky,
        &record.titles.ru,
        &record.data.owner.name,
        &record.data.owner.registration_number,
        &record.data.users[0],
        &record.data.used_in[0],
        &record.data.methods_of_use[0],
        &record.data.results_of_use[0],
        "Head of information security – name and contacts are held by the register as a commitment",
        "8h",
        "30s",
        &record.data.formats.interfaces[0],
        &record.decision,
        &record.reported_by,
        &record.host,
        &record.instructions.rights.en,
        &record.instructions.duties.en,
        &record.instructions.procedures[0].goal.en,
        &record.instructions.procedures[0].steps[1].en,
        &record.instructions.data[0],
        "Passed",
        "basic@1",
        &state.dossier,
        &state.bundle,
        "kubectl factory verify",
        "Regulator of the ecosystem",
        "2026-03-04 11:06 (UTC+6)",
        &state.subject.commit,
    ] {
        assert!(page.text.contains(text), "{text}");
    }
    assert!(page.values("href").any(|href| href == format!("/api/v1{ENTRY}")));
    assert!(!page.text.contains(&record.data.protection[0].email));
    let json = world.get(&format!("/api/v1{ENTRY}"), "").await;
    assert_eq!(json.status, StatusCode::OK);
}

#[tokio::test]
async fn the_verdict_is_shown_with_every_figure_and_its_limit() {
    let world = World::start().await;
    let state = world.registered(sample::passing(), "one").await;
    let page = read(&world.get(&format!("{ENTRY}?lang=en"), "").await);
    assert!(!state.verdict.figures.is_empty());
    for figure in &state.verdict.figures {
        assert!(page.text.contains(&figure.phase), "{figure:?}");
    }
    for words in ["Failed requests", "99th percentile of latency", "Time to recovery", " ms", " %"] {
        assert!(page.text.contains(words), "{words}");
    }
}

#[tokio::test]
async fn pages_speak_the_language_that_is_asked_for() {
    let world = World::start().await;
    world.registered(sample::passing(), "one").await;
    let titles = sample::passing().record.titles;
    for (lang, accept, tag, title, word) in [
        ("?lang=ky", "en", "ky", &titles.ky, "Пайдалануу боюнча нускама"),
        ("?lang=ru", "en", "ru", &titles.ru, "Инструкция по использованию"),
        ("", "en-GB,en;q=0.9", "en", &titles.en, "Instructions for use"),
        ("?lang=de", "ru;q=0.4, ky;q=0.3", "ru", &titles.ru, "Инструкция по использованию"),
        ("", "de", "ky", &titles.ky, "Пайдалануу боюнча нускама"),
    ] {
        let request = world.request(Method::GET, &format!("{ENTRY}{lang}"), "").header("accept-language", accept);
        let answer = send(request).await;
        assert_eq!(answer.header("vary"), "Accept-Language");
        let page = read(&answer);
        let html = &page.tags.iter().find(|(name, _)| name == "html").unwrap().1;
        assert_eq!(html[0], ("lang".to_owned(), tag.to_owned()));
        assert!(answer.text.contains(&format!("<h1>{title}</h1>")) && page.text.contains(word), "{lang} {accept}");
        // Titles in the other languages say which language they are in.
        let others = page
            .tags
            .iter()
            .filter(|(name, attributes)| name == "dd" && attributes.iter().any(|(name, _)| name == "lang"));
        assert_eq!(others.count(), 2);
    }
}

#[tokio::test]
async fn the_index_finds_and_an_unknown_entry_is_said_to_be_unknown() {
    let world = World::start().await;
    let empty = read(&world.get("/entries?lang=en", "").await);
    assert!(empty.text.contains("Nothing was found."));
    world.registered(sample::passing(), "one").await;
    for (query, found) in [
        ("", true),
        ("&q=certificate", true),
        ("&q=%D0%94%D0%90%D0%A0%D0%95%D0%9A", true),
        ("&q=nothing", false),
        ("&before=x", true),
    ] {
        let page = read(&world.get(&format!("/entries?lang=en{query}"), "").await);
        assert_eq!(page.values("href").any(|href| href == format!("{ENTRY}?lang=en")), found, "{query}");
    }
    let unknown = world.get("/entries/social-registry/none?lang=en", "").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(read(&unknown).text.contains("There is no such entry"));
    let root = world.get("/", "").await;
    assert_eq!((root.status, root.header("location")), (StatusCode::SEE_OTHER, "/entries"));
}

#[tokio::test]
async fn a_long_index_goes_on_on_the_next_page_and_keeps_the_search() {
    let world = World::start().await;
    for number in 0..51 {
        world
            .registered(crate::world::named(sample::passing(), &format!("service-{number}")), &number.to_string())
            .await;
    }
    let first = read(&world.get("/entries?lang=ru&q=service-", "").await);
    assert_eq!(first.count("tr"), 1 + 50);
    let older = first.values("href").find(|href| href.contains("before=")).unwrap().to_owned();
    assert!(older.contains("q=service-") && older.contains("lang=ru"), "{older}");
    let last = read(&world.get(&older, "").await);
    assert_eq!(last.count("tr"), 1 + 1);
    assert!(last.values("href").any(|href| href == "/entries/social-registry/service-0?lang=ru"));
}

#[tokio::test]
async fn text_from_outside_stays_text() {
    let world = World::start().await;
    let mut result = sample::passing();
    let evil = "\"><script>alert('x')</script><a href='javascript:x' onload=\"x\">&amp;{{ 1 }}";
    evil.clone_into(&mut result.record.data.owner.name);
    evil.clone_into(&mut result.record.titles.en);
    evil.clone_into(&mut result.record.host);
    evil.clone_into(&mut result.record.data.users[0]);
    "javascript:alert(1)//https://".clone_into(&mut result.record.instructions.url);
    world.registered(result, "one").await;
    let search = "%22%3E%3Cscript%3E";
    for path in
        [format!("{ENTRY}?lang=en"), "/entries?lang=en".to_owned(), format!("/entries?q={search}&lang=%3Cscript%3E")]
    {
        let answer = world.get(&path, "").await;
        let page = read(&answer);
        assert_eq!(page.count("script"), 0);
        assert!(!page.values("href").any(|href| href.contains("javascript:") || href.contains('<')), "{path}");
    }
}

#[tokio::test]
async fn browsers_are_told_to_run_nothing_and_the_style_is_ours() {
    let world = World::start().await;
    for path in ["/entries", "/entries/a/b", "/register.css", "/api/v1/entries", "/nothing"] {
        let answer = world.get(path, "").await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';") && !policy.contains("unsafe"), "{path}");
        assert_eq!((answer.header("x-content-type-options"), answer.header("x-frame-options")), ("nosniff", "DENY"));
    }
    let style = world.get("/register.css", "").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.text.contains("@media print"));
}
