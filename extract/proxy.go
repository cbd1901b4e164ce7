package extract

import (
	"context"
	"net/http"
	"net/url"
)

// proxyError says that a proxy did not open the connection that it was asked for.
type proxyError struct {
	host, status string
	code         int
}

func (e *proxyError) Error() string {
	return "the proxy " + e.host + " answered HTTP " + e.status + " and opened no connection"
}

// ProxyAnswered is the OnProxyConnectResponse of a transport. Without it, the error of a refusal is
// only the words of its status, such as "Found".
func ProxyAnswered(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyError{host: proxy.Host, status: answer.Status, code: answer.StatusCode}
}
