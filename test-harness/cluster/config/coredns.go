package config

import (
	"fmt"

	"factory.gov.kg/test-harness/cluster/layout"
)

// CoreDNS is the command line of CoreDNS. A name that is neither in the cluster nor a facility does
// not exist, and is said not to at once: there is no one to forward to.
func CoreDNS(cluster layout.Layout, keys Keys) ([]string, error) {
	kubeconfig := cluster.Path("pki", "coredns.kubeconfig")
	if err := keys.Cluster.Kubeconfig(keys.Folder, kubeconfig, Inside(), "system:coredns"); err != nil {
		return nil, err
	}
	text := fmt.Sprintf(`
%[2]s:53 in-addr.arpa:53 {
	bind %[1]s
	errors
	health 127.0.0.1:8080 {
		lameduck 0s
	}
	ready 127.0.0.1:8181
	kubernetes %[2]s in-addr.arpa {
		kubeconfig %[3]s
		pods insecure
		ttl 5
	}
	cache 5
}
factory.test:53 {
	bind %[1]s
	errors
	hosts {
		%[4]s registry.factory.test
		%[5]s git.factory.test
	}
}
.:53 {
	bind %[1]s
	errors
	template ANY ANY {
		rcode NXDOMAIN
	}
}
`, layout.DNSAddress, layout.Domain, kubeconfig, layout.RegistryIP, layout.GitAddress)
	file := cluster.Path("coredns", "Corefile")
	if err := write(file, text); err != nil {
		return nil, err
	}
	return []string{Self, "coredns", "-conf", file}, nil
}
