// Package ingress brings requests from outside to the endpoints of Services, by Ingress objects of
// class factory-local.
//
// Place on the path from manifest to register: how a person, and the factory's checks, reach a
// candidate, a launched service and the register. An endpoint that is not ready or is terminating gets
// no request from the moment the API says so. It must serve no other class: a user's cluster brings its
// own controller.
package ingress

import (
	"context"
	"encoding/json"
	"fmt"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"factory.gov.kg/test-harness/cluster/changes"
)

const class = "factory-local"

// Watch keeps the proxy's table in step with the API server until the context ends. address is what an
// Ingress shows as its own.
func Watch(ctx context.Context, config *rest.Config, proxy *Proxy, address string) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	ingresses := factory.Networking().V1().Ingresses()
	services := factory.Core().V1().Services()
	slices := factory.Discovery().V1().EndpointSlices()
	changed, _, err := changes.Of(ingresses.Informer(), services.Informer(), slices.Informer())
	if err != nil {
		return err
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
		var facts Facts
		if facts.Services, err = services.Lister().List(labels.Everything()); err != nil {
			return err
		}
		if facts.Slices, err = slices.Lister().List(labels.Everything()); err != nil {
			return err
		}
		all, err := ingresses.Lister().List(labels.Everything())
		if err != nil {
			return err
		}
		for _, object := range all {
			if ours(object) {
				facts.Ingresses = append(facts.Ingresses, object)
			}
		}
		proxy.Use(NewTable(facts))
		for _, object := range facts.Ingresses {
			if err := show(ctx, client, object, address); err != nil {
				fmt.Printf("ingress %s/%s: address not shown: %v\n", object.Namespace, object.Name, err)
			}
		}
	}
}

func ours(object *networkingv1.Ingress) bool {
	return object.Spec.IngressClassName != nil && *object.Spec.IngressClassName == class
}

// show writes the ingress's address into its status, once.
func show(ctx context.Context, client kubernetes.Interface, object *networkingv1.Ingress, address string) error {
	shown := object.Status.LoadBalancer.Ingress
	if len(shown) == 1 && shown[0].IP == address {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"status": networkingv1.IngressStatus{
		LoadBalancer: networkingv1.IngressLoadBalancerStatus{Ingress: []networkingv1.IngressLoadBalancerIngress{{IP: address}}},
	}})
	if err != nil {
		return err
	}
	_, err = client.NetworkingV1().Ingresses(object.Namespace).
		Patch(ctx, object.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}
