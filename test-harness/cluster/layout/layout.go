// Package layout says where everything of a cluster is: names, addresses and files. Pure.
//
// Place on the path from manifest to register: the map of the ground. Two clusters with different
// state directories never share a name, so a test can run its own beside a developer's. Nothing here
// touches the machine.
package layout

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"path/filepath"
)

// Addresses, all of the benchmark range 198.18.0.0/15 and all inside namespaces that the harness
// makes. The facilities stand on addresses of their own, on the platform node, so that a network
// policy can allow the registry without allowing the API server.
const (
	NodeNetwork    = "198.18.0.0/24"
	PodNetwork     = "198.18.16.0/20"
	ServiceNetwork = "198.19.0.0/20"
	APIService     = "198.19.0.1"
	DNSService     = "198.19.0.10"
	APIAddress     = "198.18.0.10"
	RegistryIP     = "198.18.0.50"
	DNSAddress     = "198.18.0.53"
	GitAddress     = "198.18.0.80"
	IngressIP      = "198.18.0.90"
	RegistryPort   = 5000
	APIPort        = 6443
	RegistryName   = "registry.factory.test:5000"
	GitName        = "git.factory.test"
	Domain         = "cluster.local"
	PauseImage     = "factory.test/pause:1"
	// MaxNodes is bounded by what one machine's memory can carry, not by the addresses.
	MaxNodes = 5
)

// IdentityFile is what `up` writes just before it starts a cluster's first process, in the state directory.
const IdentityFile = "cluster.json"

// Layout is one cluster's map.
type Layout struct {
	State string // absolute path of the state directory
	Nodes []Node
}

// Node is one node's map. The first node is called platform and carries the control plane.
type Node struct {
	Name    string
	Index   int
	Address netip.Addr
	Pods    netip.Prefix
	Lab     bool // carries the label of lab nodes
	Live    bool // carries the label of nodes for launched services
	Tainted bool // refuses pods that do not ask for the lab
}

// New is the map of a cluster of count nodes in directory state.
func New(state string, count int) (Layout, error) {
	if count < 1 || count > MaxNodes {
		return Layout{}, fmt.Errorf("NODES is %d; it can be 1 to %d", count, MaxNodes)
	}
	absolute, err := filepath.Abs(state)
	if err != nil {
		return Layout{}, fmt.Errorf("state directory %q: %w", state, err)
	}
	layout := Layout{State: absolute}
	for index := range count {
		layout.Nodes = append(layout.Nodes, node(index, count))
	}
	return layout, nil
}

func node(index, count int) Node {
	made := Node{
		Name:    "platform",
		Index:   index,
		Address: netip.AddrFrom4([4]byte{198, 18, 0, byte(10 + index)}),
		Pods:    netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, byte(16 + index), 0}), 24),
		Lab:     index > 0 || count == 1,
		Live:    index == 0,
		Tainted: index > 0,
	}
	if index > 0 {
		made.Name = fmt.Sprintf("lab-%d", index)
	}
	return made
}

// ID tells this cluster's cgroups from any other's: eight hex digits of its state directory.
func (l Layout) ID() string {
	sum := sha256.Sum256([]byte(l.State))
	return hex.EncodeToString(sum[:4])
}

// CgroupRoot is the one cgroup, in every hierarchy, that everything of this cluster is under.
func (l Layout) CgroupRoot() string { return "/factory-" + l.ID() }

// Path joins names to the state directory.
func (l Layout) Path(names ...string) string {
	return filepath.Join(append([]string{l.State}, names...)...)
}

// NodePath joins names to one node's part of the state directory.
func (l Layout) NodePath(node string, names ...string) string {
	return l.Path(append([]string{"nodes", node}, names...)...)
}

// Find is the node of that name.
func (l Layout) Find(name string) (Node, error) {
	for _, node := range l.Nodes {
		if node.Name == name {
			return node, nil
		}
	}
	return Node{}, fmt.Errorf("no node is called %q", name)
}
