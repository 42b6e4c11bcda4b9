package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"factory.gov.kg/test-harness/cluster/census"
	"factory.gov.kg/test-harness/cluster/check"
	"factory.gov.kg/test-harness/cluster/layout"
)

// patience is how long a part may take to answer: several times what the slowest machine measured needed.
const (
	patience = 3 * time.Minute
	askEvery = 50 * time.Millisecond
)

func up() *cobra.Command {
	return &cobra.Command{
		Use:   "up",
		Short: "start the cluster where it does not run, and wait until every part answers",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(command.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return raise(ctx, command)
		},
	}
}

func raise(ctx context.Context, command *cobra.Command) error {
	cluster, was, err := recorded(command)
	if err != nil {
		return err
	}
	began := time.Now()
	started, err := ensure(ctx, command, cluster, was)
	if err != nil {
		return err
	}
	if cluster, was, err = recorded(command); err != nil {
		return err
	}
	err = await(ctx, cluster, began)
	if errors.Is(err, errEnded) && !started {
		// One that was found running may have been killed a moment before: then it is started like any other.
		if err = restart(ctx, command, cluster, was); err == nil {
			err = await(ctx, cluster, began)
		}
	}
	if err != nil {
		return err
	}
	if err := giveBack(cluster.State, cluster.Path("kubeconfig"), cluster.Path("env")); err != nil {
		return err
	}
	fmt.Printf("cluster ready with %d nodes after %.1f s: export KUBECONFIG=%s\n",
		len(cluster.Nodes), time.Since(began).Seconds(), cluster.Path("kubeconfig"))
	return nil
}

// errEnded says that nobody keeps the cluster up any more.
var errEnded = errors.New("the cluster's first process ended; see logs/cluster.log")

// ensure starts the cluster's first process where it does not run, and says whether it did. Two callers
// take turns.
func ensure(ctx context.Context, command *cobra.Command, cluster layout.Layout, was identity) (bool, error) {
	unlock, err := lock(cluster)
	if err != nil {
		return false, err
	}
	defer unlock()
	return start(ctx, command, cluster, was)
}

// restart does the same for a cluster that ended, unless it was taken down: that is what somebody wants.
func restart(ctx context.Context, command *cobra.Command, cluster layout.Layout, was identity) error {
	unlock, err := lock(cluster)
	if err != nil {
		return err
	}
	defer unlock()
	if _, now, err := recorded(command); err != nil || now.Nodes == 0 {
		return errors.Join(errEnded, err)
	}
	_, err = start(ctx, command, cluster, was)
	return err
}

func start(ctx context.Context, command *cobra.Command, cluster layout.Layout, was identity) (bool, error) {
	binary, err := os.Executable()
	if err != nil {
		return false, err
	}
	first, err := census.First(cluster)
	if err != nil {
		return false, err
	}
	if first != 0 {
		return false, reuse(command, was, binary)
	}
	asked, err := askedNodes(command)
	if err != nil {
		return false, err
	}
	if asked == anyNumber {
		asked = len(cluster.Nodes)
	}
	if was.Nodes != 0 && was.Nodes != asked {
		return false, fmt.Errorf("%s holds a cluster of %d nodes, not %d: take it down first", cluster.State, was.Nodes, asked)
	}
	// What an earlier first process left behind when it was killed (control groups, frozen processes)
	// would stand in the new one's way.
	if err := sweep(cluster); err != nil {
		return false, err
	}
	text, err := json.Marshal(identity{Nodes: asked, Binary: binary})
	if err != nil {
		return false, err
	}
	if err := os.WriteFile(identityFile(cluster), text, 0o644); err != nil {
		return false, err
	}
	if err := copyFile(filepath.Join(filepath.Dir(binary), "pause"), cluster.Path("pause")); err != nil {
		return false, err
	}
	started := exec.CommandContext(ctx, "/proc/self/exe", "launch", "--state="+cluster.State)
	started.Stderr = os.Stderr
	return true, started.Run()
}

func reuse(command *cobra.Command, was identity, binary string) error {
	asked, err := askedNodes(command)
	if err != nil {
		return err
	}
	if asked != anyNumber && was.Nodes != asked {
		return fmt.Errorf("the running cluster has %d nodes, not %d: take it down first", was.Nodes, asked)
	}
	if was.Binary != binary {
		fmt.Println("note: the running cluster was started by another build; take it down and up for this one")
	}
	return nil
}

// await asks every part at once until each has answered, and says when each did.
func await(ctx context.Context, cluster layout.Layout, began time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type answer struct {
		name string
		err  error
	}
	checks := check.All(cluster)
	answers := make(chan answer, len(checks))
	for _, question := range checks {
		go func() { answers <- answer{question.Name, persist(ctx, cluster, question)} }()
	}
	var failed []error
	for range checks {
		answer := <-answers
		if answer.err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", answer.name, answer.err))
			cancel() // one part that cannot come up decides
			continue
		}
		fmt.Printf("%-16s ready after %5.1f s\n", answer.name, time.Since(began).Seconds())
	}
	if len(failed) > 0 {
		return fmt.Errorf("%w (logs are in %s)", failed[0], cluster.Path("logs"))
	}
	return nil
}

func persist(ctx context.Context, cluster layout.Layout, question check.Check) error {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		err := question.Ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; last answer: %w", ctx.Err(), err)
		case <-tick.C:
		}
		if first, censusErr := census.First(cluster); censusErr == nil && first == 0 {
			return errEnded
		}
	}
}

// lock makes callers of up and down on one state directory take turns.
func lock(cluster layout.Layout) (func(), error) {
	if err := os.MkdirAll(cluster.State, 0o755); err != nil {
		return nil, err
	}
	file, err := os.Open(cluster.State)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return nil, err
	}
	return func() { _ = file.Close() }, nil
}

func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("%w: build with test-harness/cluster/build, which puts it beside the binary", err)
	}
	return os.WriteFile(to, text, 0o755)
}
