package calibrate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pushloss/internal/stream"
	"pushloss/transform"
)

// key identifies a fact, regardless of the task.
type key struct {
	task string
	transform.Key
}

func (k key) compare(other key) int {
	return cmp.Or(
		strings.Compare(k.task, other.task),
		k.Key.Compare(other.Key),
	)
}

func (k key) String() string {
	text := fmt.Sprintf("%s code %s", k.Stage, k.Code)
	if k.Grain == stream.ByPlatform {
		text = fmt.Sprintf("%s event %d platform %d code %s", k.Stage, k.EventType, k.Platform, k.Code)
	}
	if k.task != "" {
		text = "task " + k.task + " " + text
	}
	return text
}

// figures is an answer: counts by key, none of them 0.
type figures map[key]int64

func figuresOf(snapshots []transform.Snapshot) figures {
	f := make(figures)
	for _, s := range snapshots {
		for _, fact := range s.Facts {
			f.add(key{s.TaskID, fact.Key}, fact.Count)
		}
	}
	return f
}

func (f figures) add(k key, n int64) {
	if f[k] += n; f[k] == 0 {
		delete(f, k)
	}
}

func (f figures) plus(other figures) figures {
	sum := maps.Clone(f)
	if sum == nil {
		sum = make(figures)
	}
	for k, n := range other {
		sum.add(k, n)
	}
	return sum
}

func (f figures) minus(other figures) figures {
	rest := f.plus(nil)
	for k, n := range other {
		rest.add(k, -n)
	}
	return rest
}

func (f figures) equal(other figures) bool { return maps.Equal(f, other) }

// covers reports whether f has everything that other has.
func (f figures) covers(other figures) bool {
	for k, n := range other {
		if f[k] < n {
			return false
		}
	}
	return true
}

// differing returns the keys with different counts, sorted.
func (f figures) differing(other figures) []key {
	return slices.SortedFunc(maps.Keys(f.minus(other)), key.compare)
}

// lost returns how many pushes were lost, all channels together. If there is no
// total of all channels, it adds up the channels.
func (f figures) lost() int64 {
	var lost [2]int64
	for k, n := range f {
		lost[k.Grain] += n
	}
	return cmp.Or(lost[stream.ByStage], lost[stream.ByPlatform])
}
