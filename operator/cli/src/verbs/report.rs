//! `report FILE|SERVICE`: a dossier as a page for people, as JSON for programs, or as JUnit XML for
//! pipelines. It must not conclude: the verdict in it is computed by `assurance`, and whether the
//! signature was held against a key is said in the report itself.

pub mod source;

use std::{
    fs,
    io::{self, Write as _},
    path::PathBuf,
};

use clap::ValueEnum;
use factory_assurance::report::{Contradiction, Language, NotWritten, Report};

use crate::{arguments::Connection, exit::Exit, failure::Failure, outcome};

/// Options of `report`.
#[derive(Debug, clap::Args)]
pub struct ReportArguments {
    /// A signed dossier, `-` for the standard input; or a service, a release or a submission, whose dossier is fetched from the register
    #[arg(value_name = "FILE|SERVICE")]
    dossier: String,
    /// Form of the report
    #[arg(short = 'o', long, value_enum, default_value_t)]
    format: Form,
    /// Language of the page; findings are English in all of them
    #[arg(long, value_enum, default_value_t)]
    language: Tongue,
    /// Public key of the factory's dossiers, which you got by another way than the dossier; may be repeated. Without one the report says that nobody checked the signature
    #[arg(short, long, value_name = "PEM")]
    key: Vec<PathBuf>,
    /// Where the report is written; the standard output where it is not given
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Forms of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One page that needs nothing else, for screen and paper.
    #[default]
    Html,
    /// For programs.
    Json,
    /// For pipelines.
    Junit,
}

/// Languages of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Tongue {
    /// Kyrgyz.
    Ky,
    /// Russian.
    Ru,
    /// English.
    #[default]
    En,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It could not be put together.
    #[error(transparent)]
    NotWritten(#[from] NotWritten),
    /// It could not be written to its file.
    #[error("{file} cannot be written")]
    File {
        /// Its name.
        file: String,
        /// Cause.
        #[source]
        source: io::Error,
    },
    /// `--output json`, as other verbs have it.
    #[error("--output {0} names a file here; say `-o {0}` for the form, or `--output ./{0}` for the file")]
    FormAsFile(String),
}

/// Writes the report. Exit code 0 says that it was written and that the dossier does not contradict
/// itself, whatever its verdict is.
pub async fn run(arguments: &ReportArguments, connection: &Connection) -> Result<Exit, Failure> {
    if let Some(file) = arguments.output.as_ref().and_then(|path| path.to_str())
        && Form::from_str(file, true).is_ok()
    {
        return Err(ReportError::FormAsFile(file.to_owned()).into());
    }
    let named = source::fetch(&arguments.dossier, &arguments.key, connection).await?;
    let report = Report::of(&named.dossier, &named.digest, named.signature);
    let text = match arguments.format {
        Form::Html => report.html(language(arguments.language)).map_err(ReportError::from)?,
        Form::Json => serde_json::to_string_pretty(&report.json())? + "\n",
        Form::Junit => report.junit().map_err(ReportError::from)?,
    };
    match &arguments.output {
        None => io::stdout().lock().write_all(text.as_bytes())?,
        Some(path) => {
            let file = path.display().to_string();
            fs::write(path, text).map_err(|source| ReportError::File { file: file.clone(), source })?;
            eprintln!("{file}: {}", outcome::word(report.verdict().outcome));
        }
    }
    let Some(contradiction) = report.contradiction() else { return Ok(Exit::Good) };
    let what = match contradiction {
        Contradiction::Verdict { stated, computed } => format!(
            "its verdict does not follow: it says {}, the evidence gives {}, or other findings or figures",
            outcome::word(*stated),
            outcome::word(*computed)
        ),
        Contradiction::Other(what) => what.clone(),
    };
    eprintln!("error: the dossier does not hold, as the report says: {}", crate::terminal::harmless(&what));
    Ok(Exit::Error)
}

const fn language(tongue: Tongue) -> Language {
    match tongue {
        Tongue::Ky => Language::Ky,
        Tongue::Ru => Language::Ru,
        Tongue::En => Language::En,
    }
}
