package cluster

import (
	"encoding/json"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"factory.gov.kg/test-harness/cluster/config"
	"factory.gov.kg/test-harness/cluster/image"
	"factory.gov.kg/test-harness/cluster/layout"
	"factory.gov.kg/test-harness/cluster/netns"
	"factory.gov.kg/test-harness/cluster/node"
	"factory.gov.kg/test-harness/cluster/process"
)

// builder starts the parts of one cluster.
type builder struct {
	cluster layout.Layout
	keys    config.Keys
	fabric  *netns.Fabric
	keeper  *process.Keeper
}

type settings func(layout.Layout, config.Keys) ([]string, error)

// plane starts one program of the control plane, in the platform node's network.
func (b *builder) plane(name string, settings settings) error {
	arguments, err := settings(b.cluster, b.keys)
	if err != nil {
		return err
	}
	return b.keep(name, arguments)
}

func (b *builder) keep(name string, arguments []string, files ...*os.File) error {
	return b.keeper.Keep(process.Spec{
		Name:    name,
		Args:    arguments,
		Called:  config.CalledFor(arguments),
		Env:     config.Environment(),
		Network: b.fabric.Nodes[b.cluster.Nodes[0].Name],
		Files:   files,
		Log:     b.cluster.Path("logs", name+".log"),
	})
}

func (b *builder) registry() error {
	arguments, err := config.Registry(b.cluster)
	if err != nil {
		return err
	}
	return b.keep("registry", arguments)
}

// doorkeepers start the programs that serve the loopback ports. The ports stay open in this process,
// so a killed doorkeeper loses its connections but never its port.
func (b *builder) doorkeepers(doors doors) error {
	kubeconfig := b.cluster.Path("pki", "gateway.kubeconfig")
	if err := b.keys.Cluster.Kubeconfig(b.keys.Folder, kubeconfig, config.Inside(), "factory:gateway"); err != nil {
		return err
	}
	err := b.keep("gateway", []string{config.Self, "gateway", "--kubeconfig=" + kubeconfig},
		doors.api.file, doors.registry.file, doors.ingress.file)
	if err != nil {
		return err
	}
	return b.keep("git-server", []string{config.Self, "git-server", "--repositories=" + b.cluster.Path("git")}, doors.git.file)
}

// node starts one node's first process, with namespaces of its own, in the node's network.
func (b *builder) node(which layout.Node) error {
	plan, err := b.plan(which)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return err
	}
	file := b.cluster.NodePath(which.Name, "node.json")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	stopped := b.cluster.NodePath(which.Name, "stopped")
	spec := process.Spec{
		Name:    "node-" + which.Name,
		Args:    []string{config.Self, "node-init", "--plan=" + file},
		Called:  config.Called,
		Env:     config.Environment(),
		Network: b.fabric.Nodes[which.Name],
		Spaces:  unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		Log:     b.cluster.Path("logs", "node-"+which.Name+".log"),
		Held:    func() bool { _, err := os.Stat(stopped); return err == nil },
	}
	if err := b.keeper.Keep(spec); err != nil {
		return err
	}
	return b.wakeWhenRemoved(stopped, spec.Name)
}

func (b *builder) plan(which layout.Node) (node.Plan, error) {
	pause := b.cluster.NodePath(which.Name, "pause.tar")
	if err := os.MkdirAll(filepath.Dir(pause), 0o755); err != nil {
		return node.Plan{}, err
	}
	if err := image.Write(pause, layout.PauseImage, b.cluster.Path("pause")); err != nil {
		return node.Plan{}, err
	}
	if err := config.Hosts(b.cluster, which); err != nil {
		return node.Plan{}, err
	}
	plan := node.Plan{
		Name:   which.Name,
		Folder: b.cluster.NodePath(which.Name),
		Cgroup: b.cluster.CgroupRoot() + "/" + which.Name,
		Pause:  config.Here + "/pause.tar",
	}
	runtime, err := config.Containerd(b.cluster, which, !mayLowerOOM())
	if err != nil {
		return node.Plan{}, err
	}
	plan.Runtime = node.Program{Name: "containerd", Args: runtime}
	kubelet, err := config.Kubelet(b.cluster, which, b.keys)
	if err != nil {
		return node.Plan{}, err
	}
	proxy, err := config.Proxy(b.cluster, which, b.keys)
	if err != nil {
		return node.Plan{}, err
	}
	policy, err := config.Policy(b.cluster, which, b.keys)
	if err != nil {
		return node.Plan{}, err
	}
	plan.Programs = []node.Program{
		{Name: "policy", Args: policy}, {Name: "kubelet", Args: kubelet}, {Name: "kube-proxy", Args: proxy},
	}
	return plan, nil
}

// mayLowerOOM says whether this process holds CAP_SYS_RESOURCE.
func mayLowerOOM() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	return data[0].Effective&(1<<unix.CAP_SYS_RESOURCE) != 0
}
