package load

import "time"

// Hurry makes the sessions of a database that are opened after it wait for moments only.
func Hurry(db *DB) {
	db.waits = waits{heartbeat: 50 * time.Millisecond, lastSteps: 100 * time.Millisecond, fence: 100 * time.Millisecond}
}

// Gathered is how many announcements wait for the next round.
func Gathered(s *Session) int {
	return s.announcing.Waiting()
}

// Asking is how many apps wait for the next read of failed windows.
func Asking(db *DB) int { return db.reads.failed.Waiting() }

// Loads is how many transactions of loads are under way, and how many loads wait to share one.
func Loads(s *Session) (underWay, waiting int) { return s.loads.size() }

// Confirmations is the same of confirmations.
func Confirmations(s *Session) (underWay, waiting int) { return s.confirmations.size() }

func (l *loads) size() (underWay, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.underWay, len(l.waiting)
}

// Broken ends when a session has noticed that its connection broke.
func Broken(s *Session) <-chan struct{} { return s.broken.Done() }

// LoadsAtOnce is how many transactions of loads are under way before others share one.
const LoadsAtOnce = loadsAtOnce

// LoadsOfApp is how many of them may have loads of one app.
const LoadsOfApp = loadsOfApp
