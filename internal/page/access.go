package page

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"pushloss/internal/secret"
)

// Access says who may see the page.
type Access struct {
	// Token, if set, is required of every reader.
	Token secret.Text
	// Local says that only this machine can connect. Without a token, the page is not shown to
	// others.
	Local bool
}

// LocalOnly reports whether only this machine can reach an address on which to listen.
func LocalOnly(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

func (a Access) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !a.Token.IsZero() && !a.hasToken(r):
			w.Header().Add("WWW-Authenticate", `Basic realm="pushloss", charset="UTF-8"`)
			w.Header().Add("WWW-Authenticate", `Bearer realm="pushloss"`)
			sayMessage(w, r, http.StatusUnauthorized, "say.token", "say.token.text")
		case a.Token.IsZero() && !a.Local:
			sayMessage(w, r, http.StatusForbidden, "say.closed", "say.closed.text")
		case a.Token.IsZero() && !isLocalHost(r.Host):
			// A foreign site may resolve its name to this machine, so that the reader's own browser
			// fetches the figures for it.
			sayMessage(w, r, http.StatusForbidden, "say.name", "say.name.text")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// hasToken reads the token only from the Authorization header, because addresses are kept in logs
// and histories.
func (a Access) hasToken(r *http.Request) bool {
	_, given, ok := r.BasicAuth()
	if !ok {
		scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if ok = strings.EqualFold(scheme, "Bearer"); ok {
			given = strings.TrimSpace(rest)
		}
	}
	// Digests have equal lengths, so the comparison does not even reveal the token's length.
	want, got := sha256.Sum256([]byte(a.Token.Reveal())), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && ok
}

// isLocalHost reports whether a Host header names this machine by a name that cannot belong to
// another. The port may be that of a tunnel.
func isLocalHost(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	}
	if strings.EqualFold(strings.TrimSuffix(name, "."), "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}
