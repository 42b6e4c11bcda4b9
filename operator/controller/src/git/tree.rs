//! A commit's tree as a tar file: the same bytes for the same commit, and nothing in it that
//! points outside (lessons: hostile input).

use std::{
    io::Write,
    path::{Component, Path},
};

use git2::{ObjectType, Repository, TreeWalkMode, TreeWalkResult};
use tar::{Builder, EntryType, Header};

use super::child::REFUSED;

/// Most bytes of all files together.
const MAX_BYTES: usize = 1 << 30;
/// Most files.
const MAX_FILES: usize = 100_000;
/// Mode of a symbolic link in a git tree.
const SYMLINK: i32 = 0o120_000;
/// Mode of an executable file in a git tree.
const EXECUTABLE: i32 = 0o100_755;

/// The tree cannot be handed on.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// From libgit2.
    #[error("{}", .0.message())]
    Git(#[from] git2::Error),
    /// The tar file could not be written.
    #[error("tar file")]
    Io(#[from] std::io::Error),
    /// The commit is not reachable from the ref any more.
    #[error("no-such-ref commit {0} can no longer be reached from the ref")]
    Gone(String),
    /// Something in it is not allowed.
    #[error("{REFUSED} {path}: {rule}")]
    Refused {
        /// Path in the tree.
        path: String,
        /// What is not allowed.
        rule: &'static str,
    },
}

/// Writes the tree of `commit` to `out`.
pub fn write(repository: &Repository, commit: &str, out: impl Write) -> Result<(), TreeError> {
    let found =
        commit.parse().and_then(|id| repository.find_commit(id)).map_err(|_| TreeError::Gone(commit.to_owned()))?;
    let mut archive = Builder::new(out);
    let (mut bytes, mut files) = (0_usize, 0_usize);
    let mut outcome = Ok(());
    found.tree()?.walk(TreeWalkMode::PreOrder, |folder, entry| {
        let path = format!("{folder}{}", entry.name().unwrap_or_default());
        outcome = match entry.kind() {
            Some(ObjectType::Tree) => Ok(()),
            Some(ObjectType::Blob) => entry.to_object(repository).map_err(TreeError::from).and_then(|object| {
                let content = object.as_blob().map(git2::Blob::content).unwrap_or_default();
                bytes += content.len();
                files += 1;
                check(&path, bytes, files)?;
                append(&mut archive, &path, entry.filemode(), content)
            }),
            _ => Err(TreeError::Refused {
                path,
                rule: "submodules are not followed; put the source into the repository",
            }),
        };
        if outcome.is_ok() { TreeWalkResult::Ok } else { TreeWalkResult::Abort }
    })?;
    outcome?;
    archive.into_inner()?.flush()?;
    Ok(())
}

fn check(path: &str, bytes: usize, files: usize) -> Result<(), TreeError> {
    let refused = |rule| Err(TreeError::Refused { path: path.to_owned(), rule });
    if bytes > MAX_BYTES {
        return refused("the source is larger than 1 GiB");
    }
    if files > MAX_FILES {
        return refused("the source has more than 100,000 files");
    }
    if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
        return refused("a path inside the source has no `..` and is not absolute");
    }
    Ok(())
}

fn append<W: Write>(archive: &mut Builder<W>, path: &str, mode: i32, content: &[u8]) -> Result<(), TreeError> {
    let mut header = Header::new_gnu();
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    if mode == SYMLINK {
        let target = String::from_utf8_lossy(content).into_owned();
        if leaves(path, &target) {
            return Err(TreeError::Refused {
                path: path.to_owned(),
                rule: "a symbolic link points outside the source",
            });
        }
        header.set_entry_type(EntryType::Symlink);
        header.set_mode(0o777);
        header.set_size(0);
        archive.append_link(&mut header, path, target)?;
    } else {
        header.set_entry_type(EntryType::Regular);
        header.set_mode(if mode == EXECUTABLE { 0o755 } else { 0o644 });
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, path, content)?;
    }
    Ok(())
}

/// Whether a link at `path` to `target` leaves the tree on its way.
fn leaves(path: &str, target: &str) -> bool {
    let mut depth = Path::new(path).components().count().saturating_sub(1);
    for part in Path::new(target).components() {
        match part {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_may_stay_inside_and_not_leave() {
        for (path, target) in [("a", "b"), ("x/a", "../b"), ("x/y/a", "../../b/c")] {
            assert!(!leaves(path, target), "{path} → {target}");
        }
        for (path, target) in [("a", "../b"), ("x/a", "../../b"), ("a", "/etc/passwd"), ("x/a", "b/../../../c")] {
            assert!(leaves(path, target), "{path} → {target}");
        }
    }

    #[test]
    fn paths_that_leave_and_floods_are_refused() {
        assert!(check("a/../../b", 1, 1).is_err());
        assert!(check("/etc/passwd", 1, 1).is_err());
        assert!(check("a", MAX_BYTES + 1, 1).is_err());
        assert!(check("a", 1, MAX_FILES + 1).is_err());
        assert!(check("a/b", 1, 1).is_ok());
    }
}
