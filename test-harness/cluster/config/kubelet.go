package config

import (
	"fmt"
	"strings"

	"factory.gov.kg/test-harness/cluster/layout"
)

// Labels and taint that the factory's Environment objects refer to.
const (
	labLabel  = "factory.gov.kg/lab"
	liveLabel = "factory.gov.kg/live"
)

// Kubelet writes a node's kubelet settings and is the command line that uses them.
func Kubelet(cluster layout.Layout, node layout.Node, keys Keys) ([]string, error) {
	folder := cluster.NodePath(node.Name, "etc")
	err := keys.Cluster.Kubeconfig(folder, folder+"/kubelet.kubeconfig", Inside(), "system:node:"+node.Name, "system:nodes")
	if err != nil {
		return nil, err
	}
	if err := write(folder+"/ca.crt", string(keys.Cluster.PEM)); err != nil {
		return nil, err
	}
	if err := write(folder+"/resolv.conf", "nameserver "+layout.DNSAddress+"\n"); err != nil {
		return nil, err
	}
	if err := write(folder+"/kubelet.yaml", kubeletSettings(cluster, node)); err != nil {
		return nil, err
	}
	var labels []string
	if node.Lab {
		labels = append(labels, labLabel+"=true")
	}
	if node.Live {
		labels = append(labels, liveLabel+"=true")
	}
	return []string{
		Self, "kubelet",
		flag("config", Here+"/etc/kubelet.yaml"),
		flag("kubeconfig", Here+"/etc/kubelet.kubeconfig"),
		flag("hostname-override", node.Name),
		flag("node-ip", node.Address.String()),
		flag("node-labels", strings.Join(labels, ",")),
	}, nil
}

func kubeletSettings(cluster layout.Layout, node layout.Node) string {
	text := fmt.Sprintf(`
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: %[1]s
healthzBindAddress: 127.0.0.1
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %[2]s/etc/ca.crt}
authorization: {mode: Webhook}
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
clusterDomain: %[3]s
clusterDNS: [%[4]s]
resolvConf: %[2]s/etc/resolv.conf
# One tree of control groups for each node: two kubelets on one tree delete each other's pods.
cgroupDriver: cgroupfs
cgroupRoot: %[5]s
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
# Pods of different services do not wait for each other's images, and events are not dropped.
serializeImagePulls: false
registryPullQPS: 0
eventRecordQPS: 0
kubeAPIQPS: 100
kubeAPIBurst: 200
# The machine is shared with a build: these fire when it is truly full, not when it is busy.
evictionHard: {memory.available: 64Mi, nodefs.available: 1%%, imagefs.available: 1%%, nodefs.inodesFree: 1%%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
`, node.Address, Here, layout.Domain, layout.DNSService, cluster.CgroupRoot()+"/"+node.Name+"/pods")
	if node.Tainted {
		text += fmt.Sprintf("registerWithTaints: [{key: %s, value: \"true\", effect: NoSchedule}]\n", labLabel)
	}
	return text
}
