// Package cgroup makes, finds and removes the control groups of a cluster, on version 1, version 2
// and machines that carry both.
//
// Place on the path from manifest to register: the fences. Everything that a cluster starts is under
// one group of its own in every hierarchy, so `down` finds each process by what the kernel says, not by
// what was written down. Nothing here may touch a group outside that root.
package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Hierarchy is one mounted tree of control groups.
type Hierarchy struct {
	Mount       string
	Version     int      // 1 or 2
	Controllers []string // of version 1: from the mount; of version 2: those the root offers
}

// Hierarchies are those mounted on this machine.
func Hierarchies() ([]Hierarchy, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	found := parse(string(text))
	for index := range found {
		if found[index].Version == 2 {
			offered, err := os.ReadFile(filepath.Join(found[index].Mount, "cgroup.controllers"))
			if err != nil {
				return nil, err
			}
			found[index].Controllers = strings.Fields(string(offered))
		}
	}
	return found, nil
}

// parse reads hierarchies from the text of /proc/self/mountinfo. A hierarchy that is mounted twice
// counts once, at its first place; a bind mount of a part of a tree does not count.
func parse(mountinfo string) []Hierarchy {
	var found []Hierarchy
	seen := map[string]bool{}
	for line := range strings.Lines(mountinfo) {
		before, after, both := strings.Cut(strings.TrimSpace(line), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !both || len(left) < 5 || len(right) < 3 || left[3] != "/" {
			continue
		}
		device, mount, options := left[2], left[4], strings.Split(right[2], ",")
		if seen[device] {
			continue
		}
		switch right[0] {
		case "cgroup":
			seen[device] = true
			options = slices.DeleteFunc(options, func(option string) bool { return option == "rw" || option == "ro" })
			found = append(found, Hierarchy{Mount: mount, Version: 1, Controllers: options})
		case "cgroup2":
			seen[device] = true
			found = append(found, Hierarchy{Mount: mount, Version: 2})
		}
	}
	return found
}

// Pure says whether version 2 alone governs this machine.
func Pure(all []Hierarchy) bool {
	return len(all) > 0 && !slices.ContainsFunc(all, func(h Hierarchy) bool { return h.Version == 1 })
}

// Make makes group (a path from the root) in every hierarchy, with its ancestors.
func Make(all []Hierarchy, group string) error {
	pure := Pure(all)
	for _, hierarchy := range all {
		path := hierarchy.Mount
		for _, name := range strings.Split(strings.Trim(group, "/"), "/") {
			if pure {
				if err := delegate(hierarchy, path); err != nil {
					return err
				}
			}
			path = filepath.Join(path, name)
			if err := os.Mkdir(path, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("control group: %w", err)
			}
			if err := inheritCPUs(hierarchy, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// governed are the controllers that pods' limits need.
var governed = []string{"cpu", "cpuset", "io", "memory", "pids"}

// delegate lets the children of a version 2 group use those controllers that it has. Beside version 1,
// version 2 governs nothing here, and its root is left as it was.
func delegate(hierarchy Hierarchy, path string) error {
	for _, controller := range governed {
		if !slices.Contains(hierarchy.Controllers, controller) {
			continue
		}
		file := filepath.Join(path, "cgroup.subtree_control")
		if err := write(file, "+"+controller); err != nil {
			return fmt.Errorf("delegate %s in %s: %w", controller, path, err)
		}
	}
	return nil
}

// inheritCPUs fills the two files without which a version 1 cpuset refuses every process.
func inheritCPUs(hierarchy Hierarchy, path string) error {
	if hierarchy.Version != 1 || !slices.Contains(hierarchy.Controllers, "cpuset") {
		return nil
	}
	for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
		own, err := os.ReadFile(filepath.Join(path, name))
		if err != nil {
			return err
		}
		if strings.TrimSpace(string(own)) != "" {
			continue
		}
		parent, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			return err
		}
		if err := write(filepath.Join(path, name), string(parent)); err != nil {
			return fmt.Errorf("%s of %s: %w", name, path, err)
		}
	}
	return nil
}

// Join moves process pid (0: the caller) into group in every hierarchy; its children follow.
func Join(all []Hierarchy, group string, pid int) error {
	for _, hierarchy := range all {
		file := filepath.Join(hierarchy.Mount, group, "cgroup.procs")
		if err := write(file, strconv.Itoa(pid)); err != nil {
			return fmt.Errorf("join %s: %w", file, err)
		}
	}
	return nil
}

// write sets an existing control file. Opening one with the wish to create it is refused with an
// error that hides whether it exists.
func write(file, value string) error {
	opened, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = opened.WriteString(value)
	return errors.Join(err, opened.Close())
}
