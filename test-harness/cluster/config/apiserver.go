package config

import (
	"fmt"

	"factory.gov.kg/test-harness/cluster/layout"
)

const issuer = "https://kubernetes.default.svc." + layout.Domain

// APIServer is the command line of kube-apiserver. Admission plugins are upstream's defaults, with the
// one that keeps a node to its own objects.
func APIServer(cluster layout.Layout, keys Keys) ([]string, error) {
	folder := keys.Folder
	if _, err := keys.Etcd.Issue(folder, "apiserver-etcd", "kube-apiserver", nil); err != nil {
		return nil, err
	}
	if _, err := keys.Cluster.Issue(folder, "apiserver-kubelet", "kube-apiserver", []string{"system:masters"}); err != nil {
		return nil, err
	}
	if _, err := keys.Cluster.Issue(folder, "service-accounts", "service-accounts", nil); err != nil {
		return nil, err
	}
	_, err := keys.Cluster.Issue(folder, "apiserver", "kube-apiserver", nil,
		"127.0.0.1", "localhost", layout.APIAddress, layout.APIService,
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc."+layout.Domain)
	if err != nil {
		return nil, err
	}
	file := func(name string) string { return cluster.Path("pki", name) }
	return []string{
		Self, "kube-apiserver",
		flag("advertise-address", layout.APIAddress),
		flag("bind-address", layout.APIAddress),
		flag("secure-port", fmt.Sprint(layout.APIPort)),
		flag("etcd-servers", etcdAddress),
		flag("etcd-cafile", file("etcd-ca.crt")),
		flag("etcd-certfile", file("apiserver-etcd.crt")),
		flag("etcd-keyfile", file("apiserver-etcd.key")),
		flag("tls-cert-file", file("apiserver.crt")),
		flag("tls-private-key-file", file("apiserver.key")),
		flag("client-ca-file", file("ca.crt")),
		flag("kubelet-client-certificate", file("apiserver-kubelet.crt")),
		flag("kubelet-client-key", file("apiserver-kubelet.key")),
		// Node names are in no DNS that the API server asks.
		flag("kubelet-preferred-address-types", "InternalIP"),
		flag("service-account-issuer", issuer),
		flag("service-account-signing-key-file", file("service-accounts.key")),
		flag("service-account-key-file", file("service-accounts.crt")),
		flag("service-cluster-ip-range", layout.ServiceNetwork),
		flag("authorization-mode", "Node,RBAC"),
		flag("enable-admission-plugins", "NodeRestriction"),
		flag("allow-privileged", "true"),
		flag("anonymous-auth", "true"), // health endpoints only: RBAC gives the anonymous nothing else
		flag("profiling", "false"),
	}, nil
}
