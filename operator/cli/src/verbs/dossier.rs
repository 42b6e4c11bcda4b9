//! `dossier SERVICE|SUBMISSION`: the signed dossier as the register keeps it, on the standard output,
//! for `verify` and for archives. It must not change a byte of what was signed.

use std::io::{self, Write as _};

use crate::{
    arguments::Connection,
    cluster::Cluster,
    exit::Exit,
    failure::Failure,
    register::{Register, submissions},
    verbs::decide::DecideError,
};

/// Options of `dossier`.
#[derive(Debug, clap::Args)]
pub struct DossierArguments {
    /// Id of a submission, or the service whose newest release was submitted
    #[arg(value_name = "SERVICE|SUBMISSION")]
    submission: String,
}

/// Writes the envelope.
pub async fn run(arguments: &DossierArguments, connection: &Connection) -> Result<Exit, Failure> {
    let cluster = Cluster::connect(connection).await?;
    let register = Register::connect(connection, &cluster).await?;
    let submission = submissions::find(&register, &cluster, &arguments.submission).await.map_err(DecideError::from)?;
    let envelope = register.dossier(&submission.id).await?;
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, &envelope)?;
    writeln!(out)?;
    Ok(Exit::Good)
}
