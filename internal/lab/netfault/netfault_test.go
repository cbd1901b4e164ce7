package netfault_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pushloss/internal/lab/netfault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 3 * time.Minute

// ends are the two ends of a connection over a network.
func ends(t *testing.T) (n *netfault.Network, client, server net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	n, err = netfault.New(listener.Addr().String())
	must(t, err)
	t.Cleanup(n.Close)
	client, err = net.Dial("tcp", n.Address())
	must(t, err)
	t.Cleanup(func() { _ = client.Close() })
	server, err = listener.Accept()
	must(t, err)
	t.Cleanup(func() { _ = server.Close() })
	return n, client, server
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hears waits for a word.
func hears(t *testing.T, conn net.Conn, within time.Duration) (string, error) {
	t.Helper()
	must(t, conn.SetReadDeadline(time.Now().Add(within)))
	word := make([]byte, 4)
	n, err := io.ReadFull(conn, word)
	return string(word[:n]), err
}

func TestANetworkCarriesBothWays(t *testing.T) {
	t.Parallel()
	_, client, server := ends(t)
	for _, way := range []struct{ from, to net.Conn }{{client, server}, {server, client}} {
		_, err := way.from.Write([]byte("word"))
		must(t, err)
		if word, err := hears(t, way.to, patience); err != nil || word != "word" {
			t.Errorf("%q came, %v", word, err)
		}
	}
}

// Neither bytes nor ends pass until Mend, whichever side closes.
func TestACutNetworkSendsNothing(t *testing.T) {
	t.Parallel()
	n, client, server := ends(t)
	n.Cut()
	_, err := client.Write([]byte("word"))
	must(t, err)
	must(t, client.Close())
	if word, err := hears(t, server, 300*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%q came, %v", word, err)
	}
	n.Mend()
	if _, err := hears(t, server, patience); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the repair, the connection ends with %v", err)
	}
}

func TestABrokenNetworkEndsConnections(t *testing.T) {
	t.Parallel()
	n, client, server := ends(t)
	n.Break()
	for _, conn := range []net.Conn{client, server} {
		if _, err := hears(t, conn, patience); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the connection ends with %v", err)
		}
	}
	if conn, err := net.Dial("tcp", n.Address()); err == nil {
		defer conn.Close()
		if _, err := hears(t, conn, patience); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a new connection ends with %v", err)
		}
	}
	n.Mend()
	conn, err := net.Dial("tcp", n.Address())
	must(t, err)
	must(t, conn.Close())
}

// A connection over a cut network succeeds, and gets no answer.
func TestACutNetworkTakesConnectionsAndNeverAnswers(t *testing.T) {
	t.Parallel()
	n, _, server := ends(t)
	n.Cut()
	conn, err := net.Dial("tcp", n.Address())
	must(t, err)
	defer conn.Close()
	if _, err := hears(t, conn, 300*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the new connection: %v", err)
	}
	if _, err := hears(t, server, 100*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the old connection: %v", err)
	}
}

func TestADelayLosesNothing(t *testing.T) {
	t.Parallel()
	n, client, server := ends(t)
	n.Delay(200*time.Millisecond, 0)
	_, err := client.Write([]byte("word"))
	must(t, err)
	if word, err := hears(t, server, 50*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%q came, %v", word, err)
	}
	if word, err := hears(t, server, patience); err != nil || word != "word" {
		t.Errorf("%q came, %v", word, err)
	}
}

func TestANetworkBreaksAfterAGivenNumberOfBytes(t *testing.T) {
	t.Parallel()
	n, client, server := ends(t)
	n.BreakBehind(6)
	_, err := client.Write([]byte("wordword"))
	must(t, err)
	if word, err := hears(t, server, patience); err != nil || word != "word" {
		t.Errorf("%q came, %v", word, err)
	}
	if word, err := hears(t, server, patience); word != "wo" || err == nil {
		t.Errorf("%q came, %v", word, err)
	}
}
