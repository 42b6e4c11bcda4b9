package config

import (
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"factory.gov.kg/test-harness/cluster/layout"
)

// made is a cluster of three nodes in a directory of the test's own, with all its keys.
func made(t *testing.T) (layout.Layout, Keys) {
	t.Helper()
	cluster, err := layout.New(t.TempDir(), 3)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := OpenKeys(cluster)
	if err != nil {
		t.Fatal(err)
	}
	return cluster, keys
}

func TestEveryFileThatACommandLineNamesIsThere(t *testing.T) {
	cluster, keys := made(t)
	lines := map[string][]string{}
	// All of them first: what one program names, another one's settings may make.
	for name, settings := range map[string]func(layout.Layout, Keys) ([]string, error){
		"etcd": Etcd, "kube-apiserver": APIServer, "kube-controller-manager": ControllerManager,
		"kube-scheduler": Scheduler, "coredns": CoreDNS, "storage": Storage,
	} {
		arguments, err := settings(cluster, keys)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if arguments[0] != Self || arguments[1] != name || CalledFor(arguments) != Called {
			t.Errorf("%s starts as %v", name, arguments[:2])
		}
		lines[name] = arguments
	}
	for name, arguments := range lines {
		for _, argument := range arguments {
			_, path, _ := strings.Cut(argument, "=")
			if strings.HasPrefix(path, cluster.State) && !strings.HasPrefix(argument, "--data-dir") {
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}

func TestNodesDifferByAddressSubnetLabelsAndTaint(t *testing.T) {
	cluster, keys := made(t)
	for _, node := range cluster.Nodes {
		arguments, err := Kubelet(cluster, node, keys)
		if err != nil {
			t.Fatal(err)
		}
		line := strings.Join(arguments, " ")
		if !strings.Contains(line, "--node-ip="+node.Address.String()) || !strings.Contains(line, "--hostname-override="+node.Name) {
			t.Errorf("kubelet of %s: %s", node.Name, line)
		}
		if strings.Contains(line, labLabel+"=true") != node.Lab || strings.Contains(line, liveLabel+"=true") != node.Live {
			t.Errorf("labels of %s: %s", node.Name, line)
		}
		text, err := os.ReadFile(cluster.NodePath(node.Name, "etc", "kubelet.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var settings map[string]any
		if err := yaml.UnmarshalStrict(text, &settings); err != nil {
			t.Fatal(err)
		}
		if root := settings["cgroupRoot"]; root != cluster.CgroupRoot()+"/"+node.Name+"/pods" {
			t.Errorf("control groups of %s are under %v", node.Name, root)
		}
		if _, tainted := settings["registerWithTaints"]; tainted != node.Tainted {
			t.Errorf("%s is tainted: %t", node.Name, tainted)
		}
		if _, err := Containerd(cluster, node, true); err != nil {
			t.Fatal(err)
		}
		network, err := os.ReadFile(cluster.NodePath(node.Name, "etc", "cni", "10-factory.conflist"))
		if err != nil || !strings.Contains(string(network), node.Pods.String()) {
			t.Errorf("network of %s: %s, %v", node.Name, network, err)
		}
		if _, err := Proxy(cluster, node, keys); err != nil {
			t.Fatal(err)
		}
	}
}

func TestARefusedOOMScoreIsNotAskedFor(t *testing.T) {
	cluster, _ := made(t)
	for restrict, want := range map[bool]string{true: "restrict_oom_score_adj = true", false: "restrict_oom_score_adj = false"} {
		if _, err := Containerd(cluster, cluster.Nodes[0], restrict); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(cluster.NodePath("platform", "etc", "containerd.toml"))
		if err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%q is not in the settings, %v", want, err)
		}
	}
}
