package policy

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// results is where the container runtime writes down each pod's network, before the pod's first program
// starts. The API server learns of the address a second later, which would be a second without rules.
const results = "/var/lib/cni/results"

type result struct {
	NetworkName string      `json:"networkName"`
	Arguments   [][2]string `json:"cniArgs"`
	Result      struct {
		IPs []struct {
			Address string `json:"address"`
		} `json:"ips"`
	} `json:"result"`
}

// local reads the addresses of this node's pods by their uid. Of two networks of one pod (an earlier
// sandbox may not be cleaned up yet) the later counts.
func local(folder string) (map[types.UID]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "factory-*"))
	if err != nil {
		return nil, err
	}
	found, written := map[types.UID]string{}, map[types.UID]time.Time{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // removed since it was listed
		}
		about, err := os.Stat(file)
		if err != nil {
			continue
		}
		uid, address := parse(text)
		if uid == "" || address == "" || about.ModTime().Before(written[uid]) {
			continue // half written: the rest makes a new event
		}
		found[uid], written[uid] = address, about.ModTime()
	}
	return found, nil
}

func parse(text []byte) (types.UID, string) {
	var one result
	if err := json.Unmarshal(text, &one); err != nil || one.NetworkName != "factory" || len(one.Result.IPs) == 0 {
		return "", ""
	}
	prefix, err := netip.ParsePrefix(one.Result.IPs[0].Address)
	if err != nil {
		return "", ""
	}
	for _, argument := range one.Arguments {
		if argument[0] == "K8S_POD_UID" {
			return types.UID(argument[1]), prefix.Addr().String()
		}
	}
	return "", ""
}

// placed gives this node's pods the addresses that the runtime gave them.
func placed(pods []*corev1.Pod, node string, addresses map[types.UID]string) []*corev1.Pod {
	var all []*corev1.Pod
	for _, pod := range pods {
		address, known := addresses[pod.UID]
		if known && pod.Spec.NodeName == node && pod.Status.PodIP != address {
			pod = pod.DeepCopy()
			pod.Status.PodIP = address
		}
		all = append(all, pod)
	}
	return all
}
