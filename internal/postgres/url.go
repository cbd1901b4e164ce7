package postgres

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// URLError says what is wrong with a connection string. It repeats only names of
// parameters, and those only where they cannot be a part of a password.
type URLError struct{ Problem, Remedy string }

func (e *URLError) Error() string { return "DATABASE_URL " + e.Problem + ": " + e.Remedy }

// Hint says what an operator can do.
func (e *URLError) Hint() string { return e.Remedy }

// Config says how to connect.
type Config struct {
	conn *pgx.ConnConfig
	text string // in keywords, for other parsers
	// MaxConns is the pool_max_conns of the connection string; 0 if it has none.
	MaxConns int
	// named means that the operator gave the sessions a name.
	named bool
	// options are those of the connection string.
	options string
	// outbids means that logins set what would end a session early.
	outbids bool
}

const escape = "write it percent-encoded (@ is %40, : %3A, / %2F, ? %3F, # %23, & %26, = %3D, % %25, a blank %20)"

// Parse reads a connection string, a URL or keyword=value; empty means libpq's PG*
// variables. An error is a *URLError.
func Parse(text string) (*Config, error) {
	given, err := split(strings.TrimSpace(text))
	if err != nil {
		return nil, err
	}
	config := &Config{}
	if err := given.judge(); err != nil {
		return nil, err
	}
	if config.MaxConns, err = given.takeMaxConns(); err != nil {
		return nil, err
	}
	if err := given.judgeFiles(); err != nil {
		return nil, err
	}
	config.text = given.keywords()
	conn, err := pgx.ParseConfig(config.text)
	if err != nil {
		return nil, refusalOf(err)
	}
	if err := config.takeRuntime(conn); err != nil {
		return nil, err
	}
	// Values of PGHOST or a service file are checked like the rest.
	hosts := []string{conn.Host}
	for _, fallback := range conn.Fallbacks {
		hosts = append(hosts, fallback.Host)
	}
	for _, host := range hosts {
		if !isHost(host) {
			return nil, &URLError{"has a host that cannot be one", "give a name, an address or the absolute path of a socket's folder"}
		}
	}
	if err := judgeNames(conn); err != nil {
		return nil, err
	}
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = 10 * time.Second
	}
	config.conn = conn
	return config, nil
}

// takeRuntime removes the parameters that go to the server at the login: poolers refuse
// unknown ones, and session settings are set after the login.
func (c *Config) takeRuntime(conn *pgx.ConnConfig) error {
	rest := settings{values: map[string]string{}, plain: true}
	for name, value := range conn.RuntimeParams {
		if name = strings.ToLower(name); name != "timezone" { // PGTZ
			rest.set(name, value)
		}
	}
	if err := rest.judge(); err != nil {
		return err
	}
	limit, err := rest.takeMaxConns() // of a service file
	if err != nil {
		return err
	}
	if limit > 0 && (c.MaxConns == 0 || limit < c.MaxConns) {
		c.MaxConns = limit
	}
	conn.RuntimeParams = map[string]string{}
	for _, name := range []string{"application_name", "options"} {
		if value := rest.values[name]; value != "" {
			conn.RuntimeParams[name] = value
		}
	}
	c.named, c.options = rest.values["application_name"] != "", conn.RuntimeParams["options"]
	return nil
}

// settings are the parameters of a connection string.
type settings struct {
	names  []string
	values map[string]string
	// plain means that unknown names cannot be parts of a password.
	plain bool
}

func (s *settings) set(name, value string) {
	s.names = append(s.names, name)
	s.values[name] = value
}

func (s *settings) add(name, value string) error {
	if name == "database" {
		name = "dbname"
	}
	if _, twice := s.values[name]; twice {
		return &URLError{"gives a parameter twice", "give each once; a password with special characters is " +
			"percent-encoded in a URL, and in single quotes in a keyword=value string"}
	}
	s.set(name, value)
	return nil
}

func (s *settings) takeMaxConns() (int, error) {
	text, given := s.values["pool_max_conns"]
	if !given {
		return 0, nil
	}
	delete(s.values, "pool_max_conns")
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text || n < MinConns || n > MaxConns {
		return 0, &URLError{"has a pool_max_conns that cannot be used", fmt.Sprintf("give a number from %d to %d", MinConns, MaxConns)}
	}
	return n, nil
}

// keywords returns the connection string in its only unambiguous form.
func (s *settings) keywords() string {
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	var text strings.Builder
	for _, name := range s.names {
		if value, given := s.values[name]; given {
			fmt.Fprintf(&text, "%s='%s' ", name, quote.Replace(value))
		}
	}
	return text.String()
}

var (
	schemeOf = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)
	hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?$`)
	wordName = regexp.MustCompile(`^[a-z][A-Za-z0-9_]*$`)
)

// otherSchemes are schemes of other database URLs that people may use.
var otherSchemes = []string{"jdbc", "mysql", "mariadb", "sqlite", "sqlite3", "sqlserver", "mssql", "mongodb", "redis", "http", "https",
	"postgresql+psycopg2", "postgresql+psycopg", "postgresql+asyncpg", "postgres+psycopg2", "postgres+asyncpg",
	"postgis", "cockroachdb", "cockroach", "pgx", "pgx5", "psql", "prisma", "prisma+postgres", "postgresql+pg8000", "ecto", "odbc", "file"}

func split(text string) (settings, error) {
	switch {
	case strings.ContainsRune(text, 0):
		return settings{}, &URLError{"holds a zero byte", "take it out"}
	case strings.HasPrefix(text, `"`), strings.HasPrefix(text, `'`), strings.HasSuffix(text, `"`) && schemeOf.MatchString(text):
		return settings{}, &URLError{"has quotes around it", "write it without them; docker --env-file and some service managers keep them"}
	case strings.HasPrefix(text, "postgres://"), strings.HasPrefix(text, "postgresql://"):
		_, rest, _ := strings.Cut(text, "://")
		return splitURL(rest)
	}
	scheme := schemeOf.FindStringSubmatch(text)
	if scheme == nil {
		return splitKeywords(text)
	}
	name := strings.ToLower(scheme[1])
	for _, other := range otherSchemes {
		if name == other {
			return settings{}, &URLError{"is a " + other + ": URL", "write postgres://USER:PASSWORD@HOST:5432/DATABASE"}
		}
	}
	return settings{}, &URLError{"is not a postgres:// URL", "write postgres://USER:PASSWORD@HOST:5432/DATABASE, in small letters"}
}

// splitURL refuses ambiguous URLs: an unescaped special character in a password moves the
// bounds of everything after it.
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
	if name == "ssl" { // JDBC's, which libpq knows too
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
			if host, err = decode(host); err != nil { // of a zone
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
	return &URLError{"has a host or a port that cannot be one", "the password perhaps holds a special character: " + escape}
}

func isHost(host string) bool {
	if strings.HasPrefix(host, "/") || len(host) > 2 && host[1] == ':' && host[2] == '\\' {
		return !strings.ContainsAny(host, "@")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return len(host) <= 253 && hostName.MatchString(host)
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
		if err != nil || code == 0 {
			return "", &URLError{"holds a % that does not begin an escape", "write a % of the password as %25"}
		}
		decoded.WriteByte(byte(code))
		i += 2
	}
	return decoded.String(), nil
}

// refusalOf says why pgx refuses a connection string, as far as its text is constant.
func refusalOf(err error) *URLError {
	parseErr, ok := errors.AsType[*pgconn.ParseConfigError](err)
	if !ok {
		return &URLError{"cannot be used", "it cannot be parsed"}
	}
	blanked := *parseErr
	blanked.ConnString = ""
	_, text, _ := strings.Cut(blanked.Error(), "``: ")
	for _, known := range pgxReasons {
		if strings.HasPrefix(text, known.said) {
			return &URLError{known.problem, known.remedy}
		}
	}
	return &URLError{"cannot be used", "it cannot be parsed"}
}

// pgxReasons are what only the driver sees, in a service file or a PG* variable too.
var pgxReasons = [...]struct{ said, problem, remedy string }{
	{"failed to read service", "names a service that the service file does not have", "add a section with its name in [ ], and lines of name=value below it"},
	{"failed to configure TLS", "has parameters of TLS that cannot be used", "correct sslmode, sslrootcert, sslcert, sslkey and sslpassword: the files must exist and be PEM"},
	{"invalid connect_timeout", "has a connect_timeout that is not a number of seconds", "write connect_timeout=10"},
	{"invalid port", "has a port that cannot be one", "write a number from 1 to 65535"},
	{"invalid require_auth", "has an unknown value of require_auth", "write one or more of password, md5, scram-sha-256, gss, sspi, oauth, none, all or none of them with ! before it"},
	{"invalid sslcertmode", "has an unknown value of sslcertmode", "write one of disable, allow, require"},
	{"invalid min_protocol_version", "has an unknown value of min_protocol_version", "write one of 3.0, 3.2, latest"},
	{"invalid max_protocol_version", "has an unknown value of max_protocol_version", "write one of 3.0, 3.2, latest"},
	{"min_protocol_version cannot", "has a min_protocol_version above its max_protocol_version", "correct one of them"},
	{"unknown channel_binding", "has an unknown value of channel_binding", "write one of disable, prefer, require"},
	{"unknown target_session_attrs", "has an unknown value of target_session_attrs", "write one of any, read-write, read-only, primary, standby, prefer-standby"},
	{"could not match", "does not have as many ports as hosts", "give one port for all hosts, or one for each"},
}
