//! A database that is away or full: callers are told so at once, nothing that was acknowledged is lost, and
//! the register goes on by itself when it is back.

use std::{path::Path, process::Command};

use factory_assurance::sample;
use factory_register::store::audit::audit;

use crate::{
    server::{Database, Server},
    world::{Folder, World, named},
};

const AWAY: &str = "the register's database did not answer; nothing was acknowledged";

/// Asks for a page again and again until it is answered. Each answer before says that the database is away.
async fn until_ready(world: &World) {
    loop {
        let answer = world.get("/readyz", "").await;
        if answer.status.is_success() {
            return;
        }
        assert_eq!(answer.refused(503), AWAY);
    }
}

#[tokio::test]
async fn a_server_that_is_stopped_is_told_and_the_register_goes_on_when_it_is_back() {
    let server: &'static Server = Box::leak(Box::new(Server::start("")));
    let world = World::start_in(Folder::new(), Database::on(server).await).await;
    world.registered(sample::passing(), "before").await;
    let checkpoint = world.get("/api/v1/log/checkpoint", "").await.text;

    let meanwhile = world.announce(named(sample::passing(), "meanwhile"), "meanwhile").await;
    let dossier = world.dossier(&meanwhile);
    server.tell("stop");
    let refused = world.submit(dossier.clone(), "meanwhile").await;
    assert_eq!(refused.refused(503), AWAY);
    assert_eq!(refused.header("retry-after"), "5");
    for path in ["/readyz", "/entries", "/api/v1/entries", "/api/v1/log/checkpoint"] {
        assert_eq!(world.get(path, "").await.status.as_u16(), 503, "{path}");
    }
    assert!(world.get("/healthz", "").await.status.is_success(), "a restart of the register would not help");

    server.tell("start");
    until_ready(&world).await;
    assert_eq!(world.get("/api/v1/log/checkpoint", "").await.text.lines().nth(1), Some("7"));
    assert_eq!(world.submit(dossier.clone(), "meanwhile").await.status.as_u16(), 201);
    assert_eq!(world.submit(dossier, "meanwhile").await.status.as_u16(), 200, "the same submission is there once");
    assert_eq!(checkpoint.lines().nth(1), Some("6"));
    assert_eq!(audit(&world.database()).await.unwrap().events, 8);
}

/// A small file system in memory, gone with the test.
struct Small(Folder);

impl Small {
    fn new() -> Self {
        let folder = Folder::new();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "none"]).arg(&folder.0).status();
        assert!(mounted.unwrap().success(), "a file system of 16 MB is needed, and root to mount it");
        Self(folder)
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0.0).status();
    }
}

/// Takes all the space that is left.
fn fill(file: &Path) {
    let taken = std::io::copy(&mut std::io::repeat(1), &mut std::fs::File::create(file).unwrap());
    assert_eq!(taken.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_register_goes_on_when_there_is_space() {
    let small = Small::new();
    let place = Database::file(&small.0.0.join("register.db"));
    let world = World::start_in(Folder::new(), place).await;
    world.registered(sample::passing(), "before").await;
    let filling = small.0.0.join("filling");
    // More than once: what was full and is free again must not be remembered.
    for round in 0..3 {
        fill(&filling);
        let mut acknowledged = Vec::new();
        // SQLite has some room left in what it has already taken; then nothing more goes in.
        let refused = loop {
            let key = format!("round-{round}-{}", acknowledged.len());
            let run = sample::announcement(&named(sample::passing(), &key), 1);
            let answer = world.post("/api/v1/announcements", "factory", &key, &run).await;
            if answer.status.as_u16() != 201 {
                break (answer, key, run);
            }
            acknowledged.push((key, run, answer.text));
            assert!(acknowledged.len() < 1000, "the disk was never full");
        };
        let (answer, key, run) = refused;
        assert_eq!(answer.refused(503), AWAY);
        assert_eq!(world.get("/api/v1/entries", "").await.status.as_u16(), 200, "reading needs no space");
        std::fs::remove_file(&filling).unwrap();
        let answer = world.post("/api/v1/announcements", "factory", &key, &run).await;
        assert_eq!(answer.status.as_u16(), 201, "{}", answer.text);
        for (key, run, text) in acknowledged {
            let again = world.post("/api/v1/announcements", "factory", &key, &run).await;
            assert_eq!((again.status.as_u16(), again.text), (200, text), "{key} was acknowledged");
        }
    }
    audit(&world.database()).await.unwrap();
}
