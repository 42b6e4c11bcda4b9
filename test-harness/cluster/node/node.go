// Package node is the first process of a node: it lays out the node's view of the machine and keeps
// containerd, kubelet, kube-proxy and the network policy enforcer running.
//
// Place on the path from manifest to register: the floor that candidates and launched services stand
// on. A node has mount, process, host name and network namespaces of its own, with every path where a
// real node has it. When this process dies, the kernel ends the whole node, as a power cut would.
// Nothing here may know the cluster's keys beyond this node's own.
package node

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"factory.gov.kg/test-harness/cluster/cgroup"
	"factory.gov.kg/test-harness/cluster/config"
	"factory.gov.kg/test-harness/cluster/process"
	"factory.gov.kg/test-harness/cluster/ready"
)

// Plan is what the cluster hands to a node, as JSON.
type Plan struct {
	Name     string
	Folder   string // the node's part of the state directory, as the machine sees it
	Cgroup   string // the node's control group; its own processes go to /system, pods to /pods
	Pause    string // the archive of the sandbox image
	Runtime  Program
	Programs []Program // started once the runtime answers
}

const runtimeSocket = "/run/containerd/containerd.sock"

// Program is one program of a node.
type Program struct {
	Name string
	Args []string
}

// Run is the node, until it is killed.
func Run(planFile string, environment []string) error {
	text, err := os.ReadFile(planFile)
	if err != nil {
		return err
	}
	var plan Plan
	if err := json.Unmarshal(text, &plan); err != nil {
		return fmt.Errorf("plan %s: %w", planFile, err)
	}
	if err := enterGroup(plan); err != nil {
		return err
	}
	if err := furnish(plan); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(plan.Name)); err != nil {
		return err
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	keeper := process.NewKeeper()
	spec := func(program Program) process.Spec {
		return process.Spec{
			Name:   program.Name,
			Args:   program.Args,
			Called: config.CalledFor(program.Args),
			Env:    environment,
			Log:    filepath.Join(here, "logs", program.Name+".log"),
		}
	}
	if err := keeper.Keep(spec(plan.Runtime)); err != nil {
		return err
	}
	if err := ready.Socket(runtimeSocket); err != nil {
		return err
	}
	// Kubelet would look for the sandbox image in a registry, where it is not.
	load := []string{"/usr/bin/ctr", "--address", runtimeSocket, "--namespace", "k8s.io", "images", "import", plan.Pause}
	if err := keeper.Once(spec(Program{Name: "sandbox-image", Args: load})); err != nil {
		return err
	}
	for _, program := range plan.Programs {
		if err := keeper.Keep(spec(program)); err != nil {
			return err
		}
	}
	<-ended
	return nil
}

func enterGroup(plan Plan) error {
	all, err := cgroup.Hierarchies()
	if err != nil {
		return err
	}
	// What an earlier life left is empty: the kernel ended it all. A real node loses it with the power;
	// kubelet would ask the runtime for each of those containers, for seconds each.
	if err := cgroup.Remove(all, plan.Cgroup+"/pods"); err != nil {
		return err
	}
	for _, name := range []string{"system", "pods"} {
		if err := cgroup.Make(all, plan.Cgroup+"/"+name); err != nil {
			return err
		}
	}
	return cgroup.Join(all, plan.Cgroup+"/system", os.Getpid())
}
