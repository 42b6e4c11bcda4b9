//! A pod without a cluster: two network namespaces joined by a pair of interfaces, a control group with
//! a pod's name, in it a small server, and on the other side users who ask it. Real kernel, real rules,
//! real packets; needs root, and leaves nothing. Beside the road: what is measured here is the lab's
//! own part on a node, `factory_lab::strike`.

use std::{
    fs,
    io::ErrorKind,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use factory_lab::strike::{
    descriptors::Descriptors,
    gate,
    memory::Memory,
    place::{Place, Process},
    tap::{INTERFACE, Tapping},
    volume::Volume,
};

use crate::{
    Failure,
    dns::{self, Resolver},
    users::Users,
};

/// Control group hierarchies in which a group may be made, the usual ones first.
const HIERARCHIES: [&str; 4] =
    ["/sys/fs/cgroup/pids", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/unified", "/sys/fs/cgroup"];
/// Where memory and CPU are counted, if not in one of those.
const COUNTED: [&str; 3] = ["/sys/fs/cgroup/memory", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpuacct"];
/// What limits memory there, or in the second version.
const LIMITS: [&str; 2] = ["memory.limit_in_bytes", "memory.max"];
/// What the pod may use.
const LIMIT: &str = "67108864";
/// Where the pod has a volume of its own, and how large that is.
pub const VOLUME: [&str; 2] = ["/srv", "16m"];
/// How often it is tried to take a group away, every hundredth of a second.
const PATIENCE: usize = 500;
/// Beyond this, in percent, something of the pod's is still taken.
const FULL: u64 = 50;
/// The pod, in the network of the rig.
const POD: u8 = 1;
/// Those who ask it.
pub const USERS: u8 = 2;
/// A server that it calls.
pub const PEER: u8 = 3;
/// A pod of the same server, which is gone from it later.
pub const GONE: u8 = 4;
/// Another server that it calls.
pub const OTHER: u8 = 5;
/// The name server of the pod.
pub const NAMES: u8 = 6;
/// Port of the server.
const PORT: u16 = 8080;

/// The pod and its users; both end when this is dropped.
pub struct Rig {
    /// The pod, as the lab finds it.
    pub place: Place,
    networks: [String; 2],
    groups: Vec<PathBuf>,
    server: Child,
    names: Child,
    resolver: PathBuf,
    address: String,
}

impl Rig {
    /// A fresh pod whose server answers with `body` bytes, with a volume in memory.
    pub fn new(body: usize) -> Result<Self, Failure> {
        let [folder, size] = VOLUME;
        Self::after(body, &format!("mount -t tmpfs -o size={size} factory {folder}"))
    }

    /// The same without a volume: all that it could write to is the machine's.
    pub fn bare(body: usize) -> Result<Self, Failure> {
        Self::after(body, "true")
    }

    /// The pod, whose server starts after `first` was done in its place.
    fn after(body: usize, first: &str) -> Result<Self, Failure> {
        let id = std::process::id();
        let uid = format!("bench-{id}");
        let place = Place { containers: vec![uid.clone()], uid };
        let networks = [format!("factory-bench-{id}-pod"), format!("factory-bench-{id}-users")];
        let groups = groups(&place.uid)?;
        let [pod, users] = &networks;
        for network in &networks {
            ip(&["netns", "add", network])?;
            ip(&["-n", network, "link", "set", "lo", "up"])?;
        }
        ip(&["link", "add", INTERFACE, "netns", pod, "type", "veth", "peer", "name", INTERFACE, "netns", users])?;
        for (network, hosts) in [(pod, &[POD][..]), (users, &[USERS, PEER, GONE, OTHER, NAMES])] {
            for host in hosts {
                ip(&["-n", network, "addr", "add", &format!("{}/28", Self::host(*host)), "dev", INTERFACE])?;
            }
            ip(&["-n", network, "link", "set", INTERFACE, "up"])?;
        }
        let address = Self::at(POD);
        let resolver = std::env::temp_dir().join(format!("{}-resolv.conf", place.uid));
        fs::write(&resolver, format!("nameserver {}\nsearch {}\n", Self::host(NAMES), dns::DOMAIN))?;
        let names = Command::new("ip")
            .args(["netns", "exec", users])
            .arg(std::env::current_exe()?)
            .args(["names", &format!("{}:53", Self::host(NAMES))])
            .stdin(Stdio::null())
            .spawn()?;
        // In the group before anything else, and the first process of a process namespace, as a container's is.
        let server = Command::new("sh")
            .args(["-c", "for group in $0; do echo $$ >\"$group\"; done && exec unshare --pid --fork --kill-child --mount sh -c 'mount --bind \"$0\" /etc/resolv.conf && exec ip netns exec \"$@\"' \"$@\""])
            .arg(groups.iter().map(|group| group.join("cgroup.procs").display().to_string()).collect::<Vec<_>>().join(" "))
            .arg(&resolver)
            .arg(pod)
            .args(["sh", "-c", &format!("{first} && exec \"$@\""), "sh"])
            .arg(std::env::current_exe()?)
            .args(["serve", &address, &body.to_string()])
            .stdin(Stdio::null())
            .spawn()?;
        let rig = Self { place, networks, groups, server, names, resolver, address };
        rig.users().until_answered()?;
        rig.resolver()?.until_answered()?;
        Ok(rig)
    }

    /// The address of a host of the rig.
    #[must_use]
    pub fn host(host: u8) -> IpAddr {
        [198, 18, 200, host].into()
    }

    /// Where the server of a host of the rig is reached.
    #[must_use]
    pub fn door(host: u8) -> SocketAddr {
        (Self::host(host), PORT).into()
    }

    /// Where the name server of the pod is reached.
    #[must_use]
    pub fn names() -> SocketAddr {
        (Self::host(NAMES), 53).into()
    }

    fn at(host: u8) -> String {
        Self::door(host).to_string()
    }

    /// A server outside of the pod, which answers with `body` bytes; gone when this is dropped.
    pub fn server(&self, host: u8, body: usize) -> Result<Server, Failure> {
        let process = Command::new("ip")
            .args(["netns", "exec", &self.networks[1]])
            .arg(std::env::current_exe()?)
            .args(["serve", &Self::at(host), &body.to_string()])
            .stdin(Stdio::null())
            .spawn()?;
        let server = Server { process };
        self.callers(host).until_answered()?;
        Ok(server)
    }

    /// The pod, as it calls the server at `host`.
    #[must_use]
    pub fn callers(&self, host: u8) -> Users {
        Users::new(&self.networks[0], &Self::at(host))
    }

    /// Its users.
    #[must_use]
    pub fn users(&self) -> Users {
        Users::new(&self.networks[1], &self.address)
    }

    /// The pod, as it asks its name server.
    pub fn resolver(&self) -> Result<Resolver, Failure> {
        Resolver::new(&self.networks[0], Self::names())
    }

    /// How much of what its memory may hold is in use now, in percent.
    pub fn memory_percent(&self) -> Result<u64, Failure> {
        let process = self.place.first()?;
        // On a thread of its own, which stays in another namespace of control groups.
        let memory = thread::spawn(move || Memory::of(process)).join().map_err(|_| "the look at memory died")??;
        Ok(memory.used().ok_or("the pod's memory is not counted")? * 100 / memory.limit())
    }

    /// What of its own is still taken, one line each: the rig's server needs next to none of it.
    pub fn taken(&self) -> Result<Vec<String>, Failure> {
        let mut taken = Vec::new();
        let memory = self.memory_percent()?;
        if memory > FULL {
            taken.push(format!("memory {memory} % full"));
        }
        let spinning = |group: &PathBuf| {
            let threads = fs::read_to_string(group.join("tasks")).unwrap_or_default();
            let names = threads.lines().map(|thread| fs::read_to_string(format!("/proc/{thread}/comm")));
            names.filter(|name| name.as_ref().is_ok_and(|name| name.trim() == "spin")).count()
        };
        let spinning: usize = self.groups.iter().map(spinning).sum();
        if spinning > 0 {
            taken.push(format!("{spinning} threads compete"));
        }
        let first = self.place.first()?;
        for volume in Volume::of(first, &self.place.uid).unwrap_or_default() {
            let used = volume.used().unwrap_or(100);
            if used > FULL {
                taken.push(format!("volume {} {used} % full", volume.path));
            }
        }
        let process = Process::of(first).ok_or("the pod's first process is gone")?;
        let descriptors = Descriptors::of(process, 100).ok_or("the pod's descriptors are not counted")?;
        if descriptors.used() > FULL {
            taken.push(format!("{descriptors:?}"));
        }
        Ok(taken)
    }

    /// A look at its packets.
    pub fn tapping(&self) -> Result<Arc<Tapping>, Failure> {
        Ok(Arc::new(Tapping::start(&self.place)?))
    }
}

/// A server outside of the pod.
pub struct Server {
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
        drop(self.names.kill());
        drop(self.names.wait());
        drop(fs::remove_file(&self.resolver));
        for network in &self.networks {
            drop(ip(&["netns", "del", network]));
        }
        // A group is busy until the last of its processes is gone, which nobody here is the parent of.
        for group in &self.groups {
            for _ in 0..PATIENCE {
                match fs::remove_dir(group) {
                    Err(error) if error.kind() == ErrorKind::ResourceBusy => thread::sleep(Duration::from_millis(10)),
                    _ => break,
                }
            }
        }
    }
}

fn ip(words: &[&str]) -> Result<(), Failure> {
    Ok(gate::run("ip", words, "").map(drop)?)
}

/// Control groups with the name that a pod's has: one by which it is found, and those that limit its memory and
/// count its CPU.
fn groups(uid: &str) -> Result<Vec<PathBuf>, Failure> {
    let name = format!("pod{uid}");
    let mut groups = Vec::new();
    for hierarchy in HIERARCHIES {
        let group = PathBuf::from(hierarchy).join(&name);
        if fs::create_dir(&group).is_ok() {
            if group.join("cgroup.procs").exists() {
                groups.push(group);
                break;
            }
            fs::remove_dir(&group)?;
        }
    }
    if groups.is_empty() {
        return Err("no control group can be made here: run as root".into());
    }
    for hierarchy in COUNTED.map(PathBuf::from).into_iter().filter(|hierarchy| hierarchy.is_dir()) {
        // Two names can be one hierarchy, and it may be the one from above.
        let group = hierarchy.join(&name);
        if !group.exists() {
            fs::create_dir(&group)?;
            groups.push(group);
        }
    }
    for limit in groups.iter().flat_map(|group| LIMITS.map(|limit| group.join(limit))).filter(|file| file.exists()) {
        fs::write(limit, LIMIT)?;
    }
    Ok(groups)
}
