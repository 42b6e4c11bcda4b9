package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestAProgramThatKeepsDyingIsStartedAtGrowingIntervals(t *testing.T) {
	pause := time.Duration(0)
	for _, want := range []time.Duration{100, 200, 400, 800, 1600, 3200, 5000, 5000} {
		if pause = nextPause(pause, time.Second); pause != want*time.Millisecond {
			t.Errorf("the next start is in %s, not %d ms", pause, want)
		}
	}
	if pause = nextPause(pause, time.Minute); pause != firstPause {
		t.Errorf("after a long run the next start is in %s", pause)
	}
}

func TestAnEndIsDescribedByItsCause(t *testing.T) {
	if got := describe(unix.WaitStatus(9)); got != "signal SIGKILL" {
		t.Errorf("killed: %q", got)
	}
	if got := describe(unix.WaitStatus(3 << 8)); got != "exit code 3" {
		t.Errorf("ended: %q", got)
	}
}

// TestProgramsAreKeptHeldAndRunOnce shares one keeper, because a keeper takes every child.
func TestProgramsAreKeptHeldAndRunOnce(t *testing.T) {
	folder := t.TempDir()
	keeper := NewKeeper()
	lines := func(name string) int {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Count(string(text), "\n")
	}
	until := func(what string, yes func() bool) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); !yes(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("never: %s", what)
			}
		}
	}
	spec := func(name, script string) Spec {
		return Spec{Name: name, Args: []string{"/bin/sh", "-c", script}, Log: filepath.Join(folder, name)}
	}
	if err := keeper.Keep(spec("dies", "echo run; exit 1")); err != nil {
		t.Fatal(err)
	}
	until("a second start of a program that died", func() bool { return lines("dies") >= 2 })

	hold := filepath.Join(folder, "hold")
	if err := os.WriteFile(hold, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	held := spec("held", "echo run; exec sleep 60")
	held.Held = func() bool { _, err := os.Stat(hold); return err == nil }
	if err := keeper.Keep(held); err != nil {
		t.Fatal(err)
	}
	if keeper.programs["held"].pid != 0 {
		t.Error("a held program was started")
	}
	if err := os.Remove(hold); err != nil {
		t.Fatal(err)
	}
	for range 2 { // waking what runs starts nothing
		if err := keeper.Wake("held"); err != nil {
			t.Fatal(err)
		}
	}
	until("the start of a program that was woken", func() bool { return lines("held") == 1 })
	defer func() { _ = unix.Kill(keeper.programs["held"].pid, unix.SIGKILL) }()
	if err := keeper.Wake("nobody"); err == nil {
		t.Error("a program that is not kept was woken")
	}

	if err := keeper.Once(spec("good", "exit 0")); err != nil {
		t.Error(err)
	}
	if err := keeper.Once(spec("bad", "exit 3")); err == nil || !strings.Contains(err.Error(), "exit code 3") {
		t.Errorf("a program that failed: %v", err)
	}
	if err := keeper.Keep(Spec{Name: "none", Args: []string{"/nonexistent"}, Log: filepath.Join(folder, "none")}); err == nil {
		t.Error("a program that does not exist was started")
	}
}
