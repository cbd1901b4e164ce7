package access_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pushloss/internal/access"
	"pushloss/internal/localpg/pgtest"
)

// Only its owner can grant a view that another role made in analytics.
func TestViewsOfOthersInAnalyticsAreNamed(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner, db := connectTo(t, url), open(t, url)
	guest, asGuest := newRole(t, url)
	role, _ := newRole(t, url)
	execOn(t, owner, `GRANT USAGE, CREATE ON SCHEMA analytics TO `+guest)
	execOn(t, connectTo(t, asGuest), `CREATE VIEW analytics."of a guest" AS SELECT 1 AS one`)
	_, err := access.Grant(t.Context(), db, role, false)
	wantError(t, err, "view analytics.of a guest", "connect as")
	report, err := access.Grant(t.Context(), open(t, pgtest.AdminURL(t, url)), role, false)
	must(t, err)
	if !slices.ContainsFunc(report.Rights, func(r access.Right) bool { return r.On == "later views of "+guest }) {
		t.Errorf("who made a view once may make more: %+v", report.Rights)
	}
}

func TestNotesNameRightsBesideTheGrant(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner, db := connectTo(t, url), open(t, url)
	name := namesOn(t, owner, `SELECT current_database()::text`)[0]
	role, _ := newRole(t, url)
	execOn(t, owner, `REVOKE CONNECT ON DATABASE `+pgx.Identifier{name}.Sanitize()+` FROM PUBLIC`)
	execOn(t, owner, `GRANT USAGE ON SCHEMA pushloss TO `+role)
	execOn(t, owner, `GRANT SELECT (state) ON pushloss.run TO `+role)
	execOn(t, connectTo(t, pgtest.AdminURL(t, url)), `GRANT CREATE ON SCHEMA public TO PUBLIC`)
	report, err := access.Grant(t.Context(), db, role, false)
	must(t, err)
	notes := strings.Join(report.Notes, "\n")
	for _, says := range []string{"GRANT CONNECT ON DATABASE", "tables of schema pushloss", "REVOKE CREATE ON SCHEMA public"} {
		if !strings.Contains(notes, says) {
			t.Errorf("notes %q, want %q among them", notes, says)
		}
	}
	// Taken back, it may still read as a member of others.
	execOn(t, owner, `GRANT USAGE ON SCHEMA analytics TO PUBLIC`)
	execOn(t, owner, `GRANT SELECT ON analytics.runs TO PUBLIC`)
	report, err = access.Revoke(t.Context(), db, role)
	must(t, err)
	notes = strings.Join(report.Notes, "\n")
	for _, says := range []string{"it still reads analytics", "tables of schema pushloss", "DROP OWNED BY"} {
		if !report.Reads || !strings.Contains(notes, says) {
			t.Errorf("notes %q, want %q among them", notes, says)
		}
	}
	execOn(t, owner, `REVOKE USAGE ON SCHEMA pushloss FROM `+role)
	execOn(t, owner, `REVOKE SELECT (state) ON pushloss.run FROM `+role)
	execOn(t, owner, `REVOKE USAGE ON SCHEMA analytics FROM PUBLIC`)
	report, err = access.Revoke(t.Context(), db, role)
	must(t, err)
	if len(report.Notes) > 0 {
		t.Errorf("of a role that no longer exists: %q", report.Notes)
	}
}

// A group that may not log in, whose member does not inherit, and a role that may write and become the owner.
func TestNotesNameWriteRightsAndRightsThatNeedSetRole(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner, admin, db := connectTo(t, url), connectTo(t, pgtest.AdminURL(t, url)), open(t, url)
	me := pgx.Identifier{namesOn(t, owner, `SELECT current_user::text`)[0]}.Sanitize()
	group, _ := newRole(t, url)
	member, _ := newRole(t, url)
	execOn(t, admin, `ALTER ROLE `+group+` NOLOGIN; ALTER ROLE `+member+` NOINHERIT; GRANT `+group+` TO `+member)
	writer, _ := newRole(t, url)
	execOn(t, admin, `ALTER ROLE `+writer+` NOINHERIT; GRANT `+me+` TO `+writer)
	execOn(t, owner, `GRANT UPDATE ON analytics.tasks TO `+writer)
	for _, test := range []struct {
		role string
		says []string
	}{
		{group, []string{"it may not log in", "before SET ROLE " + `"` + group + `"` + ": " + member}},
		{writer, []string{"it may write in schema analytics or pushloss", "it may become " + me[1:len(me)-1] + " by SET ROLE, and then do everything there"}},
		{member, nil},
	} {
		report, err := access.Grant(t.Context(), db, test.role, false)
		must(t, err)
		notes := strings.Join(report.Notes, "\n")
		for _, says := range test.says {
			if !strings.Contains(notes, says) {
				t.Errorf("notes %q, want %q among them", notes, says)
			}
		}
		if len(report.Notes) != min(2, len(test.says)) {
			t.Errorf("%s: notes %q", test.role, notes)
		}
	}
}

// Since Postgres 16 a membership says itself whether the member inherits, and whether it may SET ROLE.
func TestNotesFollowTheOptionsOfAMembership(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	owner, admin, db := connectTo(t, url), connectTo(t, pgtest.AdminURL(t, url)), open(t, url)
	if namesOn(t, owner, `SELECT (current_setting('server_version_num')::int < 160000)::text`)[0] == "true" {
		t.Skip("memberships have no such options before Postgres 16")
	}
	me := pgx.Identifier{namesOn(t, owner, `SELECT current_user::text`)[0]}.Sanitize()
	neither := "INHERIT FALSE, SET FALSE"
	for _, test := range []struct{ name, options, ofMember, ofOwnersMember string }{
		{"a member that inherits", "INHERIT TRUE, SET FALSE", "", ""},
		{"a member that may SET ROLE", "INHERIT FALSE, SET TRUE", "read nothing before SET ROLE", "by SET ROLE, and then do everything there"},
		{"a member that may do neither", neither, "read nothing: ", ""},
		{"an administrator of the role", neither + ", ADMIN TRUE", "read nothing before SET ROLE", "by SET ROLE, and then do everything there"},
	} {
		group, _ := newRole(t, url)
		member, _ := newRole(t, url)
		execOn(t, admin, `GRANT `+group+` TO `+member+` WITH `+test.options)
		report, err := access.Grant(t.Context(), db, group, false)
		must(t, err)
		wantNote(t, test.name, test.ofMember, report.Notes)

		if test.ofOwnersMember == "" && test.ofMember == "" {
			continue // it has the rights of the owner, so it cannot be granted any
		}
		ownersMember, _ := newRole(t, url)
		execOn(t, admin, `GRANT `+me+` TO `+ownersMember+` WITH `+test.options)
		report, err = access.Grant(t.Context(), db, ownersMember, false)
		must(t, err)
		wantNote(t, test.name+", of the owner", test.ofOwnersMember, report.Notes)
	}
}

// wantNote expects one note with this text, or none if there is no text.
func wantNote(t *testing.T, what, says string, notes []string) {
	t.Helper()
	if says == "" && len(notes) == 0 || says != "" && len(notes) == 1 && strings.Contains(notes[0], says) {
		return
	}
	t.Errorf("%s: notes %q, want %q", what, notes, says)
}

func TestAReaderFindsTheViewsByNameOnRequest(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	role, asRole := newRole(t, url)
	db := open(t, pgtest.AdminURL(t, url)) // the owner may not alter roles
	report, err := access.Grant(t.Context(), db, role, false)
	must(t, err)
	if report.SearchPath || report.First != "SELECT * FROM analytics.calendar ORDER BY day DESC LIMIT 7" {
		t.Errorf("without a search path: %+v", report)
	}
	allowed(t, connectTo(t, asRole), report.First)
	_, err = access.Grant(t.Context(), open(t, url), role, true)
	wantError(t, err, "the search_path of", "IN DATABASE")
	for range 2 {
		report, err = access.Grant(t.Context(), db, role, true)
		must(t, err)
		if !report.SearchPath || report.First != "SELECT * FROM calendar ORDER BY day DESC LIMIT 7" {
			t.Errorf("with a search path: %+v", report)
		}
	}
	allowed(t, connectTo(t, asRole), report.First)
	_, err = access.Revoke(t.Context(), db, role)
	must(t, err)
	equal(t, "settings that keep the role", []string{"0"}, namesOn(t, connectTo(t, url), `SELECT count(*)::text FROM pg_db_role_setting WHERE setrole = $1::regrole`, role))
	if _, err := access.Grant(t.Context(), open(t, url), role, true); err != nil {
		wantError(t, err, "permission denied", "superuser")
	}
}
