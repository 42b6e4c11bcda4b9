package ingress

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"
)

// Proxy sends each request to an endpoint that is ready at that moment.
type Proxy struct {
	table atomic.Pointer[Table]
	back  *httputil.ReverseProxy
}

// NewProxy knows no rule until it is given a table. It calls endpoints from address source, by which
// network policies can tell the ingress from anything else on its node.
func NewProxy(source net.IP) *Proxy {
	proxy := &Proxy{}
	proxy.table.Store(NewTable(Facts{}))
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 2 * time.Second, LocalAddr: &net.TCPAddr{IP: source}}).DialContext,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     10 * time.Second,
	}
	proxy.back = &httputil.ReverseProxy{
		Rewrite:       rewrite,
		Transport:     &chooser{proxy: proxy, transport: transport},
		FlushInterval: -1,
		ErrorHandler: func(answer http.ResponseWriter, _ *http.Request, err error) {
			http.Error(answer, "ingress: "+err.Error(), http.StatusBadGateway)
		},
	}
	return proxy
}

// Use makes table the one in force, for the next request.
func (p *Proxy) Use(table *Table) { p.table.Store(table) }

func (p *Proxy) ServeHTTP(answer http.ResponseWriter, request *http.Request) {
	addresses, known := p.table.Load().Find(request.Host, request.URL.Path)
	switch {
	case !known:
		http.Error(answer, fmt.Sprintf("ingress: no rule for %s%s", request.Host, request.URL.Path), http.StatusNotFound)
	case len(addresses) == 0:
		http.Error(answer, "ingress: no endpoint is ready", http.StatusServiceUnavailable)
	default:
		p.back.ServeHTTP(answer, request)
	}
}

// rewrite keeps the host and what an earlier proxy said about the client, and adds this one's word.
func rewrite(request *httputil.ProxyRequest) {
	request.Out.URL.Scheme, request.Out.URL.Host = "http", "endpoint"
	request.Out.Host = request.In.Host
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		request.Out.Header[name] = request.In.Header[name]
	}
	host, proto := request.Out.Header.Get("X-Forwarded-Host"), request.Out.Header.Get("X-Forwarded-Proto")
	request.SetXForwarded() // appends to X-Forwarded-For, sets the others anew
	if host != "" {
		request.Out.Header.Set("X-Forwarded-Host", host)
	}
	if proto != "" {
		request.Out.Header.Set("X-Forwarded-Proto", proto)
	}
}

// chooser picks the endpoint at the last moment, and another one where the first refuses the
// connection: no byte of the request was sent then, so nothing is asked twice.
type chooser struct {
	proxy     *Proxy
	transport http.RoundTripper
}

func (c *chooser) RoundTrip(request *http.Request) (*http.Response, error) {
	addresses, _ := c.proxy.table.Load().Find(request.Host, request.URL.Path)
	if len(addresses) == 0 {
		return nil, errors.New("no endpoint is ready")
	}
	start := rand.IntN(len(addresses))
	attempts := len(addresses)
	if request.Body != nil && request.Body != http.NoBody {
		attempts = 1 // the body may be gone with the first attempt
	}
	var last error
	for try := range attempts {
		target := *request.URL
		target.Host = addresses[(start+try)%len(addresses)]
		response, err := c.transport.RoundTrip(at(request, &target))
		if err == nil {
			return response, nil
		}
		last = err
		var refused *net.OpError
		if !errors.As(err, &refused) || refused.Op != "dial" {
			break
		}
	}
	return nil, last
}

func at(request *http.Request, target *url.URL) *http.Request {
	moved := request.Clone(request.Context())
	moved.URL = target
	return moved
}
