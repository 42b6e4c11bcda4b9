//! A database that is away or full: callers are told so at once, nothing that was acknowledged is lost, and
//! the register goes on by itself when it is back.

use std::{path::PathBuf, process::Command};

use factory_assurance::{sample, wire::Announcement};
use factory_register::store::audit::audit;

use crate::{
    server::{Database, Server, new_folder},
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
    fn new(folder: Folder, size: &str) -> Self {
        let options = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(&folder.0).status();
        assert!(mounted.unwrap().success(), "a file system of {size} is needed, and root to mount it");
        Self(folder)
    }

    /// The file that takes all the space that is left.
    fn filling(&self) -> PathBuf {
        self.0.0.join("filling")
    }

    fn fill(&self) {
        let taken = std::io::copy(&mut std::io::repeat(1), &mut std::fs::File::create(self.filling()).unwrap());
        assert_eq!(taken.unwrap_err().kind(), std::io::ErrorKind::StorageFull);
    }

    fn free(&self) {
        std::fs::remove_file(self.filling()).unwrap();
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0.0).status();
    }
}

/// A PostgreSQL server that has all its files, or its log alone, on a small file system, and ends before that does.
struct Cramped {
    server: &'static Server,
    small: Small,
}

impl Cramped {
    fn whole() -> Self {
        let small = Small::new(Folder(new_folder()), "96m");
        let server = Server::start_in(small.0.0.clone(), "-c min_wal_size=32MB", "--wal-segsize=1");
        Self { server: Box::leak(Box::new(server)), small }
    }

    fn log() -> Self {
        let small = Small::new(Folder(new_folder()), "48m");
        let making = format!("--wal-segsize=1 --waldir={}", small.0.0.join("wal").display());
        let server = Server::start_in(new_folder(), "", &making);
        Self { server: Box::leak(Box::new(server)), small }
    }
}

impl Drop for Cramped {
    fn drop(&mut self) {
        let _ = self.server.told("stop");
    }
}

/// A run that was announced: its key and what was asked for.
type Announced = (String, Announcement);

/// Announces runs until one is refused because the disk is full; answers those that were acknowledged, each with the
/// answer, and the one that was not. `between` comes after each of them.
async fn until_refused(world: &World, round: u32, between: impl AsyncFn()) -> (Vec<(Announced, String)>, Announced) {
    let mut acknowledged = Vec::new();
    loop {
        let key = format!("round-{round}-{}", acknowledged.len());
        let run = sample::announcement(&named(sample::passing(), &key), 1);
        let answer = world.post("/api/v1/announcements", "factory", &key, &run).await;
        if answer.status.as_u16() != 201 {
            assert_eq!(answer.refused(503), AWAY);
            return (acknowledged, (key, run));
        }
        acknowledged.push(((key, run), answer.text));
        assert!(acknowledged.len() < 1000, "the disk was never full");
        between().await;
    }
}

/// What was refused is taken now, and what was acknowledged is there. A server that died may have died between the two.
async fn goes_on(world: &World, acknowledged: Vec<(Announced, String)>, (key, run): Announced) {
    let answer = world.post("/api/v1/announcements", "factory", &key, &run).await;
    assert!([200, 201].contains(&answer.status.as_u16()), "{}", answer.text);
    for ((key, run), text) in acknowledged {
        let again = world.post("/api/v1/announcements", "factory", &key, &run).await;
        assert_eq!((again.status.as_u16(), again.text), (200, text), "{key} was acknowledged");
    }
}

/// A disk that is full and free again, more than once: what was full must not be remembered.
async fn full_and_free(small: &Small, place: Database) {
    let world = World::start_in(Folder::new(), place).await;
    world.registered(sample::passing(), "before").await;
    for round in 0..3 {
        small.fill();
        // There is some room left in what the database has already taken; then nothing more goes in.
        let (acknowledged, refused) = until_refused(&world, round, async || {}).await;
        assert_eq!(world.get("/api/v1/entries", "").await.status.as_u16(), 200, "reading needs no space");
        small.free();
        goes_on(&world, acknowledged, refused).await;
    }
    audit(&world.database()).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_told_and_the_register_goes_on_when_there_is_space() {
    let small = Small::new(Folder::new(), "16m");
    full_and_free(&small, Database::file(&small.0.0.join("register.db"))).await;
}

#[tokio::test]
async fn a_server_whose_disk_is_full_is_told_and_the_register_goes_on_when_there_is_space() {
    let cramped = Cramped::whole();
    let place = Database::on(cramped.server).await;
    // What was written so far becomes room for its log: tables want more space before that does.
    cramped.server.administer("CHECKPOINT").await;
    full_and_free(&cramped.small, place).await;
}

/// A server without space for its log kills itself, and cannot come back by itself while there is none: whatever keeps
/// it starts it again and again, here in vain once.
#[tokio::test]
async fn a_server_that_died_of_a_full_log_is_told_and_the_register_goes_on_when_it_is_back() {
    let cramped = Cramped::log();
    let world = World::start_in(Folder::new(), Database::on(cramped.server).await).await;
    world.registered(sample::passing(), "before").await;
    // What is left of a part of the log stays unused, so that it is full soon.
    let next_part = async || drop(cramped.server.try_to("SELECT pg_switch_wal()").await);
    let kept_running = || {
        for words in ["stop", "start"] {
            cramped.server.tell(words);
        }
    };
    for round in 0..2 {
        cramped.small.fill();
        let (acknowledged, refused) = until_refused(&world, round, next_part).await;
        kept_running();
        assert_eq!(world.get("/readyz", "").await.refused(503), AWAY);
        assert_eq!(world.get("/api/v1/entries", "").await.refused(503), AWAY);
        cramped.small.free();
        kept_running();
        until_ready(&world).await;
        goes_on(&world, acknowledged, refused).await;
    }
    audit(&world.database()).await.unwrap();
}
