package extract

import "sync"

// addresses are the base URLs of an account. The one in use is replaced by the next after
// two failures in a row to reach it, or at once if another party answers there.
type addresses struct {
	urls []string

	mu       sync.Mutex
	index    int
	failures int
	foreign  map[string]bool // those that presented another party's certificate
}

const failuresToSwitch = 2

func (a *addresses) current() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.urls[a.index]
}

func (a *addresses) failed(base string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.urls[a.index] != base {
		return
	}
	a.failures++
	if a.failures >= failuresToSwitch {
		a.index, a.failures = (a.index+1)%len(a.urls), 0
	}
}

func (a *addresses) reached() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failures = 0
}

// hijacked records that base belongs to another party. It reports whether any other address may
// still be the service's.
func (a *addresses) hijacked(base string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.foreign == nil {
		a.foreign = make(map[string]bool)
	}
	a.foreign[base] = true
	for i, url := range a.urls {
		if !a.foreign[url] {
			a.index, a.failures = i, 0
			return true
		}
	}
	clear(a.foreign) // the next request tries all of them again
	return false
}
