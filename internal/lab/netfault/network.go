package netfault

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// Network is a network to one address. It is safe for concurrent use.
type Network struct {
	listener net.Listener
	wait     sync.WaitGroup

	mu     sync.Mutex
	target string
	links  map[*link]bool
	now    weather
	closed bool
}

// weather is what the network does to the bytes that it carries.
type weather struct {
	cut, broken     bool
	latency, jitter time.Duration
	limit           int // bytes that a connection may carry each way; 0 means no limit
}

// New returns a working network to the address. Close ends it.
func New(address string) (*Network, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a network to %s: %w", address, err)
	}
	n := &Network{target: address, listener: listener, links: make(map[*link]bool)}
	n.wait.Go(n.accept)
	return n, nil
}

// Address returns the address to connect to instead.
func (n *Network) Address() string { return n.listener.Addr().String() }

// Redirect sends new connections to another address.
func (n *Network) Redirect(address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.target = address
}

// Cut stops all bytes, on old and new connections, until Mend.
func (n *Network) Cut() { n.set(func(w *weather) { w.cut = true }) }

// Delay delays everything by latency, and by up to jitter more, each way.
func (n *Network) Delay(latency, jitter time.Duration) {
	n.set(func(w *weather) { w.latency, w.jitter = latency, jitter })
}

// BreakBehind breaks each connection after this many further bytes in one direction.
func (n *Network) BreakBehind(bytes int) {
	n.set(func(w *weather) { w.limit = bytes })
}

// Break ends all connections, including new ones, until Mend.
func (n *Network) Break() {
	n.set(func(w *weather) { w.broken = true })
	n.endLinks(func(*link) bool { return true })
}

// Mend makes the network work again. It ends connections that were cut, because what they lost
// cannot come back.
func (n *Network) Mend() {
	n.set(func(w *weather) { *w = weather{} })
	n.endLinks((*link).wasCut)
}

// Close ends the network and all its connections.
func (n *Network) Close() {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	_ = n.listener.Close()
	n.endLinks(func(*link) bool { return true })
	n.wait.Wait()
}

func (n *Network) set(change func(*weather)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(&n.now)
	for l := range n.links {
		l.set(n.now)
	}
}

func (n *Network) endLinks(which func(*link) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for l := range n.links {
		if which(l) {
			l.end()
		}
	}
}

func (n *Network) accept() {
	for {
		client, err := n.listener.Accept()
		if err != nil {
			return
		}
		l := newLink(client.(*net.TCPConn))
		n.mu.Lock()
		now, address := n.now, n.target
		n.links[l] = true
		l.set(now)
		if n.closed || now.broken {
			l.end()
		}
		n.mu.Unlock()
		n.wait.Go(func() {
			l.carry(address)
			n.mu.Lock()
			defer n.mu.Unlock()
			delete(n.links, l)
		})
	}
}
