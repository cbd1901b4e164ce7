package config_test

import (
	"os"
	"strings"
	"testing"
)

// Values outside of the ranges in the README are refused, and values at their ends are accepted.
func TestTheReadmeNamesTheRangeOfEverySetting(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		variable, says string
		within, beyond []string
	}{
		{"TIM_SDK_APP_ID", "1 to 4294967295", []string{"1", "4294967295"}, []string{"0", "4294967296"}},
		{"TIM_SECRET_KEY", "at least 8 characters, 4 of them different", []string{"abcdabcd"}, []string{"abcdabc", "abcabcabc"}},
		{"TIM_BASE_URL", "a port from 1 to 65535", []string{"http://h:1", "https://h:65535"}, []string{"http://h:0", "http://h:65536"}},
		{"PUSHLOSS_RATE", "0.001 to 1000; `0`", []string{"0.001", "0", "0.5", "1000", "1000.0"}, []string{"0.0009", "-1", "1000.1", "1e2", "1e308", "0x1p4", "1_0", "01", "+1", ".5", "1."}},
		{"PUSHLOSS_LOOKBACK_DAYS", "0 to 3650", []string{"0", "3650"}, []string{"-1", "3651"}},
		{"PUSHLOSS_FIRST_DAY", "`2000-01-01` to today", []string{"2000-01-01", "2026-11-29"}, []string{"1999-12-31", "2026-11-30"}},
		{"PUSHLOSS_TASK_DAYS", "1 to 3650", []string{"1", "3650"}, []string{"0", "3651"}},
		{"PUSHLOSS_API_MEMORY_DAYS", "0 to 3650", []string{"0", "3650"}, []string{"-1", "3651"}},
		{"PUSHLOSS_RAW_DAYS", "1 to 3650; `0` keeps all", []string{"0", "3650"}, []string{"-1", "3651"}},
		{"PUSHLOSS_RUN_DAYS", "1 to 3650; `0` keeps all", []string{"0", "3650"}, []string{"-1", "3651"}},
		{"PUSHLOSS_JUMP_FACTOR", "1.5 to 1000, `0` looks for none", []string{"0", "1.5", "1000"}, []string{"1.4", "-3", "1000.1", "3x", "1"}},
		{"PUSHLOSS_JUMP_MIN", "1 to 1000000000", []string{"1", "1000000000"}, []string{"0", "1000000001", "1.5"}},
		{"PUSHLOSS_HTTP_ADDR", "0 to 65535", []string{":0", "h:65535"}, []string{":-1", "h:65536"}},
		{"PUSHLOSS_HTTP_TOKEN", "at least 16 characters", []string{"0123456789abcdef"}, []string{"0123456789abcde"}},
		{"PUSHLOSS_TASKS_TOKEN", "at least 16 characters", []string{"0123456789abcdef"}, []string{"0123456789abcde"}},
		{"PUSHLOSS_CALLBACK_TOKEN", "at least 8 characters", []string{"01234567"}, []string{"0123456"}},
		{"PUSHLOSS_MAX_CONNECTIONS", "2 to 100", []string{"2", "100"}, []string{"1", "101", "many"}},
		{"PUSHLOSS_POSTGRES_PORT", "0 to 65535", []string{"0", "65535"}, []string{"-1", "65536"}},
	} {
		row := ""
		for line := range strings.Lines(string(readme)) {
			if cells := strings.Split(line, "|"); len(cells) > 3 && strings.Contains(cells[1], "`"+test.variable+"`") {
				row = line
			}
		}
		if !strings.Contains(row, test.says) {
			t.Errorf("%s: the README's row does not say %q: %s", test.variable, test.says, row)
		}
		for _, value := range test.within {
			mustLoad(t, everything, oneApp().with(test.variable, value))
		}
		for _, value := range test.beyond {
			if _, err := load(everything, oneApp().with(test.variable, value)); err == nil {
				t.Errorf("%s takes %q", test.variable, value)
			}
		}
	}
}
