package check_test

import (
	"strings"
	"testing"

	"pushloss/internal/check"
)

func TestALookbackBeyondTheMemoryIsShortenedAndReported(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name             string
		lookback, memory int
		ok               bool
		says             string
	}{
		{"the defaults", 7, 7, true, "6 days after a day's end, not 7: the API is believed to remember 7 days"},
		{"a lookback within the memory", 5, 7, true, "5 days after a day's end"},
		{"a memory that holds no whole day", 7, 1, false, "every figure stays unproven"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := check.Lookback(test.lookback, test.memory)
			if f.OK != test.ok || !strings.Contains(f.Detail, test.says) {
				t.Errorf("%+v, want ok %t and %q", f, test.ok, test.says)
			}
		})
	}
}
