package serve

import (
	"context"
	"time"
)

// stop ends the component without a failed request: readiness goes first, so that no new
// users are sent here; those who come meanwhile are served; then the door is closed and
// requests under way are finished.
func (s *Server) stop() error {
	s.stopping.Store(true)
	// Nothing inside the pod can observe that every node and ingress has heard of its end,
	// so this is a time and not an event.
	time.Sleep(s.Leave)
	ctx, cancel := context.WithTimeout(context.Background(), s.Finish)
	defer cancel()
	return s.http.Shutdown(ctx)
}
