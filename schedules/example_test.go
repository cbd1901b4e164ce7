package schedules_test

import (
	"context"
	"fmt"
	"time"

	"pushloss/schedules"
)

func ExampleParse() {
	const file = `
timezone: Asia/Shanghai
schedules:
  - name: nightly
    job: run
    cron: "0 3 * * *"
  - name: working hours
    job: run
    cron: "0 9-17 * * 1-5"
    timezone: Europe/Berlin
`
	parsed, err := schedules.Parse("schedules.yaml", []byte(file), []string{"run"}, time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	friday := time.Date(2025, 6, 6, 18, 0, 0, 0, time.UTC)
	for _, s := range parsed {
		fmt.Println(s.Name, s.Next(friday), s.Period(friday))
	}
	// Output:
	// nightly 2025-06-07 03:00:00 +0800 CST 24h0m0s
	// working hours 2025-06-09 09:00:00 +0200 CEST 64h0m0s
}

// A runner that never ran its job catches up at once.
func ExampleRunner() {
	parsed, err := schedules.Parse("default.yaml", schedules.Default(), []string{"run", "reconcile", "prune"}, time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	jobs := map[string]schedules.Job{"run": func(context.Context) error {
		fmt.Println("everything due is pulled")
		stop()
		return nil
	}}
	for _, other := range []string{"reconcile", "prune"} {
		jobs[other] = func(context.Context) error { return nil }
	}
	runner, err := schedules.New(parsed, jobs, schedules.Options{
		LastStarted: func(context.Context, string) (time.Time, error) { return time.Time{}, nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(runner.Run(ctx))
	// Output:
	// everything due is pulled
	// <nil>
}
