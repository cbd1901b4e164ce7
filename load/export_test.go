package load

// Gathered is how many announcements wait for the next round.
func Gathered(s *Session) int {
	s.announcing.mu.Lock()
	defer s.announcing.mu.Unlock()
	return len(s.announcing.waiting)
}
