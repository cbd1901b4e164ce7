package chaos

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"pushloss/internal/calendar"
	"pushloss/internal/lab/sandbox"
)

// repeatRefused is always on: no request may name a task twice.
const repeatRefused = "repeat-refused"

// deck deals the sandbox's faults so that each comes up once before any comes up
// again.
type deck struct {
	chance *rand.Rand
	w      *world
	left   []string
	dealt  map[string]int
	lies   func() bool // liars are dealt too
}

// liars are the faults whose answers for several days are not the sum of the days: no job uses
// such a request after one. So they come late, and kills before that meet such requests.
var liars = []string{"week-differs", "end-inclusive", "span-drops", "span-stale", "forget-after", "forget-error"}

// deal switches to other faults, several at the same time.
func (d *deck) deal() error {
	var faults []sandbox.Fault
	for range 4 + d.chance.IntN(4) {
		if len(d.left) == 0 {
			for _, info := range sandbox.Faults() {
				if d.lies() || !slices.Contains(liars, info.Name) {
					d.left = append(d.left, info.Name)
				}
			}
			d.chance.Shuffle(len(d.left), func(i, j int) { d.left[i], d.left[j] = d.left[j], d.left[i] })
		}
		name := d.left[len(d.left)-1]
		d.left = d.left[:len(d.left)-1]
		fault, err := sandbox.ParseFault(d.spec(name))
		if err != nil {
			return err
		}
		d.dealt[name]++
		faults = append(faults, fault)
	}
	return d.w.api.SetFaults(append(faults, sandbox.Fault{Name: repeatRefused}))
}

// passing, lasting and unlisted codes; those that stop an app are rarer.
var codes = []int{90102, 90102, 60008, 91000, 70169, 70500, 99999, 60028, 90045}

// spec returns the fault with the parameters of this deal.
func (d *deck) spec(name string) string {
	day := func(back int) calendar.Day { return d.w.today - calendar.Day(back) }
	someDay := day(1 + d.chance.IntN(days))
	every := fmt.Sprintf(":every=%d", 2+d.chance.IntN(4))
	switch name {
	// Faults that change the truth apply to all calls while they last.
	case "unknown-platform", "big-count", "week-differs", "end-inclusive", "restates", "span-drops", "span-refused", "span-stale", repeatRefused:
		return name
	case "day-figures": // by the same midnights
		return "day-figures=" + d.w.zone.String()
	case "late":
		return fmt.Sprintf("late=0.%d:days=%d", 1+d.chance.IntN(9), 1+d.chance.IntN(4))
	case "restated":
		return fmt.Sprintf("restated:from=%s,to=%s", someDay, min(someDay+5, d.w.lastDay()))
	case "forget-after", "forget-error":
		return fmt.Sprintf("%s=%dd", name, 5+d.chance.IntN(15))
	case "timeout":
		return "timeout=300ms" + every
	case "slow":
		return "slow=60ms" + every
	case "huge":
		// More than the client accepts, or a size that it accepts.
		return fmt.Sprintf("huge=%d:every=7", []int{1, 1, 1, 33}[d.chance.IntN(4)])
	case "truncated":
		return []string{"truncated=abort", "truncated=clean"}[d.chance.IntN(2)] + every
	case "code", "resultcode":
		return fmt.Sprintf("%s=%d%s", name, codes[d.chance.IntN(len(codes))], every)
	case "published-sample":
		return "published-sample:every=2"
	}
	if slices.Contains([]string{"usersig-expired", "frequency", "redirect", "http-429"}, name) {
		return name + ":every=9" // they stop an app, or slow it down for a run
	}
	return name + every
}
