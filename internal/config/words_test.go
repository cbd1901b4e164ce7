package config_test

import (
	"strings"
	"testing"
)

// Each message says which value is wrong, and what would be right, without the words of a parser.
func TestWhatAWrongSettingSays(t *testing.T) {
	t.Parallel()
	const (
		digits  = ": write plain digits, without a sign or a leading zero"
		rate    = " is not a number of calls per second from 0.001 to 1000, like 1 or 0.5, or 0 for no pacing" + digits
		appID   = "is not an SDKAppID: give the app's number in the console, from 1 to 4294967295, like 1400000000"
		address = "give only the address, like https://console.tim.qq.com"
		listen  = " is not HOST:PORT with a port from 0 to 65535: give an address like 127.0.0.1:9460, or :9460 for all of this machine's"
		zone    = " is not a time zone: give its IANA name, like Asia/Shanghai or UTC"
		token   = "has fewer than 16 characters: make one, for example with openssl rand -hex 32"
	)
	for _, test := range []struct{ variable, value, want string }{
		{"DATABASE_URL", "embedded://x", "a local database is written embedded:DIR, without //"},
		{"DATABASE_URL", "mysql://u:p@h/d", "is not a usable Postgres URL: it is a mysql: URL: write postgres://USER:PASSWORD@HOST:5432/DATABASE"},
		{"TIM_SDK_APP_ID", "many", appID},
		{"TIM_SDK_APP_ID", "01400000001", appID},
		{"TIM_SDK_APP_ID", "4294967296", appID},
		{"TIM_SECRET_KEY", "short", "is too short for a secret key (less than 8 characters): copy the whole SecretKey from the console"},
		{"TIM_SECRET_KEY", "two words", "holds a blank, a line break or an invisible character: copy it again"},
		{"TIM_IDENTIFIER", "two words", "holds a blank or a control character: give the name of one app administrator"},
		{"TIM_REGION", "mars", `unknown region "mars": use one of china, singapore, seoul, tokyo, frankfurt, silicon-valley, jakarta, riyadh`},
		{"TIM_BASE_URL", "console.tim.qq.com", `"console.tim.qq.com" is not an absolute http or https URL, like https://console.tim.qq.com`},
		{"TIM_BASE_URL", "http://h:", `"http://h:" has a port that is not a number from 1 to 65535`},
		{"TIM_BASE_URL", "http://::1", `"http://::1" has more than one colon after its host: write an IPv6 address in brackets, like [::1]:8080`},
		{"TIM_BASE_URL", "http://h/V4/timpush", `"http://h/V4/timpush" must not hold the API's path (v4/timpush): ` + address},
		{"TIM_BASE_URL", "https://u:p@h", "must not hold a user name or password"},
		{"TIM_BASE_URL", "https://h?x=1", "must not hold a query or a fragment: " + address},
		{"TIM_BASE_URL", "https://h/100%", `"https://h/100%" has a path with a % that is not %25: ` + address},
		{"PUSHLOSS_TIMEZONE", "Local", `"Local"` + zone},
		{"PUSHLOSS_TIMEZONE", "+08:00", `"+08:00"` + zone},
		{"PUSHLOSS_RATE", "1e308", `"1e308"` + rate},
		{"PUSHLOSS_RATE", "0x10", `"0x10"` + rate},
		{"PUSHLOSS_RATE", "1000.5", `"1000.5"` + rate},
		{"PUSHLOSS_RATE", "NaN", `"NaN"` + rate},
		{"PUSHLOSS_STREAMS", "loss,loss", "names loss twice"},
		{"PUSHLOSS_STREAMS", "Loss,Clicks", `unknown stream "Clicks": give a comma-separated list of loss, statistics, chat_loss, chat_statistics`},
		{"PUSHLOSS_LOOKBACK_DAYS", "7d", `"7d" is not a number of days from 0 to 3650` + digits},
		{"PUSHLOSS_LOOKBACK_DAYS", "07", `"07" is not a number of days from 0 to 3650` + digits},
		{"PUSHLOSS_FIRST_DAY", "31.3.2025", `"31.3.2025" is not a day: write it as 2025-03-31`},
		{"PUSHLOSS_FIRST_DAY", "0205-03-31", "0205-03-31 is long before there was a push service: give a day from 2000-01-01 to today"},
		{"PUSHLOSS_FIRST_DAY", "2026-11-30", "2026-11-30 is in the future: give a day from 2000-01-01 to today, 2026-11-29"},
		{"PUSHLOSS_TASK_DAYS", "0", `"0" is not a number of days from 1 to 3650` + digits},
		{"PUSHLOSS_API_MEMORY_DAYS", "3651", `"3651" is not a number of days from 0 to 3650` + digits},
		{"PUSHLOSS_RAW_DAYS", "+1", `"+1" is not a number of days from 0 to 3650` + digits},
		{"PUSHLOSS_RUN_DAYS", "1_0", `"1_0" is not a number of days from 0 to 3650` + digits},
		{"PUSHLOSS_WINDOW_END", "open", `"open" is not known: use exclusive or inclusive`},
		{"PUSHLOSS_MAX_CONNECTIONS", "1", `"1" is not a number of connections from 2 to 100` + digits},
		{"PUSHLOSS_HTTP_ADDR", "9460", `"9460"` + listen},
		{"PUSHLOSS_HTTP_ADDR", "h:080", `"h:080"` + listen},
		{"PUSHLOSS_HTTP_TOKEN", "guessable", token},
		{"PUSHLOSS_HTTP_TOKEN_FILE", "/nowhere/token", "the file cannot be read: no such file or directory"},
		{"PUSHLOSS_TASKS_TOKEN", "guessable", token},
		{"PUSHLOSS_CALLBACK_TOKEN", "short", "has fewer than 8 characters: make one, for example with openssl rand -hex 32"},
		{"PUSHLOSS_CALLBACK_TOKEN_FILE", "/nowhere/token", "the file cannot be read: no such file or directory"},
		{"PUSHLOSS_DISCOVER", "all", `"all" is not known: use scheduled, or leave it out`},
		{"PUSHLOSS_LOG_LEVEL", "loud", `unknown level "loud": use one of debug, info, warn, error`},
		{"PUSHLOSS_LOG_FORMAT", "xml", `unknown format "xml": use text or json`},
		{"PUSHLOSS_POSTGRES_PORT", "65536", `"65536" is not a port number from 0 to 65535` + digits},
		{"PUSHLOSS_POSTGRES_PORT", `"5432"`, "has quotes around it, which docker --env-file and some service managers keep: write the value without them"},
	} {
		_, err := load(everything, oneApp().with(test.variable, test.value))
		if err == nil || err.Error() != test.variable+": "+test.want {
			t.Errorf("%s=%s:\n%v\nwant\n%s: %s", test.variable, test.value, err, test.variable, test.want)
		}
		for _, foreign := range []string{"strconv", "json:", "%!", "parsing ", "invalid syntax", "<nil>"} {
			if err != nil && strings.Contains(err.Error(), foreign) {
				t.Errorf("%s=%s says %q: %v", test.variable, test.value, foreign, err)
			}
		}
	}
}
