// Package ready waits for programs that tell nobody when they are ready, by asking them.
//
// Place on the path from manifest to register: between one program of the ground and the next. It must
// give up, with the last answer, rather than wait for ever.
package ready

import (
	"fmt"
	"net"
	"time"
)

// Patience is how long a program may take; interval is how often it is asked.
const (
	Patience = 2 * time.Minute
	interval = 25 * time.Millisecond
)

// Socket waits until a Unix socket accepts.
func Socket(path string) error {
	return Until(path, func() error { return accepts("unix", path) })
}

// Port waits until a TCP address accepts.
func Port(address string) error {
	return Until(address, func() error { return accepts("tcp", address) })
}

// Until asks until the answer is no error, and fails with the last one when patience ends.
func Until(what string, ask func() error) error {
	deadline := time.Now().Add(Patience)
	for {
		err := ask()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is not ready after %s: %w", what, Patience, err)
		}
		time.Sleep(interval)
	}
}

func accepts(network, address string) error {
	connection, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return err
	}
	return connection.Close()
}
