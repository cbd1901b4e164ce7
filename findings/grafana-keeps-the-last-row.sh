#!/usr/bin/env bash
# Grafana's conversion of rows into time series keeps only the last of several rows with the same time and labels: of the losses 5 and 7 of one day and platform 7 is left, without an error.
#
# Guess: it reports the second row as an error, as it does with rows that are not in order of time, or it adds them up.
# Seen: data.LongToWide of Grafana's SDK, which the panels of SQL databases use for the format "time series", writes each value into the cell of its time and labels, and the last one stays. A query that is finer than
# its labels, such as a row per code without a column of the code, shows a figure that depends on the order of the rows. NULL and '' as a label are one series, where one row hides the other. The conversion has a fill of missing
# values, but no notice.
. "$(dirname "$0")/lib.bash"
go_modules github.com/grafana/grafana-plugin-sdk-go@v0.299.0
echo "grafana-plugin-sdk-go 0.299.0"

cat >"$dir/go/main.go" <<'GO'
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// The arguments are the rows: day of March, platform, losses.
func main() {
	var times []time.Time
	var platforms []*string
	var losses []*int64
	for _, row := range os.Args[1:] {
		cells := strings.Split(row, ",")
		day, err := strconv.Atoi(cells[0])
		check(err)
		lost, err := strconv.ParseInt(cells[2], 10, 64)
		check(err)
		times = append(times, time.Date(2025, time.March, day, 0, 0, 0, 0, time.UTC))
		losses = append(losses, &lost)
		if cells[1] == "NULL" {
			platforms = append(platforms, nil)
		} else {
			platforms = append(platforms, &cells[1])
		}
	}
	wide, err := data.LongToWide(data.NewFrame("", data.NewField("day", nil, times), data.NewField("platform", nil, platforms), data.NewField("lost", nil, losses)), nil)
	check(err)
	for _, series := range wide.Fields[1:] {
		fmt.Printf("%q:", series.Labels["platform"])
		for row := range series.Len() {
			if lost, ok := series.ConcreteAt(row); ok {
				fmt.Print(" ", lost)
			}
		}
		fmt.Print("; ")
	}
	fmt.Println("notices:", wide.Meta != nil && len(wide.Meta.Notices) > 0)
}

func check(err error) {
	if err != nil {
		fmt.Println("an error")
		os.Exit(0)
	}
}
GO
go_program ask
expect "one row a day and platform: 10 APNs 12, 10 FCM 2, 11 APNs 1" "$(./ask 10,APNs,12 10,FCM,2 11,APNs,1)" '"APNs": 12 1; "FCM": 2; notices: false'
expect "two rows of one day and platform: 10 APNs 5, 10 APNs 7, 11 APNs 1" "$(./ask 10,APNs,5 10,APNs,7 11,APNs,1)" '"APNs": 7 1; notices: false'
expect "the same in another order" "$(./ask 10,APNs,7 10,APNs,5 11,APNs,1)" '"APNs": 5 1; notices: false'
expect "a NULL and an empty platform: 10 NULL 5, 10 '' 7" "$(./ask 10,NULL,5 10,,7)" '"": 7; notices: false'
expect "rows that are not in order of time" "$(./ask 11,APNs,1 10,APNs,5)" 'an error'
verdict
