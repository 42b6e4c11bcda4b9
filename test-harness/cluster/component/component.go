// Package component holds the programs of a real cluster that this one binary can become.
//
// Place on the path from manifest to register: the ground under it. Every stage of the factory is
// tried against these, unchanged upstream programs. Nothing here may patch their behaviour: what
// differs between this cluster and a user's is said by flags and files, in package supervise.
package component

import (
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"

	// Metrics and log formats that the upstream mains register by importing them.
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
)

// Run becomes the component called name, with os.Args[0] as its name and os.Args[1:] as its
// arguments, and returns its exit code. known is false where no component has that name.
func Run(name string) (code int, known bool) {
	switch name {
	case "etcd":
		etcdmain.Main(os.Args)
		return 0, true
	case "coredns":
		runCoreDNS()
		return 0, true
	case "kubectl":
		return cli.Run(kubectl.NewDefaultKubectlCommand()), true
	}
	commands := map[string]func() *cobra.Command{
		"kube-apiserver":          apiserver.NewAPIServerCommand,
		"kube-controller-manager": manager.NewControllerManagerCommand,
		"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
		"kubelet":                 newKubelet,
		"kube-proxy":              proxy.NewProxyCommand,
	}
	build, known := commands[name]
	if !known {
		return 0, false
	}
	return cli.Run(build()), true
}
