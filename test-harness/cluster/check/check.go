// Package check asks a running cluster, from outside, whether each of its parts answers.
//
// Place on the path from manifest to register: what `up` waits for and `status` shows, by the same
// questions. An answer counts, a process that exists does not. It must change nothing.
package check

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"factory.gov.kg/test-harness/cluster/bootstrap"
	"factory.gov.kg/test-harness/cluster/layout"
)

// Check is one question. Ask is nil for a yes, else says what the part answered.
type Check struct {
	Name string
	Ask  func(context.Context) error
}

// All are the questions that a whole cluster answers with yes.
func All(cluster layout.Layout) []Check {
	checks := []Check{
		{"API server", func(context.Context) error { return api(cluster) }},
		{"registry", func(ctx context.Context) error { return web(ctx, cluster, "registry", "/v2/", http.StatusOK) }},
		{"git", func(ctx context.Context) error { return web(ctx, cluster, "git", "/", http.StatusNotFound) }},
		{"DNS", func(ctx context.Context) error { return dns(ctx, cluster) }},
		{"ingress", func(ctx context.Context) error { return web(ctx, cluster, "ingress", "/", http.StatusNotFound) }},
		{"storage class", func(ctx context.Context) error { return storage(ctx, cluster) }},
	}
	for _, node := range cluster.Nodes {
		checks = append(checks, Check{"node " + node.Name, func(ctx context.Context) error {
			return nodeReady(ctx, cluster, node.Name)
		}})
	}
	return checks
}

func api(cluster layout.Layout) error {
	config, err := bootstrap.Client(cluster.Path("kubeconfig"))
	if err != nil {
		return err
	}
	return bootstrap.Answers(config)
}

func client(cluster layout.Layout) (*kubernetes.Clientset, error) {
	config, err := bootstrap.Client(cluster.Path("kubeconfig"))
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(config)
}

func nodeReady(ctx context.Context, cluster layout.Layout, name string) error {
	client, err := client(cluster)
	if err != nil {
		return err
	}
	if err := renewed(ctx, client, cluster, name); err != nil {
		return err
	}
	node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	for _, taint := range node.Spec.Taints {
		if strings.HasPrefix(taint.Key, "node.kubernetes.io/") {
			return fmt.Errorf("tainted %s", taint.Key)
		}
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status != corev1.ConditionTrue {
			return fmt.Errorf("%s: %s", condition.Reason, condition.Message)
		}
		if condition.Type == corev1.NodeReady {
			return nil
		}
	}
	return fmt.Errorf("no Ready condition yet")
}

// renewed asks for a sign of life since the cluster was started: until then, what the API server says
// of a node is what it heard from an earlier run.
func renewed(ctx context.Context, client kubernetes.Interface, cluster layout.Layout, name string) error {
	started, err := os.Stat(cluster.Path(layout.IdentityFile))
	if err != nil {
		return err
	}
	lease, err := client.CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	if lease.Spec.RenewTime == nil || lease.Spec.RenewTime.Time.Before(started.ModTime()) {
		return fmt.Errorf("no sign of life since the start")
	}
	return nil
}

func storage(ctx context.Context, cluster layout.Layout) error {
	client, err := client(cluster)
	if err != nil {
		return err
	}
	_, err = client.StorageV1().StorageClasses().Get(ctx, "local", metav1.GetOptions{})
	return err
}

func web(ctx context.Context, cluster layout.Layout, door, path string, want int) error {
	port, err := Port(cluster, door)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), nil)
	if err != nil {
		return err
	}
	request.Close = true
	response, err := (&http.Client{Timeout: 2 * time.Second}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	if response.StatusCode != want {
		return fmt.Errorf("HTTP %d where %d is expected", response.StatusCode, want)
	}
	return nil
}

// Port is where a door of the cluster is open on loopback: api, registry, git or ingress.
func Port(cluster layout.Layout, door string) (int, error) {
	text, err := os.ReadFile(cluster.Path("ports.json"))
	if err != nil {
		return 0, err
	}
	var ports map[string]int
	if err := json.Unmarshal(text, &ports); err != nil {
		return 0, err
	}
	port, known := ports[door]
	if !known {
		return 0, fmt.Errorf("no port for %s", door)
	}
	return port, nil
}
