package serve

// stop ends the component at once. This is the defect of this variant: users who are being
// served, and those who are still sent here, get a broken or refused connection.
func (s *Server) stop() error {
	return s.http.Close()
}
