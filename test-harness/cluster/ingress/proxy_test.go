package ingress

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// serving is a proxy whose every rule leads to addresses.
func serving(t *testing.T, addresses ...string) *httptest.Server {
	t.Helper()
	proxy := NewProxy(net.ParseIP("127.0.0.1"))
	proxy.Use(&Table{hosts: map[string][]route{"a.localhost": {{addresses: addresses}}}})
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	return server
}

func ask(t *testing.T, server *httptest.Server, host string, headers map[string]string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, server.URL+"/path?q=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestTheEndpointSeesTheRequestAsTheClientMadeIt(t *testing.T) {
	endpoint := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		_, _ = io.WriteString(writer, strings.Join([]string{
			request.Host, request.URL.String(), request.Header.Get("X-Forwarded-For"),
			request.Header.Get("X-Forwarded-Host"), request.Header.Get("X-Forwarded-Proto"),
		}, " "))
	}))
	defer endpoint.Close()
	server := serving(t, strings.TrimPrefix(endpoint.URL, "http://"))
	if _, got := ask(t, server, "a.localhost", nil); got != "a.localhost /path?q=1 127.0.0.1 a.localhost http" {
		t.Errorf("without headers: %q", got)
	}
	earlier := map[string]string{"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "outside", "X-Forwarded-Proto": "https"}
	if _, got := ask(t, server, "a.localhost", earlier); got != "a.localhost /path?q=1 192.0.2.1, 127.0.0.1 outside https" {
		t.Errorf("behind another proxy: %q", got)
	}
}

func TestRefusedConnectionsGoToAnotherEndpointAndNothingElseIsAskedTwice(t *testing.T) {
	asked := 0
	endpoint := httptest.NewServer(http.HandlerFunc(func(writer http.ResponseWriter, _ *http.Request) {
		asked++
		writer.WriteHeader(http.StatusTeapot)
	}))
	defer endpoint.Close()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	server := serving(t, dead, strings.TrimPrefix(endpoint.URL, "http://"))
	for range 20 {
		if code, _ := ask(t, server, "a.localhost", nil); code != http.StatusTeapot {
			t.Fatalf("HTTP %d", code)
		}
	}
	if asked != 20 {
		t.Errorf("the endpoint was asked %d times for 20 requests", asked)
	}
	if code, _ := ask(t, serving(t, dead), "a.localhost", nil); code != http.StatusBadGateway {
		t.Errorf("HTTP %d where nobody takes the connection", code)
	}
}

func TestWithoutRuleOrEndpointTheAnswerSaysWhich(t *testing.T) {
	server := serving(t)
	if code, _ := ask(t, server, "b.localhost", nil); code != http.StatusNotFound {
		t.Errorf("HTTP %d without a rule", code)
	}
	if code, _ := ask(t, server, "a.localhost", nil); code != http.StatusServiceUnavailable {
		t.Errorf("HTTP %d without an endpoint", code)
	}
}
