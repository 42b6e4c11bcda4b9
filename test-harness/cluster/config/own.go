package config

import (
	"factory.gov.kg/test-harness/cluster/layout"
)

// Policy is the command line of a node's network policy enforcer.
func Policy(cluster layout.Layout, node layout.Node, keys Keys) ([]string, error) {
	folder := cluster.NodePath(node.Name, "etc")
	if err := keys.Cluster.Kubeconfig(folder, folder+"/policy.kubeconfig", Inside(), "factory:policy"); err != nil {
		return nil, err
	}
	return []string{Self, "policy", flag("kubeconfig", Here+"/etc/policy.kubeconfig"), flag("node", node.Name), flag("subnet", node.Pods.String())}, nil
}

// Storage is the command line of the maker of local volumes.
func Storage(cluster layout.Layout, keys Keys) ([]string, error) {
	kubeconfig := cluster.Path("pki", "storage.kubeconfig")
	if err := keys.Cluster.Kubeconfig(keys.Folder, kubeconfig, Inside(), "factory:storage"); err != nil {
		return nil, err
	}
	return []string{Self, "storage", flag("kubeconfig", kubeconfig), flag("state", cluster.State)}, nil
}
