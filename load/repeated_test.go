package load_test

import (
	"slices"
	"testing"

	"pushloss/load"
	"pushloss/transform"
)

// K2: a restore that lost the keys and stored all rows once more is found.
func TestVerifyReportsAKeyThatIsStoredTwice(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, err := f.db.Apps.Save(t.Context(), load.App{SDKAppID: testApp, Timezone: "UTC", LookbackDays: 7, TaskDays: 30})
	must(t, err)
	f.load(f.pull(transform.Snapshot{
		TaskID: "a", Facts: []transform.Fact{stageFact("1", 5, "x"), platformFact(2, "1", 6)},
	}), loadedAt)
	for _, table := range []string{"stage_loss", "platform_loss", "ledger"} {
		_, err := f.conn.Exec(t.Context(), `ALTER TABLE pushloss.`+table+` DROP CONSTRAINT `+table+`_pkey;
			INSERT INTO pushloss.`+table+` SELECT * FROM pushloss.`+table+` WHERE task_key <> 0`)
		must(t, err)
	}
	var got []string
	checked, err := f.db.Archive.Verify(t.Context(), load.Selection{}, load.Observer{Difference: func(d load.Difference) error {
		if d.What == "repeated" {
			got = append(got, d.TaskID+" "+d.Of+" "+d.Grain+" "+d.Stored[:4])
		}
		return nil
	}})
	must(t, err)
	slices.Sort(got)
	equal(t, "what is reported", []string{"a fact platform 6 \"i", "a fact stage 5 \"x", "a ledger  2 ro", "b ledger  0 ro"}, got)
	if checked.Differences < 4 {
		t.Errorf("%d differences", checked.Differences)
	}
}
