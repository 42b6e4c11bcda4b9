// Package doctor says what a machine lacks to carry a cluster, everything at once, each with its remedy.
//
// Place on the path from manifest to register: before the first step of it. Reading the machine and
// judging what was read are two files. It must change nothing, and it goes on after the first finding.
package doctor

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed packages
var packages string

// Package is one Debian package, known to be there by a program of it.
type Package struct{ Name, Program string }

// Packages are those that `install` installs.
func Packages() []Package {
	var all []Package
	for line := range strings.Lines(packages) {
		fields := strings.Fields(line)
		if len(fields) == 2 && !strings.HasPrefix(line, "#") {
			all = append(all, Package{fields[0], fields[1]})
		}
	}
	return all
}

// Facts are what was read from the machine.
type Facts struct {
	Capabilities uint64            // the effective set of this process
	Root         bool              // or could become root by sudo
	Versions     map[string]string // by program; empty: not there
	Lacking      []string          // packages
	Docker       bool              // an engine runs here
	Controllers  []string          // of control groups
	Kernel       map[string]error  // what was tried of the kernel, by name; nil: it works
	FreeDisk     uint64            // bytes where the state and the caches go
	Built        bool              // whether the binary is in the cache, so that less disk is needed
	Memory       uint64            // bytes
}

// Finding is the answer to one question about the machine.
type Finding struct {
	Name   string
	Good   bool
	Found  string
	Remedy string // one line; empty where good
}

// Bits of the capability set, from linux/capability.h.
const (
	netAdmin = 12
	sysAdmin = 21
	setuid   = 7
	mknod    = 27
)

const gib = 1 << 30

// needed versions of toolchains, as the checkout pins them.
var needed = map[string]string{"go": "1.26", "cargo": "1.95", "make": "", "git": ""}

// Judge answers every question. Pure.
func Judge(facts Facts) []Finding {
	findings := []Finding{root(facts), capabilities(facts)}
	for _, program := range []string{"go", "cargo", "make", "git"} {
		findings = append(findings, toolchain(program, facts.Versions[program]))
	}
	findings = append(findings, installed(facts), controllers(facts))
	for _, name := range []string{"overlay", "nf_tables", "veth", "bridge"} {
		err, tried := facts.Kernel[name]
		findings = append(findings, verdict("kernel "+name, tried && err == nil, fmt.Sprint(err),
			"load or enable the kernel's "+name+" (modprobe "+name+"), or use a machine whose kernel has it"))
	}
	disk := uint64(25)
	if facts.Built {
		disk = 10
	}
	return append(findings,
		verdict("free disk", facts.FreeDisk >= disk*gib, fmt.Sprintf("%d GiB", facts.FreeDisk/gib),
			fmt.Sprintf("free %d GiB where the checkout and the user's cache are", disk)),
		verdict("memory", facts.Memory >= 6*gib, fmt.Sprintf("%d GiB", facts.Memory/gib),
			"use a machine with at least 6 GiB, or fewer nodes (NODES=1)"),
	)
}

func verdict(name string, good bool, found, remedy string) Finding {
	if good {
		if found == "<nil>" {
			found = "works"
		}
		return Finding{Name: name, Good: true, Found: found}
	}
	return Finding{Name: name, Found: found, Remedy: remedy}
}

func root(facts Facts) Finding {
	return verdict("root", facts.Root, "this user", "run as root, or install sudo and let this user use it")
}

func capabilities(facts Facts) Finding {
	var lacking []string
	for name, bit := range map[string]int{"CAP_SYS_ADMIN": sysAdmin, "CAP_NET_ADMIN": netAdmin, "CAP_SETUID": setuid, "CAP_MKNOD": mknod} {
		if facts.Capabilities&(1<<bit) == 0 {
			lacking = append(lacking, name)
		}
	}
	slices.Sort(lacking)
	if len(lacking) == 0 {
		return verdict("capabilities", true, "all that are needed", "")
	}
	return verdict("capabilities", false, "without "+strings.Join(lacking, ", "),
		"run outside a container, or in one with --privileged")
}

func toolchain(program, version string) Finding {
	want := needed[program]
	if version == "" {
		return verdict(program, false, "not found", strings.TrimSpace("install "+program+" "+want)+" and put it into PATH")
	}
	return verdict(program, want == "" || atLeast(version, want), version, "install "+program+" "+want+" or newer and put it first in PATH")
}

// atLeast compares versions of the form 1.26.8 by their numbers.
func atLeast(version, want string) bool {
	var have, least [2]int
	_, _ = fmt.Sscanf(version, "%d.%d", &have[0], &have[1]) // what is not a number counts as 0
	_, _ = fmt.Sscanf(want, "%d.%d", &least[0], &least[1])
	return slices.Compare(have[:], least[:]) >= 0
}

func installed(facts Facts) Finding {
	if len(facts.Lacking) == 0 {
		return verdict("packages", true, "all installed", "")
	}
	found := "lacking " + strings.Join(facts.Lacking, " ")
	if facts.Docker && (slices.Contains(facts.Lacking, "containerd") || slices.Contains(facts.Lacking, "runc")) {
		return verdict("packages", false, found+", and a Docker engine runs",
			"Debian's containerd could push out that Docker: set KUBECONFIG and REGISTRY to a cluster of your own, or use another machine")
	}
	return verdict("packages", false, found, "make install, or test-harness/cluster/install")
}

func controllers(facts Facts) Finding {
	var lacking []string
	for _, name := range []string{"cpu", "cpuset", "memory", "pids"} {
		if !slices.Contains(facts.Controllers, name) {
			lacking = append(lacking, name)
		}
	}
	if len(lacking) == 0 {
		return verdict("control groups", true, strings.Join(facts.Controllers, " "), "")
	}
	return verdict("control groups", false, "without "+strings.Join(lacking, ", "),
		"mount the controllers of cgroup v1, or boot with systemd.unified_cgroup_hierarchy=1 for v2")
}
