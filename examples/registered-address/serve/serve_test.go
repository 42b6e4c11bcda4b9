package serve

import (
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// started runs a server at a free port and gives its address and what Run will return.
func started(t *testing.T, s *Server) (string, <-chan error) {
	t.Helper()
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := probe.Addr().String()
	probe.Close()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(address) }()
	for deadline := time.Now().Add(5 * time.Second); ; {
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			return "http://" + address, ended
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func status(t *testing.T, url string) (int, bool) {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if _, err := io.ReadAll(answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Close
}

func TestATermIsFeltByNobody(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	s := New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(entered)
			<-release
		}
		JSON(w, http.StatusOK, "served")
	}), func() error { return nil })
	s.Leave = 500 * time.Millisecond
	url, ended := started(t, s)
	if code, closes := status(t, url+"/x"); code != http.StatusOK || closes {
		t.Fatalf("before the signal: %d, closes %v", code, closes)
	}
	if code, _ := status(t, url+"/readyz"); code != http.StatusOK {
		t.Fatalf("before the signal, readiness: %d", code)
	}

	slow := make(chan int, 1)
	go func() {
		code, _ := status(t, url+"/slow")
		slow <- code
	}()
	<-entered
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(s.Leave / 2); ; {
		if code, _ := status(t, url+"/readyz"); code == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("after the signal, readiness stayed")
		}
	}
	if code, _ := status(t, url+"/healthz"); code != http.StatusOK {
		t.Errorf("after the signal, liveness: %d", code)
	}
	if code, closes := status(t, url+"/x"); code != http.StatusOK || !closes {
		t.Errorf("after the signal: %d, and the connection is closed: %v", code, closes)
	}
	select {
	case err := <-ended:
		t.Fatalf("ended with a request under way: %v", err)
	case <-time.After(s.Leave + 300*time.Millisecond):
	}
	close(release)
	if code := <-slow; code != http.StatusOK {
		t.Errorf("the request under way got %d", code)
	}
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestReadinessRepeatsWhatTheComponentSays(t *testing.T) {
	answer := errors.New("the addresses are being loaded")
	s := New(http.NotFoundHandler(), func() error { return answer })
	url, ended := started(t, s)
	if code, _ := status(t, url+"/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("not ready answered %d", code)
	}
	if err := s.http.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("ended with %v", err)
	}
}
