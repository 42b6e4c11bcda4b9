//! The volumes of a container that may be filled: those whose space is nobody else's, because the file system is in
//! memory, has a bound, and is mounted nowhere but in this pod. A volume that is a folder of the node's disk has
//! neither, whatever limit its manifest says, and is never touched. Reads; what is written is `fill`'s.

use std::{
    fs,
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use rustix::fs::{Mode, OFlags, ResolveFlags, StatVfs, fstat, fstatfs, fstatvfs, major, minor, open, openat2};

use super::StrikeError;

/// `TMPFS_MAGIC` of the kernel.
const IN_MEMORY: i64 = 0x0102_1994;
/// What a runtime mounts by itself: none of it is a volume.
const RUNTIME: [&str; 3] = ["/dev", "/proc", "/sys"];

/// One volume.
#[derive(Debug)]
pub struct Volume {
    /// Where the container has it.
    pub path: String,
    folder: OwnedFd,
}

impl Volume {
    /// Those of the container whose first process is `pid` that may be filled; an error where there are none, with
    /// what there is in their place.
    pub fn of(pid: i32, uid: &str) -> Result<Vec<Self>, StrikeError> {
        let read = |of: &str| fs::read_to_string(format!("/proc/{of}/mountinfo"));
        let failed = StrikeError::kernel::<std::io::Error>;
        let inside = read(&pid.to_string()).map_err(failed("read the container's mounts"))?;
        // Both of the node, and of this process: neither may see it but as this pod's.
        let mut outside = read("1").map_err(failed("read the node's mounts"))?;
        outside.push_str(&read("self").map_err(failed("read one's own mounts"))?);
        let root = open(format!("/proc/{pid}/root"), OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(StrikeError::kernel("open the container's root"))?;
        let mut volumes = Vec::new();
        for mount in fillable(&inside, &outside, uid) {
            volumes.extend(Self::open(&root, &mount)?);
        }
        if volumes.is_empty() {
            return Err(StrikeError::Incapable(
                "the container has no volume with a bound and a file system of its own, such as one of medium Memory; space of the node's disk is not filled"
                    .to_owned(),
            ));
        }
        Ok(volumes)
    }

    /// The volume at `mount`, if what is there now is that; nothing of a file system without a bound.
    fn open(root: impl AsFd, mount: &Mount<'_>) -> Result<Option<Self>, StrikeError> {
        let path = unescaped(mount.path);
        let failed = StrikeError::kernel::<rustix::io::Errno>;
        // What the container itself puts in the way leads nowhere.
        let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let Ok(folder) = openat2(root, path.as_str(), flags, Mode::empty(), resolve) else { return Ok(None) };
        let device = fstat(&folder).map_err(failed("look at a volume"))?.st_dev;
        let is_meant = mount.device == format!("{}:{}", major(device), minor(device));
        let in_memory = fstatfs(&folder).map_err(failed("look at a volume"))?.f_type == IN_MEMORY;
        let volume = Self { path, folder };
        Ok((is_meant && in_memory && volume.space().is_some_and(|space| space.f_blocks > 0)).then_some(volume))
    }

    /// A file in it that has no name, and so is gone with whoever holds it.
    pub fn nameless(&self) -> Result<OwnedFd, StrikeError> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        rustix::fs::openat(&self.folder, ".", flags, Mode::RUSR | Mode::WUSR)
            .map_err(StrikeError::kernel("make a file without a name in a volume"))
    }

    /// Percentage of it that is in use; nothing when that cannot be told.
    #[must_use]
    pub fn used(&self) -> Option<u64> {
        let space = self.space()?;
        Some(space.f_blocks.saturating_sub(space.f_bfree).saturating_mul(100) / space.f_blocks.max(1))
    }

    /// Bytes that are missing until `percent` of it are in use.
    #[must_use]
    pub fn missing(&self, percent: u64) -> u64 {
        let Some(space) = self.space() else { return 0 };
        let stays = space.f_blocks * 100_u64.saturating_sub(percent) / 100;
        space.f_bfree.saturating_sub(stays).saturating_mul(space.f_frsize)
    }

    fn space(&self) -> Option<StatVfs> {
        fstatvfs(&self.folder).ok()
    }
}

/// A mount, as /proc has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mount<'a> {
    device: &'a str,
    root: &'a str,
    path: &'a str,
    options: &'a str,
    kind: &'a str,
}

fn mounts(text: &str) -> impl Iterator<Item = Mount<'_>> {
    text.lines().filter_map(|line| {
        let (own, rest) = line.split_once(" - ")?;
        let mut fields = own.split(' ').skip(2);
        Some(Mount {
            device: fields.next()?,
            root: fields.next()?,
            path: fields.next()?,
            options: fields.next()?,
            kind: rest.split(' ').next()?,
        })
    })
}

/// Mounts of a container, seen `inside`, that may be filled: whole file systems in memory that can be written to, and
/// that those `outside` have in folders of the pod `uid` only. Each file system once.
fn fillable<'a>(inside: &'a str, outside: &str, uid: &str) -> Vec<Mount<'a>> {
    let of_pod = format!("/pods/{uid}/");
    let is_of_others =
        |device: &str| mounts(outside).any(|mount| mount.device == device && !mount.path.contains(&of_pod));
    let of_runtime = |path: &str| RUNTIME.iter().any(|folder| Path::new(path).starts_with(folder));
    let mut found: Vec<Mount<'_>> = Vec::new();
    for mount in mounts(inside) {
        let writable = mount.options.split(',').any(|option| option == "rw");
        let known = found.iter().any(|other| other.device == mount.device);
        if mount.kind == "tmpfs"
            && mount.root == "/"
            && writable
            && !known
            && !of_runtime(mount.path)
            && !is_of_others(mount.device)
        {
            found.push(mount);
        }
    }
    found
}

/// A path as it is: /proc writes blanks and the like as octal numbers.
fn unescaped(path: &str) -> String {
    let mut parts = path.split('\\');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let octal = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match octal {
            Some(byte) => {
                whole.push(char::from(byte));
                whole.push_str(part.get(3..).unwrap_or_default());
            }
            None => whole.push_str(part),
        }
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSIDE: &str = "\
1 0 0:90 / / ro,relatime - overlay overlay rw,lowerdir=/a
2 1 0:91 / /proc rw - proc proc rw
3 1 0:92 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k
4 3 0:93 / /dev/shm rw - tmpfs shm rw,size=65536k
5 1 0:94 / /scratch rw - tmpfs tmpfs rw,size=65536k
6 1 8:1 /var/lib/kubelet/pods/u1/volumes/e/s /data rw - ext4 /dev/sda1 rw
7 1 0:95 / /run/secrets/kubernetes.io/serviceaccount ro - tmpfs tmpfs rw,size=1k
8 1 0:96 / /of\\040node rw - tmpfs tmpfs rw
9 1 0:94 / /again rw - tmpfs tmpfs rw,size=65536k
10 1 0:97 /sub /part rw - tmpfs tmpfs rw,size=1k
";
    const OUTSIDE: &str = "\
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:94 / /var/lib/kubelet/pods/u1/volumes/kubernetes.io~empty-dir/s rw - tmpfs tmpfs rw
3 1 0:96 / /run rw - tmpfs tmpfs rw
";

    #[test]
    fn only_what_is_the_pods_alone_and_has_a_bound_is_filled() {
        let paths = |inside: &str, outside: &str, uid: &str| -> Vec<String> {
            fillable(inside, outside, uid).iter().map(|mount| unescaped(mount.path)).collect()
        };
        assert_eq!(paths(INSIDE, OUTSIDE, "u1"), ["/scratch"]);
        assert_eq!(paths(INSIDE, "", "u1"), ["/scratch", "/of node"], "what nobody else sees is its own");
        // Another pod's folder, also one whose name only begins like it.
        assert_eq!(paths(INSIDE, OUTSIDE, "u2"), Vec::<String>::new());
        assert_eq!(paths(INSIDE, OUTSIDE, "u"), Vec::<String>::new());
        let everywhere = format!("{OUTSIDE}4 1 0:94 / /mnt rw - tmpfs tmpfs rw\n");
        assert_eq!(paths(INSIDE, &everywhere, "u1"), Vec::<String>::new());
        assert_eq!(paths("no mounts\n", OUTSIDE, "u1"), Vec::<String>::new());
    }
}
