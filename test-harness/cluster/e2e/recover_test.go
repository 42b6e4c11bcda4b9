package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"factory.gov.kg/test-harness/cluster/census"
	"factory.gov.kg/test-harness/cluster/layout"
)

// TestClusterRecovers kills each part of one cluster in turn; every time all answers come back by
// themselves, or by `up` where the first process died, what was in the cluster is still there, and new
// pods start.
func TestClusterRecovers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.run("up")
	f.pod(pod{name: "kept", node: "lab-1", image: layout.PauseImage})
	for _, part := range []string{
		"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "coredns", "gateway", "git-server",
		"docker-registry", "kubelet", "kube-proxy", "policy", "storage", "containerd",
	} {
		t.Run(part, func(t *testing.T) {
			inner := &fixture{t: t, layout: f.layout}
			before := inner.running(part)
			inner.kill(runs(part))
			eventually(t, 20*time.Second, part, func(context.Context) string {
				if again := inner.running(part); again < before {
					return fmt.Sprintf("%d of %d run again", again, before)
				}
				return ""
			})
			inner.works("after-" + part)
		})
	}
	t.Run("a node, by the power", func(t *testing.T) {
		inner := &fixture{t: t, layout: f.layout}
		inner.run("node", "stop", "lab-1")
		if output, err := inner.command("status").CombinedOutput(); err == nil {
			t.Fatalf("status is content with a stopped node:\n%s", output)
		}
		inner.run("node", "start", "lab-1")
		inner.works("after-power")
	})
	t.Run("the first process", func(t *testing.T) {
		inner := &fixture{t: t, layout: f.layout}
		inner.kill(func(p census.Process) bool { return p.Depth == 1 && p.Inner == 1 })
		inner.works("after-all")
	})
}

// running counts the processes of a part that are not dying.
func (f *fixture) running(part string) int {
	f.t.Helper()
	processes, err := census.Processes(f.layout)
	if err != nil {
		f.t.Fatal(err)
	}
	count := 0
	for _, process := range processes {
		if runs(part)(process) {
			count++
		}
	}
	return count
}

// works shows a cluster whole: all parts answer, a pod from before runs, and a new one can start.
func (f *fixture) works(newcomer string) {
	f.t.Helper()
	f.run("up")
	f.keeps("kept")
	f.pod(pod{name: newcomer, node: "lab-1", image: layout.PauseImage})
}

// keeps waits until the pod of that name runs, in a container that the runtime knows now.
func (f *fixture) keeps(name string) {
	f.t.Helper()
	eventually(f.t, 60*time.Second, "pod "+name, func(ctx context.Context) string {
		found, err := f.client().CoreV1().Pods("default").Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		if len(found.Status.ContainerStatuses) != 1 || !found.Status.ContainerStatuses[0].Ready {
			return string(found.Status.Phase)
		}
		return ""
	})
}
