package config

import (
	"fmt"

	"factory.gov.kg/test-harness/cluster/layout"
)

// Here is where a node sees its part of the state directory; see package node.
const Here = "/var/lib/factory"

// Containerd writes a node's containerd settings, its CNI network and its one registry, and is the
// command line that uses them.
func Containerd(cluster layout.Layout, node layout.Node, restrictOOM bool) ([]string, error) {
	settings := fmt.Sprintf(`
version = 2
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.internal.v1.tracing", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "%[1]s"
  # Without CAP_SYS_RESOURCE a lower OOM score is refused, and with it every sandbox.
  restrict_oom_score_adj = %[3]t
  max_concurrent_downloads = 6
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "%[2]s/etc/certs.d"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "%[2]s/etc/cni"
    max_conf_num = 1
`, layout.PauseImage, Here, restrictOOM)
	file := func(names ...string) string { return cluster.NodePath(node.Name, append([]string{"etc"}, names...)...) }
	if err := write(file("containerd.toml"), settings); err != nil {
		return nil, err
	}
	registry := fmt.Sprintf("server = \"http://%[1]s:%[2]d\"\n[host.\"http://%[1]s:%[2]d\"]\n  capabilities = [\"pull\", \"resolve\", \"push\"]\n",
		layout.RegistryIP, layout.RegistryPort)
	if err := write(file("certs.d", layout.RegistryName, "hosts.toml"), registry); err != nil {
		return nil, err
	}
	if err := write(file("cni", "10-factory.conflist"), network(node)); err != nil {
		return nil, err
	}
	return []string{"/usr/bin/containerd", "--config", Here + "/etc/containerd.toml"}, nil
}

// network joins pods by a cable each and routes between them, so that every packet of a pod passes the
// node's forward chain, where network policy stands. No masquerade: there is nowhere to go to.
func network(node layout.Node) string {
	return fmt.Sprintf(`
{
  "cniVersion": "0.4.0",
  "name": "factory",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": false,
      "mtu": 1500,
      "ipam": {
        "type": "host-local",
        "ranges": [[{"subnet": "%s"}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": "/run/cni/addresses"
      }
    }
  ]
}
`, node.Pods)
}
