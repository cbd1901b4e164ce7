package migrations_test

import (
	"strings"
	"testing"

	"pushloss/internal/localpg/pgtest"
)

// sqlUncommented names what lacks a comment.
const sqlUncommented = `
	WITH relations AS (
		SELECT c.oid AS relation, n.nspname || '.' || c.relname AS name
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname IN ('pushloss', 'analytics') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
	)
	SELECT nspname::text FROM pg_namespace
	WHERE nspname IN ('pushloss', 'analytics') AND coalesce(obj_description(oid, 'pg_namespace'), '') = ''
	UNION ALL
	SELECT name FROM relations WHERE coalesce(obj_description(relation, 'pg_class'), '') = ''
	UNION ALL
	SELECT name || '.' || a.attname FROM relations
	JOIN pg_attribute AS a ON a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
	WHERE coalesce(col_description(relation, a.attnum), '') = ''
	UNION ALL
	SELECT n.nspname || '.' || f.proname || '()' FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace
	WHERE n.nspname IN ('pushloss', 'analytics') AND coalesce(obj_description(f.oid, 'pg_proc'), '') = ''
	ORDER BY 1`

// M7: everything that analysts can see has an explanation.
func TestM7EverythingHasAComment(t *testing.T) {
	t.Parallel()
	conn := connect(t, pgtest.URL(t))
	for _, name := range lines(t, conn, sqlUncommented) {
		t.Errorf("%s has no comment", name)
	}
	// The query does find what has none.
	exec(t, conn, `COMMENT ON SCHEMA analytics IS NULL`)
	exec(t, conn, `COMMENT ON VIEW analytics.runs IS NULL`)
	exec(t, conn, `COMMENT ON FUNCTION analytics.loss_as_of(timestamptz) IS NULL`)
	exec(t, conn, `COMMENT ON COLUMN pushloss.app.timezone IS ''`)
	if got := strings.Join(lines(t, conn, sqlUncommented), " "); got != "analytics analytics.loss_as_of() analytics.runs pushloss.app.timezone" {
		t.Errorf("found %q", got)
	}
}

// M7: a view's comment begins with what one row is.
func TestM7EveryViewSaysItsGrain(t *testing.T) {
	t.Parallel()
	const sqlWithoutGrain = `
		SELECT relname::text FROM pg_class
		WHERE relnamespace = 'analytics'::regnamespace AND relkind IN ('v', 'm')
			AND coalesce(obj_description(oid, 'pg_class'), '') !~* '\yone row per\y'
		UNION ALL
		SELECT proname::text FROM pg_proc
		WHERE pronamespace = 'analytics'::regnamespace AND proretset
			AND coalesce(obj_description(oid, 'pg_proc'), '') !~* '\yone row per\y'
		ORDER BY 1`
	conn := connect(t, pgtest.URL(t))
	for _, name := range lines(t, conn, sqlWithoutGrain) {
		t.Errorf("the comment of analytics.%s does not say what it has one row per", name)
	}
	exec(t, conn, `COMMENT ON VIEW analytics.runs IS 'Runs.'`)
	if got := strings.Join(lines(t, conn, sqlWithoutGrain), " "); got != "runs" {
		t.Errorf("found %q", got)
	}
}
