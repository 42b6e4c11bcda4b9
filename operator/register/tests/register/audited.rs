//! A refusal is one line in the log, which says who asked and what for, and nothing of what was sent.

use std::{cell::RefCell, io, sync::Once};

use factory_assurance::sample;
use serde_json::{Value, json};

use crate::world::World;

thread_local! {
    /// What was logged by this thread, once it asks for it.
    static LOG: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Writes into the log of the thread that logs. One subscriber for all threads, because tracing asks but one of them
/// whether anybody wants an event.
struct Here;

impl io::Write for Here {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.iter_mut().for_each(|log| log.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// From here on the log of this thread is kept.
fn keep() {
    static ONE: Once = Once::new();
    ONE.call_once(|| {
        let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(|| Here).finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    LOG.set(Some(Vec::new()));
}

/// Status, caller and refusal of each request that was answered since then, and the lines themselves.
fn kept() -> (Vec<(u64, Value, Value)>, String) {
    let text = String::from_utf8(LOG.take().unwrap()).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let answered = lines.filter(|line| line["message"] == "answered");
    let all = answered.map(|line| (line["status"].as_u64().unwrap(), line["caller"].clone(), line["refused"].clone()));
    (all.collect(), text)
}

#[tokio::test]
async fn a_refusal_is_one_line_that_names_caller_and_field_and_quotes_nothing() {
    let world = World::start().await;
    let path = "/api/v1/announcements";
    let announcement = sample::announcement(&sample::passing(), 1);
    world.issued(&announcement.standard).await;
    let mut hostile = announcement.clone();
    hostile.subject.participant = "Secret\nWord".to_owned();
    let mut shapeless = announcement.clone();
    shapeless.record = "Secret digest".to_owned();
    keep();

    world.post(path, "factory", "key", &announcement).await;
    world.post(path, "", "key", &announcement).await.refused(401);
    world.post(path, "forged-word", "key", &announcement).await.refused(401);
    world.post(path, "owner", "key", &announcement).await.refused(403);
    world.post(path, "factory", "another", &hostile).await.refused(422);
    world.post(path, "factory", "shape", &shapeless).await.refused(422);
    world.post(path, "factory", "third", &json!({"subject": 1})).await.refused(400);

    let (answered, text) = kept();
    let statuses: Vec<u64> = answered.iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, [201, 401, 401, 403, 422, 422, 400], "{text}");
    let [written, nobody, forged, other, field, shape, broken] = &answered[..] else { panic!("{text}") };
    assert!(written.1.is_string() && written.2.is_null(), "{text}");
    for unknown in [nobody, forged] {
        assert!(unknown.1.is_null() && unknown.2.is_string(), "{text}");
    }
    assert_ne!(other.1, written.1);
    assert!(other.2.as_str().unwrap().contains("is not the factory"), "{text}");
    assert_eq!(field.1, written.1, "{text}");
    assert!(field.2.as_str().unwrap().starts_with("subject.participant: must be"), "{text}");
    assert!(shape.2.as_str().unwrap().contains("record"), "{text}");
    assert!(broken.2.as_str().unwrap().starts_with("body: "), "{text}");
    assert!(!text.contains("Secret") && !text.contains("forged-word"), "{text}");
}
