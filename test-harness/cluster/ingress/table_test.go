package ingress

import (
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func backend(service string, port networkingv1.ServiceBackendPort) networkingv1.IngressBackend {
	return networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{Name: service, Port: port}}
}

func facts(conditions ...discoveryv1.EndpointConditions) Facts {
	exact, prefix := networkingv1.PathTypeExact, networkingv1.PathTypePrefix
	number, name := networkingv1.ServiceBackendPort{Number: 80}, networkingv1.ServiceBackendPort{Name: "http"}
	port, portName := int32(8080), "http"
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{Namespace: "n", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		Ports:      []discoveryv1.EndpointPort{{Name: &portName, Port: &port}},
	}
	for index, condition := range conditions {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{[]string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}[index]}, Conditions: condition,
		})
	}
	return Facts{
		Ingresses: []*networkingv1.Ingress{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "n"},
			Spec: networkingv1.IngressSpec{Rules: []networkingv1.IngressRule{{
				Host: "a.localhost",
				IngressRuleValue: networkingv1.IngressRuleValue{HTTP: &networkingv1.HTTPIngressRuleValue{Paths: []networkingv1.HTTPIngressPath{
					{Path: "/", PathType: &prefix, Backend: backend("web", number)},
					{Path: "/named", PathType: &prefix, Backend: backend("web", name)},
					{Path: "/gone", PathType: &prefix, Backend: backend("gone", number)},
					{Path: "/exact", PathType: &exact, Backend: backend("gone", number)},
				}}},
			}}},
		}},
		Services: []*corev1.Service{{
			ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "web"},
			Spec:       corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: 80}}},
		}},
		Slices: []*discoveryv1.EndpointSlice{slice},
	}
}

func TestRequestsFindTheirRule(t *testing.T) {
	table := NewTable(facts(discoveryv1.EndpointConditions{}))
	there := []string{"10.0.0.1:8080"}
	for _, each := range []struct {
		host, path string
		want       []string
		known      bool
	}{
		{"a.localhost", "/", there, true},
		{"A.LOCALHOST:8080", "/any/path", there, true},
		{"a.localhost", "/named", there, true},
		{"a.localhost", "/namedbutnot", there, true}, // by "/", not by half an element
		{"a.localhost", "/gone", nil, true},
		{"a.localhost", "/gone/below", nil, true},
		{"a.localhost", "/exact", nil, true},
		{"a.localhost", "/exact/below", there, true},
		{"b.localhost", "/", nil, false},
	} {
		got, known := table.Find(each.host, each.path)
		if known != each.known || !reflect.DeepEqual(got, each.want) {
			t.Errorf("%s%s goes to %v (known %t)", each.host, each.path, got, known)
		}
	}
}

func TestEndpointsThatAreNotReadyOrTerminateGetNothing(t *testing.T) {
	yes, no := true, false
	table := NewTable(facts(
		discoveryv1.EndpointConditions{Ready: &yes},
		discoveryv1.EndpointConditions{Ready: &no},
		discoveryv1.EndpointConditions{Ready: &yes, Terminating: &yes},
	))
	got, _ := table.Find("a.localhost", "/")
	if !reflect.DeepEqual(got, []string{"10.0.0.1:8080"}) {
		t.Errorf("requests go to %v", got)
	}
}
