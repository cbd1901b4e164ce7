package transform_test

import (
	"fmt"
	"testing"

	"pushloss/internal/stream"
	"pushloss/transform"
)

// BenchmarkNormalize reads an answer for a full request: 5 tasks of 150 rows.
func BenchmarkNormalize(b *testing.B) {
	var elements, asked []string
	for task := range 5 {
		id := fmt.Sprintf("657bf434_537529d8_2000005e80aa873_2780d131_bc614%d", task)
		e := drawnElement{task: id}
		for i := range 150 {
			array := i % 4
			row := fmt.Sprintf(`{"ErrCode":"%d","ErrCount":%d,"ErrInfo":"the text of code %d"}`, 1000+i, 17*i, i)
			if array >= 2 {
				row = fmt.Sprintf(`{"EventType":%d,"PushPlatform":%d,`, 1+i%2, i%9) + row[1:]
			}
			e.arrays[array] = append(e.arrays[array], drawnRow{json: row})
		}
		elements, asked = append(elements, e.String()), append(asked, id)
	}
	answer := []byte(ok(elements...))
	var n transform.Normalizer
	b.SetBytes(int64(len(answer)))
	b.ReportAllocs()
	for b.Loop() {
		result, err := n.Normalize(stream.Loss, answer, asked)
		if err != nil || result.Counts.Facts != 750 {
			b.Fatalf("%+v, %v", result.Counts, err)
		}
	}
	b.ReportMetric(750*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
