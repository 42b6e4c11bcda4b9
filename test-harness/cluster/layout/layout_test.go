package layout

import (
	"net/netip"
	"testing"
)

func TestNodesAreNamedLabelledAndTaintedByTheirCount(t *testing.T) {
	for count, want := range map[int][]Node{
		1: {{Name: "platform", Lab: true, Live: true}},
		3: {{Name: "platform", Live: true}, {Name: "lab-1", Lab: true, Tainted: true}, {Name: "lab-2", Lab: true, Tainted: true}},
	} {
		cluster, err := New("state", count)
		if err != nil {
			t.Fatal(err)
		}
		for index, node := range cluster.Nodes {
			got := Node{Name: node.Name, Lab: node.Lab, Live: node.Live, Tainted: node.Tainted}
			if got != want[index] {
				t.Errorf("node %d of %d is %+v", index, count, got)
			}
		}
	}
	for _, count := range []int{-1, 0, MaxNodes + 1} {
		if _, err := New("state", count); err == nil {
			t.Errorf("%d nodes are accepted", count)
		}
	}
}

func TestAddressesDoNotMeetAndAreAllOfTheBenchmarkRange(t *testing.T) {
	cluster, err := New("state", MaxNodes)
	if err != nil {
		t.Fatal(err)
	}
	whole := netip.MustParsePrefix("198.18.0.0/15")
	pods, nodes := netip.MustParsePrefix(PodNetwork), netip.MustParsePrefix(NodeNetwork)
	services := netip.MustParsePrefix(ServiceNetwork)
	for _, prefix := range []netip.Prefix{pods, nodes, services} {
		if !whole.Contains(prefix.Addr()) {
			t.Errorf("%s is outside %s", prefix, whole)
		}
	}
	if pods.Overlaps(nodes) || pods.Overlaps(services) || nodes.Overlaps(services) {
		t.Error("networks overlap")
	}
	taken := map[string]bool{}
	for _, address := range []string{RegistryIP, DNSAddress, GitAddress, IngressIP} {
		if taken[address] || !nodes.Contains(netip.MustParseAddr(address)) {
			t.Errorf("facility address %s", address)
		}
		taken[address] = true
	}
	for index, node := range cluster.Nodes {
		if taken[node.Address.String()] || !nodes.Contains(node.Address) || !pods.Contains(node.Pods.Addr()) {
			t.Errorf("node %+v", node)
		}
		for _, other := range cluster.Nodes[:index] {
			if node.Pods.Overlaps(other.Pods) || node.Address == other.Address {
				t.Errorf("%s and %s meet", node.Name, other.Name)
			}
		}
	}
	if cluster.Nodes[0].Address.String() != APIAddress {
		t.Error("the API server is not on the platform node")
	}
}

func TestStateDirectoriesGiveNamesOfTheirOwn(t *testing.T) {
	one, _ := New("/a", 1)
	two, _ := New("/b", 1)
	same, _ := New("/a/../a", 3)
	if one.ID() == two.ID() || one.ID() != same.ID() {
		t.Errorf("ids are %s, %s and %s", one.ID(), two.ID(), same.ID())
	}
}
