package bootstrap

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"factory.gov.kg/test-harness/cluster/layout"
)

func TestObjectsAreReadableAndAgreeWithTheLayout(t *testing.T) {
	found := map[string]unstructured.Unstructured{}
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(objects), 4096)
	for {
		var object unstructured.Unstructured
		if err := decoder.Decode(&object); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		found[object.GetKind()+" "+object.GetName()] = object
	}
	address, _, _ := unstructured.NestedString(found["Service kube-dns"].Object, "spec", "clusterIP")
	if address != layout.DNSService {
		t.Errorf("the DNS service is at %q", address)
	}
	if !strings.Contains(string(objects), "addresses: ["+layout.DNSAddress+"]") {
		t.Error("the DNS endpoint is not the layout's")
	}
	for _, name := range []string{"StorageClass local", "IngressClass factory-local"} {
		object := found[name]
		isDefault := false
		for key, value := range object.GetAnnotations() {
			isDefault = isDefault || strings.HasSuffix(key, "is-default-class") && value == "true"
		}
		if !isDefault {
			t.Errorf("%s is not the default", name)
		}
	}
}
