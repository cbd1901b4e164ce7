package postgres

import (
	"net/netip"
	"strconv"
	"strings"
)

// splitURL refuses ambiguous URLs. An unescaped special character in a password shifts everything
// after it.
func splitURL(rest string) (settings, error) {
	s := settings{values: map[string]string{}}
	if strings.ContainsFunc(rest, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return s, &URLError{"holds a blank or a control character", escape}
	}
	if strings.Contains(rest, "#") {
		return s, &URLError{"holds a #, perhaps in the password", "write it as %23"}
	}
	if strings.Count(rest, "@") > 1 {
		return s, &URLError{"holds more than one @, perhaps in the password", "write each but the one before the host as %40"}
	}
	at, end := strings.Index(rest, "@"), strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	if at > end {
		return s, &URLError{"holds a / or a ? before its @, perhaps in the password", "write / as %2F and ? as %3F; an @ that is not before the host as %40"}
	}
	authority, tail := rest[:end], rest[end:]
	if at >= 0 {
		user, password, hasPassword := strings.Cut(authority[:at], ":")
		authority = authority[at+1:]
		if err := s.addDecoded("user", user); err != nil {
			return s, err
		}
		if hasPassword {
			if err := s.addDecoded("password", password); err != nil {
				return s, err
			}
		}
	}
	if err := s.addHosts(authority); err != nil {
		return s, err
	}
	path, query, hasQuery := strings.Cut(tail, "?")
	if path = strings.TrimPrefix(path, "/"); strings.Contains(path, "/") {
		return s, &URLError{"holds more than one / after the host", "write a / of a name or a password as %2F"}
	}
	if err := s.addDecoded("dbname", path); err != nil {
		return s, err
	}
	if !hasQuery || query == "" {
		return s, nil
	}
	s.plain = !strings.Contains(strings.ToLower(query), "pass") &&
		(at >= 0 || !strings.Contains(authority, ":") || strings.HasPrefix(tail, "/"))
	for pair := range strings.SplitSeq(query, "&") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || strings.ContainsAny(value, "=?") {
			return s, &URLError{"has parameters that are not name=value joined by &", escape}
		}
		if err := s.addParameter(name, value); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *settings) addParameter(name, value string) error {
	if name == "ssl" { // JDBC's parameter, which libpq knows too
		if value != "true" {
			return &URLError{"has an ssl that is not ssl=true", "write sslmode=disable, require, verify-ca or verify-full"}
		}
		name, value = "sslmode", "require"
	}
	decoded, err := decode(value)
	if err != nil {
		return err
	}
	return s.add(name, decoded)
}

func (s *settings) addDecoded(name, value string) error {
	decoded, err := decode(value)
	if err != nil || decoded == "" {
		return err
	}
	return s.add(name, decoded)
}

func (s *settings) addHosts(authority string) error {
	if authority == "" {
		return nil
	}
	var hosts, ports []string
	for part := range strings.SplitSeq(authority, ",") {
		host, port := part, ""
		if strings.HasPrefix(part, "[") {
			var ok bool
			if host, port, ok = strings.Cut(part[1:], "]"); !ok || port != "" && !strings.HasPrefix(port, ":") {
				return errHost()
			}
			var err error
			if host, err = decode(host); err != nil { // an IPv6 zone
				return err
			}
			if _, err := netip.ParseAddr(host); err != nil {
				return errHost()
			}
			port = strings.TrimPrefix(port, ":")
		} else {
			host, port, _ = strings.Cut(part, ":")
			var err error
			if host, err = decode(host); err != nil {
				return err
			}
		}
		hosts, ports = append(hosts, host), append(ports, port)
	}
	if err := s.add("host", strings.Join(hosts, ",")); err != nil {
		return err
	}
	if strings.Join(ports, "") == "" {
		return nil
	}
	return s.add("port", strings.Join(ports, ","))
}

func errHost() error {
	return &URLError{"has an invalid host or port", "the password perhaps holds a special character: " + escape +
		"; write an IPv6 address in [ ], and a name in other letters as xn--…"}
}

func decode(text string) (string, error) {
	var decoded strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			decoded.WriteByte(text[i])
			continue
		}
		if i+2 >= len(text) {
			return "", &URLError{"holds a % that does not begin an escape", "write a % of the password as %25"}
		}
		code, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
		switch {
		case err != nil:
			return "", &URLError{"holds a % that does not begin an escape", "write a % of the password as %25"}
		case code == 0:
			return "", &URLError{"holds %00, which stands for the character NUL", "leave it out, for Postgres takes no NUL, and write a % of the password as %25"}
		}
		decoded.WriteByte(byte(code))
		i += 2
	}
	return decoded.String(), nil
}
