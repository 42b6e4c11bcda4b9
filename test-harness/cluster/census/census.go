// Package census counts what a cluster is made of, by what the kernel says.
//
// Place on the path from manifest to register: how `status` sees and `down` finds. What was written
// down is never believed: a process belongs to a cluster when it is in that cluster's control group.
// It must only read.
package census

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"factory.gov.kg/test-harness/cluster/cgroup"
	"factory.gov.kg/test-harness/cluster/layout"
)

// Process is one process of a cluster.
type Process struct {
	ID      int      // as the machine numbers it
	Inner   int      // as its innermost namespace numbers it; 1: the first process of a cluster, node or pod
	Depth   int      // how many process namespaces it is in below the machine's
	Command []string // empty for one that is dying
}

// Processes are all of a cluster.
func Processes(cluster layout.Layout) ([]Process, error) {
	return in(cluster.CgroupRoot())
}

func in(group string) ([]Process, error) {
	all, err := cgroup.Hierarchies()
	if err != nil {
		return nil, err
	}
	ids, err := cgroup.Processes(all, group)
	if err != nil {
		return nil, err
	}
	var found []Process
	for _, id := range ids {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", id))
		if err != nil {
			continue // gone since it was listed
		}
		command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", id))
		if err != nil {
			continue
		}
		found = append(found, describe(id, string(status), string(command)))
	}
	return found, nil
}

func describe(id int, status, command string) Process {
	process := Process{ID: id, Inner: id}
	for line := range strings.Lines(status) {
		if numbers, is := strings.CutPrefix(line, "NSpid:"); is {
			fields := strings.Fields(numbers)
			process.Depth = len(fields) - 1
			if inner, err := strconv.Atoi(fields[len(fields)-1]); err == nil {
				process.Inner = inner
			}
		}
	}
	if command = strings.TrimRight(command, "\x00"); command != "" {
		process.Command = strings.Split(command, "\x00")
	}
	return process
}

// First is the id of a cluster's first process, or 0 where it does not run.
func First(cluster layout.Layout) (int, error) {
	return first(cluster.CgroupRoot() + "/control")
}

// Node is the id of a node's first process, or 0 where it does not run.
func Node(cluster layout.Layout, name string) (int, error) {
	return first(cluster.CgroupRoot() + "/" + name + "/system")
}

func first(group string) (int, error) {
	processes, err := in(group)
	if err != nil {
		return 0, err
	}
	for _, process := range processes {
		if process.Inner == 1 && process.Depth > 0 {
			return process.ID, nil
		}
	}
	return 0, nil
}
