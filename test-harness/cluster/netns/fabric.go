package netns

import (
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"

	"factory.gov.kg/test-harness/cluster/layout"
)

// Fabric is the switch that nodes are plugged into, with the namespace of each node.
type Fabric struct {
	hub   *os.File
	Nodes map[string]*os.File
}

// Build makes the switch and a namespace for each node, with addresses, and routes to the pods of
// the others. There is no default route: nothing inside has a way out.
func Build(cluster layout.Layout) (*Fabric, error) {
	hub, err := Make()
	if err != nil {
		return nil, err
	}
	fabric := &Fabric{hub: hub, Nodes: map[string]*os.File{}}
	if err := Inside(hub, addSwitch); err != nil {
		return nil, fmt.Errorf("switch: %w", err)
	}
	for _, node := range cluster.Nodes {
		space, err := Make()
		if err != nil {
			return nil, err
		}
		fabric.Nodes[node.Name] = space
		if err := Inside(hub, func() error { return plug(node.Name, space) }); err != nil {
			return nil, fmt.Errorf("cable to %s: %w", node.Name, err)
		}
		if err := Inside(space, func() error { return address(cluster, node) }); err != nil {
			return nil, fmt.Errorf("network of %s: %w", node.Name, err)
		}
	}
	return fabric, nil
}

func addSwitch() error {
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "switch"}}
	if err := netlink.LinkAdd(bridge); err != nil {
		return err
	}
	return netlink.LinkSetUp(bridge)
}

// plug runs in the hub: one end of a veth stays in the switch, the other becomes the node's eth0.
func plug(name string, space *os.File) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	err := netlink.LinkAdd(&netlink.Veth{
		LinkAttrs:     attributes,
		PeerName:      "eth0",
		PeerNamespace: netlink.NsFd(int(space.Fd())),
	})
	if err != nil {
		return err
	}
	port, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	bridge, err := netlink.LinkByName("switch")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetMaster(port, bridge); err != nil {
		return err
	}
	return netlink.LinkSetUp(port)
}

// address runs in the node.
func address(cluster layout.Layout, node layout.Node) error {
	for file, value := range map[string]string{
		"ip_forward":             "1",
		"conf/all/rp_filter":     "0",
		"conf/default/rp_filter": "0",
	} {
		if err := os.WriteFile("/proc/sys/net/ipv4/"+file, []byte(value), 0o644); err != nil {
			return err
		}
	}
	for _, name := range []string{"lo", "eth0"} {
		link, err := netlink.LinkByName(name)
		if err != nil {
			return err
		}
		if err := netlink.LinkSetUp(link); err != nil {
			return err
		}
	}
	eth, err := netlink.LinkByName("eth0")
	if err != nil {
		return err
	}
	addresses := []string{node.Address.String() + "/24"}
	if node.Index == 0 {
		for _, facility := range []string{layout.RegistryIP, layout.DNSAddress, layout.GitAddress, layout.IngressIP} {
			addresses = append(addresses, facility+"/32")
		}
	}
	for _, text := range addresses {
		parsed, err := netlink.ParseAddr(text)
		if err != nil {
			return err
		}
		if err := netlink.AddrAdd(eth, parsed); err != nil {
			return fmt.Errorf("address %s: %w", text, err)
		}
	}
	return routes(cluster, node, eth)
}

// routes leads to the pods of the other nodes, and gives Service addresses a device, without which a
// node's own connection to a Service fails before kube-proxy can translate it.
func routes(cluster layout.Layout, node layout.Node, eth netlink.Link) error {
	index := eth.Attrs().Index
	services := network(netip.MustParsePrefix(layout.ServiceNetwork))
	source := net.IP(node.Address.AsSlice())
	all := []netlink.Route{{LinkIndex: index, Dst: services, Scope: netlink.SCOPE_LINK, Src: source}}
	for _, other := range cluster.Nodes {
		if other.Name != node.Name {
			all = append(all, netlink.Route{
				LinkIndex: index, Dst: network(other.Pods), Gw: net.IP(other.Address.AsSlice()), Src: source,
			})
		}
	}
	for _, route := range all {
		if err := netlink.RouteAdd(&route); err != nil {
			return fmt.Errorf("route to %s: %w", route.Dst, err)
		}
	}
	return nil
}

func network(prefix netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), 32)}
}
