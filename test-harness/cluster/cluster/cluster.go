// Package cluster is the first process of a cluster: it lays the network and keeps the control plane,
// the facilities and the nodes running.
//
// Place on the path from manifest to register: the ground itself. It is process 1 of a process
// namespace, so when it dies, for whatever reason, the kernel ends everything that it ever started,
// with all mounts and network namespaces. It must not put a device, mount or rule into the machine's
// own namespaces: only four listeners on loopback.
package cluster

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"

	"factory.gov.kg/test-harness/cluster/bootstrap"
	"factory.gov.kg/test-harness/cluster/config"
	"factory.gov.kg/test-harness/cluster/layout"
	"factory.gov.kg/test-harness/cluster/netns"
	"factory.gov.kg/test-harness/cluster/process"
	"factory.gov.kg/test-harness/cluster/ready"
)

// Run is the cluster, until it is killed.
func Run(cluster layout.Layout) error {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	if err := ownProcesses(); err != nil {
		return err
	}
	keys, err := config.OpenKeys(cluster)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	doors, err := openDoors(cluster)
	if err != nil {
		return fmt.Errorf("loopback ports: %w", err)
	}
	if err := describe(cluster, keys, doors); err != nil {
		return fmt.Errorf("kubeconfig: %w", err)
	}
	fabric, err := netns.Build(cluster)
	if err != nil {
		return fmt.Errorf("network: %w", err)
	}
	builder := &builder{cluster: cluster, keys: keys, fabric: fabric, keeper: process.NewKeeper()}
	go func() {
		if err := builder.raise(doors); err != nil {
			fmt.Println("cluster:", err)
			os.Exit(1)
		}
	}()
	<-ended
	return nil
}

// ownProcesses shows this process namespace, and no other, in /proc; seen by this cluster alone.
func ownProcesses() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cut off mounts: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("own /proc: %w", err)
	}
	return nil
}

// raise starts everything in the order in which one needs another. What can start at once does: the
// nodes' runtimes come up while etcd and the API server do.
func (b *builder) raise(doors doors) error {
	if err := b.plane("etcd", config.Etcd); err != nil {
		return err
	}
	if err := b.plane("kube-apiserver", config.APIServer); err != nil {
		return err
	}
	if err := b.doorkeepers(doors); err != nil {
		return err
	}
	if err := b.registry(); err != nil {
		return err
	}
	for _, node := range b.cluster.Nodes {
		if err := b.node(node); err != nil {
			return fmt.Errorf("node %s: %w", node.Name, err)
		}
	}
	client, err := bootstrap.Client(b.cluster.Path("kubeconfig"))
	if err != nil {
		return err
	}
	if err := ready.Until("API server", func() error { return bootstrap.Answers(client) }); err != nil {
		return err
	}
	for name, settings := range map[string]settings{
		"kube-controller-manager": config.ControllerManager,
		"kube-scheduler":          config.Scheduler,
		"coredns":                 config.CoreDNS,
		"storage":                 config.Storage,
	} {
		if err := b.plane(name, settings); err != nil {
			return err
		}
	}
	return bootstrap.Apply(client)
}
