package netfault_test

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"pushloss/internal/lab/netfault"
)

// After any faults in any order, a network works again after Mend, at least for new
// connections.
func TestANetworkInUseCanAlwaysBeRepaired(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer listener.Close()
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wait.Go(func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			})
		}
	})
	n, err := netfault.New(listener.Addr().String())
	must(t, err)
	stop := make(chan struct{})
	talk := func(within time.Duration) error {
		conn, err := net.Dial("tcp", n.Address())
		if err != nil {
			return err
		}
		defer conn.Close()
		text := make([]byte, 64<<10)
		for range 10 {
			must(t, conn.SetDeadline(time.Now().Add(within)))
			go func() { _, _ = conn.Write(text) }()
			if _, err := io.ReadFull(conn, make([]byte, len(text))); err != nil {
				return err
			}
		}
		return nil
	}
	for range 8 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_ = talk(50 * time.Millisecond)
				}
			}
		})
	}
	for range 60 {
		switch rand.IntN(4) {
		case 0:
			n.Cut()
		case 1:
			n.Delay(5*time.Millisecond, 5*time.Millisecond)
		case 2:
			n.BreakBehind(rand.IntN(100_000))
		case 3:
			n.Break()
		}
		timer := time.NewTimer(time.Duration(rand.IntN(40)) * time.Millisecond)
		<-timer.C
		n.Mend()
	}
	close(stop)
	if err := talk(patience); err != nil {
		t.Errorf("it does not work after the repair: %v", err)
	}
	n.Close()
	_ = listener.Close()
	wait.Wait()
}
