//! A refusal is one line in the log, which says who asked and what for, and nothing of what was sent.

use std::{
    io,
    sync::{Arc, Mutex},
};

use factory_assurance::sample;
use serde_json::{Value, json};

use crate::world::World;

/// What was logged by this thread, as lines of JSON.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Status, caller and refusal of each request that was answered since the last time, and the lines themselves.
    fn taken(&self) -> (Vec<(u64, Value, Value)>, String) {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let answered = lines.filter(|line| line["message"] == "answered");
        let all = answered.map(|line| (line["status"].as_u64().unwrap(), line["caller"].clone(), line["refused"].clone()));
        (all.collect(), text)
    }
}

#[tokio::test]
async fn a_refusal_is_one_line_that_names_caller_and_field_and_quotes_nothing() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(move || writer.clone()).finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let world = World::start().await;
    let path = "/api/v1/announcements";
    let announcement = sample::announcement(&sample::passing(), 1);
    let mut hostile = announcement.clone();
    hostile.subject.participant = "Secret\nWord".to_owned();
    let mut shapeless = announcement.clone();
    shapeless.record = "Secret digest".to_owned();
    log.taken();

    world.post(path, "factory", "key", &announcement).await;
    world.post(path, "", "key", &announcement).await.refused(401);
    world.post(path, "forged-word", "key", &announcement).await.refused(401);
    world.post(path, "owner", "key", &announcement).await.refused(403);
    world.post(path, "factory", "another", &hostile).await.refused(422);
    world.post(path, "factory", "shape", &shapeless).await.refused(422);
    world.post(path, "factory", "third", &json!({"subject": 1})).await.refused(400);

    let (answered, text) = log.taken();
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
