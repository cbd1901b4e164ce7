package extract_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pushloss/extract"
)

func TestAProxyThatOpensNoConnectionIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		says   string
		class  extract.Class
		calls  int
		advice string
	}{
		"one that wants a login is asked once, because it may lock the account": {http.StatusProxyAuthRequired, "407 Proxy Authentication Required", extract.Operator, 1, "USER:PASSWORD"},
		"one that forbids the host":            {http.StatusForbidden, "403 Forbidden", extract.Transient, 2, "NO_PROXY"},
		"one that leads to a page for a login": {http.StatusFound, "302 Found", extract.Transient, 2, "NO_PROXY"},
		"one that does not reach the host":     {http.StatusServiceUnavailable, "503 Service Unavailable", extract.Transient, 2, "NO_PROXY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(c.status) }))
			t.Cleanup(server.Close)
			proxy, err := url.Parse(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			host := proxy.Host
			proxy.User = url.UserPassword("bob", "proxy-password")
			transport := extract.NewTransport()
			transport.Proxy = http.ProxyURL(proxy)
			t.Cleanup(transport.CloseIdleConnections)
			client := extract.NewClient(account("https://api.invalid"), transport, extract.NewPacer(0, extract.PacerOptions{}), extract.Options{MaxTries: 2})
			_, err = client.Pull(t.Context(), oneDay)
			failed := failure(t, err)
			if want := "the proxy " + host + " answered HTTP " + c.says; !strings.Contains(failed.Error(), want) || strings.Contains(failed.Error(), "proxy-password") {
				t.Errorf("the error is %q, want %q in it and no password", failed, want)
			}
			if failed.Class != c.class || failed.Attempts != c.calls || !strings.Contains(failed.Hint, c.advice) {
				t.Errorf("class %s after %d calls, advice %q", failed.Class, failed.Attempts, failed.Hint)
			}
		})
	}
}
