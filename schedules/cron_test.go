package schedules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pushloss/schedules"
)

// parseCron reads a file of one schedule with the cron expression.
func parseCron(cron string) ([]schedules.Schedule, error) {
	text := "schedules: [{name: a, job: run, cron: \"" + cron + "\"}]\n"
	return schedules.Parse("f", []byte(text), knownJobs, time.UTC)
}

func TestSundayIsZeroOrSeven(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ weekdays, want string }{
		{"7", "Sun"}, {"0", "Sun"}, {"sun", "Sun"}, {"SUN", "Sun"}, {"5-7", "Sun Fri Sat"}, {"fri-sun", "Sun Fri Sat"}, {"fri-7", "Sun Fri Sat"},
		{"1-7", "Sun Mon Tue Wed Thu Fri Sat"}, {"0-7", "Sun Mon Tue Wed Thu Fri Sat"}, {"mon-sun", "Sun Mon Tue Wed Thu Fri Sat"},
		{"1-7/2", "Sun Mon Wed Fri"}, {"1,7", "Sun Mon"}, {"1-5", "Mon Tue Wed Thu Fri"}, {"sun-tue", "Sun Mon Tue"}, {"sun-sat", "Sun Mon Tue Wed Thu Fri Sat"},
		{"*/2", "Sun Tue Thu Sat"}, {"7-7", "Sun"}, {"*", "Sun Mon Tue Wed Thu Fri Sat"}, {"?", "Sun Mon Tue Wed Thu Fri Sat"},
	} {
		t.Run(test.weekdays, func(t *testing.T) {
			t.Parallel()
			parsed, err := parseCron("0 3 * * " + test.weekdays)
			if err != nil {
				t.Fatal(err)
			}
			var days []string
			saturday := time.Date(2025, 6, 7, 12, 0, 0, 0, time.UTC)
			for tick := parsed[0].Next(saturday); tick.Before(saturday.AddDate(0, 0, 7)); tick = parsed[0].Next(tick) {
				days = append(days, tick.Format("Mon"))
			}
			if diff := cmp.Diff(test.want, strings.Join(days, " ")); diff != "" {
				t.Errorf("days (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCronExpressionsThatDoNotSayWhatTheySeemToAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ cron, want string }{
		{"*/90 * * * *", "the minute */90 steps over all of its 60 values"},
		{"0-59/61 * * * *", "the minute 0-59/61 steps over all of its 60 values"},
		{"5/70 * * * *", "the minute 5/70 steps over"},
		{"10-20/15 * * * *", "the minute 10-20/15 steps over all of its 11 values"},
		{"0 */30 * * *", "the hour */30 steps over all of its 24 values"},
		{"0 1,*/25 * * *", "the hour */25 steps over"},
		{"0 3 */40 * *", "the day of month */40 steps over all of its 31 values"},
		{"0 3 1 */13 *", "the month */13 steps over all of its 12 values"},
		{"0 3 * * */8", "the day of week */8 steps over all of its 7 values"},
		{"0 3 */2 * 1", "the day of month */2 beside the day of week 1 is ambiguous"},
		{"0 3 1 * */2", "the day of month 1 beside the day of week */2 is ambiguous"},
		{"0 3 31 2 *", "names a day that never comes"},
		{"0 3 31 4,6,9,11 *", "names a day that never comes"},
		{"0 3 * * 8", "above maximum"},
		{"0 3 * * 1-8", "above maximum"},
		{"0 3 * * 7-3", "beyond end of range"},
		{"0 3 * * 1-7/0", "above maximum"},
		{"0 24 * * *", "above maximum"},
		{"@reboot", "unrecognized descriptor"},
		{"0 0 3 * * *", "expected exactly 5 fields"},
	} {
		t.Run(test.cron, func(t *testing.T) {
			t.Parallel()
			parsed, err := parseCron(test.cron)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "f:1: cron: ") {
				t.Errorf("schedules %v, error %v, want %s", parsed, err, test.want)
			}
		})
	}
}

func TestCronExpressionsOfEveryCronAreTaken(t *testing.T) {
	t.Parallel()
	noon := time.Date(2025, 6, 4, 12, 0, 0, 0, time.UTC) // a Wednesday
	for _, test := range []struct{ cron, want string }{
		{"*/60 * * * *", "06-04 13:00"}, {"*/45 * * * *", "06-04 12:45"}, {"0 */24 * * *", "06-05 00:00"}, {"0 0 */31 * *", "07-01 00:00"},
		{"0 3 */2 * *", "06-05 03:00"}, {"0 3 */1 * 1", "06-09 03:00"}, {"0 3 1-31/2 * 1", "06-05 03:00"}, {"0 3 15 * 1", "06-09 03:00"},
		{"0 3 29 2 *", "02-29 03:00"}, {"@hourly", "06-04 13:00"}, {"@daily", "06-05 00:00"}, {"@midnight", "06-05 00:00"}, {"@weekly", "06-08 00:00"},
		{"@monthly", "07-01 00:00"}, {"@yearly", "01-01 00:00"}, {"@annually", "01-01 00:00"}, {"@every 90m", "06-04 13:30"}, {"0 3 * jan-mar mon-fri", "01-01 03:00"},
	} {
		t.Run(test.cron, func(t *testing.T) {
			t.Parallel()
			parsed, err := parseCron(test.cron)
			if err != nil {
				t.Fatal(err)
			}
			if got := parsed[0].Next(noon).Format("01-02 15:04"); got != test.want {
				t.Errorf("the next tick is %s, want %s", got, test.want)
			}
		})
	}
}
