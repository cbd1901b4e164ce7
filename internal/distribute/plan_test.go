package distribute_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/distribute"
	"pushloss/internal/localpg/pgtest"
	"pushloss/internal/problem"
)

var update = flag.Bool("update", false, "write the golden file")

func allLocal() map[string]distribute.Placement {
	now := make(map[string]distribute.Placement)
	for _, table := range distribute.Tables() {
		now[table.Name] = distribute.Local
	}
	return now
}

func TestThePlanMatchesTheGoldenFile(t *testing.T) {
	t.Parallel()
	steps, err := distribute.Plan(allLocal(), 48)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, step := range steps {
		fmt.Fprintf(&text, "%s: %s\n", step.Table, step.Becomes)
		for _, sql := range step.SQL {
			fmt.Fprintf(&text, "\t%s\n", sql)
		}
	}
	const golden = "testdata/plan.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("(-golden +plan); -update writes it:\n%s", diff)
	}
}

func TestTablesThatArePlacedAlreadyStay(t *testing.T) {
	t.Parallel()
	now := allLocal()
	for i, table := range distribute.Tables() {
		if i%2 == 0 {
			now[table.Name] = table.Placement
		}
	}
	steps, err := distribute.Plan(now, distribute.DefaultShards)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		if want := step.Now != step.Becomes; step.Due() != want {
			t.Errorf("%s is %s and becomes %s: due %t", step.Table, step.Now, step.Becomes, step.Due())
		}
	}
}

func TestImpossiblePlansAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		change func(map[string]distribute.Placement)
		shards int
		want   string
	}{
		{"a local table that was distributed", func(now map[string]distribute.Placement) { now["app_lease"] = distribute.Distributed }, 32, "app_lease is distributed, and should be local"},
		{"facts that were copied to every node", func(now map[string]distribute.Placement) { now["ledger"] = distribute.Reference }, 32, "ledger is reference, and should be distributed"},
		{"another key", func(now map[string]distribute.Placement) { now["stage_loss"] = distribute.Other }, 32, "stage_loss is other"},
		{"an older schema", func(now map[string]distribute.Placement) { delete(now, "jump") }, 32, "jump is missing"},
		{"no shard", func(map[string]distribute.Placement) {}, 0, "0 is not a number of shards"},
		{"too many shards", func(map[string]distribute.Placement) {}, 64001, "64001 is not a number of shards"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			now := allLocal()
			tt.change(now)
			_, err := distribute.Plan(now, tt.shards)
			var usage *problem.UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), tt.want) || usage.Hint() == "" {
				t.Errorf("%v, want %q with a hint", err, tt.want)
			}
		})
	}
}

func TestAPlainPostgresIsNotDistributed(t *testing.T) {
	t.Parallel()
	if pgtest.OnCitus() {
		t.Skip("the tests' databases are on Citus")
	}
	for _, planOnly := range []bool{true, false} {
		_, err := distribute.Run(t.Context(), pgtest.URL(t), distribute.DefaultShards, planOnly)
		var usage *problem.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), "has no extension Citus") {
			t.Errorf("plan only %t: %v", planOnly, err)
		}
	}
}

func TestOnlyTablesOfNamesAreCopiedToANewWorker(t *testing.T) {
	t.Parallel()
	now := allLocal()
	for _, table := range distribute.Tables() {
		now[table.Name] = table.Placement
	}
	now["app"] = distribute.Incomplete
	steps, err := distribute.Plan(now, distribute.DefaultShards)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		if step.Due() != (step.Table == "app") {
			t.Errorf("%s is %s: due %t", step.Table, step.Now, step.Due())
		}
	}
	now["ledger"] = distribute.Incomplete
	if _, err := distribute.Plan(now, distribute.DefaultShards); err == nil {
		t.Error("a distributed table without a copy on every node was planned")
	}
}
