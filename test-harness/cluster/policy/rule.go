package policy

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// compiler makes the chains of one policy.
type compiler struct {
	facts  Facts
	rules  Rules
	policy *networkingv1.NetworkPolicy
	prefix string // of the names of this policy's sets and chains
	sets   int
}

// peer is one source or destination: a match, and the pods that it means (nil: not known, any).
type peer struct {
	match string
	pods  []*corev1.Pod
}

// chain adds the policy's chain for one direction and returns its name.
func (c *compiler) chain(way direction) (string, error) {
	name := c.prefix + "-" + way.name
	lines := []string{}
	add := func(peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) error {
		resolved, err := c.peers(peers, way)
		if err != nil {
			return err
		}
		for _, peer := range resolved {
			for _, port := range c.ports(ports, way, peer) {
				lines = append(lines, strings.Join(strings.Fields(peer.match+" "+port+" accept"), " "))
			}
		}
		return nil
	}
	if way.kind == networkingv1.PolicyTypeIngress {
		for _, rule := range c.policy.Spec.Ingress {
			if err := add(rule.From, rule.Ports); err != nil {
				return "", err
			}
		}
	} else {
		for _, rule := range c.policy.Spec.Egress {
			if err := add(rule.To, rule.Ports); err != nil {
				return "", err
			}
		}
	}
	c.rules.Chains[name] = lines
	return name, nil
}

// peers are the matches of a rule's peers. No peer at all means everybody.
func (c *compiler) peers(peers []networkingv1.NetworkPolicyPeer, way direction) ([]peer, error) {
	if len(peers) == 0 {
		return []peer{{pods: slices.DeleteFunc(slices.Clone(c.facts.Pods), func(pod *corev1.Pod) bool { return !connected(pod) })}}, nil
	}
	var resolved []peer
	for _, each := range peers {
		if each.IPBlock != nil {
			if match, some := block(*each.IPBlock, way); some {
				resolved = append(resolved, peer{match: match})
			}
			continue
		}
		pods, err := c.facts.matching(each, c.policy.Namespace)
		if err != nil {
			return nil, err
		}
		if len(pods) == 0 {
			continue // means nobody now
		}
		set := c.name("s")
		c.rules.Sets[set] = addresses(pods)
		resolved = append(resolved, peer{match: way.other + " @" + set, pods: pods})
	}
	return resolved, nil
}

// block is the match of a block of addresses; some is false where it holds none of this cluster's family.
// It is read and written anew, so that nothing that a team wrote reaches nftables as it is.
func block(wanted networkingv1.IPBlock, way direction) (match string, some bool) {
	inside, err := netip.ParsePrefix(wanted.CIDR)
	if err != nil || !inside.Addr().Is4() {
		return "", false
	}
	match = way.other + " " + inside.Masked().String()
	for _, text := range wanted.Except {
		if except, err := netip.ParsePrefix(text); err == nil && except.Addr().Is4() {
			match += " " + way.other + " != " + except.Masked().String()
		}
	}
	return match, true
}

// ports are the matches of a rule's ports, one for each. No port at all means all of them.
func (c *compiler) ports(ports []networkingv1.NetworkPolicyPort, way direction, peer peer) []string {
	if len(ports) == 0 {
		return []string{""}
	}
	var matches []string
	for _, port := range ports {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		word := strings.ToLower(string(protocol))
		switch {
		case port.Port == nil:
			matches = append(matches, "ip protocol "+word)
		case port.Port.StrVal != "":
			if match := c.named(port.Port.StrVal, protocol, way, peer); match != "" {
				matches = append(matches, match)
			}
		case port.EndPort != nil:
			matches = append(matches, fmt.Sprintf("%s dport %d-%d", word, port.Port.IntVal, *port.EndPort))
		default:
			matches = append(matches, fmt.Sprintf("%s dport %d", word, port.Port.IntVal))
		}
	}
	return matches
}

// named matches a port that each pod at the receiving end may give another number.
func (c *compiler) named(name string, protocol corev1.Protocol, way direction, peer peer) string {
	receivers := peer.pods
	if way.kind == networkingv1.PolicyTypeIngress {
		receivers, _ = c.facts.selected(c.policy) // its selector was parsed before
	}
	var pairs []string
	for _, pod := range receivers {
		for _, container := range containers(pod) {
			for _, port := range container.Ports {
				if port.Name == name && protocolOf(port) == protocol {
					pairs = append(pairs, fmt.Sprintf("%s . %d", pod.Status.PodIP, port.ContainerPort))
				}
			}
		}
	}
	if len(pairs) == 0 {
		return "" // nobody has a port of that name: the rule opens nothing
	}
	slices.Sort(pairs)
	set := c.name("n")
	c.rules.Named[set] = slices.Compact(pairs)
	return fmt.Sprintf("ip daddr . %s dport @%s", strings.ToLower(string(protocol)), set)
}

// containers are those that can hold a port for the pod's life: sidecars are init containers.
func containers(pod *corev1.Pod) []corev1.Container {
	return append(slices.Clone(pod.Spec.InitContainers), pod.Spec.Containers...)
}

func protocolOf(port corev1.ContainerPort) corev1.Protocol {
	if port.Protocol == "" {
		return corev1.ProtocolTCP
	}
	return port.Protocol
}

func (c *compiler) name(kind string) string {
	c.sets++
	return fmt.Sprintf("%s-%s%d", c.prefix, kind, c.sets)
}
