package notify

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"pushloss/internal/address"
	"pushloss/internal/suggest"
)

// ofHost are the services for whose URLs the host is a server. It is not secret, and people need it.
// For other services, the host is a token.
var ofHost = []string{"bark", "generic", "gotify", "mattermost", "matrix", "ntfy", "rocketchat", "signal", "smtp", "zulip"}

// fragments are the services for which a # in the URL begins a channel. Others drop what follows
// it.
var fragments = []string{"pushbullet", "rocketchat"}

// markup are the parameters that make services read a message as marked up. A message is plain
// text: with markup, services would refuse a _ or < in a code, or leave a part out.
var markup = map[string]string{"telegram": "parsemode", "smtp": "usehtml"}

// secondURL finds a URL within the path or query of another one.
var secondURL = regexp.MustCompile(`[,;|][A-Za-z][A-Za-z0-9+.-]*://`)

// webhooks says how to write the webhooks of services that need their own form of message, by the
// host of the address that the service shows.
var webhooks = []struct{ host, form string }{
	{"hooks.slack.com", "slack://hook:A-B-C@webhook, where A/B/C is the end of its path"},
	{"discord.com", "discord://TOKEN@ID, where ID/TOKEN is the end of its path"},
	{"discordapp.com", "discord://TOKEN@ID, where ID/TOKEN is the end of its path"},
	{"qyapi.weixin.qq.com", "wecom://KEY, where KEY is the key in its query"},
	{"open.feishu.cn", "lark://open.feishu.cn/TOKEN, where TOKEN is the end of its path"},
	{"open.larksuite.com", "lark://open.larksuite.com/TOKEN, where TOKEN is the end of its path"},
}

// lowered writes the scheme of a URL in lower case, as the library reads it.
func lowered(text string) string {
	scheme, rest, found := strings.Cut(text, ":")
	if !found {
		return text
	}
	return strings.ToLower(scheme) + ":" + rest
}

// withName matches a URL after a name. No scheme of a URL has an equals sign.
var withName = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_-]{0,31})=([A-Za-z].*)$`)

// named returns the name before a URL, which may be empty, and the URL.
func named(text string) (name, rest string) {
	if match := withName.FindStringSubmatch(text); match != nil {
		return match[1], match[2]
	}
	return "", text
}

// problemOf says what is wrong with a target's URL that the library accepts, or refuses without an
// explanation. It is empty for a good URL, and never repeats a part of it.
func problemOf(text string, services []string) string {
	scheme, rest, found := strings.Cut(text, ":")
	service, over, isOver := strings.Cut(scheme, "+")
	rest, hasSlashes := strings.CutPrefix(rest, "//")
	authority, after := rest, ""
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority, after = rest[:end], rest[end:]
	}
	host := authority[strings.LastIndex(authority, "@")+1:]
	switch {
	case secondURL.MatchString(text):
		return "holds a second URL: put blanks between them, not commas"
	case found && hasSlashes && (scheme == "http" || scheme == "https"):
		return "is a plain web address: write it as " + formOf(scheme, host)
	case !found || !slices.Contains(services, service):
		return "names no known service" + suggest.Near(service, services)
	case isOver && service == "generic" && over != "http" && over != "https":
		return "has something other than http or https after generic+"
	case service == "logger" && strings.Trim(rest, "/") != "":
		return "has something after logger://, which takes nothing"
	case strings.Contains(after, "#") && !slices.Contains(fragments, service):
		return "holds a #, and what follows it would be lost: write it as %23"
	case hasParameter(after, markup[service]):
		return "has " + markup[service] + ", but messages are plain text: leave it out"
	case slices.Contains(ofHost, service) && !hasSlashes:
		return "has no // after its service"
	case slices.Contains(ofHost, service):
		return address.Problem(host)
	}
	return ""
}

// hasParameter reports whether the text after a URL's host has a parameter, in any case, as the
// library reads it.
func hasParameter(after, name string) bool {
	_, query, _ := strings.Cut(after, "?")
	values, _ := url.ParseQuery(query)
	for key, value := range values {
		if strings.EqualFold(key, name) && !slices.Contains([]string{"none", "no", "false", ""}, strings.ToLower(value[0])) {
			return true
		}
	}
	return false
}

func formOf(scheme, host string) string {
	for _, known := range webhooks {
		if strings.EqualFold(host, known.host) {
			return known.form
		}
	}
	return "generic+" + scheme + "://HOST/PATH, if the server takes JSON"
}

// isWeb reports whether the query names http, https or nothing as the scheme.
func isWeb(text string) bool {
	parsed, err := url.Parse(text)
	if err != nil {
		return true // that is another problem
	}
	for name, values := range parsed.Query() {
		if strings.EqualFold(name, "scheme") && !slices.Contains([]string{"", "http", "https"}, strings.ToLower(values[0])) {
			return false
		}
	}
	return true
}
