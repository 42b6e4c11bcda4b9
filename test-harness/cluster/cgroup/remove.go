package cgroup

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Groups are the directories of group and everything under it, in every hierarchy, deepest first.
func Groups(all []Hierarchy, group string) ([]string, error) {
	var found []string
	for _, hierarchy := range all {
		err := filepath.WalkDir(filepath.Join(hierarchy.Mount, group), func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil && entry.IsDir() {
				found = append(found, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Reverse(found)
	return found, nil
}

// Processes are the ids of all processes under group, in any hierarchy, each once.
func Processes(all []Hierarchy, group string) ([]int, error) {
	groups, err := Groups(all, group)
	if err != nil {
		return nil, err
	}
	var found []int
	for _, path := range groups {
		text, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
		if errors.Is(err, fs.ErrNotExist) {
			continue // gone since it was listed
		}
		if err != nil {
			return nil, err
		}
		for _, line := range bytes.Fields(text) {
			if pid, err := strconv.Atoi(string(line)); err == nil && pid > 0 {
				found = append(found, pid)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// Thaw lets frozen processes under group run again. A frozen process of version 1 does not even die.
func Thaw(all []Hierarchy, group string) error {
	groups, err := Groups(all, group)
	if err != nil {
		return err
	}
	for _, path := range groups {
		for file, value := range map[string]string{"freezer.state": "THAWED", "cgroup.freeze": "0"} {
			// A group has the one file or the other, and the root of a version 2 tree has neither.
			if err := write(filepath.Join(path, file), value); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// Remove removes group and everything under it, which must hold no process any more.
func Remove(all []Hierarchy, group string) error {
	groups, err := Groups(all, group)
	if err != nil {
		return err
	}
	var failed []error
	for _, path := range groups {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
