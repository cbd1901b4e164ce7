package sandbox

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"html"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// movedPath is the target of the fault redirect.
const movedPath = "/sandbox/moved"

// delivery sends one answer to the client, with the transport faults that are due.
type delivery struct {
	w http.ResponseWriter
	r *http.Request

	latency  time.Duration
	cut      string // "", "abort" or "clean"
	padding  int    // MiB
	compress bool
}

// take notes which transport faults are due, and returns their names.
func (d *delivery) take(e effects) (names []string) {
	for _, a := range e.delivery {
		switch a.Name {
		case "slow":
			d.latency = a.duration
		case "truncated":
			d.cut = "abort"
			if a.Value == "clean" {
				d.cut = "clean"
			}
		case "huge":
			d.padding = a.number
		case "gzip":
			if !strings.Contains(d.r.Header.Get("Accept-Encoding"), "gzip") {
				continue
			}
			d.compress = true
		}
		names = append(names, a.Name)
	}
	if e.instead != nil {
		names = append(names, e.instead.Name)
	}
	return names
}

// instead sends what replaces an answer. It returns the HTTP status, or 0 if it sent none.
func (d *delivery) instead(a *activeFault) int {
	if !wait(d.r.Context(), d.latency) {
		return 0
	}
	switch a.Name {
	case "http-502-html":
		return d.page(http.StatusBadGateway, "text/html", "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1>"+
			"<p>The requested URL http://"+html.EscapeString(d.r.Host)+html.EscapeString(d.r.URL.RequestURI())+
			" could not be reached.</p></body></html>\n")
	case "http-429":
		d.w.Header().Set("Retry-After", strconv.Itoa(a.number))
		return d.page(http.StatusTooManyRequests, "text/plain", "Too Many Requests\n")
	case "reset":
		return d.reset()
	case "timeout":
		if !wait(d.r.Context(), a.duration) {
			return 0
		}
		return d.page(http.StatusGatewayTimeout, "text/plain", "Gateway Timeout\n")
	case "no-content":
		d.w.WriteHeader(http.StatusNoContent)
		return http.StatusNoContent
	case "not-json":
		return d.page(http.StatusOK, "text/plain", "upstream said: service busy\n")
	case "redirect":
		d.w.Header().Set("Location", movedPath)
		return d.page(http.StatusFound, "text/plain", "Found\n")
	default:
		return d.page(http.StatusInternalServerError, "text/plain", "Internal Server Error\n")
	}
}

func (d *delivery) page(status int, contentType, text string) int {
	d.w.Header().Set("Content-Type", contentType)
	d.w.WriteHeader(status)
	_, _ = d.w.Write([]byte(text))
	return status
}

// reset closes the connection with RST. If the call does not have a connection of its own (HTTP/2,
// a recorder in a test), it answers bad gateway.
func (d *delivery) reset() int {
	hijacker, ok := d.w.(http.Hijacker)
	if !ok {
		return d.page(http.StatusBadGateway, "text/plain", "Bad Gateway\n")
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		return d.page(http.StatusBadGateway, "text/plain", "Bad Gateway\n")
	}
	raw := conn
	if secured, ok := conn.(*tls.Conn); ok {
		raw = secured.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // RST instead of FIN
	}
	_ = raw.Close()
	return 0
}

// whole reports whether the answer is sent completely. A padded answer is never cut.
func (d *delivery) whole() bool { return d.cut == "" || d.padding > 0 }

// send sends the answer, with the faults that are due.
func (d *delivery) send(body []byte) {
	if !wait(d.r.Context(), d.latency) {
		return
	}
	if d.padding > 0 {
		d.sendPadded(body)
		return
	}
	if d.compress {
		var packed bytes.Buffer
		zw := gzip.NewWriter(&packed)
		_, _ = zw.Write(body) // writes to memory
		_ = zw.Close()
		body = packed.Bytes()
		d.w.Header().Set("Content-Encoding", "gzip")
	}
	switch d.cut {
	case "abort":
		// The declared length is too large. So net/http closes the connection, and the client sees an unexpected EOF.
		d.w.Header().Set("Content-Type", "application/json")
		d.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = d.w.Write(body[:len(body)/2])
	case "clean":
		writeJSON(d.w, body[:len(body)/2])
	default:
		writeJSON(d.w, body)
	}
}

// sendPadded inserts a field of many MiB before the answer's own fields, so that only a client that
// limits the size is safe. What comes before the answer's brace stays there.
func (d *delivery) sendPadded(body []byte) {
	d.w.Header().Set("Content-Type", "application/json")
	_ = writePadded(d.w, body, d.padding) // the client may have stopped reading
}

func writePadded(w io.Writer, body []byte, padding int) error {
	mib := bytes.Repeat([]byte("x"), 1<<20)
	before, fields, _ := bytes.Cut(body, []byte("{"))
	if _, err := io.WriteString(w, string(before)+`{"Padding":"`); err != nil {
		return err
	}
	for range padding {
		if _, err := w.Write(mib); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(w, `",`); err != nil {
		return err
	}
	_, err := w.Write(fields)
	return err
}

// wait waits for d. It returns false if the client left before that.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
