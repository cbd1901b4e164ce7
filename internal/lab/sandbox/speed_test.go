package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// discard is a ResponseWriter that costs nothing.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

func BenchmarkAnswer(b *testing.B) {
	for _, rows := range []int{24, 150} {
		b.Run(fmt.Sprint(rows, " rows a task"), func(b *testing.B) {
			s := newTestSandbox(b, func(c *Config) { c.Rows = rows })
			target := Path + "?" + goodQuery(b).Encode()
			body := dayBody("1", "2", "3", "4", "5")
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
				s.ServeHTTP(&discard{header: http.Header{}}, r)
			}
			b.ReportMetric(float64(b.N*5*rows)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*5*rows), "ns/row")
		})
	}
}
