//! `lint FILE`: every error of a manifest at once, with line and column, before anything is applied.
//! Offline: it must not ask a cluster, so that it says the same on every machine.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use serde_json::json;

use crate::{
    arguments::Format,
    exit::Exit,
    failure::Failure,
    manifest::{self, Examined, MAX_BYTES, Severity},
    terminal::{Output, Tone, harmless},
};

/// Options of `lint`.
#[derive(Debug, clap::Args)]
pub struct LintArguments {
    /// Manifests; `-` reads the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How the result is written
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Refuse warnings too
    #[arg(long)]
    strict: bool,
}

/// Why a file could not be examined.
#[derive(Debug, thiserror::Error)]
pub enum LintError {
    /// It cannot be read.
    #[error("{file} cannot be read")]
    Read {
        /// Name of the file.
        file: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
}

/// Examines each file; the exit code says whether one has errors.
pub fn run(arguments: &LintArguments) -> Result<Exit, Failure> {
    let mut results = Vec::new();
    for path in &arguments.files {
        let name = name(path);
        let examined = match read(path).map_err(|source| LintError::Read { file: name.clone(), source })? {
            Ok(text) => manifest::examine(&text, &name),
            Err(not_text) => manifest::not_text(&not_text),
        };
        results.push((name, examined));
    }
    match arguments.output {
        Format::Text => write_text(&results)?,
        Format::Json => write_json(&results, arguments.strict)?,
    }
    let refused = results.iter().any(|(_, examined)| is_refused(examined, arguments.strict));
    Ok(if refused { Exit::Error } else { Exit::Good })
}

/// What the file at `path` is called in messages.
pub(super) fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// At most one byte more than is accepted, so that an endless file does no harm.
pub(super) fn read(path: &Path) -> io::Result<Result<String, Vec<u8>>> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    } else {
        File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    }
    Ok(String::from_utf8(bytes).or_else(|error| {
        let cut_off = error.as_bytes().len() as u64 > MAX_BYTES;
        // Reading stops at the limit, perhaps within a letter: the length is the error then.
        if cut_off { Ok(String::from_utf8_lossy(error.as_bytes()).into_owned()) } else { Err(error.into_bytes()) }
    }))
}

fn is_refused(examined: &Examined, strict: bool) -> bool {
    examined.diagnostics.iter().any(|found| strict || found.severity == Severity::Error)
}

fn write_text(results: &[(String, Examined)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (file, examined) in results {
        for found in &examined.diagnostics {
            let (word, tone) = match found.severity {
                Severity::Error => ("error", Tone::Bad),
                Severity::Warning => ("warning", Tone::Unsure),
            };
            let path = if found.path.is_empty() { String::new() } else { format!("{}: ", found.path) };
            let word = Output::Standard.paint(tone, &format!("{word}:"));
            writeln!(out, "{file}:{}: {word} {}", found.place, harmless(&format!("{path}{}", found.message)))?;
        }
        if let Some(report) = examined.unreadable.as_ref().filter(|_| Output::Standard.has_colour()) {
            writeln!(out, "{report:?}")?;
        }
        let errors = examined.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
        let warnings = examined.diagnostics.len() - errors;
        let count = |number: usize, word: &str| format!("{number} {word}{}", if number == 1 { "" } else { "s" });
        match (errors, warnings) {
            (0, 0) => writeln!(out, "{file}: {}", Output::Standard.paint(Tone::Good, "good"))?,
            (0, _) => {
                writeln!(
                    out,
                    "{file}: {}, {}",
                    Output::Standard.paint(Tone::Good, "good"),
                    count(warnings, "warning")
                )?;
            }
            _ => writeln!(out, "{file}: {}, {}", count(errors, "error"), count(warnings, "warning"))?,
        }
    }
    Ok(())
}

fn write_json(results: &[(String, Examined)], strict: bool) -> Result<(), Failure> {
    let files: Vec<_> = results
        .iter()
        .map(|(file, examined)| json!({ "file": file, "valid": !is_refused(examined, strict), "diagnostics": examined.diagnostics }))
        .collect();
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &json!({ "files": files }))?;
    writeln!(out)?;
    Ok(())
}
