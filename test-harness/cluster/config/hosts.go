package config

import (
	"fmt"

	"factory.gov.kg/test-harness/cluster/layout"
)

// Hosts writes a node's /etc/hosts: its own name, and the facilities that it must find without DNS.
func Hosts(cluster layout.Layout, node layout.Node) error {
	return write(cluster.NodePath(node.Name, "etc", "hosts"), fmt.Sprintf(
		"127.0.0.1 localhost\n%s %s\n%s registry.factory.test\n%s %s\n",
		node.Address, node.Name, layout.RegistryIP, layout.GitAddress, layout.GitName))
}
