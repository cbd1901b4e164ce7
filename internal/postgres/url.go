package postgres

import (
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pushloss/internal/unseen"
)

// URLError says what is wrong with a connection string. It repeats only names of parameters, and
// only if they cannot be a part of a password.
type URLError struct{ Problem, Remedy string }

func (e *URLError) Error() string { return "DATABASE_URL " + e.Problem + ": " + e.Remedy }

// Hint says what an operator can do.
func (e *URLError) Hint() string { return e.Remedy }

// Config says how to connect.
type Config struct {
	conn *pgx.ConnConfig
	text string // as keywords, for other parsers
	// MaxConns is the pool_max_conns of the connection string; 0 if it has none.
	MaxConns int
	// named says that the operator gave the sessions a name.
	named bool
	// options is that parameter of the connection string.
	options string
	// outbids says that logins set what would end a session early.
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
	if err := given.judgeVariables(); err != nil {
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
	// Values from PGHOST or a service file are checked like the others.
	hosts := []string{conn.Host}
	for _, fallback := range conn.Fallbacks {
		hosts = append(hosts, fallback.Host)
	}
	for _, host := range hosts {
		if !isHost(host) {
			return nil, errPlainHost()
		}
	}
	if err := judgeNames(conn); err != nil {
		return nil, err
	}
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = 10 * time.Second
	}
	conn.OnPgError = func(_ *pgconn.PgConn, err *pgconn.PgError) bool { return !ends(err) }
	config.conn = conn
	return config, nil
}

// takeRuntime removes the parameters that go to the server at the login. Poolers refuse unknown
// ones, and our session settings are set after the login.
func (c *Config) takeRuntime(conn *pgx.ConnConfig) error {
	rest := settings{values: map[string]string{}, plain: true}
	for name, value := range conn.RuntimeParams {
		if name = strings.ToLower(name); name != "timezone" { // it comes from PGTZ
			rest.set(name, value)
		}
	}
	if err := rest.judge(); err != nil {
		return err
	}
	limit, err := rest.takeMaxConns() // pool_max_conns of a service file
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

var (
	schemeOf = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+._-]*):`)
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
	case unseen.In(text):
		return settings{}, &URLError{"holds an invisible character, as texts that are copied from a page or a chat do", "write it by hand"}
	case strings.HasPrefix(text, `"`), strings.HasPrefix(text, "\u201c"), strings.HasPrefix(text, `'`), strings.HasSuffix(text, `"`) && schemeOf.MatchString(text):
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

func isHost(host string) bool {
	if strings.HasPrefix(host, "/") || len(host) > 2 && host[1] == ':' && host[2] == '\\' {
		return !strings.ContainsAny(host, "@")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return len(host) <= 253 && hostName.MatchString(host)
}
