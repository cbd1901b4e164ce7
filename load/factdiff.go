package load

import (
	"cmp"
	"slices"

	"pushloss/internal/stream"
)

// factKey identifies a stored fact within one stream, app and day. In facts by stage,
// event type and platform are 0.
type factKey struct {
	taskKey    int32
	grain      stream.Grain
	stage      int16
	eventType  int16
	platform   int16
	errCodeKey int32
}

func (k factKey) compare(other factKey) int {
	return cmp.Or(
		cmp.Compare(k.taskKey, other.taskKey),
		cmp.Compare(k.grain, other.grain),
		cmp.Compare(k.stage, other.stage),
		cmp.Compare(k.eventType, other.eventType),
		cmp.Compare(k.platform, other.platform),
		cmp.Compare(k.errCodeKey, other.errCodeKey),
	)
}

// channel is the key that the counters of one event type and platform share.
func (k factKey) channel() factKey {
	k.stage = 0
	return k
}

// factRow is a fact as it is stored.
type factRow struct {
	factKey
	count   int64
	infoKey int32
}

// update is a stored row and the row that replaces it.
type update struct{ old, new factRow }

// rowDiff is the difference between stored rows and those of an answer. Its lists are sorted by
// key, so that all writers lock rows in one order.
type rowDiff struct {
	inserted  []factRow
	updated   []update
	deleted   []factRow
	unchanged int
}

// diff compares the stored rows with the rows to store. Each key must occur once on
// either side. diff sorts both in place.
func diff(stored, wanted []factRow) rowDiff {
	byKey := func(a, b factRow) int { return a.compare(b.factKey) }
	slices.SortFunc(stored, byKey)
	slices.SortFunc(wanted, byKey)
	if len(stored) == 0 {
		return rowDiff{inserted: wanted}
	}
	var d rowDiff
	for len(stored) > 0 || len(wanted) > 0 {
		order := 0
		switch {
		case len(stored) == 0:
			order = 1
		case len(wanted) == 0:
			order = -1
		default:
			order = stored[0].compare(wanted[0].factKey)
		}
		switch {
		case order < 0:
			d.deleted = append(d.deleted, stored[0])
			stored = stored[1:]
		case order > 0:
			d.inserted = append(d.inserted, wanted[0])
			wanted = wanted[1:]
		default:
			if stored[0] == wanted[0] {
				d.unchanged++
			} else {
				d.updated = append(d.updated, update{old: stored[0], new: wanted[0]})
			}
			stored, wanted = stored[1:], wanted[1:]
		}
	}
	return d
}

// Changes counts what loading did to fact rows.
type Changes struct {
	Inserted  int64 `json:"inserted"`
	Updated   int64 `json:"updated"`
	Deleted   int64 `json:"deleted"`
	Unchanged int64 `json:"unchanged"`
	// Kept counts rows that stay although the answer has a lower count, or none: the API
	// may have forgotten part of the day, or the answer leaves out a counter.
	Kept int64 `json:"kept,omitempty"`
}

// Add returns the sums of two counts.
func (c Changes) Add(other Changes) Changes {
	return Changes{
		Inserted:  c.Inserted + other.Inserted,
		Updated:   c.Updated + other.Updated,
		Deleted:   c.Deleted + other.Deleted,
		Unchanged: c.Unchanged + other.Unchanged,
		Kept:      c.Kept + other.Kept,
	}
}

func (d rowDiff) changes() Changes {
	return Changes{
		Inserted:  int64(len(d.inserted)),
		Updated:   int64(len(d.updated)),
		Deleted:   int64(len(d.deleted)),
		Unchanged: int64(d.unchanged),
	}
}
