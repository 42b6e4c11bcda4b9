//! `init`: a manifest that passes lint, each field explained by what the schema says of it. Where a
//! person must write something, it stands in angle brackets, and lint warns until it is written.
//! The first step on the road; it must not guess what only a person can know.

mod answers;
mod comments;

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    path::PathBuf,
};

use crate::{
    arguments::Connection,
    exit::Exit,
    failure::Failure,
    manifest::{self, Severity},
    terminal,
};
use answers::{Answers, Namespaces};

/// The manifest without comments; `@…@` are answers.
const TEMPLATE: &str = include_str!("init/template.yaml");

/// Options of `init`.
#[derive(Debug, clap::Args)]
pub struct InitArguments {
    #[command(flatten)]
    answers: answers::Given,
    /// File to write; `-` writes to the standard output
    #[arg(short, long, default_value = "service.yaml", value_name = "FILE")]
    output: PathBuf,
    /// Overwrite the file
    #[arg(long)]
    force: bool,
}

/// Why there is no manifest.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// Nobody can be asked, and flags are missing.
    #[error("without a terminal, say also {0}")]
    Missing(String),
    /// An answer does not fit its field.
    #[error("with these answers the manifest would not pass: {0}")]
    Answer(String),
    /// The file exists.
    #[error("{0} exists; overwrite it with --force, or name another with -o")]
    Exists(String),
    /// The file cannot be written.
    #[error("{file} cannot be written")]
    Write {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
}

/// Writes a manifest.
pub fn run(arguments: &InitArguments, connection: &Connection) -> Result<Exit, Failure> {
    let file = arguments.output.display().to_string();
    let to_output = arguments.output.as_os_str() == "-";
    if !to_output && !arguments.force && arguments.output.exists() {
        // Before the questions: nobody should answer twelve for nothing.
        return Err(InitError::Exists(file).into());
    }
    let answers = Answers::collect(&arguments.answers, &Namespaces::of(connection), terminal::can_ask())?;
    let text = comments::explain(&answers.fill(TEMPLATE));
    let examined = manifest::examine(&text, &file);
    let errors: Vec<_> = examined.diagnostics.iter().filter(|found| found.severity == Severity::Error).collect();
    if !errors.is_empty() {
        let lines: Vec<_> = errors.iter().map(|found| format!("{}: {}", found.path, found.message)).collect();
        return Err(InitError::Answer(lines.join("; ")).into());
    }
    if to_output {
        io::stdout().write_all(text.as_bytes())?;
        return Ok(Exit::Good);
    }
    let mut options = OpenOptions::new();
    options.write(true).truncate(true).create(true).create_new(!arguments.force);
    let written = options.open(&arguments.output).and_then(|mut out| out.write_all(text.as_bytes()));
    written.map_err(|source| InitError::Write { file: file.clone(), source })?;
    let left = examined.diagnostics.len();
    writeln!(
        io::stdout(),
        "{file}: written, passes lint; {left} texts in angle brackets are yours to write. Then: kubectl factory lint {file}"
    )?;
    Ok(Exit::Good)
}
