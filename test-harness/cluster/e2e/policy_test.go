package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"factory.gov.kg/test-harness/cluster/census"
	"factory.gov.kg/test-harness/cluster/netns"
)

// member is one pod of the matrix.
type member struct{ space, name, node, address string }

// doors are what each member answers on, by the names that the cases use. Port 81 is called
// "serve-81" in every pod but b, which calls its port 82 so: a name means what each pod says.
var doors = []string{"tcp:80", "tcp:81", "tcp:82", "udp:80"}

// settle is several times what a rule takes from the API server into the kernel.
const settle = 500 * time.Millisecond

// tableau is two namespaces with three pods each, spread over two nodes.
type tableau struct {
	*fixture
	members []member
	client  map[string]*http.Client
}

func newTableau(t *testing.T) *tableau {
	f := newFixture(t)
	f.run("up")
	f.pushProber()
	made := &tableau{fixture: f, client: map[string]*http.Client{}}
	for _, node := range []string{"platform", "lab-1"} {
		made.client[node] = from(t, f, node)
	}
	for _, space := range []string{"x", "y"} {
		f.namespace(space, map[string]string{"ns": space})
		for index, name := range []string{"a", "b", "c"} {
			node := []string{"platform", "lab-1"}[(index+len(made.members)/3)%2]
			port := int32(81)
			if name == "b" {
				port = 82
			}
			address := f.pod(pod{
				space: space, name: name, node: node, image: proberImage, arguments: doors,
				labels: map[string]string{"pod": name},
				ports:  []corev1.ContainerPort{{Name: "serve-81", ContainerPort: port}},
			})
			made.members = append(made.members, member{space, name, node, address})
		}
	}
	return made
}

// from is a client in the network of a node: a pod always hears its own node.
func from(t *testing.T, f *fixture, node string) *http.Client {
	process, err := census.Node(f.layout, node)
	if err != nil || process == 0 {
		t.Fatalf("node %s does not run: %v", node, err)
	}
	space, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", process))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = space.Close() })
	dial := func(ctx context.Context, network, address string) (connection net.Conn, err error) {
		err = netns.Inside(space, func() error {
			connection, err = (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, network, address)
			return err
		})
		return connection, err
	}
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

// try lets a member try targets, and says which replied.
func (b *tableau) try(from member, targets []string) (map[string]bool, error) {
	query := url.Values{"to": targets}
	response, err := b.client[from.node].Get("http://" + from.address + ":9999/try?" + query.Encode())
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var results map[string]bool
	return results, json.NewDecoder(response.Body).Decode(&results)
}

// flow is one connection of the matrix.
type flow struct {
	from, to member
	door     string
}

func (f flow) String() string {
	return fmt.Sprintf("%s/%s → %s/%s %s", f.from.space, f.from.name, f.to.space, f.to.name, f.door)
}

// differs tries the whole matrix and lists where it is not as allowed says.
func (b *tableau) differs(allowed func(flow) bool) string {
	wrong := make(chan []string, len(b.members))
	for _, source := range b.members {
		go func() {
			flows := map[string]flow{}
			for _, destination := range b.members {
				for _, door := range doors {
					network, port, _ := strings.Cut(door, ":")
					flows[network+":"+destination.address+":"+port] = flow{source, destination, door}
				}
			}
			results, err := b.try(source, slices.Sorted(maps.Keys(flows)))
			if err != nil {
				wrong <- []string{err.Error()}
				return
			}
			var list []string
			for target, flow := range flows {
				// A pod always reaches itself.
				expected := flow.from == flow.to || allowed(flow)
				if results[target] != expected {
					list = append(list, fmt.Sprintf("%s replied: %t, expected: %t", flow, results[target], expected))
				}
			}
			wrong <- list
		}()
	}
	var all []string
	for range b.members {
		all = append(all, <-wrong...)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// TestClusterNetworkPolicy tries each kind of rule on the whole matrix: what it allows and what it
// refuses. The cases are those of upstream's own suite, test/e2e/network/netpol.
func TestClusterNetworkPolicy(t *testing.T) {
	t.Parallel()
	tableau := newTableau(t)
	for _, each := range cases {
		t.Run(each.name, func(t *testing.T) {
			for index, text := range each.policies {
				tableau.apply(t, fmt.Sprintf("policy-%d", index), text)
			}
			took := eventually(t, 10*time.Second, "matrix", func(context.Context) string { return tableau.differs(each.allowed) })
			// Where a case allows what was open before it, the first look may have come before the rules.
			time.Sleep(settle)
			if wrong := tableau.differs(each.allowed); wrong != "" {
				t.Errorf("no longer, %s later:\n%s", settle, wrong)
			}
			t.Logf("in force after %.1f s, one look at the matrix included", took.Seconds())
		})
	}
	t.Run("nothing is left of a deleted policy", func(t *testing.T) {
		eventually(t, 10*time.Second, "matrix", func(context.Context) string {
			return tableau.differs(func(flow) bool { return true })
		})
	})
	t.Run("labels", tableau.labels)
	t.Run("services", tableau.services)
	t.Run("newcomers", tableau.newcomers)
}

// fill puts the addresses of members into a policy: {x/a} and so on.
func (b *tableau) fill(text string) string {
	for _, member := range b.members {
		text = strings.ReplaceAll(text, "{"+member.space+"/"+member.name+"}", member.address)
	}
	return text
}
