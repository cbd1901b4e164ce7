package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pushloss/internal/config"
)

var onlyDatabase = config.Needs{Database: true}

func TestWhichFormsOfADatabaseAreAccepted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		env  variables
		want config.Database
	}{
		{"a URL", variables{"DATABASE_URL": "postgres://u:p@h/d"}, config.Database{URL: "postgres://u:p@h/d"}},
		{"the other scheme, with pool settings", variables{"DATABASE_URL": "postgresql://h/d?sslmode=disable&pool_max_conns=4"}, config.Database{URL: "postgresql://h/d?sslmode=disable&pool_max_conns=4"}},
		{"keywords", variables{"DATABASE_URL": "host=h dbname=d"}, config.Database{URL: "host=h dbname=d"}},
		{"a local one", variables{"DATABASE_URL": "embedded:"}, config.Database{Embedded: true, EmbeddedDir: ".pushloss"}},
		{"a local one elsewhere", variables{"DATABASE_URL": "embedded: data "}, config.Database{Embedded: true, EmbeddedDir: "data"}},
		{"libpq's environment by host", variables{"PGHOST": "h"}, config.Database{}},
		{"libpq's environment by service", variables{"PGSERVICE": "s"}, config.Database{}},
		{"libpq's environment by database", variables{"PGDATABASE": "d", "DATABASE_URL": " "}, config.Database{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := mustLoad(t, onlyDatabase, test.env).Database; got != test.want {
				t.Errorf("database is %q, want %q", got.URL+got.EmbeddedDir, test.want.URL+test.want.EmbeddedDir)
			}
		})
	}
}

func TestMistakesInDatabaseURLAreNamedWithoutThePassword(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, url, says string }{
		{"without a file the embedded one is offered", "", "DATABASE_URL=embedded: for a local one"},
		{"another database", "mysql://u:swordfish@h/d", "is a mysql: URL"},
		{"only a name", "embedded", "or embedded: for a local database"},
		{"an embedded URL", "embedded://dir", "written embedded:DIR, without //"},
		{"embedded before a URL", "embedded:postgres://u:p@h/db", "a URL is written without embedded:"},
		{"a port that is a piece of the password", "postgres://u:sword:fish@h:x/d", "has an invalid host or port"},
		{"a slash in the password", "postgres://u:sword/fish@h:5432/d", "is not a usable Postgres URL"},
		{"broken escapes", "postgres://u:swordfish%zz@h/d", "write a % of the password as %25"},
		{"a wrong sslmode", "postgres://u:swordfish@h/d?sslmode=swordfish", "unknown value of sslmode"},
		{"a wrong pool size", "postgres://u:swordfish@h/d?pool_max_conns=swordfish", "give a number from 2 to 100"},
		{"a wrong target", "postgres://u:p@h/d?target_session_attrs=swordfish", "unknown value of target_session_attrs"},
		{"a wrong query mode", "postgres://u:p@h/d?default_query_exec_mode=swordfish", "default_query_exec_mode: leave it out"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(onlyDatabase, variables{"DATABASE_URL": test.url})
			requireProblem(t, err, "DATABASE_URL", test.says)
			if strings.Contains(strings.ReplaceAll(err.Error(), "password", ""), "sword") || strings.Contains(err.Error(), "fish") {
				t.Errorf("the error repeats the password: %v", err)
			}
		})
	}
}

func TestAPrintedDatabaseHidesItsURL(t *testing.T) {
	t.Parallel()
	settings := mustLoad(t, onlyDatabase, variables{"DATABASE_URL": "postgres://u:swordfish@h/d"})
	encoded, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	config.Log{}.Logger(&log).Info("settings", "all", settings, "database", settings.Database)
	printed := fmt.Sprintf("%v %+v %#v %s %s", settings, settings, settings, encoded, log.String())
	if strings.Contains(printed, "swordfish") {
		t.Errorf("the password is printed: %s", printed)
	}
}
