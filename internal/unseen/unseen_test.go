package unseen_test

import (
	"testing"

	"pushloss/internal/unseen"
)

func TestCharactersThatNobodySeesAreFound(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       bool
	}{
		{"plain text", "postgres://db/pushloss", false},
		{"blanks of a keyboard", "a b\tc\r\n", false},
		{"letters of other scripts", "推送 é", false},
		{"a blank that does not break", "a\u00a0b", true},
		{"a full-width blank", "a\u3000b", true},
		{"a blank without a width", "a\u200bb", true},
		{"a mark of the order of bytes", "\ufeffa", true},
		{"a hyphen that shows only at the end of a line", "a\u00adb", true},
		{"a mark of the direction", "a\u202eb", true},
	} {
		if got := unseen.In(test.text); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}
