package load

import (
	"math"
	"slices"
)

// tally is a count under a key.
type tally struct {
	factKey
	count int64
}

// comparison is what the two sides say under one key; a side that lacks it says 0.
type comparison struct {
	factKey
	stored, reported int64
}

func (c comparison) differs() bool { return c.stored != c.reported }

// compare sets what is stored beside what the API reported, key by key. Counts of
// one key on one side are summed: those of the stored days, for instance. It is a
// pure function; the result is sorted by task, then key.
func compare(stored, reported []tally) []comparison {
	sides := make(map[factKey]comparison, len(reported))
	for _, t := range stored {
		c := sides[t.factKey]
		c.stored = sum(c.stored, t.count)
		sides[t.factKey] = c
	}
	for _, t := range reported {
		c := sides[t.factKey]
		c.reported = sum(c.reported, t.count)
		sides[t.factKey] = c
	}
	list := make([]comparison, 0, len(sides))
	for key, c := range sides {
		c.factKey = key
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b comparison) int {
		return a.compare(b.factKey)
	})
	return list
}

// sum adds two counts, neither of them negative; what a bigint cannot hold stays
// the greatest that it can.
func sum(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
