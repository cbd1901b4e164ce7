package jump

import "pushloss/internal/calendar"

const (
	// usualEnough is how many pushes a cause must usually lose for its ratio to say something.
	// fewestCauses is how many such causes are needed.
	usualEnough, fewestCauses = 5, 3
	// leastVolume limits the weight of days on which nearly nothing was lost.
	leastVolume = 0.1
)

// past has values for a day, the day before it, and so on.
type past [back + 1]float64

// volume is how many times its usual an app loses on a day, by the median over its causes. A day
// with many pushes has more losses of every code. So it replaces the number of pushes where that is
// not known, and is used only there.
type volume struct {
	losses map[Cause]counts
	pulled pulledDays
	days   map[calendar.Day]*past
	gates  map[calendar.Day]map[Gate]*past
}

func newVolume(f Figures, s pulledDays) volume {
	return volume{countsOf(s, f.Losses), s, make(map[calendar.Day]*past), make(map[calendar.Day]map[Gate]*past)}
}

// of returns the volumes of a day and of the days before it, all compared with the latter. If too
// few causes are known, each volume is 1.
func (v volume) of(day calendar.Day) *past {
	v.measure(day)
	return v.days[day]
}

// gate returns the losses of all codes of a channel.
func (v volume) gate(gate Gate, day calendar.Day) *past {
	v.measure(day)
	return v.gates[day][gate]
}

func (v volume) measure(day calendar.Day) {
	if v.days[day] != nil {
		return
	}
	age, gates := v.pulled.of(day).age, make(map[Gate]*past)
	var known [back + 1]bool
	for ago := range known {
		known[ago] = v.pulled.of(day - calendar.Day(ago)).known
	}
	var ratios [back + 1][]float64
	for cause, losses := range v.losses {
		gate := gates[cause.gate()]
		if gate == nil {
			gate = new(past)
			gates[cause.gate()] = gate
		}
		var values past
		newest := make([]float64, 0, before)
		for ago := range values {
			then := day - calendar.Day(ago)
			if !known[ago] {
				continue
			}
			values[ago] = float64(v.pulled.of(then).read(losses.of(then), Count{}, age).losses)
			gate[ago] += values[ago]
			if ago > 0 && len(newest) < before {
				newest = append(newest, values[ago])
			}
		}
		usual := median(newest)
		if len(newest) < fewest || usual < usualEnough {
			continue
		}
		for ago := range values {
			ratios[ago] = append(ratios[ago], values[ago]/usual)
		}
	}
	v.days[day], v.gates[day] = volumesOf(ratios, known), gates
}

func volumesOf(ratios [back + 1][]float64, known [back + 1]bool) *past {
	volumes, lowest := new(past), 1.0
	for ago := range volumes {
		volumes[ago] = 1
		if len(ratios[ago]) < fewestCauses || !known[ago] {
			continue
		}
		volumes[ago] = max(median(ratios[ago]), leastVolume)
		if ago > 0 {
			lowest = min(lowest, volumes[ago])
		}
	}
	volumes[0] = max(volumes[0], lowest) // if losses fall as never before, no other code may stand out
	return volumes
}
