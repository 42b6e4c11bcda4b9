//! The verbs that copy a log: `backup`, `restore` and `migrate`. Each says in one line what it came to.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, stdin, stdout},
    path::Path,
};

use crate::store::{
    Location, Taken, TakingError,
    backup::{self as lines},
    migrate,
};

/// A file that stands for standard input or output.
const STANDARD: &str = "-";

/// Writes a backup to `to`, a file that must not be there yet, or standard output. The file is there whole and
/// on the disk, or not at all.
pub async fn backup(database: &Location, to: &Path) -> Result<String, TakingError> {
    let name = to.display().to_string();
    if name == STANDARD {
        let taken = lines::backup(database, &mut BufWriter::new(stdout()), &name).await?;
        return Ok(told("backed up", &taken));
    }
    let failed = |source| TakingError::File { file: name.clone(), source };
    if to.exists() {
        return Err(failed(io::Error::other("there already, must be a new file")));
    }
    let draft = to.with_added_extension("part");
    let mut out = BufWriter::new(File::create(&draft).map_err(failed)?);
    let taken = lines::backup(database, &mut out, &name).await?;
    let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    // Unlike a rename, a link never takes the place of a file that somebody else has just made.
    fs::hard_link(&draft, to).and_then(|()| fs::remove_file(&draft)).map_err(failed)?;
    Ok(told("backed up", &taken))
}

/// Restores the backup in `from`, a file or standard input, into the empty `database`.
pub async fn restore(from: &Path, database: &Location) -> Result<String, TakingError> {
    let name = from.display().to_string();
    let taken = if name == STANDARD {
        lines::restore(&mut BufReader::new(stdin()), &name, database).await?
    } else {
        let file = File::open(from).map_err(|source| TakingError::File { file: name.clone(), source })?;
        lines::restore(&mut BufReader::new(file), &name, database).await?
    };
    Ok(told("restored", &taken))
}

/// Copies what `from` has and `to` lacks.
pub async fn copy(from: &Location, to: &Location) -> Result<String, TakingError> {
    let taken = migrate::migrate(from, to).await?;
    Ok(format!("{}; {} of them new", told("both have", &taken), taken.new))
}

fn told(done: &str, taken: &Taken) -> String {
    let Taken { events, checkpoints, root, new: _ } = taken;
    format!("{done}: {events} events and {checkpoints} checkpoints, each hash as it must be; root {root}")
}
