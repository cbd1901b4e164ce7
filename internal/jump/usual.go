package jump

import (
	"cmp"
	"math"
	"slices"
)

// weighted is a value with its weight.
type weighted struct{ value, weight float64 }

// median returns the weighted median, 0 of nothing. It sorts the values.
func median(values []weighted) float64 {
	slices.SortFunc(values, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
	total := 0.0
	for _, v := range values {
		total += v.weight
	}
	below := 0.0
	for i, v := range values {
		below += v.weight
		switch {
		case below*2 > total || i == len(values)-1:
			return v.value
		case below*2 == total:
			return (v.value + values[i+1].value) / 2
		}
	}
	return 0
}

// spread returns the median absolute deviation from the middle, scaled to the standard
// deviation of a normal distribution.
func spread(values []weighted, middle float64) float64 {
	away := make([]weighted, len(values))
	for i, v := range values {
		away[i] = weighted{math.Abs(v.value - middle), v.weight}
	}
	return 1.4826 * median(away)
}
