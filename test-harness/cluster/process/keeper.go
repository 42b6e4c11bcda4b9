// Package process starts programs and keeps them running.
//
// Place on the path from manifest to register: the pulse. The cluster's first process and each node's
// first process are keepers, and each is process 1 of a namespace of its own: when a keeper dies, the
// kernel ends all that it kept. Nothing here may know what a program is for.
package process

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"factory.gov.kg/test-harness/cluster/netns"
)

// Spec says how one program is started, each time alike.
type Spec struct {
	Name    string
	Args    []string    // the program's path, then its arguments
	Called  string      // what the program is told that it is called; empty: by its path
	Env     []string    // the whole environment
	Network *os.File    // the network namespace to start in; nil: the keeper's own
	Files   []*os.File  // become descriptors 3, 4, …
	Spaces  uintptr     // CLONE_NEW… flags: namespaces made anew at each start
	Log     string      // file to which output is appended
	Held    func() bool // whether the program must stay down for now; nil: never
}

// A program that dies is started again at once; one that keeps dying, at growing intervals.
const (
	firstPause = 100 * time.Millisecond
	longPause  = 5 * time.Second
	healthy    = 10 * time.Second // a run this long makes the next death a first one
)

// Keeper is the parent of all programs it keeps. There is one in a process, which must be process 1
// of its namespace, because it collects every child that dies.
type Keeper struct {
	mutex    sync.Mutex
	running  map[int]*kept
	programs map[string]*kept
}

type kept struct {
	spec    Spec
	pid     int
	started time.Time
	pause   time.Duration
	ended   chan unix.WaitStatus // of a program that runs once; nil: kept
}

// NewKeeper begins to collect children.
func NewKeeper() *Keeper {
	keeper := &Keeper{running: map[int]*kept{}, programs: map[string]*kept{}}
	died := make(chan os.Signal, 1)
	signal.Notify(died, syscall.SIGCHLD)
	go func() {
		for range died {
			keeper.collect()
		}
	}()
	return keeper
}

// Keep starts a program and starts it again whenever it ends.
func (k *Keeper) Keep(spec Spec) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	program := &kept{spec: spec}
	k.programs[spec.Name] = program
	return k.start(program)
}

// Once runs a program to its end and fails where it does.
func (k *Keeper) Once(spec Spec) error {
	program := &kept{spec: spec, ended: make(chan unix.WaitStatus, 1)}
	k.mutex.Lock()
	err := k.start(program)
	k.mutex.Unlock()
	if err != nil {
		return err
	}
	if status := <-program.ended; !status.Exited() || status.ExitStatus() != 0 {
		return fmt.Errorf("%s ended with %s; see %s", spec.Name, describe(status), spec.Log)
	}
	return nil
}

// Wake starts program name now if it is down, for one whose Held has just turned false.
func (k *Keeper) Wake(name string) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	program, known := k.programs[name]
	if !known {
		return fmt.Errorf("no program is called %q", name)
	}
	return k.start(program)
}

// start is called with the lock held, so that a child cannot be collected before it is known.
func (k *Keeper) start(program *kept) error {
	spec := program.spec
	if program.pid != 0 || (spec.Held != nil && spec.Held()) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(spec.Log), 0o755); err != nil {
		return err
	}
	log, err := os.OpenFile(spec.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	attributes := &os.ProcAttr{
		Env:   spec.Env,
		Files: append([]*os.File{nil, log, log}, spec.Files...),
		Sys:   &syscall.SysProcAttr{Cloneflags: spec.Spaces, Setsid: true},
	}
	var child *os.Process
	launch := func() error {
		arguments := slices.Clone(spec.Args)
		if spec.Called != "" {
			arguments[0] = spec.Called
		}
		child, err = os.StartProcess(spec.Args[0], arguments, attributes)
		return err
	}
	if spec.Network != nil {
		err = netns.Inside(spec.Network, launch)
	} else {
		err = launch()
	}
	if err != nil {
		return fmt.Errorf("start %s: %w", spec.Name, err)
	}
	program.pid, program.started = child.Pid, time.Now()
	k.running[child.Pid] = program
	return child.Release()
}

// collect takes every child that has died, kept or orphaned, and plans the next start of the kept.
func (k *Keeper) collect() {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		program, known := k.running[pid]
		if !known {
			continue
		}
		delete(k.running, pid)
		program.pid = 0
		if program.ended != nil {
			program.ended <- status
			continue
		}
		lived := time.Since(program.started)
		program.pause = nextPause(program.pause, lived)
		fmt.Printf("%s ended after %.1f s (%s); next start in %s\n",
			program.spec.Name, lived.Seconds(), describe(status), program.pause)
		time.AfterFunc(program.pause, func() { k.again(program) })
	}
}

func (k *Keeper) again(program *kept) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if err := k.start(program); err != nil {
		fmt.Println(err)
		program.pause = nextPause(program.pause, 0)
		time.AfterFunc(program.pause, func() { k.again(program) })
	}
}

func nextPause(last, lived time.Duration) time.Duration {
	if last == 0 || lived >= healthy {
		return firstPause
	}
	return min(2*last, longPause)
}

func describe(status unix.WaitStatus) string {
	if status.Signaled() {
		return "signal " + unix.SignalName(status.Signal())
	}
	return fmt.Sprintf("exit code %d", status.ExitStatus())
}
