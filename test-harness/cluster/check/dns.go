package check

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"factory.gov.kg/test-harness/cluster/census"
	"factory.gov.kg/test-harness/cluster/layout"
	"factory.gov.kg/test-harness/cluster/netns"
)

// dns asks for a facility and for a Service, from the last node and through the address of the DNS
// Service: so kube-proxy and the cables are asked as well.
func dns(ctx context.Context, cluster layout.Layout) error {
	asker := cluster.Nodes[len(cluster.Nodes)-1].Name
	process, err := census.Node(cluster, asker)
	if err != nil {
		return err
	}
	if process == 0 {
		return fmt.Errorf("node %s does not run", asker)
	}
	space, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", process))
	if err != nil {
		return err
	}
	defer space.Close()
	for name, want := range map[string]string{
		"registry.factory.test.":                        layout.RegistryIP,
		"kubernetes.default.svc." + layout.Domain + ".": layout.APIService,
	} {
		if err := resolve(ctx, space, name, want); err != nil {
			return err
		}
	}
	return nil
}

func resolve(ctx context.Context, space *os.File, name, want string) error {
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var connection net.Conn
		err := netns.Inside(space, func() (err error) {
			connection, err = (&net.Dialer{}).DialContext(ctx, "tcp4", layout.DNSService+":53")
			return err
		})
		return connection, err
	}}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	addresses, err := resolver.LookupHost(ctx, name)
	if err != nil {
		return err
	}
	if len(addresses) != 1 || addresses[0] != want {
		return fmt.Errorf("%s is at %v, not at %s", name, addresses, want)
	}
	return nil
}
