package clients_test

import (
	"bytes"
	"encoding/json"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// client is a way to read Postgres.
type client struct {
	name string
	// missing returns what to install if the client is missing.
	missing func() string
	read    func(t *testing.T, env []string, relations []string) map[string]table
	// copies says that the client copies tables, which have rows, and not what a function returns.
	copies bool
}

// The types that the clients' languages have for a kind of column.
var (
	pythonTypes = map[string]kind{"str": ofText, "int": ofInts, "float": ofFloat, "date": ofDays, "datetime": ofTimes, "bool": ofBools}
	javaTypes   = map[string]kind{
		"java.lang.String": ofText, "java.lang.Long": ofInts, "java.lang.Integer": ofInts, "java.lang.Double": ofFloat,
		"java.sql.Date": ofDays, "java.sql.Timestamp": ofTimes, "java.lang.Boolean": ofBools,
	}
	// The types of JavaScript, with the OIDs of the columns.
	nodeTypes = map[string]kind{
		"string of 25": ofText, "number of 21": ofInts, "number of 23": ofInts, "string of 20": ofInts, "number of 701": ofFloat,
		"string of 1082": ofDays, "string of 1184": ofTimes, "boolean of 16": ofBools,
		"no value of 25": ofText, "no value of 21": ofInts, "no value of 23": ofInts, "no value of 20": ofInts, "no value of 701": ofFloat,
		"no value of 1082": ofDays, "no value of 1184": ofTimes, "no value of 16": ofBools,
	}
	pandasTypes = map[string]kind{
		"StringDtype of 25": ofText, "Int64Dtype of 21": ofInts, "Int64Dtype of 23": ofInts, "Int64Dtype of 20": ofInts, "Float64Dtype of 701": ofFloat,
		"StringDtype of 1082": ofDays, "DatetimeTZDtype of 1184": ofTimes, "BooleanDtype of 16": ofBools,
	}
	duckdbTypes = map[string]kind{
		"no value of VARCHAR": ofText, "no value of BIGINT": ofInts, "no value of DOUBLE": ofFloat, "no value of DATE": ofDays,
		"no value of TIMESTAMP WITH TIME ZONE": ofTimes, "no value of BOOLEAN": ofBools,
	}
	// What psycopg returns for a column with only NULL, and psql for any column.
	postgresTypes = map[string]kind{
		"text": ofText, "smallint": ofInts, "integer": ofInts, "bigint": ofInts, "double precision": ofFloat,
		"date": ofDays, "timestamp with time zone": ofTimes, "boolean": ofBools,
		"no value of text": ofText, "no value of int2": ofInts, "no value of int4": ofInts, "no value of int8": ofInts,
		"no value of float8": ofFloat, "no value of date": ofDays, "no value of timestamptz": ofTimes, "no value of bool": ofBools,
	}
)

const (
	// python is Debian's own, which has its packages. Another one may come first on the
	// PATH.
	python     = "/usr/bin/python3"
	jdbcDriver = "/usr/share/java/postgresql.jar"
)

var clients = []client{
	{
		name:    "psql",
		missing: func() string { return needs("postgresql-client", "psql", "--version") },
		read:    readByPsql,
	},
	{
		name:    "psycopg",
		missing: func() string { return needs("python3-psycopg", python, "-c", "import psycopg") },
		read:    program(python, "testdata/read_psycopg.py"),
	},
	{
		name: "ODBC",
		missing: func() string {
			if missing := needs("python3-pyodbc", python, "-c", "import pyodbc"); missing != "" {
				return missing
			}
			return needs("odbc-postgresql", python, "-c", "import pyodbc; assert 'PostgreSQL Unicode' in pyodbc.drivers()")
		},
		read: program(python, "testdata/read_odbc.py"),
	},
	{
		name: "JDBC",
		missing: func() string {
			if _, err := os.Stat(jdbcDriver); err != nil {
				return "Debian's package libpostgresql-jdbc-java"
			}
			return needs("default-jdk-headless", "java", "--describe-module", "jdk.compiler")
		},
		read: program("java", "-cp", jdbcDriver, "testdata/ReadJdbc.java"),
	},
	{
		name:    "npm's pg",
		missing: func() string { return fetched("node_modules/pg", "npm") },
		read:    program("node", "testdata/read_node.js", "pg"),
	},
	{
		name:    "npm's postgres",
		missing: func() string { return fetched("node_modules/postgres", "npm") },
		read:    program("node", "testdata/read_node.js", "postgres"),
	},
	{
		name:    "pandas over SQLAlchemy",
		missing: func() string { return fetched("python/complete", "pypi") },
		read:    program(fetchedPython(), "testdata/read_pandas.py"),
	},
	{
		name:    "dlt into DuckDB",
		missing: func() string { return fetched("python/complete", "pypi") },
		read:    program(fetchedPython(), "testdata/read_dlt.py"),
		copies:  true,
	},
}

// needs returns the Debian package unless the command succeeds.
func needs(debian, name string, args ...string) string {
	if exec.Command(name, args...).Run() != nil {
		return "Debian's package " + debian
	}
	return ""
}

// fetchedFolder is where install.sh has put clients that are not Debian's.
const fetchedFolder = "PUSHLOSS_TEST_CLIENTS"

func fetchedPython() string {
	return filepath.Join(os.Getenv(fetchedFolder), "python", "bin", "python")
}

// fetched returns the command that installs a client of a registry unless it is there.
func fetched(path, registry string) string {
	if _, err := os.Stat(filepath.Join(os.Getenv(fetchedFolder), path)); os.Getenv(fetchedFolder) != "" && err == nil {
		return ""
	}
	return "internal/lab/clients/install.sh FOLDER " + registry + ", and " + fetchedFolder + "=FOLDER"
}

// With every tool of an analyst, a role that may read analytics gets all stored figures,
// with their types.
func TestAllClientsGetTheSameFigures(t *testing.T) {
	t.Parallel()
	owner, reader := setup(t)
	relations := relationsOf(t, owner)
	want := make(map[string]table)
	for _, relation := range relations {
		want[relation] = readAsOwner(t, owner, relation)
	}
	for _, relation := range []string{
		"analytics.app_stage_loss", "analytics.app_platform_loss", "analytics.task_stage_loss", "analytics.task_platform_loss",
		"analytics.loss_changes", "analytics.coverage", "analytics.task_coverage", "analytics.calendar", "analytics.reconciliations", "analytics.runs", "analytics.alerts", "analytics.tasks", asOf,
	} {
		if len(want[relation].Rows) == 0 {
			t.Errorf("%s is empty: the test does not show how clients read it", relation)
		}
	}
	t.Run("through PgBouncer", func(t *testing.T) {
		t.Parallel()
		throughPgBouncer(t, owner, reader)
	})
	for _, client := range clients {
		t.Run(client.name, func(t *testing.T) {
			t.Parallel()
			if missing := client.missing(); missing != "" {
				t.Skipf("%s is not installed (%s): the test cannot try it", client.name, missing)
			}
			relations := relations
			if client.copies {
				relations = slices.DeleteFunc(slices.Clone(relations), func(relation string) bool {
					return relation == asOf || len(want[relation].Rows) == 0
				})
			}
			got := client.read(t, environment(t, reader), relations)
			for _, relation := range relations {
				if diff := gocmp.Diff(want[relation], got[relation]); diff != "" {
					t.Errorf("%s (-stored +read):\n%s", relation, diff)
				}
			}
		})
	}
}

// environment is where libpq, and the programs that imitate it, look.
func environment(t testing.TB, databaseURL string) []string {
	t.Helper()
	parsed, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the database URL cannot be parsed")
	}
	host, port, err := net.SplitHostPort(parsed.Host)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := parsed.User.Password()
	return append(os.Environ(), "PGHOST="+host, "PGPORT="+port, "PGDATABASE="+strings.TrimPrefix(parsed.Path, "/"),
		"PGUSER="+parsed.User.Username(), "PGPASSWORD="+password, "PGTZ=Asia/Kolkata", "PGCLIENTENCODING=UTF8")
}

// program reads with a program that prints a line of JSON for each relation.
func program(name string, args ...string) func(*testing.T, []string, []string) map[string]table {
	return func(t *testing.T, env, relations []string) map[string]table {
		t.Helper()
		decoder := json.NewDecoder(bytes.NewReader(output(t, env, "", name, append(slices.Clone(args), relations...)...)))
		tables := make(map[string]table)
		for decoder.More() {
			var printed struct {
				Relation string
				Columns  []struct {
					Name  string
					Types []string
				}
				Rows [][]*string
			}
			if err := decoder.Decode(&printed); err != nil {
				t.Fatal(err)
			}
			var read table
			for _, c := range printed.Columns {
				read.Columns = append(read.Columns, column{c.Name, kindByNames(c.Types)})
			}
			tables[printed.Relation] = filled(t, printed.Relation, read, printed.Rows)
		}
		return tables
	}
}

// kindByNames returns the kind of a column whose values have these types.
func kindByNames(names []string) kind {
	for _, types := range []map[string]kind{pythonTypes, javaTypes, nodeTypes, pandasTypes, duckdbTypes, postgresTypes} {
		if kind, ok := types[strings.Join(names, " and ")]; ok {
			return kind
		}
	}
	return kind("other: " + strings.Join(names, " and "))
}

func readByPsql(t *testing.T, env, relations []string) map[string]table {
	tables := make(map[string]table)
	for _, relation := range relations {
		// From standard input, where \gdesc may follow a query. Every value ends with a
		// zero byte, which no text contains.
		psql := func(query string, columns int) (records [][]string) {
			out := output(t, env, query, "psql", "-X", "-q", "-A", "-t", "-z", "-0", "-v", "ON_ERROR_STOP=1", "-P", "null="+null)
			for record := range slices.Chunk(strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"), columns) {
				records = append(records, record)
			}
			if len(out) == 0 {
				return nil
			}
			return records
		}
		var read table
		for _, described := range psql("SELECT * FROM "+relation+` \gdesc`, 2) {
			read.Columns = append(read.Columns, column{described[0], kindByNames(described[1:])})
		}
		var rows [][]*string
		for _, record := range psql("SELECT * FROM "+relation+";", len(read.Columns)) {
			cells := make([]*string, len(record))
			for i := range record {
				if record[i] != null {
					cells[i] = &record[i]
				}
			}
			rows = append(rows, cells)
		}
		tables[relation] = filled(t, relation, read, rows)
	}
	return tables
}

func filled(t *testing.T, relation string, read table, rows [][]*string) table {
	t.Helper()
	for _, cells := range rows {
		if err := read.add(cells); err != nil {
			t.Errorf("%s: %v", relation, err)
			break
		}
	}
	slices.Sort(read.Rows)
	return read
}

func output(t *testing.T, env []string, stdin, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env, cmd.Stdin = env, strings.NewReader(stdin)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, stderr.String())
	}
	return out
}
