package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"factory.gov.kg/test-harness/cluster/check"
	"factory.gov.kg/test-harness/cluster/image"
	"factory.gov.kg/test-harness/cluster/layout"
)

const proberImage = layout.RegistryName + "/prober:1"

type pod struct {
	space, name, node, image string
	labels                   map[string]string
	arguments                []string
	ports                    []corev1.ContainerPort
	claim                    string // mounted at /data
}

// pod starts a pod, on a node where one is named, and waits until it is ready. It returns its address.
func (f *fixture) pod(wanted pod) string {
	f.t.Helper()
	if wanted.space == "" {
		wanted.space = "default"
	}
	object := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: wanted.name, Labels: wanted.labels},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: new(int64),
			Tolerations:                   []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			Containers: []corev1.Container{{
				Name: "one", Image: wanted.image, ImagePullPolicy: corev1.PullIfNotPresent,
				Args: wanted.arguments, Ports: wanted.ports,
				SecurityContext: &corev1.SecurityContext{RunAsUser: new(int64)}, // root, for ports below 1024
			}},
		},
	}
	if wanted.node != "" {
		object.Spec.NodeSelector = map[string]string{corev1.LabelHostname: wanted.node}
	}
	if wanted.claim != "" {
		object.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: wanted.claim},
		}}}
		object.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}
	}
	pods := f.client().CoreV1().Pods(wanted.space)
	// A namespace's service account follows the namespace, a moment later.
	eventually(f.t, 20*time.Second, "create pod", func(ctx context.Context) string {
		if _, err := pods.Create(ctx, object, metav1.CreateOptions{}); err != nil {
			return err.Error()
		}
		return ""
	})
	address := ""
	eventually(f.t, 40*time.Second, "pod "+wanted.name, func(ctx context.Context) string {
		found, err := pods.Get(ctx, wanted.name, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		address = found.Status.PodIP
		for _, condition := range found.Status.Conditions {
			if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
				return ""
			}
		}
		return fmt.Sprintf("%s %v", found.Status.Phase, found.Status.ContainerStatuses)
	})
	return address
}

// pushProber puts the prober's image into the cluster's registry.
func (f *fixture) pushProber() {
	f.t.Helper()
	folder := f.t.TempDir()
	program, archive := filepath.Join(folder, "prober"), filepath.Join(folder, "prober.tar")
	port, err := check.Port(f.layout, "registry")
	if err != nil {
		f.t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", program, "./prober")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		f.t.Fatalf("build the prober: %v\n%s", err, output)
	}
	if err := image.Write(archive, "prober:1", program); err != nil {
		f.t.Fatal(err)
	}
	push := exec.Command("skopeo", "copy", "--quiet", "--dest-tls-verify=false", "docker-archive:"+archive,
		fmt.Sprintf("docker://127.0.0.1:%d/prober:1", port))
	if output, err := push.CombinedOutput(); err != nil {
		f.t.Fatalf("push the prober: %v\n%s", err, output)
	}
}

// namespace makes a namespace with labels.
func (f *fixture) namespace(name string, labels map[string]string) {
	f.t.Helper()
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	if _, err := f.client().CoreV1().Namespaces().Create(context.Background(), object, metav1.CreateOptions{}); err != nil {
		f.t.Fatal(err)
	}
}
