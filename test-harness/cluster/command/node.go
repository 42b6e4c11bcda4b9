package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"factory.gov.kg/test-harness/cluster/census"
	"factory.gov.kg/test-harness/cluster/cgroup"
	"factory.gov.kg/test-harness/cluster/layout"
)

// nodeVerbs are faults of whole nodes, by a person's hand: the power is cut, and given back.
func nodeVerbs() *cobra.Command {
	parent := &cobra.Command{Use: "node", Short: "stop or start a node, as a power cut would"}
	stop := &cobra.Command{Use: "stop NODE", Short: "end everything on a node and keep it down", Args: cobra.ExactArgs(1)}
	stop.RunE = func(command *cobra.Command, arguments []string) error {
		return onNode(command, arguments[0], func(cluster layout.Layout, process int) error {
			if err := os.WriteFile(cluster.NodePath(arguments[0], "stopped"), nil, 0o644); err != nil {
				return err
			}
			if process == 0 {
				return nil
			}
			// Frozen pods would keep the node from dying.
			all, err := cgroup.Hierarchies()
			if err != nil {
				return err
			}
			if err := cgroup.Thaw(all, cluster.CgroupRoot()+"/"+arguments[0]); err != nil {
				return err
			}
			return unix.Kill(process, unix.SIGKILL)
		})
	}
	start := &cobra.Command{Use: "start NODE", Short: "start a stopped node", Args: cobra.ExactArgs(1)}
	start.RunE = func(command *cobra.Command, arguments []string) error {
		return onNode(command, arguments[0], func(cluster layout.Layout, _ int) error {
			err := os.Remove(cluster.NodePath(arguments[0], "stopped"))
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		})
	}
	parent.AddCommand(stop, start)
	return parent
}

// execute runs a program as if on a node: in its namespaces, with its paths.
func execute() *cobra.Command {
	return &cobra.Command{
		Use:   "exec NODE -- COMMAND...",
		Short: "run a command in a node's namespaces",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(command *cobra.Command, arguments []string) error {
			return onNode(command, arguments[0], func(_ layout.Layout, process int) error {
				if process == 0 {
					return fmt.Errorf("node %s does not run", arguments[0])
				}
				nsenter, err := exec.LookPath("nsenter")
				if err != nil {
					return err
				}
				all := []string{"nsenter", "--target", strconv.Itoa(process), "--mount", "--net", "--pid", "--uts", "--ipc", "--"}
				return syscall.Exec(nsenter, append(all, arguments[1:]...), os.Environ())
			})
		},
	}
}

func onNode(command *cobra.Command, name string, do func(layout.Layout, int) error) error {
	cluster, _, err := recorded(command)
	if err != nil {
		return err
	}
	if _, err := cluster.Find(name); err != nil {
		return err
	}
	process, err := census.Node(cluster, name)
	if err != nil {
		return err
	}
	return do(cluster, process)
}
