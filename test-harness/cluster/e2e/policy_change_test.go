package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"factory.gov.kg/test-harness/cluster/layout"
)

func (b *tableau) apply(t *testing.T, name, spec string) {
	t.Helper()
	policy := networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := yaml.UnmarshalStrict([]byte(b.fill(spec)), &policy.Spec); err != nil {
		t.Fatal(err)
	}
	policies := b.fixture.client().NetworkingV1().NetworkPolicies("x")
	if _, err := policies.Create(context.Background(), &policy, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := policies.Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// labels changes who is meant while a policy is in force.
func (b *tableau) labels(t *testing.T) {
	b.apply(t, "by-label", `{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {friend: "yes"}}, podSelector: {matchLabels: {friend: "yes"}}}]}]}`)
	matrix := func(allowed func(flow) bool) {
		t.Helper()
		eventually(t, 10*time.Second, "matrix", func(context.Context) string { return b.differs(allowed) })
	}
	client, ctx := b.fixture.client().CoreV1(), context.Background()
	label := func(value string) []byte { return []byte(`{"metadata":{"labels":{"friend":` + value + `}}}`) }
	matrix(func(f flow) bool { return !inX(f) })
	if _, err := client.Namespaces().Patch(ctx, "y", types.MergePatchType, label(`"yes"`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	matrix(func(f flow) bool { return !inX(f) })
	if _, err := client.Pods("y").Patch(ctx, "a", types.MergePatchType, label(`"yes"`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	matrix(func(f flow) bool { return !inX(f) || (f.from.space == "y" && f.from.name == "a") })
	if _, err := client.Namespaces().Patch(ctx, "y", types.MergePatchType, label("null"), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
	matrix(func(f flow) bool { return !inX(f) })
}

// services tries rules on what stands behind Service addresses, and on the cluster's facilities.
func (b *tableau) services(t *testing.T) {
	service, err := b.fixture.client().CoreV1().Services("y").Create(context.Background(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "front"},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"pod": "b"},
			Ports:    []corev1.ServicePort{{Port: 8000, TargetPort: intstr.FromInt32(80)}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]string{
		"service": "tcp:" + service.Spec.ClusterIP + ":8000",
		"pod":     "tcp:" + b.fill("{y/c}") + ":80",
	}
	expect := func(source member, want map[string]bool) {
		t.Helper()
		eventually(t, 10*time.Second, "answers", func(context.Context) string {
			for name, target := range targets {
				results, err := b.try(source, []string{target})
				if err != nil {
					return err.Error()
				}
				if results[target] != want[name] {
					return fmt.Sprintf("%s replied: %t", name, results[target])
				}
			}
			return ""
		})
	}
	source, self := b.members[0], b.members[4]
	expect(source, map[string]bool{"service": true, "pod": true})
	b.apply(t, "to-b", `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {ns: "y"}}, podSelector: {matchLabels: {pod: b}}}], ports: [{port: 80}]}]}`)
	expect(source, map[string]bool{"service": true, "pod": false})
	if self.name != "b" || self.space != "y" {
		t.Fatal("the tableau has changed its order")
	}
	expect(self, map[string]bool{"service": true, "pod": true}) // itself, through its own Service
	b.facilities(t, source)
}

// facilities: a pod that may send nothing reaches DNS once a policy selects it as the pod it would be.
func (b *tableau) facilities(t *testing.T, source member) {
	ask := func() bool {
		port := "tcp:" + layout.DNSService + ":53"
		response, err := b.client[source.node].Get("http://" + source.address + ":9999/connect?to=" + port)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		return response.StatusCode == 200
	}
	eventually(t, 5*time.Second, "DNS", func(context.Context) string {
		if ask() {
			return "is reached by a pod that may not"
		}
		return ""
	})
	b.apply(t, "to-dns", `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{port: 53}]}]}`)
	eventually(t, 5*time.Second, "DNS", func(context.Context) string {
		if !ask() {
			return "is not reached by a pod that may"
		}
		return ""
	})
}

// newcomers: a pod's first packet meets the rules. There is no moment before them, and without a policy
// no long wait for being known.
func (b *tableau) newcomers(t *testing.T) {
	early := func(space, name string) map[string]int {
		t.Helper()
		address := b.pod(pod{
			space: space, name: name, node: "lab-1", image: proberImage,
			arguments: []string{"early:tcp:" + b.fill("{y/a}") + ":80"},
		})
		var tries map[string]int
		eventually(t, 10*time.Second, "tries", func(context.Context) string {
			response, err := b.client["lab-1"].Get("http://" + address + ":9999/early")
			if err != nil {
				return err.Error()
			}
			defer response.Body.Close()
			if err := json.NewDecoder(response.Body).Decode(&tries); err != nil {
				return err.Error()
			}
			if tries["tried"] < 3 {
				return fmt.Sprint(tries)
			}
			return ""
		})
		return tries
	}
	if tries := early("x", "free"); tries["replied"] == 0 || tries["tried"]-tries["replied"] > 1 {
		t.Errorf("without a policy, of the first %d tries %d had a reply", tries["tried"], tries["replied"])
	}
	b.apply(t, "deny", `{podSelector: {}, policyTypes: [Egress]}`)
	for index := range 3 {
		if tries := early("x", fmt.Sprintf("bound-%d", index)); tries["replied"] > 0 {
			t.Errorf("of the first %d tries of a pod that may send nothing, %d had a reply", tries["tried"], tries["replied"])
		}
	}
}
