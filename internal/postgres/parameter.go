package postgres

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// honoured are the parameters that have an effect on every connection.
var honoured = []string{
	"host", "port", "dbname", "user", "password", "passfile", "connect_timeout", "service", "servicefile",
	"sslmode", "sslkey", "sslcert", "sslcertmode", "sslrootcert", "sslnegotiation", "sslpassword", "sslsni",
	"target_session_attrs", "min_protocol_version", "max_protocol_version", "channel_binding", "require_auth",
	"application_name", "options", "pool_max_conns",
}

const (
	leaveOut   = "leave it out: pushloss sets this itself"
	noSupport  = "leave it out: the driver does not support it"
	notNeeded  = "leave it out: it is a parameter of another driver"
	onlyUpTo   = "leave it out: only pool_max_conns of the pool's parameters has an effect"
	setForRole = "leave it out, or set it for the role: ALTER ROLE … SET …"
)

// refused says, for all other parameters, what to write instead.
var refused = map[string]string{
	"pool_min_conns": onlyUpTo, "pool_min_idle_conns": onlyUpTo, "pool_max_conn_lifetime": onlyUpTo, "pool_max_conn_lifetime_jitter": onlyUpTo,
	"pool_max_conn_idle_time": onlyUpTo, "pool_health_check_period": onlyUpTo, "pool_ping_timeout": onlyUpTo,
	"statement_cache_capacity": leaveOut, "description_cache_capacity": leaveOut, "default_query_exec_mode": leaveOut, "statement_cache_mode": leaveOut,
	"keepalives": leaveOut, "keepalives_idle": leaveOut, "keepalives_interval": leaveOut, "keepalives_count": leaveOut, "tcp_user_timeout": leaveOut,
	"statement_timeout": leaveOut, "lock_timeout": leaveOut, "idle_in_transaction_session_timeout": leaveOut, "idle_session_timeout": leaveOut, "transaction_timeout": leaveOut,
	"search_path": leaveOut, "timezone": leaveOut, "TimeZone": leaveOut, "datestyle": leaveOut, "jit": leaveOut, "default_transaction_isolation": leaveOut,
	"default_transaction_read_only": leaveOut, "synchronous_commit": leaveOut,
	"hostaddr": "write the address as the host", "sslcrl": noSupport, "sslcrldir": noSupport, "sslcompression": noSupport, "requiressl": "write sslmode=require",
	"requirepeer": noSupport, "ssl_min_protocol_version": noSupport, "ssl_max_protocol_version": noSupport, "sslkeylogfile": noSupport,
	"gsslib": noSupport, "gssdelegation": noSupport, "krbsrvname": noSupport, "krbspn": noSupport, "replication": noSupport,
	"scram_client_key": noSupport, "scram_server_key": noSupport,
	"pgbouncer": notNeeded + ", Prisma", "connection_limit": "write pool_max_conns", "pool_timeout": notNeeded + ", Prisma", "socket_timeout": notNeeded + ", Prisma",
	"schema": "leave it out: pushloss keeps its tables in the schemas pushloss and analytics", "currentSchema": "leave it out: pushloss keeps its tables in the schemas pushloss and analytics",
	"sslaccept": "write sslmode", "sslidentity": "write sslcert and sslkey", "sslfactory": "write sslmode", "ssl": "write sslmode=require",
	"pool_size": "write pool_max_conns", "max_overflow": notNeeded, "max_connections": "write pool_max_conns", "charset": notNeeded, "encoding": notNeeded,
	"prepareThreshold": notNeeded, "reWriteBatchedInserts": notNeeded, "loginTimeout": "write connect_timeout", "connectTimeout": "write connect_timeout",
	"socketTimeout": notNeeded, "tcpKeepAlive": leaveOut, "ApplicationName": "write application_name", "sslMode": "write sslmode", "stringtype": notNeeded,
	"binary_parameters": notNeeded, "prepared_statements": notNeeded, "prepared_statement_cache_size": notNeeded, "pool": notNeeded, "adapter": notNeeded, "timeout": "write connect_timeout",
}

// valuesOf are the words that a parameter accepts. Another word may be a part of a password.
var valuesOf = map[string][]string{
	"sslmode":              {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"},
	"target_session_attrs": {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"},
	"channel_binding":      {"disable", "prefer", "require"},
	"sslcertmode":          {"disable", "allow", "require"},
	"sslnegotiation":       {"postgres", "direct"},
	"sslsni":               {"0", "1"},
	"min_protocol_version": {"3.0", "3.2", "latest"},
	"max_protocol_version": {"3.0", "3.2", "latest"},
}

// judge refuses parameters that do not work everywhere, and drops those without effect.
func (s *settings) judge() error {
	// These come first: if they are wrong, everything after them may be a part of a password.
	for host := range strings.SplitSeq(s.values["host"], ",") {
		switch {
		case host == "" || isHost(host):
		case s.plain:
			return errPlainHost()
		default:
			return errHost()
		}
	}
	for port := range strings.SplitSeq(s.values["port"], ",") {
		n, err := strconv.ParseUint(port, 10, 16)
		switch {
		case port == "" || err == nil && n > 0:
		case s.plain:
			return &URLError{"has an invalid port", "write a number from 1 to 65535"}
		default:
			return errHost()
		}
	}
	for _, name := range s.names {
		value := s.values[name]
		switch remedy, known := refused[name]; {
		case slices.Contains(honoured, name):
		case name == "fallback_application_name", name == "client_encoding" && isUTF8(value),
			name == "gssencmode" && value != "require", name == "load_balance_hosts" && value == "disable":
			delete(s.values, name)
		case name == "client_encoding":
			return &URLError{"has the parameter client_encoding", "leave it out: pushloss speaks UTF8"}
		case name == "gssencmode", name == "load_balance_hosts":
			return &URLError{"has the parameter " + name, noSupport}
		case known:
			return &URLError{"has the parameter " + name, remedy}
		case s.plain && wordName.MatchString(name):
			return &URLError{"has the unknown parameter " + name, setForRole}
		default:
			return &URLError{"has a parameter that is unknown, perhaps a part of the password", escape + "; in a keyword=value string " + quoteIt}
		}
	}
	for name, words := range valuesOf {
		if value, given := s.values[name]; given && value != "" && !slices.Contains(words, value) {
			return &URLError{"has an unknown value of " + name, "write one of " + strings.Join(words, ", ")}
		}
	}
	if s.values["channel_binding"] == "require" && s.values["sslmode"] == "disable" {
		return &URLError{"has channel_binding=require and sslmode=disable", "write sslmode=require: channel binding needs TLS"}
	}
	if timeout, given := s.values["connect_timeout"]; given {
		if n, err := strconv.Atoi(timeout); err != nil || n < 0 || n > 24*60*60 {
			return &URLError{"has a connect_timeout that is not a number of seconds, of at most a day", "write connect_timeout=10"}
		}
	}
	return nil
}

func errPlainHost() error {
	return &URLError{"has an invalid host", "give a name, an address or the absolute path of a socket's folder"}
}

// variables are variables of libpq with the parameters that they set. The last ones change where or
// how safely it connects, and the driver does not read them.
var variables = [...][2]string{
	{"PGHOST", "host"}, {"PGPORT", "port"}, {"PGCONNECT_TIMEOUT", "connect_timeout"}, {"PGSSLMODE", "sslmode"}, {"PGSSLCERTMODE", "sslcertmode"},
	{"PGSSLSNI", "sslsni"}, {"PGSSLNEGOTIATION", "sslnegotiation"}, {"PGTARGETSESSIONATTRS", "target_session_attrs"},
	{"PGCHANNELBINDING", "channel_binding"}, {"PGMINPROTOCOLVERSION", "min_protocol_version"}, {"PGMAXPROTOCOLVERSION", "max_protocol_version"},
	{"PGHOSTADDR", "hostaddr"}, {"PGREQUIRESSL", "requiressl"}, {"PGREQUIREPEER", "requirepeer"}, {"PGSSLCRL", "sslcrl"}, {"PGSSLCRLDIR", "sslcrldir"},
	{"PGSSLMINPROTOCOLVERSION", "ssl_min_protocol_version"}, {"PGSSLMAXPROTOCOLVERSION", "ssl_max_protocol_version"},
	{"PGGSSENCMODE", "gssencmode"}, {"PGLOADBALANCEHOSTS", "load_balance_hosts"},
}

// judgeVariables refuses variables that cannot be used or would have no effect. It reads them from
// the process, as the driver does. A parameter of the connection string takes the place of its
// variable.
func (s *settings) judgeVariables() error {
	for _, pair := range variables {
		variable, name := pair[0], pair[1]
		value := os.Getenv(variable)
		if value == "" || s.values[name] != "" {
			continue
		}
		alone := settings{values: map[string]string{}, plain: true}
		alone.set(name, value)
		refusal, ok := errors.AsType[*URLError](alone.judge())
		switch {
		case !ok:
		case slices.Contains(honoured, name):
			return &URLError{refusal.Problem + " (" + variable + ")", refusal.Remedy}
		default:
			return &URLError{"cannot have " + variable + " beside it", "unset it; for its parameter, " + name + ": " + refusal.Remedy}
		}
	}
	return nil
}

// judgeNames refuses names that may contain a password, because the driver and the server repeat
// names in messages.
func judgeNames(conn *pgx.ConnConfig) error {
	for _, name := range []struct{ what, value, odd string }{
		{"user", conn.User, ":/?&;,="}, // user names in Cloud SQL are e-mail addresses
		{"database", conn.Database, ":/?&;,=@"},
	} {
		if strings.ContainsAny(name.value, name.odd) {
			return &URLError{"has an invalid name of a " + name.what, "it perhaps holds a part of the password: " +
				"write postgres://USER:PASSWORD@HOST:5432/DATABASE, the password percent-encoded"}
		}
	}
	return judgeOptions(conn.RuntimeParams["options"])
}

// option matches one setting in the parameter options.
var option = regexp.MustCompile(`^(?:-c ?|--)([A-Za-z_][A-Za-z0-9_.-]*)=(\S*)(?: |$)`)

// judgeOptions accepts only session settings that pushloss does not set itself.
func judgeOptions(options string) error {
	for rest := strings.Join(strings.Fields(options), " "); rest != ""; {
		found := option.FindStringSubmatch(rest)
		if found == nil {
			return &URLError{"has options that are not settings", "write options=-c name=value, percent-encoded in a URL, or leave it out"}
		}
		name := strings.ReplaceAll(strings.ToLower(found[1]), "-", "_")
		if remedy, known := refused[name]; known {
			return &URLError{"has options that set " + name, remedy}
		}
		rest = rest[len(found[0]):]
	}
	return nil
}

func isUTF8(encoding string) bool {
	return slices.Contains([]string{"utf8", "utf-8", "unicode", "auto"}, strings.ToLower(encoding))
}
