package node

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// here is where the node sees its own part of the state directory.
const here = "/var/lib/factory"

// places are directories of the node's part of the state directory, by where programs expect them.
var places = map[string]string{
	"kubelet":    "/var/lib/kubelet",
	"containerd": "/var/lib/containerd",
	"cni":        "/var/lib/cni",
	"pod-logs":   "/var/log/pods",
	"containers": "/var/log/containers",
	"":           here,
}

// furnish gives the node, in its own mount namespace, a /proc of its own processes, an empty /run, and
// its own directories under /var. Mounts made here and later are seen by nobody else and vanish with
// the node.
func furnish(plan Plan) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("cut off mounts: %w", err)
	}
	// Sources are held open first: the state directory may itself be under a path that is covered next.
	sources := map[string]*os.File{}
	for name := range places {
		folder := filepath.Join(plan.Folder, name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		opened, err := os.Open(folder)
		if err != nil {
			return err
		}
		defer opened.Close()
		sources[name] = opened
	}
	for _, empty := range []string{"/run", "/var/lib", "/var/log"} {
		if err := unix.Mount("tmpfs", empty, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
			return fmt.Errorf("empty %s: %w", empty, err)
		}
	}
	// Kubelet's mounts for pods hold devices and programs, so its places are not restricted.
	for name, place := range places {
		if err := os.MkdirAll(place, 0o755); err != nil {
			return err
		}
		source := fmt.Sprintf("/proc/self/fd/%d", sources[name].Fd())
		if err := unix.Mount(source, place, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("place %s: %w", place, err)
		}
	}
	if err := unix.Mount(here+"/etc/hosts", "/etc/hosts", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("place /etc/hosts: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("own /proc: %w", err)
	}
	// Volumes with mount propagation need shared mounts: shared within this namespace alone.
	return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}
