// Package e2e tries the cluster itself, as a person would: by its commands, and by what it leaves.
//
// Place on the path from manifest to register: it proves the ground. It runs clusters of its own beside
// whatever runs, in state directories of its own, and needs root. It must not be skipped silently: call
// it with `CGO_ENABLED=0 go test ./e2e`.
//
// Tests that look for what is left run alone and first: what comes and goes beside them could be taken for
// it. The others wait more than they compute, and run side by side.
package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"

	"factory.gov.kg/test-harness/cluster/bootstrap"
	"factory.gov.kg/test-harness/cluster/layout"
)

var binary string

func TestMain(main *testing.M) {
	output, err := exec.Command("../build").Output()
	if err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
	binary = strings.TrimSpace(string(output))
	os.Exit(main.Run())
}

// fixture is a cluster of two nodes, or the state directory for one.
type fixture struct {
	t      *testing.T
	layout layout.Layout
}

// newFixture's cluster is taken down at the end of the test, whatever happens in it.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	cluster, err := layout.New(filepath.Join(t.TempDir(), "cluster"), 2)
	if err != nil {
		t.Fatal(err)
	}
	made := &fixture{t: t, layout: cluster}
	t.Cleanup(func() {
		if output, err := made.command("down").CombinedOutput(); err != nil {
			t.Errorf("down: %v\n%s", err, output)
		}
	})
	return made
}

func (f *fixture) command(verb string, arguments ...string) *exec.Cmd {
	all := append([]string{verb, "--state", f.layout.State, "--nodes", "2"}, arguments...)
	return exec.Command(binary, all...)
}

func (f *fixture) run(verb string, arguments ...string) string {
	f.t.Helper()
	output, err := f.command(verb, arguments...).CombinedOutput()
	if err != nil {
		f.t.Fatalf("%s: %v\n%s%s", verb, err, output, f.logs())
	}
	return string(output)
}

// logs are the last lines of each log, for a test that failed.
func (f *fixture) logs() string {
	var text strings.Builder
	files, _ := filepath.Glob(f.layout.Path("logs", "*.log"))
	more, _ := filepath.Glob(f.layout.Path("nodes", "*", "logs", "*.log"))
	for _, file := range append(files, more...) {
		tail, _ := exec.Command("tail", "--lines=3", file).Output()
		fmt.Fprintf(&text, "--- %s\n%s", file, tail)
	}
	return text.String()
}

func (f *fixture) client() *kubernetes.Clientset {
	f.t.Helper()
	config, err := bootstrap.Client(f.layout.Path("kubeconfig"))
	if err != nil {
		f.t.Fatal(err)
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		f.t.Fatal(err)
	}
	return client
}

// eventually asks until the answer is empty, and fails with the last answer after patience.
func eventually(t *testing.T, patience time.Duration, what string, ask func(context.Context) string) time.Duration {
	t.Helper()
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		answer := ask(ctx)
		if answer == "" {
			return time.Since(began)
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s, after %s: %s", what, patience, answer)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
