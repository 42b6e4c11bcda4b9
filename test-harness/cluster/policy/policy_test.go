package policy

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/knftables"
	"sigs.k8s.io/yaml"
)

func pod(space, name, node, address string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: space, Name: name, UID: types.UID(name), Labels: map[string]string{"app": name}},
		Spec: corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{
			Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: 8080}},
		}}},
		Status: corev1.PodStatus{PodIP: address, Phase: corev1.PodRunning},
	}
}

func facts(t *testing.T, specs ...string) Facts {
	t.Helper()
	host := pod("x", "host", "here", "10.0.0.1")
	host.Spec.HostNetwork = true
	ended := pod("x", "ended", "here", "10.1.0.9")
	ended.Status.Phase = corev1.PodSucceeded
	found := Facts{
		Node: "here",
		Pods: []*corev1.Pod{
			pod("x", "a", "here", "10.1.0.1"), pod("x", "b", "there", "10.2.0.1"), pod("y", "a", "here", "10.1.0.2"),
			pod("x", "new", "here", ""), host, ended,
		},
		Namespaces: []*corev1.Namespace{
			{ObjectMeta: metav1.ObjectMeta{Name: "x"}},
			{ObjectMeta: metav1.ObjectMeta{Name: "y", Labels: map[string]string{"kind": "other"}}},
		},
	}
	for index, spec := range specs {
		policy := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "x", Name: string(rune('a' + index))}}
		if err := yaml.UnmarshalStrict([]byte(spec), &policy.Spec); err != nil {
			t.Fatal(err)
		}
		found.Policies = append(found.Policies, policy)
	}
	return found
}

func TestPoliciesBecomeRules(t *testing.T) {
	for name, each := range map[string]struct {
		spec    string
		chain   string
		lines   []string
		ingress bool // whether x/a is guarded that way
		egress  bool
	}{
		"deny": {spec: `{podSelector: {}}`, chain: "p0-in", lines: []string{}, ingress: true},
		"a block with exceptions": {
			spec:  `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.3.0.0/16]}}]}]}`,
			chain: "p0-in", lines: []string{"ip saddr 10.0.0.0/8 ip saddr != 10.1.0.0/16 ip saddr != 10.3.0.0/16 accept"}, ingress: true,
		},
		"a block with bits below its length": {
			spec:  `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.1.2.3/8}}]}]}`,
			chain: "p0-in", lines: []string{"ip saddr 10.0.0.0/8 accept"}, ingress: true,
		},
		"blocks of the other family mean nobody": {
			spec:  `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: "2001:db8::/32"}}]}]}`,
			chain: "p0-in", lines: []string{}, ingress: true,
		},
		"peers by ports": {
			spec:  `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}, {ipBlock: {cidr: 10.9.0.0/16}}], ports: [{port: 80}, {port: 5, endPort: 9, protocol: UDP}]}]}`,
			chain: "p0-out", lines: []string{
				"ip daddr @p0-s1 tcp dport 80 accept", "ip daddr @p0-s1 udp dport 5-9 accept",
				"ip daddr 10.9.0.0/16 tcp dport 80 accept", "ip daddr 10.9.0.0/16 udp dport 5-9 accept",
			}, egress: true,
		},
		"everybody":           {spec: `{podSelector: {}, ingress: [{}]}`, chain: "p0-in", lines: []string{"accept"}, ingress: true},
		"a port by name":      {spec: `{podSelector: {}, ingress: [{ports: [{port: web}]}]}`, chain: "p0-in", lines: []string{"ip daddr . tcp dport @p0-n1 accept"}, ingress: true},
		"a name nobody gives": {spec: `{podSelector: {}, ingress: [{ports: [{port: other}]}]}`, chain: "p0-in", lines: []string{}, ingress: true},
		"peers that nobody is": {
			spec:  `{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: nobody}}}]}]}`,
			chain: "p0-in", lines: []string{}, ingress: true,
		},
		"pods elsewhere alone": {spec: `{podSelector: {matchLabels: {app: b}}}`, chain: "p0-in", lines: nil},
	} {
		rules, err := Compile(facts(t, each.spec))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !reflect.DeepEqual(rules.Chains[each.chain], each.lines) {
			t.Errorf("%s: %q", name, rules.Chains[each.chain])
		}
		if got := rules.Ingress["10.1.0.1"] != nil; got != each.ingress {
			t.Errorf("%s: x/a is guarded at ingress: %t", name, got)
		}
		if got := rules.Egress["10.1.0.1"] != nil; got != each.egress {
			t.Errorf("%s: x/a is guarded at egress: %t", name, got)
		}
		if rules.Ingress["10.1.0.2"] != nil || rules.Ingress["10.0.0.1"] != nil || rules.Ingress["10.1.0.9"] != nil {
			t.Errorf("%s: guards a pod of another namespace, of the host's network or one that ended", name)
		}
	}
}

func TestOnlyConnectedPodsAreMeantByPeers(t *testing.T) {
	rules, err := Compile(facts(t, `{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := rules.Sets["p0-s1"]; !slices.Equal(got, []string{"10.1.0.1", "10.1.0.2", "10.2.0.1"}) {
		t.Errorf("peers are %v", got)
	}
	if !slices.Equal(rules.Own, []string{"10.1.0.1", "10.1.0.2"}) {
		t.Errorf("this node's pods are %v", rules.Own)
	}
}

func TestASelectorThatCannotBeReadIsSaidWithItsPolicy(t *testing.T) {
	_, err := Compile(facts(t, `{podSelector: {matchExpressions: [{key: a, operator: Nonsense}]}}`))
	if err == nil || !strings.Contains(err.Error(), "x/a") {
		t.Errorf("the error is %v", err)
	}
}

func TestRulesAreTakenByNftablesAndReplacedWhole(t *testing.T) {
	nft := knftables.NewFake(knftables.IPv4Family, Table)
	guarded := Guard{Subnet: "10.1.0.0/24", Facilities: []string{"10.0.0.53"}}
	for _, spec := range []string{`{podSelector: {}, ingress: [{ports: [{port: web}]}]}`, `{podSelector: {}, policyTypes: [Egress]}`} {
		rules, err := Compile(facts(t, spec))
		if err != nil {
			t.Fatal(err)
		}
		if err := Write(context.Background(), nft, rules, guarded); err != nil {
			t.Fatal(err)
		}
	}
	dump := nft.Dump()
	for _, want := range []string{
		"add rule ip factory-policy forward-egress ip saddr 10.1.0.0/24 ip saddr != @known drop",
		"add element ip factory-policy egress { 10.1.0.1 : goto egress-10.1.0.1 }",
		"add rule ip factory-policy egress-10.1.0.1 drop",
	} {
		if !strings.Contains(dump, want) {
			t.Errorf("%q is not in\n%s", want, dump)
		}
	}
	if strings.Contains(dump, "ingress-10.1.0.1") || strings.Contains(dump, "p0-n1") {
		t.Errorf("the first policy is still in\n%s", dump)
	}
}

func TestAddressesComeFromTheRuntimeBeforeTheAPI(t *testing.T) {
	folder := t.TempDir()
	write := func(name, network, uid, address string, age time.Duration) {
		t.Helper()
		text := `{"networkName":"` + network + `","cniArgs":[["IgnoreUnknown","1"],["K8S_POD_UID","` + uid + `"]],"result":{"ips":[{"address":"` + address + `"}]}}`
		file := filepath.Join(folder, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(-age)
		if err := os.Chtimes(file, when, when); err != nil {
			t.Fatal(err)
		}
	}
	write("factory-1-eth0", "factory", "new", "10.1.0.5/24", time.Hour)
	write("factory-0-eth0", "factory", "new", "10.1.0.6/24", time.Minute)
	write("cni-loopback-1-lo", "cni-loopback", "new", "127.0.0.1/8", 0)
	if err := os.WriteFile(filepath.Join(folder, "factory-2-eth0"), []byte(`{"networkN`), 0o600); err != nil {
		t.Fatal(err)
	}
	addresses, err := local(folder)
	if err != nil || !reflect.DeepEqual(addresses, map[types.UID]string{"new": "10.1.0.6"}) {
		t.Fatalf("addresses are %v, %v", addresses, err)
	}
	found := facts(t, `{podSelector: {}}`)
	found.Pods = placed(found.Pods, "here", addresses)
	rules, err := Compile(found)
	if err != nil {
		t.Fatal(err)
	}
	if rules.Ingress["10.1.0.6"] == nil {
		t.Errorf("the new pod is not guarded: %v", rules.Ingress)
	}
}
