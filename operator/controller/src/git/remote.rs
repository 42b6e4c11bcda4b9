//! Talks to a git server: refs and objects, without redirects, proxies or credentials.

use std::path::Path;

use git2::{Direction, FetchOptions, ProxyOptions, Remote, RemoteCallbacks, RemoteRedirect, Repository};

use super::child::{NO_SUCH_REF, REFUSED};

/// Most bytes that are received for one source.
const MAX_BYTES: usize = 512 << 20;

/// The remote cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// From libgit2.
    #[error("{}", .0.message())]
    Git(#[from] git2::Error),
    /// No such branch, tag or commit.
    #[error("{NO_SUCH_REF} `{reference}` is no branch, tag or commit of {url}")]
    NoSuchRef {
        /// As in the manifest.
        reference: String,
        /// Address.
        url: String,
    },
    /// Too much came.
    #[error("{REFUSED} {url} sent more than {} MiB", MAX_BYTES >> 20)]
    TooLarge {
        /// Address.
        url: String,
    },
}

fn names(reference: &str) -> [String; 3] {
    // A tag's commit (peeled) goes before the tag object itself.
    [format!("refs/heads/{reference}"), format!("refs/tags/{reference}^{{}}"), format!("refs/tags/{reference}")]
}

fn is_commit(reference: &str) -> bool {
    reference.len() == 40 && reference.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The full commit that `reference` means on the server now.
pub fn resolve(url: &str, reference: &str) -> Result<String, RemoteError> {
    let mut remote = Remote::create_detached(url)?;
    let connection = remote.connect_auth(Direction::Fetch, None, Some(ProxyOptions::new()))?;
    let heads = connection.list()?;
    for name in names(reference) {
        if let Some(head) = heads.iter().find(|head| head.name() == name) {
            return Ok(head.oid().to_string());
        }
    }
    if is_commit(reference) {
        return Ok(reference.to_ascii_lowercase());
    }
    Err(RemoteError::NoSuchRef { reference: reference.to_owned(), url: url.to_owned() })
}

/// Fetches what `reference` reaches into a bare repository in `folder`.
pub fn fetch(folder: &Path, url: &str, reference: &str) -> Result<Repository, RemoteError> {
    let repository = Repository::init_bare(folder)?;
    let mut too_large = false;
    let mut callbacks = RemoteCallbacks::new();
    callbacks.transfer_progress(|progress| {
        too_large = progress.received_bytes() > MAX_BYTES;
        !too_large
    });
    let mut options = FetchOptions::new();
    options.remote_callbacks(callbacks).follow_redirects(RemoteRedirect::None).proxy_options(ProxyOptions::new());
    let refspecs: &[&str] = if is_commit(reference) {
        &["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
    } else {
        // Only one of the two exists; a refspec with a pattern may match nothing.
        &[
            &format!("+refs/heads/{reference}*:refs/heads/{reference}*"),
            &format!("+refs/tags/{reference}*:refs/tags/{reference}*"),
        ]
    };
    let fetched = repository.remote_anonymous(url)?.fetch(refspecs, Some(&mut options), None);
    drop(options);
    if too_large {
        return Err(RemoteError::TooLarge { url: url.to_owned() });
    }
    fetched?;
    Ok(repository)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository_with_a_commit(folder: &Path) -> String {
        let repository = Repository::init(folder).unwrap();
        std::fs::write(folder.join("main.go"), "package main").unwrap();
        let mut index = repository.index().unwrap();
        index.add_path(Path::new("main.go")).unwrap();
        let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
        let author = git2::Signature::now("a", "a@example.kg").unwrap();
        let commit = repository.commit(Some("refs/heads/main"), &author, &author, "first", &tree, &[]).unwrap();
        repository.tag("v1", &repository.find_object(commit, None).unwrap(), &author, "one", false).unwrap();
        commit.to_string()
    }

    #[test]
    fn a_branch_a_tag_and_a_commit_mean_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let commit = repository_with_a_commit(folder.path());
        let url = format!("file://{}", folder.path().display());
        for reference in ["main", "v1", commit.as_str()] {
            assert_eq!(resolve(&url, reference).unwrap(), commit, "{reference}");
        }
    }

    #[test]
    fn a_missing_ref_is_named() {
        let folder = tempfile::tempdir().unwrap();
        repository_with_a_commit(folder.path());
        let error = resolve(&format!("file://{}", folder.path().display()), "nowhere").unwrap_err();
        assert!(error.to_string().starts_with("no-such-ref `nowhere`"), "{error}");
    }

    #[test]
    fn what_was_fetched_holds_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let commit = repository_with_a_commit(folder.path());
        let url = format!("file://{}", folder.path().display());
        for reference in ["main", "v1", commit.as_str()] {
            let bare = tempfile::tempdir().unwrap();
            let repository = fetch(bare.path(), &url, reference).unwrap();
            assert!(repository.find_commit(commit.parse().unwrap()).is_ok(), "{reference}");
        }
    }
}
