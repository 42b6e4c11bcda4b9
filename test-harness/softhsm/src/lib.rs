//! A token of SoftHSM for tests. Whatever uses it is a program of its own, started with [`Token::environment`]: SoftHSM
//! reads where its tokens are from the environment.
//!
//! Beside the path from manifest to register: it stands for the device that holds the register's or the regulator's key.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use ed25519_dalek::pkcs8::{EncodePrivateKey as _, KeypairBytes, spki::der::pem::LineEnding};

/// Where Debian installs it; another place is said in this variable.
const MODULE: (&str, &str) = ("SOFTHSM2_MODULE", "/usr/lib/softhsm/libsofthsm2.so");
/// Label of the token.
pub const LABEL: &str = "factory";
const PIN: &str = "9876";

/// A token in a folder.
pub struct Token {
    folder: PathBuf,
}

impl Token {
    /// An empty token, in a folder that is made for it.
    pub fn new(folder: &Path) -> io::Result<Self> {
        let token = Self { folder: folder.to_owned() };
        fs::create_dir_all(token.tokens())?;
        let tokens = token.tokens().display().to_string();
        fs::write(token.settings(), format!("directories.tokendir = {tokens}\nobjectstore.backend = file\n"))?;
        token.write_pin(PIN)?;
        token.tool(&["--init-token", "--free", "--label", LABEL, "--so-pin", PIN, "--pin", PIN])?;
        Ok(token)
    }

    /// Where SoftHSM finds it: name and value of a variable.
    #[must_use]
    pub fn environment(&self) -> (&'static str, PathBuf) {
        ("SOFTHSM2_CONF", self.settings())
    }

    /// Puts the key of a PKCS#8 PEM into it.
    pub fn import(&self, pem: &str, label: &str, id: &str) -> io::Result<()> {
        let file = self.folder.join("import.pem");
        fs::write(&file, pem)?;
        let file = file.display().to_string();
        self.tool(&["--import", &file, "--token", LABEL, "--label", label, "--id", id, "--pin", PIN])?;
        fs::remove_file(file)
    }

    /// Puts the key of Ed25519 that is made of these 32 bytes into it.
    pub fn import_ed25519(&self, secret: [u8; 32], label: &str, id: &str) -> io::Result<()> {
        // Without its public half, as the tool reads it.
        let key = KeypairBytes { secret_key: secret, public_key: None };
        self.import(&key.to_pkcs8_pem(LineEnding::LF).map_err(io::Error::other)?, label, id)
    }

    /// The line that names its key of this label.
    #[must_use]
    pub fn uri(&self, object: &str) -> String {
        let module = std::env::var(MODULE.0).unwrap_or_else(|_| MODULE.1.to_owned());
        let pin = self.folder.join("pin").display().to_string();
        format!("pkcs11:token={LABEL};object={object}?module-path={module}&pin-source=file:{pin}\n")
    }

    /// Changes what is taken for its PIN, not the PIN.
    pub fn write_pin(&self, pin: &str) -> io::Result<()> {
        let file = self.folder.join("pin");
        fs::write(&file, format!("{pin}\n"))?;
        fs::set_permissions(file, fs::Permissions::from_mode(0o600))
    }

    /// The right one again.
    pub fn right_pin(&self) -> io::Result<()> {
        self.write_pin(PIN)
    }

    /// Pulls the token out.
    pub fn away(&self) -> io::Result<()> {
        fs::rename(self.tokens(), self.folder.join("away"))?;
        fs::create_dir(self.tokens())
    }

    /// Puts it in again.
    pub fn back(&self) -> io::Result<()> {
        fs::remove_dir_all(self.tokens())?;
        fs::rename(self.folder.join("away"), self.tokens())
    }

    fn tokens(&self) -> PathBuf {
        self.folder.join("tokens")
    }

    fn settings(&self) -> PathBuf {
        self.folder.join("softhsm2.conf")
    }

    fn tool(&self, arguments: &[&str]) -> io::Result<()> {
        let (name, value) = self.environment();
        let output = Command::new("softhsm2-util").env(name, value).args(arguments).output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(io::Error::other(format!("softhsm2-util: {}", String::from_utf8_lossy(&output.stderr))))
    }
}
