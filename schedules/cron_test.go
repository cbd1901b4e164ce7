package schedules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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
		{"0 3 31 2 *", "names a day that does not exist"},
		{"0 3 31 4,6,9,11 *", "names a day that does not exist"},
		{"50/15 * * * *", "the minute 50/15 steps over all of its 10 values"},
		{"0 20/5 * * *", "the hour 20/5 steps over all of its 4 values"},
		{"0 3 * * 7/2", "the day of week 7/2 has a step, but only one value"},
		{"0 3 * * 8", "the day of week 8 is not a number from 0 to 7 or a name like mon"},
		{"0 3 * * 1-8", "the day of week 1-8 ends with something other than a number from 0 to 7 or a name like mon"},
		{"0 3 * * 7-3", "the day of week 7-3 goes backwards: write 0-3"},
		{"0 3 * * fri-mon", "the day of week fri-mon goes backwards: write 5-6,0-1"},
		{"0 3 * * 5-0", "the day of week 5-0 goes backwards: write 5-6,0"},
		{"0 22-4 * * *", "the hour 22-4 goes backwards: write 22-23,0-4"},
		{"0 3 25-5 * *", "the day of month 25-5 goes backwards: write 25-31,1-5"},
		{"0 3 * nov-feb *", "the month nov-feb goes backwards: write 11-12,1-2"},
		{"0 3 * * monday", "the day of week monday is not a number from 0 to 7 or a name like mon"},
		{"0 3 * mon *", "the month mon is not a number from 1 to 12 or a name like feb"},
		{"0 3 L * *", "the day of month L is not a number from 1 to 31"},
		{"0 3 * * 5#2", "the day of week 5#2 is not a number"},
		{"0 3 0 * *", "the day of month 0 is not a number from 1 to 31"},
		{"+5 3 * * *", "the minute +5 is not a number from 0 to 59"},
		{"-5 3 * * *", "the minute -5 begins with something other than a number from 0 to 59"},
		{"*-5 3 * * *", "the minute *-5 begins with something other than a number"},
		{"1-2-3 3 * * *", "the minute 1-2-3 ends with something other than a number"},
		{"1.5 3 * * *", "the minute 1.5 is not a number"},
		{"99999999999999999999 3 * * *", "is not a number from 0 to 59"},
		{"*/ 3 * * *", "the minute */ has a step that is not a number from 1 to 60"},
		{"*/0 3 * * *", "the minute */0 has a step that is not a number from 1 to 60"},
		{"*/-5 3 * * *", "the minute */-5 has a step that is not a number from 1 to 60"},
		{"*/5/2 3 * * *", "the minute */5/2 has a step that is not a number from 1 to 60"},
		{"*/x 3 * * *", "the minute */x has a step that is not a number from 1 to 60"},
		{"5m 3 * * *", "the minute 5m is not a number from 0 to 59"},
		{"0 3 * * 1-7/0", "the day of week 1-7/0 has a step that is not a number from 1 to 7"},
		{"0 24 * * *", "the hour 24 is not a number from 0 to 23"},
		{"1, 3 * * *", "the minute 1, has a comma too many"},
		{"@reboot", "\"@reboot\" is not needed, because serve catches up on missed jobs when it starts"},
		{"@Daily", "\"@Daily\" is not known (did you mean @daily?)"},
		{"@daily 3", "\"@daily 3\" is not known (did you mean @daily?)"},
		{"@every", "\"\" after @every is not a duration from 1m to 8784h"},
		{"@every 0s", "\"0s\" after @every is not a duration from 1m to 8784h"},
		{"@every -6h", "\"-6h\" after @every is not a duration"},
		{"@every 1d", "\"1d\" after @every is not a duration from 1m to 8784h: write hours and minutes"},
		{"@every 9000h", "\"9000h\" after @every is not a duration"},
		{"0 0 3 * * *", "has six fields: leave out the seconds (the first field)"},
		{"3", "\"3\" has 1 field: give five fields"},
		{"every day at 3", "has 4 fields: give five fields"},
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

func TestCronExpressionsOfEveryCronAreAccepted(t *testing.T) {
	t.Parallel()
	noon := time.Date(2025, 6, 4, 12, 0, 0, 0, time.UTC) // a Wednesday
	for _, test := range []struct{ cron, want string }{
		{"*/60 * * * *", "06-04 13:00"}, {"*/45 * * * *", "06-04 12:45"}, {"0 */24 * * *", "06-05 00:00"}, {"0 0 */31 * *", "07-01 00:00"},
		{"0 3 */2 * *", "06-05 03:00"}, {"0 3 */1 * 1", "06-09 03:00"}, {"0 3 1-31/2 * 1", "06-05 03:00"}, {"0 3 15 * 1", "06-09 03:00"},
		{"0 3 29 2 *", "02-29 03:00"}, {"@hourly", "06-04 13:00"}, {"@daily", "06-05 00:00"}, {"@midnight", "06-05 00:00"}, {"@weekly", "06-08 00:00"},
		{"@monthly", "07-01 00:00"}, {"@yearly", "01-01 00:00"}, {"@annually", "01-01 00:00"}, {"@every 90m", "06-04 13:30"}, {"00 03 05 06 *", "06-05 03:00"},
		{"5/5 * * * *", "06-04 12:05"}, {"0 3 * * */2,7", "06-05 03:00"}, {"0 3 * * mon/2", "06-06 03:00"}, {"0 3 ? * sat-7", "06-07 03:00"}, {"0 3 1,*/25 * *", "06-26 03:00"}, {"0 3 * jan-mar mon-fri", "01-01 03:00"},
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

// The library accepts what we accept. What we refuse is refused in our own words.
func TestTheLibraryAcceptsEveryFieldThatWeAccept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.StringMatching(`[0-9]{1,2}`), rapid.SampledFrom([]string{"*", "?", "sun", "SAT", "jan", "7", "-", "/", "L", "", "+1", "0x1"}))
		part := rapid.Custom(func(t *rapid.T) string {
			text := value.Draw(t, "low")
			if rapid.Bool().Draw(t, "is a range") {
				text += "-" + value.Draw(t, "high")
			}
			if rapid.Bool().Draw(t, "has a step") {
				text += "/" + value.Draw(t, "step")
			}
			return text
		})
		given := make([]string, 5)
		for i := range given {
			given[i] = "*"
		}
		given[rapid.IntRange(0, 4).Draw(t, "field")] = strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "parts"), ",")
		_, err := parseCron(strings.Join(given, " "))
		if err == nil {
			return
		}
		for _, foreign := range []string{"strconv", "failed to parse", "expected exactly", "above maximum", "beyond end", "unrecognized", "cannot be read"} {
			if strings.Contains(err.Error(), foreign) {
				t.Fatal(err)
			}
		}
	})
}
