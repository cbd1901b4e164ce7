package jump

import "pushloss/internal/calendar"

// volume is how many times the usual an app's losses are on a day, by the median over its
// causes: a day with many pushes has more losses of every code. It is asked only where the
// number of pushes is not known.
type volume struct {
	figures Figures
	sights  sights
	days    map[calendar.Day]float64
}

// of is at least 1.
func (v volume) of(day calendar.Day) float64 {
	if known, ok := v.days[day]; ok {
		return known
	}
	today := v.sights.of(day)
	var ratios []float64
	for _, losses := range v.figures.Losses {
		counts := make([]float64, 0, before)
		for past := day - 1; past >= day-back && len(counts) < before; past-- {
			if then := v.sights.of(past); then.known {
				counts = append(counts, float64(then.read(losses[past], Count{}, today.age).losses))
			}
		}
		if usual := median(counts); len(counts) >= fewest && usual >= 5 {
			ratios = append(ratios, float64(today.read(losses[day], Count{}, today.age).losses)/usual)
		}
	}
	v.days[day] = 1
	if len(ratios) >= 3 {
		v.days[day] = max(1, median(ratios))
	}
	return v.days[day]
}
