package command

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// becomeRoot starts this command again by sudo where this user is not root.
func becomeRoot() error {
	if os.Geteuid() == 0 {
		return nil
	}
	sudo, err := exec.LookPath("sudo")
	if err != nil {
		return errors.New("not root, and no sudo here: run as root")
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return syscall.Exec(sudo, append([]string{"sudo", "--preserve-env=NODES", "--", self}, os.Args[1:]...), os.Environ())
}

// giveBack lets the user who called sudo read what a person needs of the cluster.
func giveBack(files ...string) error {
	user, err := strconv.Atoi(os.Getenv("SUDO_UID"))
	if err != nil {
		return nil // root itself
	}
	for _, file := range files {
		if err := os.Chown(file, user, -1); err != nil {
			return err
		}
	}
	return nil
}
