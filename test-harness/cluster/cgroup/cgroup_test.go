package cgroup

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestHierarchiesAreReadFromMounts(t *testing.T) {
	for name, each := range map[string]struct {
		mounts string
		want   []Hierarchy
		pure   bool
	}{
		"version 1, with a named and an empty version 2 tree": {
			mounts: "24 20 0:20 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n" +
				"25 24 0:21 / /sys/fs/cgroup/cpu rw,relatime shared:3 - cgroup cgroup rw,cpu,cpuacct\n" +
				"26 24 0:22 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n" +
				"27 24 0:23 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
			want: []Hierarchy{
				{Mount: "/sys/fs/cgroup/cpu", Version: 1, Controllers: []string{"cpu", "cpuacct"}},
				{Mount: "/sys/fs/cgroup/systemd", Version: 1, Controllers: []string{"name=systemd"}},
				{Mount: "/sys/fs/cgroup/unified", Version: 2},
			},
		},
		"version 2 alone": {
			mounts: "30 20 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
			want:   []Hierarchy{{Mount: "/sys/fs/cgroup", Version: 2}},
			pure:   true,
		},
		"a tree mounted twice, and a part of one": {
			mounts: "25 24 0:21 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n" +
				"26 24 0:21 / /elsewhere rw - cgroup cgroup rw,cpu\n" +
				"27 24 0:22 /part /third rw - cgroup cgroup rw,memory\n",
			want: []Hierarchy{{Mount: "/sys/fs/cgroup/cpu", Version: 1, Controllers: []string{"cpu"}}},
		},
		"lines that make no sense": {mounts: "x\n1 2 3 - cgroup\n\n"},
	} {
		got := parse(each.mounts)
		if !reflect.DeepEqual(got, each.want) || Pure(got) != each.pure {
			t.Errorf("%s: %+v, alone %t", name, got, Pure(got))
		}
	}
}

// tree is a version 1 cpuset and a version 2 hierarchy made of ordinary files.
func tree(t *testing.T, version int) Hierarchy {
	t.Helper()
	root := t.TempDir()
	for _, folder := range []string{root, filepath.Join(root, "factory"), filepath.Join(root, "factory", "node")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"cpuset.cpus", "cpuset.mems", "cgroup.procs", "cgroup.subtree_control", "freezer.state"} {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return Hierarchy{Mount: root, Version: version, Controllers: []string{"cpuset", "rdma"}}
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestMakeFillsCPUSetsOfVersion1FromTheParent(t *testing.T) {
	hierarchy := tree(t, 1)
	if err := os.WriteFile(filepath.Join(hierarchy.Mount, "cpuset.cpus"), []byte("0-1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Make([]Hierarchy{hierarchy}, "/factory/node"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, hierarchy.Mount, "factory/node/cpuset.cpus"); got != "0-1\n" {
		t.Errorf("cpuset.cpus is %q", got)
	}
	if got := read(t, hierarchy.Mount, "factory/cgroup.subtree_control"); got != "" {
		t.Errorf("version 1 has no delegation, but %q was written", got)
	}
}

func TestMakeDelegatesOnlyGovernedControllersAndOnlyWhereVersion2IsAlone(t *testing.T) {
	hierarchy := tree(t, 2)
	if err := Make([]Hierarchy{hierarchy}, "/factory/node"); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{"": "+cpuset", "factory": "+cpuset", "factory/node": ""} {
		if got := read(t, hierarchy.Mount, folder, "cgroup.subtree_control"); got != want {
			t.Errorf("%q delegates %q, not %q", folder, got, want)
		}
	}
	hybrid := []Hierarchy{tree(t, 1), tree(t, 2)}
	if err := Make(hybrid, "/factory/node"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, hybrid[1].Mount, "cgroup.subtree_control"); got != "" {
		t.Errorf("beside version 1, version 2 delegates %q", got)
	}
}

func TestProcessesAreCountedOnceAndGroupsCountDeepestFirst(t *testing.T) {
	one, two := tree(t, 1), tree(t, 1)
	for file, text := range map[string]string{
		filepath.Join(one.Mount, "factory/cgroup.procs"):      "7\n",
		filepath.Join(two.Mount, "factory/node/cgroup.procs"): "7\n12\n0\n",
		filepath.Join(two.Mount, "cgroup.procs"):              "1\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Processes([]Hierarchy{one, two}, "/factory")
	if err != nil || !reflect.DeepEqual(got, []int{7, 12}) {
		t.Errorf("processes are %v, %v", got, err)
	}
	groups, err := Groups([]Hierarchy{one}, "/factory")
	if err != nil || len(groups) != 2 || filepath.Base(groups[0]) != "node" {
		t.Errorf("groups are %v, %v", groups, err)
	}
	if groups, err = Groups([]Hierarchy{one}, "/nobody"); err != nil || len(groups) != 0 {
		t.Errorf("groups of nobody are %v, %v", groups, err)
	}
}

func TestThawWritesOnlyControlFilesThatAreThere(t *testing.T) {
	hierarchy := tree(t, 1)
	if err := Thaw([]Hierarchy{hierarchy}, "/factory"); err != nil {
		t.Fatal(err)
	}
	if got := read(t, hierarchy.Mount, "factory/node/freezer.state"); got != "THAWED" {
		t.Errorf("freezer.state is %q", got)
	}
	if _, err := os.Stat(filepath.Join(hierarchy.Mount, "factory/cgroup.freeze")); err == nil {
		t.Error("a control file was made that was not there")
	}
}
