// Package netns makes the network namespaces of a cluster and starts things inside them.
//
// Place on the path from manifest to register: the wires. A namespace made here has no name: it lives
// as long as a process or an open file holds it, so the death of the cluster's first process removes
// it. Nothing here may add a device, a rule or a route to the machine's own namespace.
package netns

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Make is a new, empty network namespace, held by the returned file.
func Make() (*os.File, error) {
	var made *os.File
	err := aside(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("new network namespace: %w", err)
		}
		var err error
		made, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	return made, err
}

// Inside runs do in the namespace that file holds, on a thread of its own. What do starts (a socket,
// a process) belongs to that namespace for good.
func Inside(file *os.File, do func() error) error {
	return aside(func() error {
		if err := unix.Setns(int(file.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter network namespace: %w", err)
		}
		return do()
	})
}

// aside runs do on a thread that is thrown away: a thread that never comes back to the pool cannot
// carry a namespace into code that did not ask for it.
func aside(do func() error) error {
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		result <- do()
	}()
	return <-result
}
