// Package config says with which flags and files each component runs. One component a file; pure but
// for writing the files.
//
// Place on the path from manifest to register: the settings of the ground. Where a setting differs
// from upstream's default, the reason stands beside it. Nothing here starts anything, and nothing here
// may make the cluster kinder to the factory than a real one would be.
package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"factory.gov.kg/test-harness/cluster/layout"
	"factory.gov.kg/test-harness/cluster/pki"
)

// Self is the path by which this binary starts itself as a component, also after its file was replaced.
const Self = "/proc/self/exe"

// Called is how it calls itself then, in lists of processes.
const Called = "factory-cluster"

// CalledFor is what the program of a command line is called: Called for this binary, else its path.
func CalledFor(arguments []string) string {
	if arguments[0] == Self {
		return Called
	}
	return ""
}

// Environment is what components get: nothing of the person's own but what finding programs needs.
func Environment() []string {
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
	}
}

// Keys are the authorities of a cluster.
type Keys struct {
	Cluster *pki.Authority // clients of the API server, and its own certificate
	Etcd    *pki.Authority // clients of etcd: the API server alone
	Folder  string
}

// OpenKeys reads or makes the authorities.
func OpenKeys(cluster layout.Layout) (Keys, error) {
	folder := cluster.Path("pki")
	main, err := pki.Open(folder, "ca")
	if err != nil {
		return Keys{}, err
	}
	etcd, err := pki.Open(folder, "etcd-ca")
	if err != nil {
		return Keys{}, err
	}
	return Keys{Cluster: main, Etcd: etcd, Folder: folder}, nil
}

// Inside is the API server's address for everything in the cluster's namespaces.
func Inside() string { return fmt.Sprintf("https://%s:%d", layout.APIAddress, layout.APIPort) }

func flag(name, value string) string { return "--" + name + "=" + value }

func write(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(strings.TrimLeft(text, "\n")), 0o644)
}
