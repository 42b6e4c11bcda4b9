package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"factory.gov.kg/test-harness/cluster/census"
	"factory.gov.kg/test-harness/cluster/cgroup"
	"factory.gov.kg/test-harness/cluster/layout"
)

func down() *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "end the cluster and remove everything of it but its logs",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			began := time.Now()
			cluster, _, err := recorded(command)
			if err != nil {
				return err
			}
			if _, err := os.Stat(cluster.State); errors.Is(err, fs.ErrNotExist) {
				if err := sweep(cluster); err != nil {
					return err
				}
				fmt.Println("no cluster here")
				return nil
			}
			unlock, err := lock(cluster)
			if err != nil {
				return err
			}
			defer unlock()
			if err := sweep(cluster); err != nil {
				return err
			}
			if err := forget(cluster); err != nil {
				return err
			}
			fmt.Printf("cluster down after %.1f s; its logs stay in %s\n", time.Since(began).Seconds(), cluster.Path("logs"))
			return nil
		},
	}
}

// sweep ends every process of the cluster, and with them all mounts, network namespaces, rules and
// devices, which were theirs alone; then it removes the control groups.
func sweep(cluster layout.Layout) error {
	all, err := cgroup.Hierarchies()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		// Frozen processes do not die. A fault that was injected may have frozen some at any time.
		if err := cgroup.Thaw(all, cluster.CgroupRoot()); err != nil {
			return err
		}
		processes, err := census.Processes(cluster)
		if err != nil {
			return err
		}
		if len(processes) == 0 {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d processes do not end, the first is %d %v", len(processes), processes[0].ID, processes[0].Command)
		}
		if err := end(processes); err != nil {
			return err
		}
	}
	if err := cgroup.Remove(all, cluster.CgroupRoot()); err != nil {
		return fmt.Errorf("control groups: %w", err)
	}
	return nil
}

// end kills processes and waits, for a while, until the kernel says that each is gone.
func end(processes []census.Process) error {
	var watched []unix.PollFd
	for _, process := range processes {
		handle, err := unix.PidfdOpen(process.ID, 0)
		if errors.Is(err, unix.ESRCH) {
			continue
		}
		if err != nil {
			return fmt.Errorf("process %d: %w", process.ID, err)
		}
		defer unix.Close(handle)
		if err := unix.PidfdSendSignal(handle, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("end process %d: %w", process.ID, err)
		}
		watched = append(watched, unix.PollFd{Fd: int32(handle), Events: unix.POLLIN})
	}
	for _, one := range watched {
		single := []unix.PollFd{one}
		if _, err := unix.Poll(single, 1000); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
	return nil
}

// forget removes what the cluster kept, but its logs.
func forget(cluster layout.Layout) error {
	for _, node := range cluster.Nodes {
		logs := cluster.NodePath(node.Name, "logs")
		if err := os.RemoveAll(cluster.Path("logs", node.Name)); err != nil {
			return err
		}
		if err := os.Rename(logs, cluster.Path("logs", node.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	entries, err := os.ReadDir(cluster.State)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == "logs" {
			continue
		}
		if err := os.RemoveAll(cluster.Path(entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
