package ingress

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"net"
	"strconv"
)

// Facts are the objects that a table is made from, as observed.
type Facts struct {
	Ingresses []*networkingv1.Ingress
	Services  []*corev1.Service
	Slices    []*discoveryv1.EndpointSlice
}

// Table says which addresses a request may go to. It never changes once made.
type Table struct{ hosts map[string][]route }

type route struct {
	path      string
	exact     bool
	addresses []string // of endpoints that are ready and not terminating
}

// NewTable makes the table. Pure: the same facts make the same table.
func NewTable(facts Facts) *Table {
	table := &Table{hosts: map[string][]route{}}
	for _, object := range facts.Ingresses {
		for _, rule := range object.Spec.Rules {
			if rule.HTTP == nil {
				continue
			}
			for _, path := range rule.HTTP.Paths {
				table.hosts[rule.Host] = append(table.hosts[rule.Host], route{
					path:      strings.TrimSuffix(path.Path, "/"),
					exact:     path.PathType != nil && *path.PathType == networkingv1.PathTypeExact,
					addresses: facts.addresses(object.Namespace, path.Backend.Service),
				})
			}
		}
		if backend := object.Spec.DefaultBackend; backend != nil {
			table.hosts[""] = append(table.hosts[""], route{addresses: facts.addresses(object.Namespace, backend.Service)})
		}
	}
	for _, routes := range table.hosts {
		// The longest path wins; an exact one wins over a prefix of the same length.
		slices.SortStableFunc(routes, func(a, b route) int {
			if a.exact != b.exact && len(a.path) == len(b.path) {
				return cmp.Compare(b2i(b.exact), b2i(a.exact))
			}
			return cmp.Compare(len(b.path), len(a.path))
		})
	}
	return table
}

func b2i(value bool) int {
	if value {
		return 1
	}
	return 0
}

// Find is where a request for host and path may go. known is false where no rule speaks of it; an
// empty list with known true means that no endpoint is ready.
func (t *Table) Find(host, path string) (addresses []string, known bool) {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	for _, name := range []string{strings.ToLower(host), ""} {
		for _, route := range t.hosts[name] {
			if route.matches(path) {
				return route.addresses, true
			}
		}
	}
	return nil, false
}

// matches compares by whole elements of the path, as the API specifies for Prefix.
func (r route) matches(path string) bool {
	if r.exact {
		return path == r.path || (r.path == "" && path == "/")
	}
	return path == r.path || strings.HasPrefix(path, r.path+"/")
}

func (f Facts) addresses(namespace string, backend *networkingv1.IngressServiceBackend) []string {
	if backend == nil {
		return nil
	}
	name, found := f.portName(namespace, backend)
	if !found {
		return nil
	}
	var addresses []string
	for _, slice := range f.Slices {
		if slice.Namespace != namespace || slice.Labels[discoveryv1.LabelServiceName] != backend.Name {
			continue
		}
		for _, port := range slice.Ports {
			if port.Port == nil || (port.Name != nil && *port.Name != name) {
				continue
			}
			for _, endpoint := range slice.Endpoints {
				if serves(endpoint) {
					addresses = append(addresses, net.JoinHostPort(endpoint.Addresses[0], strconv.Itoa(int(*port.Port))))
				}
			}
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// portName is how endpoint slices call the port that an ingress names or numbers.
func (f Facts) portName(namespace string, backend *networkingv1.IngressServiceBackend) (string, bool) {
	for _, service := range f.Services {
		if service.Namespace != namespace || service.Name != backend.Name {
			continue
		}
		for _, port := range service.Spec.Ports {
			byName := backend.Port.Name != "" && port.Name == backend.Port.Name
			if byName || (backend.Port.Name == "" && port.Port == backend.Port.Number) {
				return port.Name, true
			}
		}
	}
	return "", false
}

func serves(endpoint discoveryv1.Endpoint) bool {
	ready := endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready
	terminating := endpoint.Conditions.Terminating != nil && *endpoint.Conditions.Terminating
	return ready && !terminating && len(endpoint.Addresses) > 0
}
