package load

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/dustin/go-humanize/english"

	"pushloss/internal/calendar"
	"pushloss/internal/postgres"
	"pushloss/internal/stream"
)

// Difference is a difference between the tables and the replay of the archive, in words.
type Difference struct {
	SDKAppID int64         `json:"sdk_app_id"`
	Stream   stream.Stream `json:"stream"`
	Day      calendar.Day  `json:"day"`
	TaskID   string        `json:"task_id"` // "" means the whole app
	Of       string        `json:"of"`      // fact, change, ledger or archive
	What     string        `json:"what"`    // missing, extra, different, repeated, not provable or no answer kept
	// Grain is stage or platform. Grain and the fields below are empty unless Of is a
	// fact or a change. Facts by stage have neither event type nor platform. Counters
	// have no code: their Stage is the counter.
	Grain      string `json:"grain,omitempty"`
	Stage      string `json:"stage,omitempty"`
	EventType  *int16 `json:"event_type,omitempty"`
	PlatformID *int16 `json:"platform_id,omitempty"`
	ErrCode    string `json:"err_code,omitempty"`
	// Stored and Archived are the values of the two sides; empty if a side has none.
	Stored   string `json:"stored,omitempty"`
	Archived string `json:"archived,omitempty"`
}

const (
	sqlCodesOfKeys = `SELECT err_code_key, err_code FROM pushloss.err_code WHERE err_code_key = ANY($1)`
	sqlInfosOfKeys = `SELECT err_info_key, err_info FROM pushloss.err_info WHERE err_info_key = ANY($1)`
)

// report passes the mismatches of a day to the observer. known are texts that only the archive has.
func (a Archive) report(ctx context.Context, observer Observer, app *archivedApp, day calendar.Day, mismatches []mismatch, known *lookedUp) error {
	if len(mismatches) == 0 || observer.Difference == nil {
		return nil
	}
	words, err := a.wordsOf(ctx, mismatches, known)
	if err != nil {
		return err
	}
	for _, m := range mismatches {
		d := m.describe(words)
		d.SDKAppID, d.Day = app.id, day
		if id, registered := app.taskIDs[m.taskKey]; registered || m.taskKey == 0 {
			d.TaskID = id
		} else {
			d.TaskID = fmt.Sprintf("(task key %d)", m.taskKey)
		}
		if err := observer.Difference(d); err != nil {
			return err
		}
	}
	return nil
}

// texts are codes and texts by their keys.
type texts struct{ codes, infos map[int32]string }

func (a Archive) wordsOf(ctx context.Context, mismatches []mismatch, known *lookedUp) (texts, error) {
	t := texts{codes: make(map[int32]string), infos: make(map[int32]string)}
	if known != nil {
		for code, key := range known.vocabulary.codes {
			t.codes[key] = code
		}
		for info, key := range known.vocabulary.infos {
			t.infos[key] = info
		}
	}
	var codes, infos []int32
	for _, m := range mismatches {
		for _, row := range []*replayedRow{m.storedRow, m.replayedRow} {
			if row != nil {
				codes, infos = append(codes, row.errCodeKey), append(infos, row.infoKey)
			}
		}
		for _, c := range []*change{m.storedChange, m.replayedChange} {
			if c == nil {
				continue
			}
			codes = append(codes, c.errCodeKey)
			for _, info := range []*int32{c.oldInfo, c.newInfo} {
				if info != nil {
					infos = append(infos, *info)
				}
			}
		}
	}
	storedCodes, err := postgres.Map[int32, string](ctx, a.db.pool, sqlCodesOfKeys, codes)
	if err != nil {
		return t, fmt.Errorf("read error codes: %w", err)
	}
	storedInfos, err := postgres.Map[int32, string](ctx, a.db.pool, sqlInfosOfKeys, infos)
	if err != nil {
		return t, fmt.Errorf("read error texts: %w", err)
	}
	maps.Copy(t.codes, storedCodes)
	maps.Copy(t.infos, storedInfos)
	return t, nil
}

func (m mismatch) describe(words texts) Difference {
	d := Difference{Stream: m.stream, Of: m.of, What: m.what}
	if m.reason != nil {
		d.Archived = m.reason.Error()
	}
	name := func(key factKey) {
		d.Grain, d.Stage, d.ErrCode = key.grain.String(), stream.Stage(key.stage).String(), words.codes[key.errCodeKey]
		if key.grain == stream.ByPlatform {
			d.EventType, d.PlatformID = &key.eventType, &key.platform
		}
	}
	for _, side := range []struct {
		row    *replayedRow
		change *change
		entry  *Entry
		into   *string
	}{
		{m.storedRow, m.storedChange, m.storedEntry, &d.Stored},
		{m.replayedRow, m.replayedChange, m.replayedEntry, &d.Archived},
	} {
		switch {
		case side.row != nil:
			name(side.row.factKey)
			*side.into = fmt.Sprintf("%d %q of %s", side.row.count, words.infos[side.row.infoKey], instant(&side.row.updatedAt))
		case side.change != nil:
			c := side.change
			name(c.factKey)
			*side.into = fmt.Sprintf("%s to %s at %s by run %d",
				words.version(c.oldCount, c.oldInfo), words.version(c.newCount, c.newInfo), instant(&c.stamp.at), c.stamp.runID)
		case side.entry != nil:
			*side.into = fmt.Sprintf("%s, loaded from %s to %s, last trusted %s, proven by a span %s", english.Plural(side.entry.RowCount, "row", ""), instant(side.entry.FirstLoadedAt), instant(side.entry.LastLoadedAt), instant(side.entry.LastTrustedAt), instant(side.entry.ProvenAt))
		}
	}
	return d
}

func (t texts) version(count *int64, info *int32) string {
	switch {
	case count == nil:
		return "none"
	case info == nil:
		return strconv.FormatInt(*count, 10)
	}
	return fmt.Sprintf("%d %q", *count, t.infos[*info])
}

func instant(at *time.Time) string {
	if at == nil {
		return "never"
	}
	return at.UTC().Format(time.RFC3339Nano)
}
