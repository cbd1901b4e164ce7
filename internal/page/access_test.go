package page_test

import (
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"pushloss/internal/page"
	"pushloss/internal/secret"
)

const testToken = "0123456789abcdef0123"

func TestWhoMaySeeThePage(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password) }
	}
	header := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", value) }
	}
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	for _, test := range []struct {
		name   string
		token  string
		local  bool
		change func(*http.Request)
		want   int
		says   string
	}{
		{"everybody on this machine", "", true, nil, 200, "Lost pushes"},
		{"by the name of localhost", "", true, host("localhost:9460"), 200, "Lost pushes"},
		{"by the name of localhost, in capitals and with a dot", "", true, host("LocalHost."), 200, "Lost pushes"},
		{"by the address of IPv6", "", true, host("[::1]:9460"), 200, "Lost pushes"},
		{"by the address of IPv6 without a port", "", true, host("[::1]"), 200, "Lost pushes"},
		{"through a tunnel", "", true, host("127.0.0.1:8080"), 200, "Lost pushes"},
		{"nobody by a foreign name", "", true, host("rebound.example:9460"), 403, "PUSHLOSS_HTTP_TOKEN"},
		{"nobody by a name that begins like this machine's", "", true, host("localhost.example"), 403, "localhost or 127.0.0.1"},
		{"nobody by an address that begins like this machine's", "", true, host("127.0.0.1.example"), 403, "localhost or 127.0.0.1"},
		{"nobody by another address", "", true, host("10.0.0.1:9460"), 403, "localhost or 127.0.0.1"},
		{"nobody by no name", "", true, host(""), 403, "localhost or 127.0.0.1"},
		{"nobody from elsewhere without a token", "", false, nil, 403, "PUSHLOSS_HTTP_ADDR to 127.0.0.1"},
		{"nobody from elsewhere that sends an empty token", "", false, basic("", ""), 403, "PUSHLOSS_HTTP_TOKEN_FILE"},
		{"who has the token as a bearer", testToken, false, header("Bearer " + testToken), 200, "Lost pushes"},
		{"who writes bearer in lower case", testToken, false, header("bearer  " + testToken), 200, "Lost pushes"},
		{"who has the token as a password", testToken, false, basic("anybody", testToken), 200, "Lost pushes"},
		{"who has the token and no user name", testToken, false, basic("", testToken), 200, "Lost pushes"},
		{"by any name with the token", testToken, true, func(r *http.Request) { r.Host = "figures.example"; r.SetBasicAuth("a", testToken) }, 200, "Lost pushes"},
		{"nobody on this machine without it", testToken, true, nil, 401, "Bearer"},
		{"nobody without it", testToken, false, nil, 401, "A token is needed"},
		{"nobody with another", testToken, false, basic("a", testToken+"x"), 401, "A token is needed"},
		{"nobody with a part", testToken, false, header("Bearer " + testToken[:19]), 401, "A token is needed"},
		{"nobody with the token as user name", testToken, false, basic(testToken, ""), 401, "A token is needed"},
		{"nobody by another scheme", testToken, false, header("Token " + testToken), 401, "A token is needed"},
		{"nobody with the bare token", testToken, false, header(testToken), 401, "A token is needed"},
		{"nobody with the token in the address", testToken, false, func(r *http.Request) { r.URL.RawQuery = "token=" + testToken }, 401, "A token is needed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			here := *w
			here.options.Access = page.Access{Token: secret.New(test.token), Local: test.local}
			for _, path := range []string{"/", "/days.csv?app=1400000001&from=2026-03-20&to=2026-03-24", "/elsewhere"} {
				got := here.askFor(path, test.change)
				want := test.want
				if want == 200 && path == "/elsewhere" {
					want = 404
				}
				if got.status != want {
					t.Errorf("%s is HTTP %d, want %d", path, got.status, want)
				}
				if path == "/" && !strings.Contains(got.body, test.says) {
					t.Errorf("it does not say %q:\n%s", test.says, got.body)
				}
				if strings.Contains(got.body, testToken) || want != 200 && strings.Contains(got.body, "1400000001") {
					t.Error("the answer shows what it should not")
				}
				if asks := len(got.header.Values("WWW-Authenticate")) > 0; asks != (want == 401) {
					t.Errorf("HTTP %d asks for a password: %t", got.status, asks)
				}
			}
			style, _ := parse(t, here.askFor("/", test.change).body).Find("link[rel=stylesheet]").Attr("href")
			if got := here.askFor(style, test.change); got.status != 200 {
				t.Errorf("the style %q is HTTP %d", style, got.status)
			}
		})
	}
}

func TestOnlyLoopbackIsLocal(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1:1": true, "127.8.9.10:1": true, "[::1]:1": true,
		"0.0.0.0:1": false, "[::]:1": false, "10.0.0.1:1": false, "192.168.1.1:1": false, "[fe80::1]:1": false,
	} {
		addr, err := net.ResolveTCPAddr("tcp", address)
		must(t, err)
		if got := page.LocalOnly(addr); got != want {
			t.Errorf("%s is local: %t", address, got)
		}
	}
	if page.LocalOnly(&net.UnixAddr{Name: "x"}) {
		t.Error("an address that is not a TCP address is taken for local")
	}
}

func TestHeadersKeepBrowsersToThePage(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	style, icon := w.assets()
	for _, path := range []string{"/", "/?from=x", "/days.csv", style, icon, "/none"} {
		got := w.askFor(path, nil)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if value := got.header.Get(name); value != want {
				t.Errorf("%s has %s %q, want %q", path, name, value, want)
			}
		}
		policy := got.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") ||
			strings.Contains(policy, "script") || strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
			t.Errorf("%s has the policy %q", path, policy)
		}
	}
}

// assets are the paths of what a page loads.
func (w *fixture) assets() (style, icon string) {
	w.t.Helper()
	shown := w.shown()
	return shown.Find("link[rel=stylesheet]").AttrOr("href", ""), shown.Find("link[rel=icon]").AttrOr("href", "")
}

// What has no figures is kept by browsers for good, since its name changes with it.
func TestOnlyAssetsAreCached(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	style, icon := w.assets()
	for path, want := range map[string]string{
		"/": "no-store", "/?from=x": "no-store", "/days.csv": "no-store", "/none": "no-store",
		style: "public, max-age=31536000, immutable", icon: "public, max-age=31536000, immutable",
	} {
		if got := w.askFor(path, nil).header.Get("Cache-Control"); got != want {
			t.Errorf("%s has Cache-Control %q, want %q", path, got, want)
		}
	}
	for _, path := range []string{style, icon} {
		if !regexp.MustCompile(`^/assets/[a-z]+-[0-9a-f]{16}\.(css|svg)$`).MatchString(path) {
			t.Errorf("the path %s does not name the content", path)
		}
	}
}

func TestAnswersAreCompressedOnRequest(t *testing.T) {
	t.Parallel()
	w := pulled(t, 30)
	style, _ := w.assets()
	for _, path := range []string{"/", "/days.csv", style} {
		plain := w.askFor(path, nil)
		packed := w.askFor(path, func(r *http.Request) { r.Header.Set("Accept-Encoding", "gzip, br") })
		if encoding := packed.header.Get("Content-Encoding"); encoding != "gzip" || plain.header.Get("Content-Encoding") != "" {
			t.Fatalf("%s is encoded as %q", path, encoding)
		}
		if !strings.Contains(plain.header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s varies by %q", path, plain.header.Get("Vary"))
		}
		reader, err := gzip.NewReader(strings.NewReader(packed.body))
		must(t, err)
		unpacked, err := io.ReadAll(reader)
		must(t, err)
		if string(unpacked) != plain.body || len(packed.body)*2 > len(plain.body) {
			t.Errorf("%s has %d bytes, compressed %d and unpacked %d", path, len(plain.body), len(packed.body), len(unpacked))
		}
	}
}

func TestThePageIsOnlyRead(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	handler := page.New(w.DB, w.options)
	style, _ := w.assets()
	for _, method := range []string{"HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
		for _, path := range []string{"/", "/days.csv?app=1400000001&from=2026-03-20&to=2026-03-24", style} {
			request := httptest.NewRequestWithContext(context.Background(), method, "http://localhost"+path, nil)
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, request)
			want := http.StatusMethodNotAllowed
			if method == "HEAD" {
				want = http.StatusOK
			}
			if recorder.Code != want {
				t.Errorf("%s %s is HTTP %d, want %d", method, path, recorder.Code, want)
			}
		}
	}
}
