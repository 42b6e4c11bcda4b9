package config

import (
	"factory.gov.kg/test-harness/cluster/layout"
)

const etcdAddress = "https://127.0.0.1:2379"

// Etcd is the command line of etcd.
func Etcd(cluster layout.Layout, keys Keys) ([]string, error) {
	if _, err := keys.Etcd.Issue(keys.Folder, "etcd", "etcd", nil, "127.0.0.1"); err != nil {
		return nil, err
	}
	return []string{
		Self, "etcd",
		flag("name", "factory"),
		flag("data-dir", cluster.Path("etcd")),
		flag("listen-client-urls", etcdAddress),
		flag("advertise-client-urls", etcdAddress),
		flag("listen-peer-urls", "http://127.0.0.1:2380"),
		flag("initial-advertise-peer-urls", "http://127.0.0.1:2380"),
		flag("initial-cluster", "factory=http://127.0.0.1:2380"),
		flag("cert-file", cluster.Path("pki", "etcd.crt")),
		flag("key-file", cluster.Path("pki", "etcd.key")),
		flag("client-cert-auth", "true"),
		flag("trusted-ca-file", cluster.Path("pki", "etcd-ca.crt")),
		// The page cache outlives a killed process; only a power cut would lose what was acknowledged,
		// and this cluster does not outlive one.
		flag("unsafe-no-fsync", "true"),
		flag("auto-compaction-retention", "10m"),
		flag("log-level", "warn"),
	}, nil
}
