// Package policy enforces NetworkPolicy objects on one node, with nftables.
//
// Place on the path from manifest to register: what keeps a candidate from reaching what its manifest
// does not name. It is for this harness alone: a user's cluster brings its own. It follows the API's
// words: ingress and egress; pods, namespaces and address blocks; ports by number, name and range;
// what no policy selects is open. It must not touch kube-proxy's rules, only read addresses after them.
package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Facts are the objects that rules are made from, as observed.
type Facts struct {
	Node       string // the node whose pods are guarded here
	Pods       []*corev1.Pod
	Namespaces []*corev1.Namespace
	Policies   []*networkingv1.NetworkPolicy
}

// Rules are what nftables is to hold, by names.
type Rules struct {
	Sets    map[string][]string // addresses
	Named   map[string][]string // address . port pairs, for ports by name
	Chains  map[string][]string // a policy's rules, in order; what is not accepted goes back
	Egress  map[string][]string // address of a guarded pod: chains that may let its packets go
	Ingress map[string][]string // address of a guarded pod: chains that may let packets come to it
	Own     []string            // addresses of this node's pods
}

type direction struct {
	kind  networkingv1.PolicyType
	name  string // in chain names
	other string // the match for the peer's address
}

var (
	inbound  = direction{networkingv1.PolicyTypeIngress, "in", "ip saddr"}
	outbound = direction{networkingv1.PolicyTypeEgress, "out", "ip daddr"}
)

// Compile makes the rules. Pure: the same facts make the same rules.
func Compile(facts Facts) (Rules, error) {
	rules := Rules{
		Sets: map[string][]string{}, Named: map[string][]string{}, Chains: map[string][]string{},
		Egress: map[string][]string{}, Ingress: map[string][]string{},
	}
	for _, pod := range facts.Pods {
		if here(pod, facts.Node) {
			rules.Own = append(rules.Own, pod.Status.PodIP)
		}
	}
	slices.Sort(rules.Own)
	facts.Policies = slices.SortedFunc(slices.Values(facts.Policies), func(a, b *networkingv1.NetworkPolicy) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	for index, policy := range facts.Policies {
		selected, err := facts.selected(policy)
		if err != nil {
			return Rules{}, fmt.Errorf("policy %s/%s: %w", policy.Namespace, policy.Name, err)
		}
		if len(selected) == 0 {
			continue // guards nothing on this node
		}
		compiler := compiler{facts: facts, rules: rules, policy: policy, prefix: fmt.Sprintf("p%d", index)}
		for _, way := range []direction{inbound, outbound} {
			if !applies(policy, way.kind) {
				continue
			}
			chain, err := compiler.chain(way)
			if err != nil {
				return Rules{}, fmt.Errorf("policy %s/%s: %w", policy.Namespace, policy.Name, err)
			}
			guarded := rules.Ingress
			if way.kind == networkingv1.PolicyTypeEgress {
				guarded = rules.Egress
			}
			for _, pod := range selected {
				guarded[pod.Status.PodIP] = append(guarded[pod.Status.PodIP], chain)
			}
		}
	}
	return rules, nil
}

// applies follows the API's defaults for a policy that does not list its types.
func applies(policy *networkingv1.NetworkPolicy, kind networkingv1.PolicyType) bool {
	if len(policy.Spec.PolicyTypes) > 0 {
		return slices.Contains(policy.Spec.PolicyTypes, kind)
	}
	return kind == networkingv1.PolicyTypeIngress || len(policy.Spec.Egress) > 0
}

// selected are the policy's pods on this node.
func (f Facts) selected(policy *networkingv1.NetworkPolicy) ([]*corev1.Pod, error) {
	selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
	if err != nil {
		return nil, err
	}
	var found []*corev1.Pod
	for _, pod := range f.Pods {
		if here(pod, f.Node) && pod.Namespace == policy.Namespace && selector.Matches(labels.Set(pod.Labels)) {
			found = append(found, pod)
		}
	}
	return found, nil
}

// connected pods have an address of their own that is in use.
func connected(pod *corev1.Pod) bool {
	ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
	return pod.Status.PodIP != "" && !pod.Spec.HostNetwork && !ended
}

func here(pod *corev1.Pod, node string) bool { return pod.Spec.NodeName == node && connected(pod) }

// matching are the pods that a peer's selectors mean, for a policy of namespace.
func (f Facts) matching(peer networkingv1.NetworkPolicyPeer, namespace string) ([]*corev1.Pod, error) {
	spaces := map[string]bool{namespace: true}
	if peer.NamespaceSelector != nil {
		selector, err := metav1.LabelSelectorAsSelector(peer.NamespaceSelector)
		if err != nil {
			return nil, err
		}
		spaces = map[string]bool{}
		for _, space := range f.Namespaces {
			spaces[space.Name] = selector.Matches(labels.Set(space.Labels))
		}
	}
	selector := labels.Everything()
	if peer.PodSelector != nil {
		var err error
		if selector, err = metav1.LabelSelectorAsSelector(peer.PodSelector); err != nil {
			return nil, err
		}
	}
	var found []*corev1.Pod
	for _, pod := range f.Pods {
		if connected(pod) && spaces[pod.Namespace] && selector.Matches(labels.Set(pod.Labels)) {
			found = append(found, pod)
		}
	}
	return found, nil
}

func addresses(pods []*corev1.Pod) []string {
	unique := map[string]bool{}
	for _, pod := range pods {
		unique[pod.Status.PodIP] = true
	}
	return slices.Sorted(maps.Keys(unique))
}
