package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// traces is what the machine shows from outside of everything that a cluster could leave behind. It is
// taken without any of the cluster's own code.
type traces map[string]bool

// kinds of namespaces that a cluster makes.
var kinds = []string{"net", "pid", "mnt", "ipc", "uts"}

// machine has the namespaces in which the tests began, before any of their threads enters another.
var machine = func() map[string]bool {
	spaces := map[string]bool{}
	for _, kind := range kinds {
		if space, err := os.Readlink("/proc/self/ns/" + kind); err == nil {
			spaces[space] = true
		}
	}
	return spaces
}()

// takeTraces leaves out what belongs to other clusters, which live their own lives meanwhile.
func takeTraces(t *testing.T, own string) traces {
	t.Helper()
	found := traces{}
	strangers := func(text string) bool {
		return strings.Contains(text, "/factory-") && !strings.Contains(text, own)
	}
	theirs := map[string]bool{} // namespaces of other clusters; a person may have entered one from outside
	var spaces []string
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		folder := filepath.Join("/proc", entry.Name())
		groups, err := os.ReadFile(filepath.Join(folder, "cgroup"))
		if err != nil {
			continue // no process, or one that ended
		}
		if strings.Contains(string(groups), own) {
			command, _ := os.ReadFile(filepath.Join(folder, "cmdline"))
			found[fmt.Sprintf("process %s %q", entry.Name(), command)] = true
		}
		for _, kind := range kinds {
			space, err := os.Readlink(filepath.Join(folder, "ns", kind))
			// They have processes in the machine's own namespaces as well, for a moment.
			if err == nil && strangers(string(groups)) && !machine[space] {
				theirs[space] = true
			} else if err == nil {
				spaces = append(spaces, space)
			}
		}
	}
	for _, space := range spaces {
		if !theirs[space] {
			found["namespace "+space] = true
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		found["mount "+strings.TrimSpace(line)] = true
	}
	err = filepath.WalkDir("/sys/fs/cgroup", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && !strangers(path) {
			found["control group "+path] = true
		}
		return nil // what vanishes while it is listed is none of ours
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{
		"nft list ruleset", "iptables-save", "ip6tables-save", "ip -brief link", "ip -brief address",
		"ip route show table all", "ip netns list", "ip rule",
	} {
		words := strings.Fields(command)
		output, err := exec.Command(words[0], words[1:]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, output)
		}
		for line := range strings.Lines(string(output)) {
			if !strings.HasPrefix(line, "#") { // iptables-save dates its output
				found[command+": "+strings.TrimSpace(line)] = true
			}
		}
	}
	return found
}

// left is what is there now and was not before.
func (before traces) left(after traces) []string {
	var more []string
	for trace := range after {
		if !before[trace] {
			more = append(more, trace)
		}
	}
	return more
}
