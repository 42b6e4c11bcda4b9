//! What the pod of a database runs, run here by the pod's own command line with Debian's PostgreSQL: its first
//! start, who gets in, its end, and its second start over the same data. Only the paths are others.

#![allow(clippy::unwrap_used, clippy::panic)] // a test that cannot go on may stop

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::fs::{MetadataExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

use factory_crds::state_service::Binding;
use factory_operator::manifests::database;
use k8s_openapi::api::core::v1::Container;
use tempfile::TempDir;

/// Debian's account: the server refuses to run as root.
const ACCOUNT: &str = "postgres";
const PASSWORD: &str = "0a1b2c";

/// The one container of a database's pod.
fn container() -> Container {
    let binding: Binding =
        serde_json::from_value(serde_json::json!({"name": "db", "kind": "database", "components": ["web"]})).unwrap();
    database::spec(&binding, "image", None).template.spec.unwrap().containers.remove(0)
}

/// A pod's volumes, and a port.
struct Pod {
    folder: TempDir,
    port: u16,
}

impl Pod {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("password"), PASSWORD).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let pod = Self { folder, port };
        if pod.is_root() {
            let id = |flag| {
                let said = Command::new("id").args([flag, ACCOUNT]).output().unwrap().stdout;
                String::from_utf8(said).unwrap().trim().parse::<u32>().unwrap()
            };
            chown(pod.folder.path(), Some(id("-u")), Some(id("-g"))).unwrap();
        }
        pod
    }

    fn is_root(&self) -> bool {
        self.folder.path().join("password").metadata().unwrap().uid() == 0
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The server, once it takes connections, with everything that it said until then.
    fn start(&self) -> (Server, String) {
        let container = container();
        let passwords = self.folder.path().display().to_string();
        let mut words = container.command.unwrap().into_iter().map(|word| word.replace("/etc/database", &passwords));
        let program = words.next().unwrap();
        let mut command = if self.is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(words).args(container.args.unwrap());
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", &format!("port={}", self.port)]);
        command.env_clear().current_dir(self.folder.path());
        for variable in container.env.unwrap() {
            let value =
                if variable.name == "PGDATA" { self.data().display().to_string() } else { variable.value.unwrap() };
            command.env(variable.name, value);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let server = Server(child);
        let mut said = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            said = said + &line + "\n";
            if line.contains("ready to accept connections") {
                // Read on, so that the server never waits for a reader.
                std::thread::spawn(move || lines.for_each(drop));
                return (server, said);
            }
        }
        panic!("the server did not come up: {said}")
    }

    /// `statement` as `role` of `database`.
    fn ask(&self, (role, database, password): (&str, &str, &str), statement: &str) -> Output {
        self.client(role, database, password, statement).output().unwrap()
    }

    fn client(&self, role: &str, database: &str, password: &str, statement: &str) -> Command {
        let mut client = Command::new("/usr/lib/postgresql/15/bin/psql");
        client.args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-U", role, "-d", database, "-tAc", statement]);
        client.env_clear().env("PGPASSWORD", password).stdin(Stdio::null());
        client
    }

    /// What the service is answered.
    fn service(&self, statement: &str) -> String {
        let output = self.ask(("service", "service", PASSWORD), statement);
        assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

/// A running server, ended with the test.
struct Server(Child);

impl Server {
    /// Ends it by the signal of the pod's `preStop`, within the grace that the pod has.
    fn stop(self) {
        let command = container().lifecycle.unwrap().pre_stop.unwrap().exec.unwrap().command.unwrap();
        let end = command.last().unwrap().replace("kill -INT 1", &format!("kill -INT {}", self.0.id()));
        assert!(Command::new("/bin/sh").args(["-c", &end]).status().unwrap().success());
        let (sender, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let mut server = self;
            sender.send(server.0.wait().is_ok())
        });
        assert!(
            ended.recv_timeout(Duration::from_mins(1)).is_ok_and(|ended| ended),
            "the server waits for its clients"
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|ended| ended.is_none()) {
            // SIGQUIT, so that its own children end with it.
            drop(Command::new("kill").args(["-QUIT", &self.0.id().to_string()]).status());
            drop(self.0.wait());
        }
    }
}

#[test]
fn a_service_finds_what_it_stored_after_a_restart_that_its_open_connections_do_not_hold_up() {
    let pod = Pod::new();
    let (server, _) = pod.start();
    pod.service("CREATE TABLE visits (number integer PRIMARY KEY)");
    pod.service("INSERT INTO visits VALUES (42)");
    assert_eq!(pod.service("SHOW shared_buffers"), "64MB");
    assert_eq!(pod.service("SHOW data_checksums"), "on");
    assert_eq!(pod.service("SHOW server_encoding"), "UTF8");
    let mut waiting = pod.client("service", "service", PASSWORD, "SELECT pg_sleep(600)").spawn().unwrap();
    while pod.service("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND state = 'active'")
        != "1"
    {}
    server.stop();
    assert!(!waiting.wait().unwrap().success());
    // As a kubelet leaves a volume: with the rights of its group.
    assert!(Command::new("chmod").arg("g+rwx").arg(pod.data()).status().unwrap().success());
    let (_server, said) = pod.start();
    assert_eq!(pod.service("SELECT number FROM visits"), "42");
    assert!(!said.contains("not properly shut down"), "{said}");
}

#[test]
fn only_the_service_gets_in_with_its_password_and_it_is_no_superuser() {
    let pod = Pod::new();
    let (_server, said) = pod.start();
    assert!(!said.contains(PASSWORD), "{said}");
    for refused in [
        ("service", "service", "other"),
        ("postgres", "postgres", PASSWORD),
        ("postgres", "service", ""),
        ("service", "postgres", PASSWORD),
    ] {
        let output = pod.ask(refused, "SELECT 1");
        assert!(!output.status.success(), "{refused:?} got in");
    }
    assert_eq!(
        pod.service("SELECT rolsuper OR rolcreaterole OR rolreplication FROM pg_roles WHERE rolname = 'service'"),
        "f"
    );
    let output = pod.ask(("service", "service", PASSWORD), "COPY (SELECT 1) TO PROGRAM 'cat'");
    assert!(!output.status.success(), "the service runs programs on its database's pod");
}

#[test]
fn one_that_was_killed_while_it_made_its_databases_begins_again() {
    let pod = Pod::new();
    let half = Path::new(&pod.data()).with_extension("new");
    fs::create_dir(&half).unwrap();
    fs::write(half.join("PG_VERSION"), "15\n").unwrap();
    if pod.is_root() {
        let owner = pod.folder.path().metadata().unwrap();
        for path in [half.join("PG_VERSION"), half.clone()] {
            chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
    }
    let (_server, _) = pod.start();
    assert_eq!(pod.service("SELECT 1"), "1");
    assert!(!half.exists());
}
