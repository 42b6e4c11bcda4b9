package policy

import (
	"context"
	"fmt"
	"os"
	"reflect"

	"github.com/fsnotify/fsnotify"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/knftables"

	"factory.gov.kg/test-harness/cluster/changes"
	"factory.gov.kg/test-harness/cluster/layout"
)

// facilities are the cluster's programs that would be pods elsewhere, with the labels they would have.
func facilities() []*corev1.Pod {
	var pods []*corev1.Pod
	for _, one := range []struct{ key, value, address string }{
		{"k8s-app", "kube-dns", layout.DNSAddress},
		{"app.kubernetes.io/name", "ingress", layout.IngressIP},
		{"app.kubernetes.io/name", "registry", layout.RegistryIP},
		{"app.kubernetes.io/name", "git", layout.GitAddress},
	} {
		pods = append(pods, &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: one.value, Labels: map[string]string{one.key: one.value}},
			Status:     corev1.PodStatus{PodIP: one.address, Phase: corev1.PodRunning},
		})
	}
	return pods
}

// Run keeps the rules of node in step with the API server until the context ends.
// subnet is that of the node's pods.
func Run(ctx context.Context, config *rest.Config, node, subnet string) error {
	nft, err := knftables.New(knftables.IPv4Family, Table)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods, spaces := factory.Core().V1().Pods(), factory.Core().V1().Namespaces()
	policies := factory.Networking().V1().NetworkPolicies()
	changed, _, err := changes.Of(pods.Informer(), spaces.Informer(), policies.Informer())
	if err != nil {
		return err
	}
	networks, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer networks.Close()
	if err := os.MkdirAll(results, 0o700); err != nil { // the runtime makes it with the first pod
		return err
	}
	if err := networks.Add(results); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	guard := Guard{Subnet: subnet}
	for _, pod := range facilities() {
		guard.Facilities = append(guard.Facilities, pod.Status.PodIP)
	}
	var written Rules
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		case <-networks.Events:
		}
		facts := Facts{Node: node}
		known, err := pods.Lister().List(labels.Everything())
		if err != nil {
			return err
		}
		addresses, err := local(results)
		if err != nil {
			return err
		}
		facts.Pods = append(placed(known, node, addresses), facilities()...)
		if facts.Namespaces, err = spaces.Lister().List(labels.Everything()); err != nil {
			return err
		}
		if facts.Policies, err = policies.Lister().List(labels.Everything()); err != nil {
			return err
		}
		rules, err := Compile(facts)
		if err != nil {
			return err
		}
		if reflect.DeepEqual(rules, written) {
			continue // most changes of pods are none of addresses or labels
		}
		if err := Write(ctx, nft, rules, guard); err != nil {
			return fmt.Errorf("write rules: %w", err)
		}
		written = rules
	}
}
