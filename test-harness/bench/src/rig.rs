//! A pod without a cluster: two network namespaces joined by a pair of interfaces, a control group with
//! a pod's name, in it a small server, and on the other side users who ask it. Real kernel, real rules,
//! real packets; needs root, and leaves nothing. Beside the road: what is measured here is the lab's
//! own part on a node, `factory_lab::strike`.

use std::{
    fs,
    io::ErrorKind,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use factory_lab::strike::{
    gate,
    place::Place,
    tap::{INTERFACE, Tapping},
};

use crate::{Failure, users::Users};

/// Control group hierarchies in which a group may be made, the usual ones first.
const HIERARCHIES: [&str; 4] =
    ["/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
/// How often it is tried to take a group away, every hundredth of a second.
const PATIENCE: usize = 500;
/// Port of the server.
const PORT: u16 = 8080;

/// The pod and its users; both end when this is dropped.
pub struct Rig {
    /// The pod, as the lab finds it.
    pub place: Place,
    networks: [String; 2],
    group: PathBuf,
    server: Child,
    address: String,
}

impl Rig {
    /// A fresh pod whose server answers with `body` bytes.
    pub fn new(body: usize) -> Result<Self, Failure> {
        let id = std::process::id();
        let place = Place { uid: format!("bench-{id}"), containers: Vec::new() };
        let networks = [format!("factory-bench-{id}-pod"), format!("factory-bench-{id}-users")];
        let group = group(&place.uid)?;
        let [pod, users] = &networks;
        let (inside, outside) = ("198.18.200.1", "198.18.200.2");
        for network in &networks {
            ip(&["netns", "add", network])?;
            ip(&["-n", network, "link", "set", "lo", "up"])?;
        }
        ip(&["link", "add", INTERFACE, "netns", pod, "type", "veth", "peer", "name", INTERFACE, "netns", users])?;
        for (network, address) in [(pod, inside), (users, outside)] {
            ip(&["-n", network, "addr", "add", &format!("{address}/30"), "dev", INTERFACE])?;
            ip(&["-n", network, "link", "set", INTERFACE, "up"])?;
        }
        let address = format!("{inside}:{PORT}");
        // In the group before anything else, and the first process of a process namespace, as a container's is.
        let server = Command::new("sh")
            .args(["-c", "echo $$ >\"$0\" && exec unshare --pid --fork --kill-child ip netns exec \"$@\""])
            .arg(group.join("cgroup.procs"))
            .arg(pod)
            .arg(std::env::current_exe()?)
            .args(["serve", &address, &body.to_string()])
            .stdin(Stdio::null())
            .spawn()?;
        let rig = Self { place, networks, group, server, address };
        rig.users().until_answered()?;
        Ok(rig)
    }

    /// Its users.
    #[must_use]
    pub fn users(&self) -> Users {
        Users::new(&self.networks[1], &self.address)
    }

    /// A look at its packets.
    pub fn tapping(&self) -> Result<Arc<Tapping>, Failure> {
        Ok(Arc::new(Tapping::start(&self.place)?))
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
        for network in &self.networks {
            drop(ip(&["netns", "del", network]));
        }
        // A group is busy until the last of its processes is gone, which nobody here is the parent of.
        for _ in 0..PATIENCE {
            match fs::remove_dir(&self.group) {
                Err(error) if error.kind() == ErrorKind::ResourceBusy => thread::sleep(Duration::from_millis(10)),
                _ => return,
            }
        }
    }
}

fn ip(words: &[&str]) -> Result<(), Failure> {
    Ok(gate::run("ip", words, "").map(drop)?)
}

/// A control group with the name that a pod's has.
fn group(uid: &str) -> Result<PathBuf, Failure> {
    for hierarchy in HIERARCHIES {
        let group = PathBuf::from(hierarchy).join(format!("pod{uid}"));
        if fs::create_dir(&group).is_ok() {
            if group.join("cgroup.procs").exists() {
                return Ok(group);
            }
            fs::remove_dir(&group)?;
        }
    }
    Err("no control group can be made here: run as root".into())
}
