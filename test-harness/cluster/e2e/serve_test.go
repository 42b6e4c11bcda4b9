package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"factory.gov.kg/test-harness/cluster/check"
	"factory.gov.kg/test-harness/cluster/layout"
)

// TestClusterServes tries what the factory relies on, each by use.
func TestClusterServes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	began := time.Now()
	f.run("up")
	t.Logf("up took %.1f s", time.Since(began).Seconds())
	again := time.Now()
	f.run("up")
	if took := time.Since(again); took > 5*time.Second {
		t.Errorf("a second up took %s", took)
	}
	f.pushProber()
	for name, try := range map[string]func(*fixture){
		"volumes": (*fixture).volumes, "ingress": (*fixture).ingress, "git": (*fixture).git,
		"names": (*fixture).names, "tokens": (*fixture).tokens, "admission": (*fixture).admission,
	} {
		t.Run(name, func(t *testing.T) { try(&fixture{t: t, layout: f.layout}) })
	}
}

func (f *fixture) claim(name string, mode corev1.PersistentVolumeAccessMode) {
	f.t.Helper()
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{mode},
		Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Mi")}},
	}}
	if _, err := f.client().CoreV1().PersistentVolumeClaims("default").Create(context.Background(), claim, metav1.CreateOptions{}); err != nil {
		f.t.Fatal(err)
	}
}

// volumes: a claim of the default class gets a directory on its pod's node, and takes it along.
func (f *fixture) volumes() {
	f.claim("data", corev1.ReadWriteOnce)
	f.pod(pod{name: "keeper", node: "lab-1", image: proberImage, claim: "data"})
	folders := f.layout.NodePath("lab-1", "volumes")
	made, err := os.ReadDir(folders)
	if err != nil || len(made) != 1 {
		f.t.Fatalf("directories are %v, %v", made, err)
	}
	f.refusedVolume()
	core, ctx := f.client().CoreV1(), context.Background()
	if err := core.Pods("default").Delete(ctx, "keeper", metav1.DeleteOptions{}); err != nil {
		f.t.Fatal(err)
	}
	if err := core.PersistentVolumeClaims("default").Delete(ctx, "data", metav1.DeleteOptions{}); err != nil {
		f.t.Fatal(err)
	}
	eventually(f.t, 30*time.Second, "removal", func(ctx context.Context) string {
		volumes, err := core.PersistentVolumes().List(ctx, metav1.ListOptions{})
		left, readErr := os.ReadDir(folders)
		if err != nil || readErr != nil || len(volumes.Items)+len(left) > 0 {
			return fmt.Sprintf("%d volumes, %d directories, %v, %v", len(volumes.Items), len(left), err, readErr)
		}
		return ""
	})
}

// refusedVolume: a claim that a directory cannot meet is told so, by an Event.
func (f *fixture) refusedVolume() {
	f.claim("shared", corev1.ReadWriteMany)
	waiting := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "waiting"}, Spec: corev1.PodSpec{
		Containers: []corev1.Container{{Name: "one", Image: layout.PauseImage}},
		Volumes: []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "shared"},
		}}},
	}}
	core := f.client().CoreV1()
	if _, err := core.Pods("default").Create(context.Background(), waiting, metav1.CreateOptions{}); err != nil {
		f.t.Fatal(err)
	}
	eventually(f.t, 20*time.Second, "event", func(ctx context.Context) string {
		events, err := core.Events("default").List(ctx, metav1.ListOptions{FieldSelector: "reason=ProvisioningFailed"})
		if err != nil || len(events.Items) == 0 || !strings.Contains(events.Items[0].Message, "ReadWriteMany") {
			return fmt.Sprint(events, err)
		}
		return ""
	})
	for _, err := range []error{
		core.Pods("default").Delete(context.Background(), "waiting", metav1.DeleteOptions{}),
		core.PersistentVolumeClaims("default").Delete(context.Background(), "shared", metav1.DeleteOptions{}),
	} {
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

// ingress: requests reach a ready endpoint by host name, and none once it is gone.
func (f *fixture) ingress() {
	client, ctx := f.client(), context.Background()
	f.pod(pod{name: "web", image: proberImage, labels: map[string]string{"app": "web"}})
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": "web"}, Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(9999)}},
	}}
	if _, err := client.CoreV1().Services("default").Create(ctx, service, metav1.CreateOptions{}); err != nil {
		f.t.Fatal(err)
	}
	prefix := networkingv1.PathTypePrefix
	rule := &networkingv1.Ingress{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{
		Host: "web.localhost",
		IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{{
			Path: "/", PathType: &prefix, Backend: networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
				Name: "web", Port: networkingv1.ServiceBackendPort{Number: 80},
			}},
		}}}},
	}}}}
	if _, err := client.NetworkingV1().Ingresses("default").Create(ctx, rule, metav1.CreateOptions{}); err != nil {
		f.t.Fatal(err)
	}
	answers := func(want int) func(context.Context) string {
		return func(context.Context) string {
			if code, text := f.get("ingress", "/early", "web.localhost"); code != want {
				return fmt.Sprintf("HTTP %d %s", code, text)
			}
			return ""
		}
	}
	eventually(f.t, 5*time.Second, "ingress", answers(http.StatusOK))
	eventually(f.t, 5*time.Second, "address in the status", func(ctx context.Context) string {
		shown, err := client.NetworkingV1().Ingresses("default").Get(ctx, "web", metav1.GetOptions{})
		if err != nil || len(shown.Status.LoadBalancer.Ingress) != 1 || shown.Status.LoadBalancer.Ingress[0].IP != layout.IngressIP {
			return fmt.Sprint(shown.Status, err)
		}
		return ""
	})
	if err := client.CoreV1().Pods("default").Delete(ctx, "web", metav1.DeleteOptions{}); err != nil {
		f.t.Fatal(err)
	}
	eventually(f.t, 5*time.Second, "ingress without endpoints", answers(http.StatusServiceUnavailable))
	if code, text := f.get("ingress", "/", "other.localhost"); code != http.StatusNotFound {
		f.t.Errorf("a host without a rule: HTTP %d %s", code, text)
	}
}

func (f *fixture) get(door, path, host string) (int, string) {
	f.t.Helper()
	port, err := check.Port(f.layout, door)
	if err != nil {
		f.t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

// git: a large first push from the machine makes the repository; inside it can be read, not written.
func (f *fixture) git() {
	port, err := check.Port(f.layout, "git")
	if err != nil {
		f.t.Fatal(err)
	}
	folder := f.t.TempDir()
	large := make([]byte, 3<<20)
	for index := range large {
		large[index] = byte(index * index >> 7) // over the megabyte from which git sends in chunks
	}
	if err := os.WriteFile(filepath.Join(folder, "large"), large, 0o644); err != nil {
		f.t.Fatal(err)
	}
	outside := fmt.Sprintf("http://127.0.0.1:%d/org/repo.git", port)
	git := func(arguments ...string) (string, error) {
		all := append([]string{"-C", folder, "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "http.postBuffer=65536"}, arguments...)
		output, err := exec.Command("git", all...).CombinedOutput()
		return string(output), err
	}
	for _, words := range []string{"init -q -b main", "add large", "commit -q -m one", "push -q " + outside + " main"} {
		if output, err := git(strings.Fields(words)...); err != nil {
			f.t.Fatalf("git %s: %v\n%s", words, err, output)
		}
	}
	commit, err := git("rev-parse", "HEAD")
	if err != nil {
		f.t.Fatal(err)
	}
	inside := "http://" + layout.GitName + "/org/repo.git"
	if output := f.run("exec", "lab-1", "--", "git", "ls-remote", inside, "main"); !strings.HasPrefix(output, strings.TrimSpace(commit)) {
		f.t.Errorf("inside, main is %q, not %q", output, commit)
	}
	if output, err := f.command("exec", "lab-1", "--", "git", "-C", folder, "push", inside, "main:other").CombinedOutput(); err == nil || !strings.Contains(string(output), "403") {
		f.t.Errorf("a push from inside: %v\n%s", err, output)
	}
	for _, path := range []string{"/../../etc/passwd", "/org/../org/repo.git/HEAD", "/org/none.git/HEAD", "/.hidden/repo.git/HEAD"} {
		if code, _ := f.get("git", path, "git"); code != http.StatusNotFound {
			f.t.Errorf("%s: HTTP %d", path, code)
		}
	}
}

// names: facilities and Services are found in a node's network, and what does not exist is said not to.
func (f *fixture) names() {
	lookup := func(name string) string {
		output, _ := f.command("exec", "lab-1", "--", "getent", "ahostsv4", name).Output()
		fields := strings.Fields(string(output))
		if len(fields) == 0 {
			return ""
		}
		return fields[0]
	}
	for name, want := range map[string]string{
		"registry.factory.test": layout.RegistryIP, layout.GitName: layout.GitAddress,
	} {
		if got := lookup(name); got != want {
			f.t.Errorf("%s is at %q", name, got)
		}
	}
	// There is no way out: even an address is unreachable at once, not after a time.
	began := time.Now()
	if output, err := f.command("exec", "lab-1", "--", "bash", "-c", "</dev/tcp/192.0.2.1/80").CombinedOutput(); err == nil || time.Since(began) > 3*time.Second {
		f.t.Errorf("an address outside: %v after %s\n%s", err, time.Since(began), output)
	}
}

// tokens: a service account gets a token for another audience, and only for it.
func (f *fixture) tokens() {
	client, ctx := f.client(), context.Background()
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{"factory-register"}}}
	made, err := client.CoreV1().ServiceAccounts("default").CreateToken(ctx, "default", request, metav1.CreateOptions{})
	if err != nil {
		f.t.Fatal(err)
	}
	for audience, want := range map[string]bool{"factory-register": true, "other": false, "": false} {
		review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: made.Status.Token}}
		if audience != "" {
			review.Spec.Audiences = []string{audience}
		}
		answer, err := client.AuthenticationV1().TokenReviews().Create(ctx, review, metav1.CreateOptions{})
		if err != nil || answer.Status.Authenticated != want {
			f.t.Errorf("for audience %q: %t, %v", audience, answer.Status.Authenticated, err)
		}
	}
}

// admission: Pod Security is enforced where a namespace asks for it.
func (f *fixture) admission() {
	f.namespace("strict", map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
	object := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "root"}, Spec: corev1.PodSpec{
		HostNetwork: true, Containers: []corev1.Container{{Name: "one", Image: layout.PauseImage}},
	}}
	eventually(f.t, 10*time.Second, "refusal", func(ctx context.Context) string {
		_, err := f.client().CoreV1().Pods("strict").Create(ctx, object, metav1.CreateOptions{})
		if err == nil {
			f.t.Fatal("a pod in the host's network is admitted")
		}
		if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "PodSecurity") {
			return err.Error()
		}
		return ""
	})
}
