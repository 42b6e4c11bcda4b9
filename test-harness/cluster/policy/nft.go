package policy

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"sigs.k8s.io/knftables"
)

// Table is the nftables table that holds a node's rules, and nothing else.
const Table = "factory-policy"

// Guard is what stays the same on a node.
type Guard struct {
	Subnet     string   // of the node's pods
	Facilities []string // addresses of the cluster's own programs
}

// Write replaces the node's rules by these, in one transaction: no packet meets half of them.
//
// A packet passes two base chains, one for the pod that sends it and one for the pod that gets it, and
// has to be accepted by both. Traffic from the node itself (kubelet's probes) comes through the output
// hook, where only the cluster's facilities, which stand on this node's addresses, are held to the
// rules as the pods that they would be elsewhere.
func Write(ctx context.Context, nft knftables.Interface, rules Rules, guarded Guard) error {
	change := nft.NewTransaction()
	change.Add(&knftables.Table{})
	change.Delete(&knftables.Table{})
	change.Add(&knftables.Table{Comment: knftables.PtrTo("NetworkPolicy of this node's pods")})

	change.Add(&knftables.Set{Name: "facilities", Type: "ipv4_addr"})
	fill(change, "facilities", guarded.Facilities, "ipv4")
	change.Add(&knftables.Set{Name: "own", Type: "ipv4_addr . ipv4_addr"})
	for _, address := range rules.Own {
		change.Add(&knftables.Element{Set: "own", Key: []string{address, address}})
	}
	change.Add(&knftables.Set{Name: "known", Type: "ipv4_addr"})
	fill(change, "known", rules.Own, "ipv4")
	for _, name := range slices.Sorted(maps.Keys(rules.Sets)) {
		change.Add(&knftables.Set{Name: name, Type: "ipv4_addr"})
		fill(change, name, rules.Sets[name], "ipv4")
	}
	for _, name := range slices.Sorted(maps.Keys(rules.Named)) {
		change.Add(&knftables.Set{Name: name, Type: "ipv4_addr . inet_service"})
		fill(change, name, rules.Named[name], "pair")
	}
	for _, name := range slices.Sorted(maps.Keys(rules.Chains)) {
		change.Add(&knftables.Chain{Name: name})
		for _, line := range rules.Chains[name] {
			change.Add(&knftables.Rule{Chain: name, Rule: line})
		}
	}
	guard(change, "egress", rules.Egress)
	guard(change, "ingress", rules.Ingress)

	// An address that is not known yet is a pod whose rules are not made yet: it waits for them.
	unknown := func(side string) string {
		return "ip " + side + " " + guarded.Subnet + " ip " + side + " != @known drop"
	}
	base(change, "forward-egress", knftables.ForwardHook, "filter", unknown("saddr"), "ip saddr vmap @egress")
	base(change, "forward-ingress", knftables.ForwardHook, "filter + 1", unknown("daddr"), "ip daddr vmap @ingress")
	base(change, "input-egress", knftables.InputHook, "filter", unknown("saddr"), "ip saddr vmap @egress")
	base(change, "output-ingress", knftables.OutputHook, "filter", "ip saddr @facilities ip daddr vmap @ingress")
	return nft.Run(ctx, change)
}

func fill(change *knftables.Transaction, set string, elements []string, kind string) {
	for _, element := range elements {
		key := []string{element}
		if kind == "pair" {
			var address, port string
			_, _ = fmt.Sscanf(element, "%s . %s", &address, &port) // made by this package
			key = []string{address, port}
		}
		change.Add(&knftables.Element{Set: set, Key: key})
	}
}

// guard adds, for each guarded pod, a chain that asks the pod's policies in turn and drops what none
// of them accepts, and a map from the pod's address to that chain.
func guard(change *knftables.Transaction, name string, pods map[string][]string) {
	change.Add(&knftables.Map{Name: name, Type: "ipv4_addr : verdict"})
	for _, address := range slices.Sorted(maps.Keys(pods)) {
		chain := name + "-" + address
		change.Add(&knftables.Chain{Name: chain})
		for _, policy := range pods[address] {
			change.Add(&knftables.Rule{Chain: chain, Rule: "jump " + policy})
		}
		change.Add(&knftables.Rule{Chain: chain, Rule: "drop"})
		change.Add(&knftables.Element{Map: name, Key: []string{address}, Value: []string{"goto " + chain}})
	}
}

func base(change *knftables.Transaction, name string, hook knftables.BaseChainHook, priority knftables.BaseChainPriority, lines ...string) {
	change.Add(&knftables.Chain{
		Name: name, Type: knftables.PtrTo(knftables.FilterType), Hook: knftables.PtrTo(hook), Priority: knftables.PtrTo(priority),
	})
	change.Add(&knftables.Rule{Chain: name, Rule: "ct state established,related accept"})
	// A pod always reaches itself, also through its own Service.
	change.Add(&knftables.Rule{Chain: name, Rule: "ip saddr . ip daddr @own accept"})
	for _, line := range lines {
		change.Add(&knftables.Rule{Chain: name, Rule: line})
	}
}
