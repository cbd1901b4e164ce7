package main_test

import (
	"crypto/rand"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/localpg/pgtest"
)

func TestARoleIsGrantedAndRevoked(t *testing.T) {
	t.Parallel()
	w := setup(t)
	role := "pushloss_reader_" + strings.ToLower(rand.Text())
	asRole := pgtest.Role(t, w.env["DATABASE_URL"], role, "")
	reads := func() bool {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), asRole)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		_, err = conn.Exec(t.Context(), `SELECT FROM analytics.runs`)
		return err == nil
	}

	w.do(0, "grant", role).says(t, "schema analytics", "view analytics.runs", "later views of", role+" reads analytics: ", ", 0 unchanged", "or grant with --search-path", "first query to try: SELECT * FROM analytics.calendar ")
	if !reads() {
		t.Error("the role cannot read")
	}
	r := w.do(0, "grant", role, "--output", "json")
	r.says(t, `"result": "unchanged"`)
	shapeIs(t, "grant", r.stdout)
	shapeIs(t, "revoke", w.do(0, "revoke", role, "--output", "json").stdout)
	if reads() {
		t.Error("the role can still read")
	}
	w.do(0, "revoke", role).says(t, role+": 0 rights revoked")

	w.exec(`GRANT USAGE ON SCHEMA analytics TO PUBLIC; GRANT SELECT ON analytics.runs TO PUBLIC`)
	w.do(1, "revoke", role).says(t, "0 rights revoked", "note: it still reads analytics")

	w.env["DATABASE_URL"] = asRole
	w.do(3, "grant", role).says(t, "permission denied", "what to do: connect as ")
}

func TestRolesThatCannotBeGrantedAreRefused(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.do(2, "grant", "pushloss nobody").says(t, `role "pushloss nobody" does not exist`, `CREATE ROLE "pushloss nobody" LOGIN PASSWORD '...' makes this one`)
	printed := w.do(2, "revoke", "pushloss nobody")
	printed.says(t, "does not exist", `\du in psql lists the roles`)
	if strings.Contains(printed.stderr, "CREATE ROLE") {
		t.Errorf("revoke advises to make a role:\n%s", printed.stderr)
	}
	w.do(2, "grant", "public").says(t, "reserved", "what to do: ")
	w.do(2, "grant").says(t, "pushloss grant --help")
	w.do(2, "revoke", "one", "two").says(t, "pushloss revoke --help")
}

// The error names each right that a role lacks, without another command.
func TestARoleWithoutRightsGetsTheGrantsThatItNeedsInTheError(t *testing.T) {
	t.Parallel()
	w := setup(t)
	role := "pushloss_writer_" + strings.ToLower(rand.Text())
	owner := w.env["DATABASE_URL"]
	asRole := pgtest.Role(t, owner, role, "")
	w.env["DATABASE_URL"] = asRole
	byOwner := func(sql string) {
		w.env["DATABASE_URL"] = owner
		w.exec(sql)
		w.env["DATABASE_URL"] = asRole
	}
	grants := regexp.MustCompile(`GRANT .*;`)
	for _, command := range []string{"run", "status", "verify", "prune", "check"} {
		w.do(3, command).says(t, "the role "+role+" lacks USAGE on the schemas analytics, pushloss", "GRANT USAGE ON SCHEMA analytics, pushloss TO ")
	}
	r := w.do(3, "check")
	if strings.Contains(r.stdout, "check the database") {
		t.Errorf("check has no better advice:\n%s", r.stdout)
	}
	given := grants.FindAllString(r.stdout, -1)
	byOwner(strings.Join(given, ""))
	w.do(0, "check")
	admin := func(sql string) {
		w.env["DATABASE_URL"] = pgtest.AdminURL(t, owner)
		w.exec(sql)
		w.env["DATABASE_URL"] = asRole
	}
	for _, function := range []string{"pg_advisory_lock(bigint)", "pg_try_advisory_lock(integer, integer)"} {
		admin(`REVOKE EXECUTE ON FUNCTION ` + function + ` FROM PUBLIC`)
		given := grants.FindString(w.do(3, "check").stdout)
		admin(given)
		w.do(0, "check")
	}
	admin(`ALTER ROLE ` + role + ` CONNECTION LIMIT 1`)
	if r := w.do(3, "check"); strings.Contains(r.stdout, "schema") || strings.Contains(r.stdout, "rights") || !strings.Contains(r.stdout, "the role allows 1 connection; a process needs at least 2") {
		t.Errorf("check says more than the one reason:\n%s", r.stdout)
	}
	admin(`ALTER ROLE ` + role + ` CONNECTION LIMIT -1`)
	w.tasks("t1")
	for _, command := range []string{"run", "reconcile", "status", "verify", "replay", "prune"} {
		w.do(0, command)
	}

	byOwner(`REVOKE INSERT, UPDATE ON pushloss.ledger FROM ` + role)
	w.do(3, "run").says(t, "permission denied", "the role "+role+" lacks INSERT, UPDATE on the table pushloss.ledger", "GRANT INSERT, UPDATE ON TABLE pushloss.ledger TO ")
	byOwner(`GRANT INSERT, UPDATE ON pushloss.ledger TO ` + role + `; REVOKE ALL ON ALL SEQUENCES IN SCHEMA pushloss FROM ` + role)
	w.do(0, "check").says(t, "lacks SELECT on the sequences ", "only check reads them", "GRANT SELECT ON SEQUENCE ")
	w.do(0, "run")
}
