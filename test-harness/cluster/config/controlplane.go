package config

import (
	"factory.gov.kg/test-harness/cluster/layout"
)

// ControllerManager is the command line of kube-controller-manager.
func ControllerManager(cluster layout.Layout, keys Keys) ([]string, error) {
	kubeconfig := cluster.Path("pki", "controller-manager.kubeconfig")
	err := keys.Cluster.Kubeconfig(keys.Folder, kubeconfig, Inside(), "system:kube-controller-manager")
	if err != nil {
		return nil, err
	}
	return []string{
		Self, "kube-controller-manager",
		flag("kubeconfig", kubeconfig),
		flag("authentication-kubeconfig", kubeconfig),
		flag("authorization-kubeconfig", kubeconfig),
		flag("bind-address", "127.0.0.1"),
		flag("cluster-signing-cert-file", cluster.Path("pki", "ca.crt")),
		flag("cluster-signing-key-file", cluster.Path("pki", "ca.key")),
		flag("root-ca-file", cluster.Path("pki", "ca.crt")),
		flag("service-account-private-key-file", cluster.Path("pki", "service-accounts.key")),
		flag("use-service-account-credentials", "true"),
		flag("service-cluster-ip-range", layout.ServiceNetwork),
		// Pod subnets are handed out by the layout, whose routes are made before any node joins.
		flag("allocate-node-cidrs", "false"),
		// There is one of each: electing takes seconds at a start and protects from nobody.
		flag("leader-elect", "false"),
		flag("profiling", "false"),
	}, nil
}

// Scheduler is the command line of kube-scheduler.
func Scheduler(cluster layout.Layout, keys Keys) ([]string, error) {
	kubeconfig := cluster.Path("pki", "scheduler.kubeconfig")
	err := keys.Cluster.Kubeconfig(keys.Folder, kubeconfig, Inside(), "system:kube-scheduler")
	if err != nil {
		return nil, err
	}
	return []string{
		Self, "kube-scheduler",
		flag("kubeconfig", kubeconfig),
		flag("authentication-kubeconfig", kubeconfig),
		flag("authorization-kubeconfig", kubeconfig),
		flag("bind-address", "127.0.0.1"),
		flag("leader-elect", "false"),
		flag("profiling", "false"),
	}, nil
}
