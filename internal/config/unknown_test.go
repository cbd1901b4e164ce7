package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/internal/config"
)

func TestMisspeltVariablesAreNamedWithWhatWasProbablyMeant(t *testing.T) {
	t.Parallel()
	keys := write(t, "apps.yaml", "- sdk_app_id: 1400000001\n  secret_key_env: TIM_KEY_OF_A\n")
	for name, meant := range map[string]string{
		"PUSHLOSS_NOTIFY_URL": "PUSHLOSS_NOTIFY_URLS", "PUSHLOSS_LOOKBACK": "PUSHLOSS_LOOKBACK_DAYS", "TIM_IDENTFER": "TIM_IDENTIFIER",
		"PUSHLOSS_LOOKBACK_DAY": "PUSHLOSS_LOOKBACK_DAYS", "PUSHLOSS_TIME_ZONE": "PUSHLOSS_TIMEZONE", "PUSHLOSS_HTTP_ADDRESS": "PUSHLOSS_HTTP_ADDR",
		"pushloss_rate": "PUSHLOSS_RATE", "PUSHLOSSRATE": "PUSHLOSS_RATE", "PUSH_LOSS_STREAMS": "PUSHLOSS_STREAMS", "PUSHLOS_STREAMS": "PUSHLOSS_STREAMS",
		"PUSHLOSS_REGION": "TIM_REGION", "TIM_RATE": "PUSHLOSS_RATE", "PUSHLOSS_SDKAPPID": "TIM_SDK_APP_ID", "TIM_APP_ID": "TIM_SDK_APP_ID",
		"TIM_KEY": "TIM_SECRET_KEY or TIM_SECRET_KEY_FILE", "PUSHLOSS_DATABASE_URL": "DATABASE_URL", "PUSHLOSS_LOG": "PUSHLOSS_LANG or PUSHLOSS_LOG_FORMAT or PUSHLOSS_LOG_LEVEL",
		"PUSHLOSS_FOO": "", "TIM_KEY_OF_B": "-", "PUSHLOSS_SERVICE_HOSTS": "", "PUSHLOSS_NOTIFICATION_URLS": "-",
	} {
		env := variables{
			"DATABASE_URL": "postgres://h/d", "TIM_APPS_FILE": keys, "TIM_KEY_OF_A": "0123456789abcdef", name: "s3cr3t-value",
			"PUSHLOSS_EMPTY": " ", "HOME": "/", "P": "1", "PUSH": "1", "TIMEOUT": "1", "AWS_REGION": "x", "PUSHER_KEY": "x",
			"PUSHLOSS_SERVICE_HOST": "10.0.0.1", "PUSHLOSS_SERVICE_PORT": "80", "PUSHLOSS_SERVICE_PORT_HTTP": "80", "PUSHLOSS_PORT": "tcp://10.0.0.1:80",
			"PUSHLOSS_PORT_80_TCP": "tcp://10.0.0.1:80", "PUSHLOSS_PORT_80_TCP_ADDR": "10.0.0.1", "PUSHLOSS_PORT_80_TCP_PROTO": "tcp", "PUSHLOSS_PORT_80_TCP_PORT": "80",
		}
		settings := mustLoad(t, config.Needs{Credentials: true}, env)
		if len(settings.Unknown) != 1 || settings.Unknown[0].Name != name {
			t.Errorf("%s: unknown are %q", name, settings.Unknown)
			continue
		}
		got := strings.TrimSuffix(strings.TrimPrefix(settings.Unknown[0].Meant, " (did you mean "), "?)")
		if meant != "-" && got != meant {
			t.Errorf("%s: %q, want %q", name, got, meant)
		}
	}
}

func TestAMissingDatabaseIsNamedWithTheVariableThatWasMeantForIt(t *testing.T) {
	t.Parallel()
	for name, named := range map[string]bool{
		"DATABASE_UR": true, "DATABASEURL": true, "DATABSE_URL": true, "DATABASE_URI": true, "database_url": true, "DATABASE_URLS": true,
		"POSTGRES_URL": true, "DB_DSN": true, "DATABASE_URL_FILE": true, "D": false, "DATABASE": false, "BASE_URL": false, "DATADIR": false,
	} {
		_, err := load(config.Needs{Database: true}, variables{name: "postgres://u:s3cr3t@h/d"})
		if err == nil || strings.Contains(err.Error(), name+": is not a setting (did you mean DATABASE_URL?)") != named || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v", name, err)
		}
		if named {
			settings := mustLoad(t, config.Needs{Database: true}, variables{"DATABASE_URL": "embedded:", name: "x"})
			if len(settings.Unknown) > 0 {
				t.Errorf("with a database: %v", settings.Unknown)
			}
		}
	}
}

func TestAMissingSettingIsReportedWithItsMisspeltName(t *testing.T) {
	t.Parallel()
	env := variables{"TIM_SDKAPPID": "1400000001", "TIM_SECRET_KEY": "0123456789abcdef", "PUSHLOSS_FOO": "x"}
	_, err := load(config.Needs{Credentials: true}, env)
	var problems config.Problems
	if !errors.As(err, &problems) {
		t.Fatal(err)
	}
	var names []string
	for _, problem := range problems {
		names = append(names, problem.Variable)
	}
	if diff := cmp.Diff([]string{"TIM_SDK_APP_ID", "TIM_SDKAPPID"}, names); diff != "" || !strings.Contains(err.Error(), "TIM_SDKAPPID: is not a setting (did you mean TIM_SDK_APP_ID?)") {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
