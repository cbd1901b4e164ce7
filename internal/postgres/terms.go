package postgres

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// termsHint says what to do if a server answers but does not meet what the connection string
// demands of TLS and of the login. It is empty for other errors.
func termsHint(err error) string {
	refused, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok || refused.Config == nil {
		return ""
	}
	demands := refused.Config
	if _, foreign := errors.AsType[x509.HostnameError](err); foreign {
		return "the server's certificate is for another host: correct the host in DATABASE_URL, or write sslmode=verify-ca"
	}
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		return "this machine does not know who signed the server's certificate: add sslrootcert=FILE to DATABASE_URL, a file with the certificate of the authority"
	}
	if _, invalid := errors.AsType[x509.CertificateInvalidError](err); invalid {
		return "the server's certificate is not valid, or this machine's clock is wrong: renew the certificate, or set the clock"
	}
	if errors.Is(err, io.EOF) && demands.SSLNegotiation == "direct" {
		return "sslnegotiation=direct needs PostgreSQL 17 with TLS: leave it out of DATABASE_URL"
	}
	if _, network := errors.AsType[net.Error](err); network || Code(err) != "" ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ""
	}
	encrypted := demands.TLSConfig != nil
	for _, fallback := range demands.Fallbacks {
		encrypted = encrypted && fallback.TLSConfig != nil
	}
	const noTLS = "the server offers no TLS, which DATABASE_URL demands (sslmode, ssl=true): switch it on there, or write sslmode=prefer, or disable in a trusted network"
	switch {
	case encrypted && demands.ChannelBinding != "require" && strings.Contains(err.Error(), "server refused TLS connection"): // the driver has no error type for it
		return noTLS
	case demands.ChannelBinding == "require":
		return "channel_binding=require needs a server with TLS and a password in SCRAM-SHA-256: set both up, or leave it out of DATABASE_URL"
	case demands.RequireAuth != "":
		return "the server wants another kind of login than require_auth allows: correct pg_hba.conf, or leave it out of DATABASE_URL"
	case demands.SSLCertMode == "require":
		return "the server did not ask for the certificate that sslcertmode=require demands: correct pg_hba.conf, or leave it out of DATABASE_URL"
	case encrypted:
		return noTLS
	}
	return ""
}
