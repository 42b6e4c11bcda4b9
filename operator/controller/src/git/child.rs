//! What runs in the child process: one look at a remote, one answer. Errors are one line whose
//! first word is their class.

use super::{remote, tree};
use crate::{
    cli::{GitRef, GitTree},
    error::Fatal,
};

/// First word of the line when the ref is not there.
pub const NO_SUCH_REF: &str = "no-such-ref";
/// First word of the line when something in the source is not allowed.
pub const REFUSED: &str = "refused";

/// Prints the commit of a ref.
pub fn resolve(request: &GitRef) -> Result<(), Fatal> {
    println!("{}", remote::resolve(&request.url, &request.reference)?);
    Ok(())
}

/// Writes a commit's tree as a tar file.
pub fn archive(request: &GitTree) -> Result<(), Fatal> {
    let folder = tempfile::tempdir()?;
    let repository = remote::fetch(folder.path(), &request.url, &request.reference)?;
    tree::write(&repository, &request.commit, std::fs::File::create(&request.out)?)?;
    Ok(())
}
