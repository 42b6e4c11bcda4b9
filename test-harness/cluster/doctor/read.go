package doctor

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"factory.gov.kg/test-harness/cluster/cgroup"
	"factory.gov.kg/test-harness/cluster/netns"
)

// Read reads the machine. folder is where the state will be, cache where binaries and images are kept.
func Read(folder, cache string) (Facts, error) {
	facts := Facts{Versions: map[string]string{}, Kernel: map[string]error{}}
	var err error
	if facts.Capabilities, err = effective(); err != nil {
		return facts, err
	}
	_, sudo := exec.LookPath("sudo")
	facts.Root = os.Geteuid() == 0 || sudo == nil
	for program := range needed {
		facts.Versions[program] = version(program)
	}
	for _, each := range Packages() {
		if !there(each.Program) {
			facts.Lacking = append(facts.Lacking, each.Name)
		}
	}
	facts.Docker = dockerRuns()
	hierarchies, err := cgroup.Hierarchies()
	if err != nil {
		return facts, err
	}
	for _, hierarchy := range hierarchies {
		facts.Controllers = append(facts.Controllers, hierarchy.Controllers...)
	}
	tryKernel(facts.Kernel)
	var disk unix.Statfs_t
	if err := unix.Statfs(existing(folder), &disk); err != nil {
		return facts, err
	}
	facts.FreeDisk = disk.Bavail * uint64(disk.Bsize)
	built, err := filepath.Glob(filepath.Join(cache, "*", "factory-cluster"))
	facts.Built = err == nil && len(built) > 0
	var machine unix.Sysinfo_t
	if err := unix.Sysinfo(&machine); err != nil {
		return facts, err
	}
	facts.Memory = machine.Totalram * uint64(machine.Unit)
	return facts, nil
}

// existing is path or its nearest ancestor that exists.
func existing(path string) string {
	for path != "/" {
		if _, err := os.Stat(path); err == nil {
			return path
		}
		path = filepath.Dir(path)
	}
	return path
}

func effective() (uint64, error) {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, err
	}
	defer status.Close()
	lines := bufio.NewScanner(status)
	for lines.Scan() {
		if text, is := strings.CutPrefix(lines.Text(), "CapEff:"); is {
			return strconv.ParseUint(strings.TrimSpace(text), 16, 64)
		}
	}
	return 0, fmt.Errorf("/proc/self/status names no capabilities: %w", lines.Err())
}

var number = regexp.MustCompile(`\d+\.\d+(\.\d+)?`)

// version is what a program says of itself, or empty where it is not there.
func version(program string) string {
	flag := "--version"
	if program == "go" {
		flag = "version"
	}
	output, err := exec.Command(program, flag).Output()
	if err != nil {
		return ""
	}
	return number.FindString(string(output))
}

// there looks for a program also where an ordinary user's PATH does not lead.
func there(program string) bool {
	if filepath.IsAbs(program) {
		_, err := os.Stat(program)
		return err == nil
	}
	for _, folder := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin") {
		if _, err := os.Stat(filepath.Join(folder, program)); err == nil {
			return true
		}
	}
	return false
}

func dockerRuns() bool {
	names, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		return false
	}
	for _, name := range names {
		if text, err := os.ReadFile(name); err == nil && strings.TrimSpace(string(text)) == "dockerd" {
			return true
		}
	}
	return false
}

// tryKernel uses what the cluster will use, in a namespace that is thrown away. Where this user may not
// make one, the answers say so.
func tryKernel(kernel map[string]error) {
	if text, err := os.ReadFile("/proc/filesystems"); err == nil && strings.Contains(string(text), "\toverlay\n") {
		kernel["overlay"] = nil
	} else {
		kernel["overlay"] = fmt.Errorf("not among the kernel's file systems")
	}
	space, err := netns.Make()
	if err != nil {
		for _, name := range []string{"nf_tables", "veth", "bridge"} {
			kernel[name] = err
		}
		return
	}
	defer space.Close()
	inside := func(do func() error) error { return netns.Inside(space, do) }
	kernel["veth"] = inside(func() error {
		return netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "a"}, PeerName: "b"})
	})
	kernel["bridge"] = inside(func() error {
		return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "c"}})
	})
	kernel["nf_tables"] = inside(func() error {
		output, err := exec.Command("/usr/sbin/nft", "add", "table", "ip", "try").CombinedOutput()
		if err != nil {
			return fmt.Errorf("%w %s", err, strings.TrimSpace(string(output)))
		}
		return nil
	})
}
