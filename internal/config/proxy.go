package config

import (
	"net/url"
	"slices"
	"strings"
)

// judgeProxies refuses proxy addresses that cannot be used. Go ignores them silently: calls then
// bypass the proxy, or go to a host named http. No problem repeats a text, which may hold a
// password.
func judgeProxies(variables lookup) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		text, given := variables.Lookup(name)
		if given && !isProxy(text) {
			variables.problems.add(name, "is not the address of a proxy: write http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT, percent-encoded (@ is %%40, # %%23, %% %%25, a blank %%20)")
		}
	}
}

func isProxy(text string) bool {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	proxy, err := url.Parse(text)
	return err == nil && slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme) && proxy.Hostname() != "" &&
		(proxy.Path == "" || proxy.Path == "/") && proxy.RawQuery == "" && proxy.Fragment == ""
}
