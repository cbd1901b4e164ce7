package postgres_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
)

var limits = postgres.Limits{Name: "test", StatementTimeout: time.Minute, IdleInTransaction: time.Minute}

func TestEverythingInAConnectionStringWorksOrIsNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, says string }{
		{`postgres://u:my@Secr3tTail@127.0.0.1/db`, "%40"},
		{`postgres://u@127.0.0.1/db&password=Secr3t`, "name of a database"},
		{`postgres://127.0.0.1/db;user=u;password=Secr3tTail`, "name of a database"},
		{`postgres://u:x@127.0.0.1/db%3Fpassword=Secr3tTail`, "name of a database"},
		{`dbname=postgres://u:Secr3tTail@h/db host=127.0.0.1 user=u`, "name of a database"},
		{`host=127.0.0.1 user=u dbname=db;password=Secr3tTail`, "name of a database"},
		{`postgres://u%3ASecr3tTail@127.0.0.1/db`, "name of a user"},
		{`postgres://u;Secr3tTail@127.0.0.1/db`, "name of a user"},
		{`host=127.0.0.1 user=u/Secr3tTail dbname=db`, "name of a user"},
		{`user=u,password=Secr3tTail host=127.0.0.1`, "name of a user"},
		{`postgres://u@127.0.0.1/db?options=Secr3tTail`, "options that are not settings"},
		{`postgres://u@127.0.0.1/db?options=-c%20statement_timeout%3D1`, "options that set statement_timeout"},
		{`postgres://u@127.0.0.1/db?options=--search-path%3Dx`, "options that set search_path"},
		{`postgres://u:@Secr3tTail@127.0.0.1/db`, "%40"},
		{`postgres://u:a,b@Secr3tTail@127.0.0.1/db`, "%40"},
		{`postgres://u:Secr3t/Tail@127.0.0.1/db`, "%2F"},
		{`postgres://u:Secr3t?Tail@127.0.0.1/db`, "%3F"},
		{`postgres://u:Secr3t#Tail@127.0.0.1/db`, "%23"},
		{`postgres://u:Secr3t Tail@127.0.0.1/db`, "%20"},
		{`postgres://u:Secr3tTail%@127.0.0.1/db`, "%25"},
		{`postgres://u:Secr3tTail%00@127.0.0.1/db`, "holds %00, which stands for the character NUL"},
		{`postgres://u:Secr3tTail`, "invalid host or port"},
		{`postgres://u:Secr3t?Tail=x`, "invalid host or port"},
		{`postgres://u:123?Tail=x`, "perhaps a part of the password"},
		{`Host=h;Username=u;Password=Secr3tTail`, "keyword=value"},
		{`host=h;user=u;password=Secr3tTail`, "invalid host or port"},
		{`postgres:u:Secr3tTail@h/db`, "not a postgres:// URL"},
		{`POSTGRES://u:Secr3tTail@h/db`, "small letters"},
		{`postgres://u@h/db?password=Secr3t&Tail=x`, "perhaps a part of the password"},
		{`host=127.0.0.1 password=Secr3t Tail dbname=db`, "single quotes"},
		{`host=127.0.0.1 password=Secr3t Tail=x dbname=db`, "single quotes"},
		{`host=127.0.0.1 password='Secr3t'Tail' dbname=db`, "single quotes"},
		{`host=127.0.0.1 password=Secr3t\Tail dbname=db`, "backslash"},
		{`host=127.0.0.1 password="Secr3tTail" dbname=db`, "double quotes"},
		{`postgres://u:Secr3tTail@::1:5432/db`, "write an IPv6 address in [ ]"},
		{`postgres://u:Secr3tTail@datenbank-bücher.example/db`, "xn--"},
		{`host=127.0.0.1 password= Secr3t=Tail dbname=db`, "without a value"},
		{`"postgres://u:Secr3tTail@h/db"`, "quotes around it"},
		{"\u201cpostgres://u:Secr3tTail@h/db\u201d", "quotes around it"},
		{"postgres://u:Secr3tTail@h/db\u200b", "invisible character"},
		{"\ufeffpostgres://u:Secr3tTail@h/db", "invisible character"},
		{"host=h password=Secr3t\u00a0Tail", "invisible character"},
		{`DATABASE_URL=postgres://u:Secr3tTail@h/db`, "before its postgres://"},
		{`export DATABASE_URL=postgresql://u:Secr3tTail@h/db`, "before its postgres://"},
		{`psql 'postgres://u:Secr3tTail@h/db'`, "before its postgres://"},
		{`<postgres://u:Secr3tTail@h/db>`, "before its postgres://"},
		{`postgresql+psycopg_async://u:Secr3tTail@h/db`, "not a postgres:// URL"},
		{`'postgres://u:Secr3tTail@h/db'`, "quotes around it"},
		{`jdbc:postgresql://h/db?user=u&password=Secr3tTail`, "jdbc: URL"},
		{`postgres+psycopg2://u:Secr3tTail@h/db`, "postgres+psycopg2: URL"},
		{`mysql://u:Secr3tTail@h/db`, "mysql: URL"},
		{`Secr3tTail://u@h/db`, "not a postgres:// URL"},
		{`postgres://h/db?pool_max_conns=Secr3tTail`, "pool_max_conns"},
		{`postgres://h/db?pool_min_conns=2`, "only pool_max_conns of the pool"},
		{`postgres://h/db?statement_cache_capacity=0`, "statement_cache_capacity: leave it out"},
		{`postgres://h/db?default_query_exec_mode=exec`, "default_query_exec_mode: leave it out"},
		{`postgres://h/db?pgbouncer=true`, "pgbouncer: leave it out"},
		{`postgres://h/db?connection_limit=5`, "connection_limit: write pool_max_conns"},
		{`postgres://h/db?schema=public`, "parameter schema"},
		{`postgres://h/db?tcp_user_timeout=5`, "tcp_user_timeout: leave it out"},
		{`postgres://h/db?statement_timeout=5`, "statement_timeout: leave it out"},
		{`postgres://h/db?gssencmode=require`, "gssencmode"},
		{`postgres://h/db?what_is_this=5`, "unknown parameter what_is_this"},
		{`postgres://h/db?sslmode=Secr3tTail`, "unknown value of sslmode: write one of disable, allow"},
		{`postgres://h/db?target_session_attrs=Secr3tTail`, "unknown value of target_session_attrs: write one of any"},
		{`postgres://h/db?options=-c%20role=Secr3tTail`, "= %3D"},
		{`postgres://h/db?ssl=Secr3tTail`, "sslmode=disable"},
		{`postgres://u@h/db?user=me`, "twice"},
		{`postgres://h/db?sslmode=disable&sslmode=require`, "twice"},
		{`postgres://h:0/db`, "invalid host or port"},
		{`postgres://h1:1,h2:2,h3:x/db`, "invalid host or port"},
		{`postgres://[::1/db`, "invalid host or port"},

		{`postgres://u:p@h/db`, ""},
		{`postgres://u:a:b,c@h1:1,h2:2/db?target_session_attrs=read-write`, ""},
		{`postgres://u:p@[::1]:5432/db`, ""},
		{`postgres://u:p@[fe80::1%25eth0]/db`, ""},
		{`postgres://%2Fvar%2Frun%2Fpostgresql/db`, ""},
		{`postgres:///db?host=/var/run/postgresql`, ""},
		{`host=/var/run/postgresql dbname=db`, ""},
		{`postgres://h/db?ssl=true`, ""},
		{`postgres://h/db?sslmode=disable&application_name=etl&client_encoding=UTF8&gssencmode=prefer&channel_binding=prefer`, ""},
		{`user = u password = 'a b' host = h`, ""},
		{`postgres://h/db?pool_max_conns=5`, ""},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			_, err := postgres.Parse(test.text)
			var refusal *postgres.URLError
			switch {
			case test.says == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.says == "":
			case !errors.As(err, &refusal) || !strings.Contains(err.Error(), test.says):
				t.Errorf("says %v", err)
			case strings.Contains(err.Error(), "Secr3t") || strings.Contains(err.Error(), "Tail"):
				t.Errorf("repeats the password: %v", err)
			}
		})
	}
}

// A variable of libpq's that would have no effect is named. This test sets variables, so
// it runs alone.
func TestAVariableThatTheDriverDoesNotReadIsNamed(t *testing.T) {
	for _, test := range []struct{ name, value, says string }{
		{"PGHOSTADDR", "10.0.0.1", "write the address as the host"}, {"PGSSLCRL", "revoked.pem", "does not support"},
		{"PGREQUIREPEER", "postgres", "does not support"}, {"PGGSSENCMODE", "require", "does not support"},
		{"PGGSSENCMODE", "prefer", ""}, {"PGLOADBALANCEHOSTS", "disable", ""},
	} {
		t.Run(test.name+" "+test.value, func(t *testing.T) {
			t.Setenv(test.name, test.value)
			_, err := postgres.Parse("postgres://u@127.0.0.1/db")
			switch {
			case test.says == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.says == "":
			case err == nil || !strings.Contains(err.Error(), "unset it") || !strings.Contains(err.Error(), test.name) || !strings.Contains(err.Error(), test.says):
				t.Errorf("says %v", err)
			}
		})
	}
}

// A value from a variable or a service file is judged as one of the connection string, and named by
// where it stands. This test sets variables, so it runs alone.
func TestAValueThatCannotBeUsedIsNamedByItsVariableOrItsService(t *testing.T) {
	services := filepath.Join(t.TempDir(), "services")
	content := `[good]
host=127.0.0.1
dbname=db
[mode]
sslmode=Secr3t
[port]
port=Secr3t
[host]
host=Secr3t@h
[foreign]
hostaddr=127.0.0.1
[unknown]
foo=Secr3t
[roots]
sslrootcert=Secr3t
[timeout]
connect_timeout=Secr3t
`
	if err := os.WriteFile(services, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("[good]\nhost Secr3t\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ variable, value, query, says string }{
		{"PGSSLMODE", "Secr3t", "", "unknown value of sslmode (PGSSLMODE): write one of disable"},
		{"PGSSLMODE", "Secr3t", "sslmode=disable", ""},
		{"PGSSLNEGOTIATION", "Secr3t", "", "unknown value of sslnegotiation (PGSSLNEGOTIATION): write one of postgres, direct"},
		{"PGSSLSNI", "7", "", "unknown value of sslsni (PGSSLSNI)"},
		{"PGSSLCERTMODE", "Secr3t", "", "unknown value of sslcertmode (PGSSLCERTMODE)"},
		{"PGTARGETSESSIONATTRS", "Secr3t", "", "unknown value of target_session_attrs (PGTARGETSESSIONATTRS)"},
		{"PGCHANNELBINDING", "Secr3t", "", "unknown value of channel_binding (PGCHANNELBINDING)"},
		{"PGMINPROTOCOLVERSION", "Secr3t", "", "unknown value of min_protocol_version (PGMINPROTOCOLVERSION): write one of 3.0"},
		{"PGMAXPROTOCOLVERSION", "Secr3t", "", "unknown value of max_protocol_version (PGMAXPROTOCOLVERSION)"},
		{"PGCONNECT_TIMEOUT", "Secr3t", "", "(PGCONNECT_TIMEOUT): write connect_timeout=10"},
		{"PGPORT", "Secr3t", "", "an invalid port (PGPORT): write a number"},
		{"PGHOST", "Secr3t@h", "", "an invalid host (PGHOST)"},
		{"PGSERVICEFILE", services, "service=good", ""},
		{"PGSERVICEFILE", services, "service=mode", "unknown value of sslmode (in its service): write one of disable"},
		{"PGSERVICEFILE", services, "service=port", "an invalid port (in its service)"},
		{"PGSERVICEFILE", services, "service=host", "an invalid host (in its service)"},
		{"PGSERVICEFILE", services, "service=foreign", "the parameter hostaddr (in its service): write the address as the host"},
		{"PGSERVICEFILE", services, "service=unknown", "the unknown parameter foo (in its service): leave it out"},
		{"PGSERVICEFILE", services, "service=roots", "the parameter sslrootcert (in its service), whose file cannot be read"},
		{"PGSERVICEFILE", services, "service=timeout", "connect_timeout that is not a number of seconds, of at most a day (in its service)"},
		{"PGSERVICEFILE", services, "service=Secr3t", "a service that the service file does not have"},
		{"PGSERVICEFILE", broken, "service=good", "the service file cannot be parsed (unable to parse line 2)"},
	} {
		t.Run(test.variable+" "+test.query, func(t *testing.T) {
			t.Setenv(test.variable, test.value)
			_, err := postgres.Parse("postgres:///?" + test.query)
			switch {
			case test.says == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.says == "":
			case err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "Secr3t"):
				t.Errorf("says %v, want %q", err, test.says)
			}
		})
	}
}

// Passwords of every printable character at each position: each connects, or is
// refused without a piece of it in the error or in the question for a host.
func TestNoPartOfAPasswordLeaks(t *testing.T) {
	t.Parallel()
	database := pgtest.EmptyURL(t)
	name := "url_" + strings.ToLower(rand.Text()[:10])
	address, err := url.Parse(pgtest.Role(t, database, name, ""))
	if err != nil {
		t.Fatal(err)
	}
	admin, err := pgx.Connect(t.Context(), pgtest.AdminURL(t, database))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.WithoutCancel(t.Context()))
	const head, tail = "Hq7Zk", "Wx9Jv"
	var passwords []string
	for c := rune(' '); c < 0x7f; c++ {
		passwords = append(passwords, [...]string{string(c) + head + tail, head + string(c) + tail, head + tail + string(c)}[c%3])
	}
	passwords = append(passwords, head+"促销"+tail, head+"é€"+tail, "@:/?#[]'\\ %&="+head+"@"+tail)
	var mu sync.Mutex
	try := func(t interface {
		Helper()
		Errorf(string, ...any)
		Fatal(...any)
	}, password string) {
		t.Helper()
		if _, err := admin.Exec(context.Background(), `ALTER ROLE `+pgx.Identifier{name}.Sanitize()+` PASSWORD '`+strings.ReplaceAll(password, "'", "''")+`'`); err != nil {
			t.Fatal(err)
		}
		inURL := func(password string) string {
			return "postgres://" + name + ":" + password + "@" + address.Host + address.Path + "?sslmode=disable"
		}
		keywords := func(password string) string {
			return fmt.Sprintf("host=%s port=%s dbname=%s user=%s password=%s sslmode=disable", address.Hostname(), address.Port(), address.Path[1:], name, password)
		}
		escaped := strings.ReplaceAll(url.QueryEscape(password), "+", "%20")
		for form, text := range map[string]string{
			"escaped": inURL(escaped), "raw": inURL(password), "raw keyword": keywords(password),
			"quoted keyword": keywords("'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(password) + "'"),
		} {
			must := form == "escaped" || form == "quoted keyword"
			var asked []string
			conn, err := postgres.Connect(context.Background(), text, limits, func(config *pgx.ConnConfig) {
				config.LookupFunc = func(_ context.Context, host string) ([]string, error) {
					mu.Lock()
					defer mu.Unlock()
					asked = append(asked, host)
					return []string{host}, nil
				}
			})
			if err == nil {
				_ = conn.Close(context.Background())
			} else if must {
				t.Errorf("%s, password %q: %v", form, password, err)
			}
			for _, said := range append(asked, fmt.Sprint(err)) {
				if strings.Contains(said, head) || strings.Contains(said, tail) {
					t.Errorf("%s shows the password %q: %s", form, password, said)
				}
			}
		}
	}
	for _, password := range passwords {
		try(t, password)
	}
	pieces := rapid.StringOfN(rapid.RuneFrom([]rune(" !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~aZ9é促")), 0, 6, -1)
	drawn := 0
	rapid.Check(t, func(t *rapid.T) {
		if drawn++; drawn > 20 { // each costs the server four logins
			return
		}
		try(t, pieces.Draw(t, "before")+head+pieces.Draw(t, "between")+tail+pieces.Draw(t, "after"))
	})
}
