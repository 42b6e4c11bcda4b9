//! Databases for the tests: files of SQLite, or with `REGISTER_DATABASE=postgres` databases of a PostgreSQL
//! server that is started once for the process and gone with it, however it ends.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::{MetadataExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use factory_register::store::Location;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Debian's.
const BINARIES: &str = "/usr/lib/postgresql/15/bin";
/// Debian's account: the server refuses to run as root.
const ACCOUNT: &str = "postgres";

/// Does what it reads, a line each, and takes everything away when there is nothing more to read: when the
/// process of the tests has ended, also by `kill -9`.
const KEEPER: &str = r#"
trap '' INT TERM HUP
bin=$1 folder=$2 settings=$3 making=$4
"$bin/initdb" --pgdata "$folder/data" --username postgres --auth trust --encoding UTF8 --locale C --no-sync $making >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
while read -r word name; do
	case $word in
	start) "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -o "-k '$folder' -c listen_addresses='' -c max_connections=400 $settings" -w start >/dev/null </dev/null || tail "$folder/log" >&2 ;;
	stop) "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null ;;
	drop) "$bin/dropdb" -h "$folder" -U postgres --force --if-exists "$name" 2>/dev/null ;;
	esac
	echo "$word"
done
"$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1
rm -rf "$folder"
"#;

/// A PostgreSQL server of the tests' own.
pub struct Server {
    folder: PathBuf,
    tells: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    _keeper: Child,
}

impl Server {
    /// Starts a server with more `settings`, as its command line has them.
    pub fn start(settings: &str) -> Self {
        Self::start_in(new_folder(), settings, "")
    }

    /// Starts one in `folder`, which is there, made with these options of `initdb`.
    pub fn start_in(folder: PathBuf, settings: &str, making: &str) -> Self {
        let is_root = folder.metadata().unwrap().uid() == 0;
        let mut keeper = if is_root {
            let id = |flag| {
                let said = Command::new("id").args([flag, ACCOUNT]).output().unwrap().stdout;
                String::from_utf8(said).unwrap().trim().parse::<u32>().unwrap()
            };
            chown(&folder, Some(id("-u")), Some(id("-g"))).unwrap();
            let mut as_account = Command::new("setpriv");
            as_account.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups", "sh"]);
            as_account
        } else {
            Command::new("sh")
        };
        keeper.args(["-c", KEEPER, "keeper", BINARIES]).arg(&folder).args([settings, making]).current_dir(&folder);
        let mut keeper = keeper.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let tells = (keeper.stdin.take().unwrap(), BufReader::new(keeper.stdout.take().unwrap()));
        let server = Self { folder, tells: Mutex::new(tells), _keeper: keeper };
        server.tell("start");
        server
    }

    /// Has the keeper do something, and waits until it is done.
    pub fn tell(&self, words: &str) {
        let done = self.told(words).unwrap_or_default();
        assert!(words.starts_with(done.trim()) && !done.is_empty(), "`{words}` was not done: `{done}`");
    }

    /// The same; answers what the keeper says, if it is there.
    pub fn told(&self, words: &str) -> Option<String> {
        let (stdin, stdout) = &mut *self.tells.lock().ok()?;
        writeln!(stdin, "{words}").ok()?;
        let mut done = String::new();
        stdout.read_line(&mut done).ok()?;
        Some(done)
    }

    /// The address of a database.
    pub fn address(&self, name: &str) -> String {
        format!("postgres://postgres@{}/{name}", self.folder.display().to_string().replace('/', "%2F"))
    }

    /// Executes a statement about databases.
    pub async fn administer(&self, statement: &str) {
        self.try_to(statement).await.unwrap();
    }

    /// The same on a server that may not be able to.
    pub async fn try_to(&self, statement: &str) -> Result<(), sqlx::Error> {
        let mut connection = PgConnection::connect(&self.address("postgres")).await?;
        sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await?;
        connection.close().await
    }
}

/// A new folder for the files of a server.
pub fn new_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("register-postgres-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = base().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Where servers keep their files: in memory where it has room, because a few hundred databases are made.
fn base() -> PathBuf {
    const NEEDED_KB: u64 = 4_000_000;
    let memory = Path::new("/dev/shm");
    let said = Command::new("df").args(["--output=avail", "-k"]).arg(memory).output().unwrap().stdout;
    let free = String::from_utf8(said).unwrap().lines().last().and_then(|line| line.trim().parse::<u64>().ok());
    if free >= Some(NEEDED_KB) { memory.to_owned() } else { std::env::temp_dir() }
}

/// The server of this process.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(""))
}

/// Whether the tests run on PostgreSQL.
pub fn on_postgres() -> bool {
    match std::env::var("REGISTER_DATABASE") {
        Err(_) => false,
        Ok(kind) if kind == "postgres" => true,
        Ok(other) => panic!("REGISTER_DATABASE: `{other}`, must be postgres or not be set"),
    }
}

/// A database of one test, gone with it.
pub struct Database {
    /// As the command line names it.
    pub address: String,
    server: Option<(&'static Server, String)>,
}

impl Database {
    /// An empty database of the kind that the tests run on; a file is in `folder`.
    pub async fn new(folder: &Path) -> Self {
        if on_postgres() { Self::on(server()).await } else { Self::file(&folder.join("register.db")) }
    }

    /// The file at `path`.
    pub fn file(path: &Path) -> Self {
        Self { address: path.to_str().unwrap().to_owned(), server: None }
    }

    /// An empty database of `server`.
    pub async fn on(server: &'static Server) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        server.administer(&format!("CREATE DATABASE {name}")).await;
        Self { address: server.address(&name), server: Some((server, name)) }
    }

    pub fn location(&self) -> Location {
        self.address.parse().unwrap()
    }

    /// Its name on the server, where it is on one.
    pub fn name(&self) -> Option<&str> {
        self.server.as_ref().map(|(_, name)| name.as_str())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.server
            && !std::thread::panicking()
        {
            server.tell(&format!("drop {name}"));
        }
    }
}
