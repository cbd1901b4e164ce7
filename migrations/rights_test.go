package migrations_test

import (
	"crypto/rand"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
	"pushloss/migrations"
)

// wordsOfSQL returns the names in the SQL of the commands and the views that may be those of a function or of
// a table of pg_catalog.
func wordsOfSQL(t *testing.T) (words []string) {
	t.Helper()
	name := regexp.MustCompile(`\b([a-z_][a-z_0-9]*)\s*\(|\b(pg_[a-z_]+)\b`)
	statement := regexp.MustCompile(`\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\b`)
	add := func(sql string) {
		for _, found := range name.FindAllStringSubmatch(sql, -1) {
			words = append(words, found[1]+found[2])
		}
	}
	add(migrations.ViewsText())
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (path == "../internal/lab" || path == "../internal/localpg" || path == "../findings" || path == "../.git"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, _ := strconv.Unquote(literal.Value); statement.MatchString(text) {
					add(text)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return words
}

func TestTheListOfWhatEverybodyMayUseHasAllThatOurSQLNames(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.EmptyURL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `
		SELECT proname::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname = ANY ($1)
			AND (proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(proacl) WHERE grantee = 0))
		UNION
		SELECT relname::text FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relname = ANY ($1) AND relkind IN ('r', 'v')
			AND EXISTS (SELECT 1 FROM aclexplode(relacl) WHERE grantee = 0 AND privilege_type = 'SELECT')`, wordsOfSQL(t))
	if err != nil {
		t.Fatal(err)
	}
	want, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Fields(migrations.Everybodys)
	for _, name := range want {
		if !slices.Contains(listed, name) {
			t.Errorf("%s is missing in everybodys", name)
		}
	}
}

// A database may revoke a right that PostgreSQL gives to everybody. The named GRANT restores it.
func TestARightThatADatabaseTakesFromEverybodyIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ of, want string }{
		{"EXECUTE ON FUNCTION pg_advisory_lock(bigint)", "EXECUTE on the function pg_advisory_lock(bigint)"},
		{"EXECUTE ON FUNCTION sha256(bytea)", "EXECUTE on the function sha256(bytea)"},
		{"SELECT ON pg_stat_activity", "SELECT on the table pg_stat_activity"},
		{"EXECUTE ON FUNCTION pg_sleep(double precision)", ""}, // which we do not call
	} {
		t.Run(tt.of, func(t *testing.T) {
			t.Parallel()
			database := pgtest.URL(t)
			admin := connect(t, pgtest.AdminURL(t, database))
			exec(t, admin, `REVOKE `+tt.of+` FROM PUBLIC`)
			missing, err := migrations.Rights(t.Context(), database)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if len(missing) > 0 {
					t.Errorf("%v", missing)
				}
				return
			}
			if len(missing) != 1 || !missing[0].Needed() || !strings.HasSuffix(missing[0].Error(), tt.want) {
				t.Fatalf("%v, want %s", missing, tt.want)
			}
			_, grant, _ := strings.Cut(missing[0].Hint(), "GRANT ")
			exec(t, admin, "GRANT "+grant)
			if missing, err = migrations.Rights(t.Context(), database); err != nil || len(missing) > 0 {
				t.Errorf("after GRANT %s: %v, %v", grant, missing, err)
			}
		})
	}
}

// K2: a foreign key reads a table with the rights of its owner. So owners need the schema.
func TestAnOwnerOfATableThatLacksTheSchemaIsNamed(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	admin := connect(t, pgtest.AdminURL(t, database))
	name := "keeper_" + strings.ToLower(rand.Text()[:10])
	pgtest.Role(t, database, name, "")
	exec(t, admin, `GRANT `+name+` TO `+pgtest.Owner+`; ALTER TABLE pushloss.err_code OWNER TO `+name)
	owner := connect(t, database)
	insert := func() error {
		_, err := owner.Exec(t.Context(), `WITH code AS (INSERT INTO pushloss.err_code (err_code) VALUES (gen_random_uuid()::text) RETURNING err_code_key)
			INSERT INTO pushloss.usual_stage_text (err_code_key, stage_id, stream_id, err_info, first_day) SELECT err_code_key, 1, 1, '', current_date FROM code`)
		return err
	}
	if err := insert(); err == nil || !strings.Contains(err.Error(), "permission denied for schema pushloss") {
		t.Fatalf("%v, want one for the schema", err)
	}
	missing, err := migrations.Rights(t.Context(), database)
	if err != nil || len(missing) != 1 || !missing[0].Needed() {
		t.Fatalf("%v, %v", missing, err)
	}
	if want := "the role " + name + " lacks USAGE on the schema pushloss"; missing[0].Error() != want {
		t.Errorf("%v, want %s", missing[0], want)
	}
	by, grant, _ := strings.Cut(missing[0].Hint(), ": ")
	if by != "as "+pgtest.Owner {
		t.Errorf("%q", missing[0].Hint())
	}
	exec(t, owner, grant)
	if err := insert(); err != nil {
		t.Errorf("after %s: %v", grant, err)
	}
}
