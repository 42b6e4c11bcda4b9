package command

import (
	"fmt"
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"factory.gov.kg/test-harness/cluster/bootstrap"
	"factory.gov.kg/test-harness/cluster/cgroup"
	"factory.gov.kg/test-harness/cluster/cluster"
	"factory.gov.kg/test-harness/cluster/config"
	"factory.gov.kg/test-harness/cluster/gateway"
	"factory.gov.kg/test-harness/cluster/gitserver"
	"factory.gov.kg/test-harness/cluster/node"
	"factory.gov.kg/test-harness/cluster/policy"
	"factory.gov.kg/test-harness/cluster/storage"
)

// inner are the harness's own programs, as a cluster starts them. No person calls these.
func inner() []*cobra.Command {
	var plan, kubeconfig, repositories, guarded, subnet string
	nodeCommand := hidden("node-init", func(*cobra.Command) error { return node.Run(plan, config.Environment()) })
	nodeCommand.Flags().StringVar(&plan, "plan", "", "the node's plan")
	gatewayCommand := hidden("gateway", func(*cobra.Command) error { return gateway.Run(kubeconfig) })
	gatewayCommand.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the API server")
	gitCommand := hidden("git-server", func(*cobra.Command) error { return gitserver.Run(repositories) })
	gitCommand.Flags().StringVar(&repositories, "repositories", "", "where repositories are")
	policyCommand := hidden("policy", func(command *cobra.Command) error {
		client, err := bootstrap.Client(kubeconfig)
		if err != nil {
			return err
		}
		return policy.Run(command.Context(), client, guarded, subnet)
	})
	policyCommand.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the API server")
	policyCommand.Flags().StringVar(&guarded, "node", "", "the node whose pods are guarded")
	policyCommand.Flags().StringVar(&subnet, "subnet", "", "the subnet of those pods")
	storageCommand := hidden("storage", func(command *cobra.Command) error { return makeVolumes(command, kubeconfig) })
	storageCommand.Flags().StringVar(&kubeconfig, "kubeconfig", "", "how to reach the API server")
	clusterCommand := hidden("cluster-init", func(command *cobra.Command) error {
		layout, _, err := recorded(command)
		if err != nil {
			return err
		}
		return cluster.Run(layout)
	})
	return []*cobra.Command{
		nodeCommand, gatewayCommand, gitCommand, policyCommand, storageCommand, clusterCommand, hidden("launch", launch),
	}
}

func makeVolumes(command *cobra.Command, kubeconfig string) error {
	layout, _, err := recorded(command)
	if err != nil {
		return err
	}
	client, err := bootstrap.Client(kubeconfig)
	if err != nil {
		return err
	}
	return storage.Run(command.Context(), client, func(node string) (string, error) {
		found, err := layout.Find(node)
		return layout.NodePath(found.Name, "volumes"), err
	})
}

func hidden(name string, run func(*cobra.Command) error) *cobra.Command {
	return &cobra.Command{
		Use: name, Hidden: true, Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error { return run(command) },
	}
}

// launch joins the cluster's control group, starts the cluster's first process from there and ends.
// So there is no moment at which that process exists outside the group by which `down` finds it.
func launch(command *cobra.Command) error {
	layout, _, err := recorded(command)
	if err != nil {
		return err
	}
	all, err := cgroup.Hierarchies()
	if err != nil {
		return err
	}
	group := layout.CgroupRoot() + "/control"
	if err := cgroup.Make(all, group); err != nil {
		return err
	}
	if err := cgroup.Join(all, group, os.Getpid()); err != nil {
		return err
	}
	if err := os.MkdirAll(layout.Path("logs"), 0o755); err != nil {
		return err
	}
	log, err := os.OpenFile(layout.Path("logs", "cluster.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	first, err := os.StartProcess(config.Self, []string{config.Called, "cluster-init", "--state=" + layout.State}, &os.ProcAttr{
		Dir:   "/",
		Env:   config.Environment(),
		Files: []*os.File{nil, log, log},
		Sys:   &syscall.SysProcAttr{Setsid: true, Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWIPC},
	})
	if err != nil {
		return fmt.Errorf("first process: %w", err)
	}
	return first.Release()
}
