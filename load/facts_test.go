package load_test

import (
	"strings"
	"testing"

	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/postgres"
	"pushloss/internal/problem"
	"pushloss/transform"
)

// A load fails if a foreign rule or trigger prevents or changes what it writes. The next load
// writes everything.
func TestARuleOrTriggerThatSwallowsOrChangesFiguresFailsTheLoad(t *testing.T) {
	t.Parallel()
	const change = `CREATE FUNCTION public.change() RETURNS trigger LANGUAGE plpgsql AS `
	snapshot := func(count int64) transform.Snapshot {
		return transform.Snapshot{TaskID: "a", Facts: []transform.Fact{stageFact("1", count, "info"), platformFact(1, "2", count)}}
	}
	for _, tt := range []struct{ name, make, drop string }{
		{"a rule on insert", `CREATE RULE never AS ON INSERT TO pushloss.stage_loss DO INSTEAD NOTHING`, `DROP RULE never ON pushloss.stage_loss`},
		{"a rule on update", `CREATE RULE never AS ON UPDATE TO pushloss.platform_loss DO INSTEAD NOTHING`, `DROP RULE never ON pushloss.platform_loss`},
		{"a rule on the ledger", `CREATE RULE never AS ON UPDATE TO pushloss.ledger DO INSTEAD NOTHING`, `DROP RULE never ON pushloss.ledger`},
		{"a trigger", `CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
			CREATE TRIGGER never BEFORE INSERT OR UPDATE ON pushloss.platform_loss FOR EACH ROW EXECUTE FUNCTION public.swallow()`, `DROP TRIGGER never ON pushloss.platform_loss`},
		{"a trigger on the ledger", `CREATE FUNCTION public.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
			CREATE TRIGGER never BEFORE INSERT OR UPDATE ON pushloss.ledger FOR EACH ROW EXECUTE FUNCTION public.swallow()`, `DROP TRIGGER never ON pushloss.ledger`},
		{"a trigger that changes a count", change + `'BEGIN NEW.err_count := NEW.err_count * 10; RETURN NEW; END';
			CREATE TRIGGER never BEFORE UPDATE ON pushloss.stage_loss FOR EACH ROW EXECUTE FUNCTION public.change()`, `DROP TRIGGER never ON pushloss.stage_loss`},
		{"a trigger that changes a count on insert", change + `'BEGIN NEW.err_count := 1; RETURN NEW; END';
			CREATE TRIGGER never BEFORE INSERT ON pushloss.platform_loss FOR EACH ROW EXECUTE FUNCTION public.change()`, `DROP TRIGGER never ON pushloss.platform_loss`},
		{"a trigger that changes a key", change + `'BEGIN NEW.platform_id := 99; RETURN NEW; END';
			CREATE TRIGGER never BEFORE UPDATE ON pushloss.platform_loss FOR EACH ROW EXECUTE FUNCTION public.change()`, `DROP TRIGGER never ON pushloss.platform_loss`},
		{"a trigger that changes the time", change + `'BEGIN NEW.updated_at := now(); RETURN NEW; END';
			CREATE TRIGGER never BEFORE UPDATE ON pushloss.stage_loss FOR EACH ROW EXECUTE FUNCTION public.change()`, `DROP TRIGGER never ON pushloss.stage_loss`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if pgtest.OnCitus() && strings.Contains(tt.make, "TRIGGER") {
				t.Skip("Citus has no triggers on distributed tables")
			}
			f := setup(t)
			if !strings.HasSuffix(tt.name, "on insert") {
				f.load(f.pull(snapshot(5)), loadedAt)
			}
			before := f.facts()
			_, err := f.conn.Exec(t.Context(), tt.make)
			must(t, err)
			_, err = f.lock.Load(t.Context(), f.pull(snapshot(7)), loadedAt)
			if err == nil || !strings.Contains(problem.HintOf(err)+postgres.Hint(err), "pushloss check") {
				t.Errorf("the load says %v", err)
			}
			if err != nil && strings.HasPrefix(tt.name, "a trigger") && !strings.Contains(err.Error(), "perhaps by trigger never on pushloss.") {
				t.Errorf("the load does not name the trigger: %v", err)
			}
			equal(t, "facts while it swallows", before, f.facts())
			_, err = f.conn.Exec(t.Context(), tt.drop)
			must(t, err)
			f.load(f.pull(snapshot(7)), loadedAt)
			if got := len(f.facts()); got != 2 {
				t.Errorf("%d facts afterwards", got)
			}
		})
	}
}
