package jump

import (
	"math"
	"slices"
)

// median returns the median; 0 if there are no values. It sorts the values.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return 0
	}
	slices.Sort(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// spread returns the median absolute deviation from the middle, scaled to the standard
// deviation of a normal distribution.
func spread(values []float64, middle float64) float64 {
	away := make([]float64, 0, before)
	for _, v := range values {
		away = append(away, math.Abs(v-middle))
	}
	return 1.4826 * median(away)
}
