// Package serve runs one component of the service as a good citizen of a cluster: probes
// that tell the truth, limits on every read and write, and an end that no user feels.
// It must not know what the component does.
package serve

import (
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Server is one component: its handler, and what its readiness probe asks.
type Server struct {
	// Ready is nil when the component can answer, else why it cannot yet.
	Ready func() error
	// Leave is how long after SIGTERM the component goes on serving, because nodes
	// and ingresses hear of its end only after it did.
	Leave time.Duration
	// Finish is how long requests under way may then take.
	Finish time.Duration

	http     http.Server
	stopping atomic.Bool
}

// New makes a server with the limits that both components share.
func New(handler http.Handler, ready func() error) *Server {
	s := &Server{Ready: ready, Leave: 4 * time.Second, Finish: 10 * time.Second}
	s.http = http.Server{
		Handler:           s.withProbes(handler),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second,
		// Longer than the 90 s for which common proxies keep an idle connection, so that
		// it is never we who close one in the moment in which a request is sent on it.
		IdleTimeout:    120 * time.Second,
		MaxHeaderBytes: 16 << 10,
	}
	return s
}

// Run listens at the address until SIGTERM or SIGINT and returns nil after an orderly end.
func (s *Server) Run(address string) error {
	// Asked for before the port is open: a signal in between must find its listener.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(listener) }()
	log.Printf("listening at %s", listener.Addr())
	select {
	case err := <-failed:
		return err
	case received := <-signals:
		log.Printf("%s: leaving", received)
		err := s.stop()
		if served := <-failed; err == nil && !errors.Is(served, http.ErrServerClosed) {
			err = served
		}
		return err
	}
}

// withProbes answers the two probes beside the component's own addresses. Liveness asks
// only whether the process answers at all: a dependency that is away is no reason to kill it.
func (s *Server) withProbes(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz":
			JSON(w, http.StatusOK, map[string]string{"status": "ok"})
		case "/readyz":
			if s.stopping.Load() {
				Fail(w, http.StatusServiceUnavailable, "leaving")
			} else if err := s.Ready(); err != nil {
				Fail(w, http.StatusServiceUnavailable, err.Error())
			} else {
				JSON(w, http.StatusOK, map[string]string{"status": "ready"})
			}
		default:
			if s.stopping.Load() {
				// Asks clients one by one to come back on a new connection, which finds
				// another replica. Closing idle connections instead would race with requests.
				w.Header().Set("Connection", "close")
			}
			handler.ServeHTTP(w, r)
		}
	})
}
