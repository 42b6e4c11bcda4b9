package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"

	"factory.gov.kg/test-harness/cluster/config"
	"factory.gov.kg/test-harness/cluster/layout"
)

// doors are the cluster's listeners on the machine's loopback.
type doors struct{ api, registry, git, ingress door }

type door struct {
	file *os.File
	port int
}

// openDoors takes the ports that this cluster had last, else the customary ones, else the next free.
func openDoors(cluster layout.Layout) (doors, error) {
	remembered := map[string]int{"api": 16443, "registry": 15000, "git": 15080, "ingress": 8080}
	file := cluster.Path("ports.json")
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &remembered)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return doors{}, fmt.Errorf("%s: %w", file, err)
	}
	var opened doors
	for name, place := range map[string]*door{
		"api": &opened.api, "registry": &opened.registry, "git": &opened.git, "ingress": &opened.ingress,
	} {
		if *place, err = openDoor(remembered[name]); err != nil {
			return doors{}, fmt.Errorf("%s: %w", name, err)
		}
		remembered[name] = place.port
	}
	if text, err = json.Marshal(remembered); err != nil {
		return doors{}, err
	}
	return opened, os.WriteFile(file, text, 0o644)
}

func openDoor(first int) (door, error) {
	var last error
	for port := first; port < first+100; port++ {
		listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			last = err
			continue
		}
		file, err := listener.(*net.TCPListener).File()
		return door{file: file, port: port}, err
	}
	return door{}, last
}

// describe writes what a person and make need to use the cluster: kubeconfig and env.
func describe(cluster layout.Layout, keys config.Keys, doors doors) error {
	loopback := func(scheme string, door door) string { return fmt.Sprintf("%s127.0.0.1:%d", scheme, door.port) }
	kubeconfig := cluster.Path("kubeconfig")
	err := keys.Cluster.Kubeconfig(keys.Folder, kubeconfig, loopback("https://", doors.api), "cluster-admin", "system:masters")
	if err != nil {
		return err
	}
	lines := []string{
		"KUBECONFIG=" + kubeconfig,
		"REGISTRY=" + layout.RegistryName,
		"REGISTRY_PUSH=" + loopback("", doors.registry),
		"REGISTRY_TLS=off",
		"GIT_URL=http://" + layout.GitName,
		"GIT_PUSH=" + loopback("http://", doors.git),
		"INGRESS=" + loopback("http://", doors.ingress),
	}
	return os.WriteFile(cluster.Path("env"), []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

func (b *builder) report(err error) {
	if err != nil {
		fmt.Println("cluster:", err)
	}
}
