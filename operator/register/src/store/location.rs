//! Where the database is: a file, or a server.

use std::{fmt, fs, io, net::IpAddr, path::PathBuf, str::FromStr};

use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// Where the database is. Shown without the password.
#[derive(Clone)]
pub enum Location {
    /// A file of `SQLite`.
    File(PathBuf),
    /// A database of a `PostgreSQL` server.
    Server(Box<PgConnectOptions>),
}

/// Why a location cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// The address of a server cannot be read. It is not repeated: it may hold a password.
    #[error("database: the address cannot be read, must be postgres://user@host:port/name: {0}")]
    Address(String),
    /// The password cannot be read.
    #[error("database password: {path}: {source}", path = path.display())]
    Password {
        /// File that should hold it.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// A file has no password.
    #[error("database password: `{0}` is a file of SQLite, which takes none")]
    NoServer(Location),
}

impl Location {
    /// The same with the password that `file` holds, where one is given. Blocks on a small file.
    pub fn with_password(self, file: Option<PathBuf>) -> Result<Self, LocationError> {
        match (self, file) {
            (location, None) => Ok(location),
            (Self::Server(options), Some(path)) => match fs::read_to_string(&path) {
                Ok(password) => Ok(Self::Server(Box::new(options.password(password.trim_end_matches(['\r', '\n']))))),
                Err(source) => Err(LocationError::Password { path, source }),
            },
            (location @ Self::File(_), Some(_)) => Err(LocationError::NoServer(location)),
        }
    }
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self::File(text.into()));
        }
        let options = PgConnectOptions::from_str(text).map_err(|error| LocationError::Address(error.to_string()))?;
        // Whoever asks for nothing gets a server that has proven who it is; `sslmode` can ask for less.
        let unasked = matches!(options.get_ssl_mode(), PgSslMode::Prefer);
        let options = if unasked && !is_here(&options) { options.ssl_mode(PgSslMode::VerifyFull) } else { options };
        Ok(Self::Server(Box::new(options)))
    }
}

/// Whether the way to the server stays on this machine.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server(options) => {
                let host = options.get_socket().map_or(options.get_host().into(), |path| path.to_string_lossy());
                let name = options.get_database().unwrap_or(options.get_username());
                write!(f, "postgres://{}@{host}:{}/{name}", options.get_username(), options.get_port())
            }
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(address: &str) -> PgSslMode {
        match address.parse().unwrap() {
            Location::Server(options) => options.get_ssl_mode(),
            Location::File(path) => panic!("{}", path.display()),
        }
    }

    #[test]
    fn a_path_is_a_file_and_an_address_a_server() {
        assert!(matches!("/data/register.db".parse(), Ok(Location::File(_))));
        assert!(matches!("postgres.db".parse(), Ok(Location::File(_))));
        let server: Location = "postgresql://register:secret@db.example.kg:5433/log".parse().unwrap();
        assert_eq!(format!("{server} {server:?}"), ["postgres://register@db.example.kg:5433/log"; 2].join(" "));
        let error = "postgres://register:secret@db.example.kg:port/log".parse::<Location>().unwrap_err().to_string();
        assert!(error.contains("postgres://user@host:port/name") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn the_network_is_not_trusted_unless_that_is_asked_for() {
        assert!(matches!(mode("postgres://r@db.example.kg/log"), PgSslMode::VerifyFull));
        assert!(matches!(mode("postgres://r@10.0.0.1/log?sslmode=prefer"), PgSslMode::VerifyFull));
        assert!(matches!(mode("postgres://r@db.example.kg/log?sslmode=disable"), PgSslMode::Disable));
        assert!(matches!(mode("postgres://r@127.0.0.1/log"), PgSslMode::Prefer));
        assert!(matches!(mode("postgres://r@%2Frun%2Fpostgresql/log"), PgSslMode::Prefer));
    }

    #[test]
    fn a_password_comes_from_a_file_and_only_to_a_server() {
        let file: Location = PathBuf::from("register.db").into();
        let error = file.with_password(Some("/none".into())).unwrap_err().to_string();
        assert!(error.contains("`register.db` is a file of SQLite"), "{error}");
        let server: Location = "postgres://r@127.0.0.1/log".parse().unwrap();
        let error = server.with_password(Some("/none".into())).unwrap_err().to_string();
        assert!(error.starts_with("database password: /none: "), "{error}");
    }
}
