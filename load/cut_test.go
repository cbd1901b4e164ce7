package load_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/load"
	"pushloss/transform"
)

// T8: a load is cut off after each message to the server, from the first one of a new connection to
// COMMIT, as if the process were killed or the network broke. The database is as before, or has the
// whole load.
func TestT8ALoadCutOffBehindAnyMessage(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("each message takes another load")
	}
	f := setup(t)
	f.load(f.pull(transform.Snapshot{
		TaskID: "a", Facts: []transform.Fact{stageFact("1", 1, ""), stageFact("2", 2, ""), platformFact(1, "1", 1)},
	}), loadedAt)
	must(t, f.lock.Unlock(t.Context()))

	w := newWire(t, f.url)
	db := open(t, w.url)
	session, work := openSession(t, db, "behind the wire")
	lock, err := session.LockApp(work, testApp)
	must(t, err)
	next := f.pull(transform.Snapshot{
		TaskID: "a", Facts: []transform.Fact{stageFact("1", 5, "new text"), stageFact("3", 2, ""), platformFact(2, "1", 1)},
	})
	next.Result.Rejects = []transform.Reject{{TaskID: "a", JSON: "{}", Reason: "odd", Rows: 1}}
	later := loadedAt.Add(time.Hour)

	before := f.rows(sqlWritten)
	cuts := 0
	for ; ; cuts++ {
		w.cutBehind(cuts)
		_, err := lock.Load(t.Context(), next, later)
		w.mend()
		if !load.Unreachable(err) {
			t.Fatalf("cut off behind message %d: %v", cuts, err)
		}
		if !cmp.Equal(before, f.rows(sqlWritten)) {
			break
		}
	}
	// Only COMMIT can have done that: the load is there whole.
	if cuts < 30 {
		t.Errorf("the load was complete after %d messages", cuts)
	}
	whole := []string{
		"a post_send_delivered offline Xiaomi 1 info 1",
		"a ready_to_send - - 1 new text 5",
		"a ready_to_send - - 3  2",
	}
	equal(t, "facts", whole, f.facts())
	equal(t, "ledger", []string{"a loaded 3 2", "b absent 0 2"}, f.states())
	equal(t, "changes, rejects, bodies, pulls", []string{"5 1 2 2"}, f.rows(`
		SELECT (SELECT count(*) FROM pushloss.loss_change), (SELECT count(*) FROM pushloss.reject),
			(SELECT count(*) FROM pushloss.raw_body), (SELECT count(*) FROM pushloss.pull)`))

	// The process does not know, and loads again.
	outcome, err := lock.Load(t.Context(), next, later)
	must(t, err)
	equal(t, "again", load.Changes{Unchanged: 3}, outcome.Rows)
	equal(t, "facts", whole, f.facts())
}

// sqlWritten is all that a load writes, row versions included.
const sqlWritten = `
	SELECT 'stage', xmin::text || t::text FROM pushloss.stage_loss AS t UNION ALL
	SELECT 'platform', xmin::text || t::text FROM pushloss.platform_loss AS t UNION ALL
	SELECT 'change', t::text FROM pushloss.loss_change AS t UNION ALL
	SELECT 'ledger', xmin::text || t::text FROM pushloss.ledger AS t UNION ALL
	SELECT 'reject', t::text FROM pushloss.reject AS t UNION ALL
	SELECT 'body', t::text FROM pushloss.raw_body AS t UNION ALL
	SELECT 'pull', t::text FROM pushloss.pull AS t
	ORDER BY 1, 2`

// wire is a connection to the server that can be cut.
type wire struct {
	url    string
	server string
	wait   sync.WaitGroup

	mu    sync.Mutex
	left  int // messages until the cut
	armed bool
}

func newWire(t *testing.T, databaseURL string) *wire {
	t.Helper()
	parsed, err := url.Parse(databaseURL)
	must(t, err)
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	w := &wire{server: parsed.Host}
	parsed.Host = listener.Addr().String()
	query := parsed.Query()
	query.Set("sslmode", "disable") // the messages must be legible
	parsed.RawQuery = query.Encode()
	w.url = parsed.String()

	w.wait.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			w.wait.Go(func() { w.carry(client) })
		}
	})
	t.Cleanup(func() { // comes after the clients' own
		_ = listener.Close()
		w.wait.Wait()
	})
	return w
}

// cutBehind makes the wire carry this number of messages and one more to the server, and then
// break.
func (w *wire) cutBehind(messages int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed, w.left = true, messages
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = false
}

// cuts counts a message and reports whether the wire breaks after it.
func (w *wire) cuts() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.armed {
		return false
	}
	w.left--
	return w.left < 0
}

func (w *wire) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		return
	}
	defer server.Close()
	var answers sync.WaitGroup
	broken := make(chan struct{})
	answers.Go(func() {
		buffer := make([]byte, 32<<10)
		for {
			n, err := server.Read(buffer)
			select {
			case <-broken: // the client is not to learn what the server made of it
			default:
				_, _ = client.Write(buffer[:n])
			}
			if err != nil {
				_ = client.Close()
				return
			}
		}
	})
	w.messages(client, server, broken)
	// The server rolls back what was not committed. Its end of the connection
	// ends with that, and the client's only after it.
	_ = server.(*net.TCPConn).CloseWrite()
	answers.Wait()
}

// messages carries what the client says: a start message without a type, then
// messages of a type, a length and a body.
func (w *wire) messages(client io.Reader, server io.Writer, broken chan<- struct{}) {
	header := make([]byte, 5)
	for from := 1; ; from = 0 {
		if _, err := io.ReadFull(client, header[from:]); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(header[1:])-4)
		if _, err := io.ReadFull(client, body); err != nil {
			return
		}
		// A session of locks is asked for its backend at times of its own.
		heartbeat := header[0] == 'Q' && strings.HasPrefix(string(body), "SELECT pg_backend_pid()")
		cut := from == 0 && !heartbeat && w.cuts()
		if cut {
			close(broken)
		}
		if _, err := server.Write(append(header[from:len(header):len(header)], body...)); err != nil || cut {
			return
		}
	}
}
