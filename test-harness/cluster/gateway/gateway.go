// Package gateway serves the cluster's ports on the machine's loopback: the API server, the registry
// and the ingress.
//
// Place on the path from manifest to register: the way in for people, make and browsers. It runs
// inside the platform node's network with listeners that were opened outside, so the two networks meet
// in this process alone. It must not let anything inside reach out.
package gateway

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"

	"factory.gov.kg/test-harness/cluster/bootstrap"
	"factory.gov.kg/test-harness/cluster/ingress"
	"factory.gov.kg/test-harness/cluster/layout"
)

// Inherited is the listener that the cluster's first process opened and handed over as descriptor.
func Inherited(descriptor uintptr, name string) (net.Listener, error) {
	file := os.NewFile(descriptor, name)
	if file == nil {
		return nil, fmt.Errorf("no listener for %s at descriptor %d", name, descriptor)
	}
	defer file.Close()
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("listener for %s: %w", name, err)
	}
	return listener, nil
}

// Run serves until one of the ports fails.
func Run(kubeconfig string) error {
	failed := make(chan error, 5)
	for descriptor, target := range map[uintptr]string{
		3: fmt.Sprintf("%s:%d", layout.APIAddress, layout.APIPort),
		4: fmt.Sprintf("%s:%d", layout.RegistryIP, layout.RegistryPort),
	} {
		listener, err := Inherited(descriptor, target)
		if err != nil {
			return err
		}
		go func() { failed <- forward(listener, target) }()
	}
	if err := serveIngress(kubeconfig, failed); err != nil {
		return err
	}
	return <-failed
}

// serveIngress answers on loopback, for people, and on an address inside, for pods that come as users.
func serveIngress(kubeconfig string, failed chan<- error) error {
	config, err := bootstrap.Client(kubeconfig)
	if err != nil {
		return err
	}
	outside, err := Inherited(5, "ingress")
	if err != nil {
		return err
	}
	inside, err := net.Listen("tcp4", layout.IngressIP+":80")
	if err != nil {
		return err
	}
	proxy := ingress.NewProxy(net.ParseIP(layout.IngressIP))
	for _, listener := range []net.Listener{outside, inside} {
		go func() { failed <- http.Serve(listener, proxy) }()
	}
	go func() { failed <- ingress.Watch(context.Background(), config, proxy, layout.IngressIP) }()
	return nil
}

func forward(listener net.Listener, target string) error {
	for {
		outside, err := listener.Accept()
		if err != nil {
			return err
		}
		go join(outside, target)
	}
}

// join carries bytes both ways; each side's end of sending is passed on, for streams that need it.
func join(outside net.Conn, target string) {
	defer outside.Close()
	inside, err := net.Dial("tcp", target)
	if err != nil {
		return // the caller sees its connection closed, as by a server that is not there
	}
	defer inside.Close()
	done := make(chan struct{}, 2)
	carry := func(to, from net.Conn) {
		_, _ = io.Copy(to, from) // a broken connection ends the stream; there is no one to tell
		if half, can := to.(*net.TCPConn); can {
			_ = half.CloseWrite()
		}
		done <- struct{}{}
	}
	go carry(inside, outside)
	go carry(outside, inside)
	<-done
	<-done
}
