package daemon

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener of connections in memory.
type pipes struct {
	net.Listener
	conns chan net.Conn
}

func (p pipes) Accept() (net.Conn, error) {
	conn, open := <-p.conns
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (pipes) Close() error { return nil }

// A handler that refuses a post does not read it. net/http reads the rest before it answers.
func TestNoClientHoldsAConnectionForEver(t *testing.T) {
	t.Parallel()
	const answer = 1 << 20 // bytes
	for name, test := range map[string]struct {
		sends, again string // once, and each second
		handler      http.HandlerFunc
		within       time.Duration
		deaf         bool // reads nothing
	}{
		"a header that does not end": {"GET / HTTP/1.1\r\n", "x", nil, headerTimeout, false},
		"a refused post, byte by byte": {
			"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", "x",
			func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusUnauthorized) }, readTimeout, false,
		},
		"an answer that nobody reads": {
			"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "",
			func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", answer)) }, writeTimeout, true,
		},
		"a connection without a second request": {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", func(http.ResponseWriter, *http.Request) {}, idleTimeout, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newServer(test.handler, slog.New(slog.DiscardHandler))
				listener := pipes{conns: make(chan net.Conn, 1)}
				served := make(chan error, 1)
				go func() { served <- server.Serve(listener) }()
				client, theirs := net.Pipe()
				listener.conns <- theirs
				read := make(chan int64, 1)
				reads := func() {
					n, _ := io.Copy(io.Discard, client)
					read <- n
				}
				if !test.deaf {
					go reads()
				}
				_, err := io.WriteString(client, test.sends)
				for left := test.within + time.Minute; left > 0; left -= time.Second {
					if time.Sleep(time.Second); err == nil && test.again != "" {
						_, err = io.WriteString(client, test.again)
					}
				}
				if test.deaf {
					go reads()
				}
				select {
				case n := <-read:
					if n >= answer {
						t.Error("the answer was still being sent")
					}
				case <-time.After(time.Second):
					t.Error("the connection is still open")
				}
				_ = client.Close()
				close(listener.conns)
				if err := <-served; !errors.Is(err, net.ErrClosed) {
					t.Error(err)
				}
			})
		})
	}
}
