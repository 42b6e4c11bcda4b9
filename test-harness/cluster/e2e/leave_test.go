package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"factory.gov.kg/test-harness/cluster/census"
	"factory.gov.kg/test-harness/cluster/layout"
)

// TestClusterLeavesNothing takes clusters down after each way in which one can have been hurt.
func TestClusterLeavesNothing(t *testing.T) {
	kill := func(pick func(census.Process) bool) func(*fixture) {
		return func(f *fixture) { f.kill(pick) }
	}
	for name, hurt := range map[string]func(*fixture){
		"nothing": func(*fixture) {},
		"parts of the plane and of the nodes killed": func(f *fixture) {
			for _, part := range []string{"etcd", "containerd", "containerd-shim-runc-v2", "kubelet", "gateway"} {
				f.kill(runs(part))
			}
		},
		"nodes' first processes killed": kill(func(p census.Process) bool { return p.Depth == 2 && p.Inner == 1 }),
		"its first process killed":      kill(func(p census.Process) bool { return p.Depth == 1 && p.Inner == 1 }),
		"everything killed one by one":  kill(func(census.Process) bool { return true }),
		"pods frozen, a node stopped": func(f *fixture) {
			f.freeze()
			f.run("node", "stop", "lab-1")
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			before := takeTraces(t, f.layout.ID())
			f.run("up")
			f.pod(pod{name: "left", node: "platform", image: layout.PauseImage})
			if len(before.left(takeTraces(t, f.layout.ID()))) < 10 {
				t.Fatal("a running cluster leaves no traces: this test would see nothing")
			}
			hurt(f)
			f.run("down")
			f.leavesNothing(before)
		})
	}
}

// TestClusterInterrupted ends `up` at different moments, in both ways, and takes down or goes on.
func TestClusterInterrupted(t *testing.T) {
	for _, moment := range []time.Duration{0, 30 * time.Millisecond, 150 * time.Millisecond, 700 * time.Millisecond, 3 * time.Second} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
			t.Run(fmt.Sprintf("%s after %s", signal, moment), func(t *testing.T) {
				f := newFixture(t)
				before := takeTraces(t, f.layout.ID())
				f.interrupt(moment, signal)
				f.run("down")
				f.leavesNothing(before)
			})
		}
	}
	t.Run("and up again", func(t *testing.T) {
		f := newFixture(t)
		before := takeTraces(t, f.layout.ID())
		f.interrupt(700*time.Millisecond, syscall.SIGINT)
		f.run("up")
		f.run("status")
		f.run("down")
		f.leavesNothing(before)
	})
}

func (f *fixture) interrupt(moment time.Duration, signal syscall.Signal) {
	f.t.Helper()
	up := f.command("up")
	if err := up.Start(); err != nil {
		f.t.Fatal(err)
	}
	time.Sleep(moment) // the moment itself is what is tried
	if err := up.Process.Signal(signal); err != nil {
		f.t.Fatal(err)
	}
	_ = up.Wait()
}

// leavesNothing compares by the test's own eyes. Namespaces die a moment after their last process.
func (f *fixture) leavesNothing(before traces) {
	f.t.Helper()
	var left []string
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		if left = before.left(takeTraces(f.t, f.layout.ID())); len(left) == 0 {
			break
		}
	}
	if len(left) > 0 {
		f.t.Errorf("%d things are left:\n%s", len(left), strings.Join(left, "\n"))
	}
	entries, err := os.ReadDir(f.layout.State)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // `up` was ended before it made it
		f.t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() != "logs" {
			f.t.Errorf("%s is left in the state directory", entry.Name())
		}
	}
}

// runs picks processes by program: of this binary by component, of others by name.
func runs(program string) func(census.Process) bool {
	return func(process census.Process) bool {
		command := process.Command
		if len(command) == 0 {
			return false
		}
		own := strings.HasSuffix(command[0], "factory-cluster") && len(command) > 1 && command[1] == program
		return own || filepath.Base(command[0]) == program
	}
}

func (f *fixture) kill(pick func(census.Process) bool) {
	f.t.Helper()
	processes, err := census.Processes(f.layout)
	if err != nil {
		f.t.Fatal(err)
	}
	killed := 0
	for _, process := range processes {
		if pick(process) {
			killed++
			if err := unix.Kill(process.ID, unix.SIGKILL); err != nil && err != unix.ESRCH {
				f.t.Fatal(err)
			}
		}
	}
	if killed == 0 {
		f.t.Fatal("nothing was there to kill")
	}
}

// freeze stops all pods in the kernel's freezer, as a fault would that nobody undid.
func (f *fixture) freeze() {
	f.t.Helper()
	frozen := 0
	for file, word := range map[string]string{"freezer.state": "FROZEN", "cgroup.freeze": "1"} {
		for _, tree := range []string{"/sys/fs/cgroup/freezer", "/sys/fs/cgroup"} {
			path := filepath.Join(tree, f.layout.CgroupRoot(), "platform/pods", file)
			control, err := os.OpenFile(path, os.O_WRONLY, 0)
			if err != nil {
				continue
			}
			if _, err := control.WriteString(word); err == nil {
				frozen++
			}
			_ = control.Close()
		}
	}
	if frozen == 0 {
		f.t.Fatal("no freezer here")
	}
}
