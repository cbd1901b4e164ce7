package netfault

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// link is one connection over a network.
type link struct {
	client *net.TCPConn
	ended  chan struct{}
	finish func()

	mu      sync.Mutex
	server  *net.TCPConn
	now     weather
	carried [2]int // bytes each way since the last change of the weather
	cut     bool   // it was cut at some time
}

func newLink(client *net.TCPConn) *link {
	l := &link{client: client, ended: make(chan struct{})}
	l.finish = sync.OnceFunc(func() { close(l.ended) })
	return l
}

func (l *link) set(now weather) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now, l.carried = now, [2]int{}
	l.cut = l.cut || now.cut
}

func (l *link) wasCut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cut
}

// end breaks the connection on both sides.
func (l *link) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finish()
	reset(l.client)
	reset(l.server)
}

func reset(conn *net.TCPConn) {
	if conn != nil {
		_ = conn.SetLinger(0) // RST
		_ = conn.Close()
	}
}

// carry copies everything from one side to the other until the connection ends.
func (l *link) carry(address string) {
	defer l.end()
	if l.wasCut() { // no answer will ever come
		<-l.ended
		return
	}
	dialed, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	server := dialed.(*net.TCPConn)
	l.mu.Lock()
	l.server = server
	l.mu.Unlock()
	select {
	case <-l.ended: // the link ended while it was dialled
		reset(server)
		return
	default:
	}
	var ways sync.WaitGroup
	ways.Go(func() { l.way(0, l.client, server) })
	ways.Go(func() { l.way(1, server, l.client) })
	ways.Wait()
}

// way carries one direction.
func (l *link) way(which int, from, to *net.TCPConn) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		text, last := l.pass(which, buffer[:n], err != nil)
		if len(text) > 0 {
			if _, err := to.Write(text); err != nil {
				l.end()
				return
			}
		}
		if last {
			l.end()
			return
		}
		if err != nil {
			_ = to.CloseWrite()
			return
		}
	}
}

// pass applies the weather. It returns the bytes that pass, and whether the connection then breaks.
// It withholds an end while the network is cut.
func (l *link) pass(which int, text []byte, isEnd bool) (passed []byte, breaks bool) {
	l.mu.Lock()
	now := l.now
	l.carried[which] += len(text)
	over := l.carried[which] - now.limit
	l.mu.Unlock()
	if now.latency > 0 {
		timer := time.NewTimer(now.latency + rand.N(now.jitter+1))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-l.ended:
			return nil, true
		}
	}
	switch {
	case l.wasCut() && isEnd:
		<-l.ended
		return nil, true
	case l.wasCut():
		return nil, false
	case now.limit > 0 && over >= 0:
		return text[:max(0, len(text)-over)], true
	}
	return text, false
}
