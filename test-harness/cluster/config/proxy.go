package config

import (
	"fmt"

	"factory.gov.kg/test-harness/cluster/layout"
)

// Proxy writes a node's kube-proxy settings and is the command line that uses them.
func Proxy(cluster layout.Layout, node layout.Node, keys Keys) ([]string, error) {
	folder := cluster.NodePath(node.Name, "etc")
	err := keys.Cluster.Kubeconfig(folder, folder+"/proxy.kubeconfig", Inside(), "system:kube-proxy")
	if err != nil {
		return nil, err
	}
	// The conntrack limits belong to the machine's own namespace and are not ours to set.
	text := fmt.Sprintf(`
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: %s
clusterCIDR: %s
clientConnection: {kubeconfig: %s/etc/proxy.kubeconfig}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
nftables: {minSyncPeriod: 100ms}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
`, node.Name, layout.PodNetwork, Here)
	if err := write(folder+"/proxy.yaml", text); err != nil {
		return nil, err
	}
	return []string{Self, "kube-proxy", flag("config", Here+"/etc/proxy.yaml")}, nil
}
