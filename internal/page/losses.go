package page

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"

	"github.com/jackc/pgx/v5"
)

// Lost pushes are summed exactly by the database and shown as float64, which no
// sum overflows and which is exact up to nine thousand million millions.

// sqlFactsOfDay are a day's figures of the whole app, or of the task where one is
// named. Day by day, each is found by its key however many tasks there are.
const sqlFactsOfDay = `
	SELECT stage, platform_id, platform, err_code, err_meaning AS meaning, err_count
	FROM analytics.app_platform_loss
	WHERE $4 = '' AND sdk_app_id = $1 AND day = days.day
	UNION ALL
	SELECT stage, platform_id, platform, err_code, err_meaning AS meaning, err_count
	FROM analytics.task_platform_loss
	WHERE $4 <> '' AND sdk_app_id = $1 AND day = days.day AND task_id = $4`

const sqlDays = `
	generate_series(0, $3::date - $2::date) AS n (n)
	CROSS JOIN LATERAL (SELECT $2::date + n.n AS day) AS days`

// platformLoss is what was lost on a day by a channel.
type platformLoss struct {
	Day      calendar.Day
	ID       int16
	Platform string
	Lost     float64
}

// colour is the number of its colour. Online pushes and an unknown vendor share the number 0.
func (l platformLoss) colour() int {
	if l.ID == 0 && l.Platform != "online" {
		return restColour
	}
	return int(l.ID)
}

const sqlLossByPlatform = `
	SELECT days.day, l.platform_id, l.platform, l.lost
	FROM ` + sqlDays + `
	CROSS JOIN LATERAL (
		SELECT f.platform_id, f.platform, sum(f.err_count)::float8 AS lost
		FROM (` + sqlFactsOfDay + `) AS f
		GROUP BY f.platform_id, f.platform
	) AS l
	ORDER BY days.day, l.platform_id`

func readLossByPlatform(ctx context.Context, tx pgx.Tx, s selection) ([]platformLoss, error) {
	losses, err := postgres.List(ctx, tx, func(row pgx.CollectableRow) (l platformLoss, err error) {
		var day time.Time
		err = row.Scan(&day, &l.ID, &l.Platform, &l.Lost)
		l.Day = calendar.DayOf(day, time.UTC)
		return l, err
	}, sqlLossByPlatform, s.App.ID, s.From.UTC(), s.To.UTC(), s.Task)
	if err != nil {
		return nil, fmt.Errorf("read the losses by platform: %w", err)
	}
	return losses, nil
}

// sqlTotal is the total of the days: that of the stages, all channels together, as in
// analytics.calendar and on the dashboards. The sum of the channels need not equal it.
const sqlTotal = `
	SELECT coalesce(sum(f.err_count), 0)::float8
	FROM ` + sqlDays + `
	CROSS JOIN LATERAL (
		SELECT err_count FROM analytics.app_stage_loss
		WHERE $4 = '' AND sdk_app_id = $1 AND day = days.day
		UNION ALL
		SELECT err_count FROM analytics.task_stage_loss
		WHERE $4 <> '' AND sdk_app_id = $1 AND day = days.day AND task_id = $4
	) AS f`

func readTotal(ctx context.Context, tx pgx.Tx, s selection) (total float64, err error) {
	if err = tx.QueryRow(ctx, sqlTotal, s.App.ID, s.From.UTC(), s.To.UTC(), s.Task).Scan(&total); err != nil {
		return 0, fmt.Errorf("read the total: %w", err)
	}
	return total, nil
}

// codeLoss is what was lost in the range for a reason.
type codeLoss struct {
	Stage, Platform, Code, Meaning string
	Lost                           float64
}

// maxCodes is how many of the most frequent codes are shown.
const maxCodes = 10

// A code means something only with its stage and platform. Its meaning may change
// from day to day where it is the vendor's text: the one that most came with it is
// shown.
const sqlTopCodes = `
	SELECT l.stage, l.platform, l.err_code, (array_agg(l.meaning ORDER BY l.lost DESC, l.meaning))[1], sum(l.lost)::float8
	FROM ` + sqlDays + `
	CROSS JOIN LATERAL (
		SELECT f.stage, f.platform, f.err_code, coalesce(f.meaning, '') AS meaning, sum(f.err_count) AS lost
		FROM (` + sqlFactsOfDay + `) AS f
		GROUP BY f.stage, f.platform, f.err_code, coalesce(f.meaning, '')
	) AS l
	GROUP BY l.stage, l.platform, l.err_code
	ORDER BY sum(l.lost) DESC, l.stage, l.platform, l.err_code
	LIMIT $5`

func readTopCodes(ctx context.Context, tx pgx.Tx, s selection) ([]codeLoss, error) {
	codes, err := postgres.List(ctx, tx, pgx.RowToStructByPos[codeLoss], sqlTopCodes, s.App.ID, s.From.UTC(), s.To.UTC(), s.Task, maxCodes)
	if err != nil {
		return nil, fmt.Errorf("read the top codes: %w", err)
	}
	return codes, nil
}

// maxSeries is how many channels are shown separately; the losses of the others are added up.
const maxSeries = 9

// daysInWeeks is from how many days on losses are shown by week.
const daysInWeeks = 100

// series is a channel and its losses in each period.
type series struct {
	Platform string
	Colour   int // of the palette
	Lost     []float64
	Total    float64
}

// lossTable is the losses of a selection by period and channel.
type lossTable struct {
	Weekly bool
	// Periods are the days, or the first days of the weeks.
	Periods []calendar.Day
	Series  []series
	Totals  []float64 // by period
	Total   float64
	// KnownDays counts the days whose losses are known, each period's and all: what has
	// no row on such a day is zero.
	KnownDays    []int
	AllKnownDays int
}

// IsUnknown reports whether nothing is known of a period.
func (t lossTable) IsUnknown(period int) bool {
	return t.KnownDays[period] == 0 && t.Totals[period] == 0
}

// AllUnknown reports whether nothing is known of any.
func (t lossTable) AllUnknown() bool { return t.AllKnownDays == 0 && t.Total == 0 }

// tableOf adds losses up by period and channel.
func tableOf(s selection, losses []platformLoss, windows []window) lossTable {
	t := lossTable{Weekly: s.Days() > daysInWeeks}
	at := make(map[calendar.Day]int) // place of a day's period
	for day := s.From; day <= s.To; day++ {
		if !t.Weekly || day == s.From || day == mondayOf(day) {
			t.Periods = append(t.Periods, day)
		}
		at[day] = len(t.Periods) - 1
	}
	t.Totals, t.KnownDays = make([]float64, len(t.Periods)), make([]int, len(t.Periods))
	for _, w := range windows {
		if period, inRange := at[w.Day]; inRange && w.known() {
			t.KnownDays[period]++
			t.AllKnownDays++
		}
	}
	byName := make(map[string]*series)
	for _, l := range losses {
		one := byName[l.Platform]
		if one == nil {
			one = &series{Platform: l.Platform, Colour: l.colour(), Lost: make([]float64, len(t.Periods))}
			byName[l.Platform] = one
		}
		period := at[l.Day]
		one.Lost[period] += l.Lost
		one.Total += l.Lost
		t.Totals[period] += l.Lost
		t.Total += l.Lost
	}
	for _, one := range byName {
		t.Series = append(t.Series, *one)
	}
	t.foldSmallest()
	slices.SortFunc(t.Series, func(a, b series) int { return cmp.Compare(a.Colour, b.Colour) })
	return t
}

// foldSmallest adds up the channels that are too many to be shown separately. The API
// may send unknown numbers of channels.
func (t *lossTable) foldSmallest() {
	if len(t.Series) <= maxSeries {
		return
	}
	slices.SortFunc(t.Series, func(a, b series) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Colour, b.Colour))
	})
	rest := series{
		Platform: fmt.Sprintf("%d others", len(t.Series)-maxSeries+1),
		Colour:   restColour, Lost: make([]float64, len(t.Periods)),
	}
	for _, one := range t.Series[maxSeries-1:] {
		for i, lost := range one.Lost {
			rest.Lost[i] += lost
		}
		rest.Total += one.Total
	}
	t.Series = append(t.Series[:maxSeries-1], rest)
}
