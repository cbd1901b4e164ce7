package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushloss/extract"
	"pushloss/internal/config"
	"pushloss/internal/secret"
)

var onlyCredentials = config.Needs{Credentials: true}

func TestASecretKeyIsReadFromAVariableOrAFile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		env  variables
	}{
		{"a variable", variables{"TIM_SECRET_KEY": "k3y-of-app"}},
		{"a variable with the line end of a file", variables{"TIM_SECRET_KEY": "k3y-of-app\r\n"}},
		{"a file", variables{"TIM_SECRET_KEY_FILE": write(t, "key", "k3y-of-app")}},
		{"a file with a line end", variables{"TIM_SECRET_KEY_FILE": write(t, "key", "k3y-of-app\n")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			settings := mustLoad(t, onlyCredentials, test.env.with("TIM_SDK_APP_ID", "1"))
			if got := settings.Apps[0].SecretKey.Reveal(); got != "k3y-of-app" {
				t.Errorf("secret key is %q", got)
			}
		})
	}
}

func TestMistakesInTheSettingsOfAnAppAreNamed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		env            variables
		variable, says string
	}{
		{"no app", variables{}, "TIM_SDK_APP_ID", "is not set"},
		{"no secret key", variables{"TIM_SDK_APP_ID": "1"}, "TIM_SECRET_KEY", "is not set"},
		{"two secret keys", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY": "a", "TIM_SECRET_KEY_FILE": "b"}, "TIM_SECRET_KEY", "together with TIM_SECRET_KEY_FILE"},
		{"a blank before the key", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY": " a"}, "TIM_SECRET_KEY", "holds a blank"},
		{"a blank after the key", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY": "a "}, "TIM_SECRET_KEY", "holds a blank"},
		{"a key of one letter", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY": "k"}, "TIM_SECRET_KEY", "too short for a secret key"},
		{"a key of seven", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY": "abcdef1"}, "TIM_SECRET_KEY", "too short for a secret key"},
		{"a key of the same letter", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY": strings.Repeat("x", 64)}, "TIM_SECRET_KEY", "the same few characters"},
		{"a key in quotes", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY": `"0123456789abcdef"`}, "TIM_SECRET_KEY", "has quotes around it"},
		{"a short key in a file", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": write(t, "key", "k\n")}, "TIM_SECRET_KEY_FILE", "content is too short"},
		{"a key in quotes in a file", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": write(t, "key", "'0123456789abcdef'\n")}, "TIM_SECRET_KEY_FILE", "content has quotes"},
		{"two lines in the key's file", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": write(t, "key", "a\nb\n")}, "TIM_SECRET_KEY_FILE", "a line break"},
		{"a key's file of PowerShell", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": write(t, "key", "\xff\xfea\x00b\x00")}, "TIM_SECRET_KEY_FILE", "the file is UTF-16 text"},
		{"an apps file of Notepad", variables{"TIM_APPS_FILE": write(t, "apps.yaml", "\xff\xfe-\x00 \x00")}, "TIM_APPS_FILE", ":1: is UTF-16 text"},
		{"a byte order mark in the key's file", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": write(t, "key", "\ufeffa\n")}, "TIM_SECRET_KEY_FILE", "an invisible character"},
		{"an empty file", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": write(t, "key", "\n")}, "TIM_SECRET_KEY_FILE", "content is empty"},
		{"a huge file", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": write(t, "key", strings.Repeat("a", 1<<17))}, "TIM_SECRET_KEY_FILE", "too large"},
		{"no file", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": filepath.Join(t.TempDir(), "none")}, "TIM_SECRET_KEY_FILE", "no such file"},
		{"a directory", variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": t.TempDir()}, "TIM_SECRET_KEY_FILE", "is a directory"},
		{"an app and an apps file", variables{"TIM_SDK_APP_ID": "1", "TIM_APPS_FILE": "apps.yaml"}, "TIM_APPS_FILE", "unset one of the two"},
		{"no apps file", variables{"TIM_APPS_FILE": filepath.Join(t.TempDir(), "none.yaml")}, "TIM_APPS_FILE", "none.yaml: no such file"},
		{"an apps file that is a directory", variables{"TIM_APPS_FILE": t.TempDir()}, "TIM_APPS_FILE", "is a directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(onlyCredentials, test.env)
			requireProblem(t, err, test.variable, test.says)
		})
	}
}

func TestATextThatCannotBeASecretIsNamed(t *testing.T) {
	t.Parallel()
	for says, texts := range map[string][]string{
		"is a placeholder": {"${KEY}", "${TIM_SECRET_KEY}", "${KEY:-none}", "$TIM_SECRET_KEY", "$(cat /run/key)", "{{ secret_key }}", "{{secret_key}}", "<your-secret-key>", "<SecretKey of the app>", "%TIM_SECRET_KEY%",
			"[REDACTED]", "[your key]", "__SECRET_KEY__", "changeme", "CHANGE_ME", "change-me-please", "changeme123", "changemechangeme", "your_secret_key", "YOUR-SECRET-KEY-HERE", "your secret key", "insert-key-here", "undefined", "Placeholder", "TODO: set the key"},
		"was cut off":                       {"0123456789ab...", "0123456789ab…", "0123****cdef", "••••••••"},
		"is an address":                     {"op://vault/item/key", "file:///etc/key", "https://vault.internal/key", "arn:aws:secretsmanager:eu-west-1:1:secret:x", "vault:secret/data/tim#key", "ENC[AES256_GCM,data:x]"},
		"begins with the name":              {"secret_key=0123456789abcdef", "TIM_SECRET_KEY=0123456789abcdef", "export TIM_SECRET_KEY=0123456789abcdef", "SecretKey: 0123456789abcdef", "Bearer 0123456789abcdef0123"},
		"is the path":                       {write(t, "key", "0123456789abcdef")},
		"has a character that is not ASCII": {"０１２３４５６７89abcdef", "0123456789abcdef–"},
	} {
		for _, text := range texts {
			_, err := load(everything, oneApp().with("TIM_SECRET_KEY", text, "PUSHLOSS_TASKS_TOKEN", text))
			if err == nil || strings.Count(err.Error(), says) != 2 || strings.Contains(err.Error(), text) {
				t.Errorf("%s: %v, want twice that it %s", text, err, says)
			}
			_, err = load(onlyCredentials, variables{"TIM_SDK_APP_ID": "1"}.with("TIM_SECRET_KEY_FILE", write(t, "key", text+"\n")))
			requireProblem(t, err, "TIM_SECRET_KEY_FILE", "the file's content "+says)
		}
	}
	for _, text := range []string{
		"5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e", "/abcdEFGH+/ijklMNOP0123/+=", "q7VbXK0wTn3+Yc9dJfG1hA==", "sandbox-secret-key", "my-keyring-of-app", "todolist-token-of-team", "$ecret-of-the-app", "a{b}c<d>e%f%[g]", "token_of_app_7", "monkey=banana7",
	} {
		mustLoad(t, onlyCredentials, variables{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY": text})
	}
}

func TestAnAppInheritsWhatItsEntryOmits(t *testing.T) {
	t.Parallel()
	path := write(t, "apps.yaml", `
# Two of our apps.
- sdk_app_id: 1400000001
  secret_key: |
    01234567
- sdk_app_id: 1400000002
  secret_key_file: keys/two
  identifier: root
  region: tokyo
  base_url: http://localhost:1/
  timezone: UTC
  rate: 0.5
- {sdk_app_id: 1400000003, secret_key_env: KEY_THREE, region: seoul}
`)
	keys := filepath.Join(filepath.Dir(path), "keys")
	if err := os.Mkdir(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(keys, "two"), []byte("second-key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := variables{
		"TIM_APPS_FILE":     path,
		"TIM_IDENTIFIER":    "admin",
		"TIM_REGION":        "singapore",
		"TIM_BASE_URL":      "https://proxy.example",
		"PUSHLOSS_TIMEZONE": "Asia/Tokyo",
		"PUSHLOSS_RATE":     "2",
		"KEY_THREE":         "third-key",
	}
	tokyo := location(t, "Asia/Tokyo")
	want := []config.App{
		{SDKAppID: 1400000001, SecretKey: secret.New("01234567"), Identifier: "admin", Region: extract.Singapore, BaseURL: "https://proxy.example", Location: tokyo, Rate: 2},
		{SDKAppID: 1400000002, SecretKey: secret.New("second-key"), Identifier: "root", Region: extract.Tokyo, BaseURL: "http://localhost:1", Location: location(t, "UTC"), Rate: 0.5},
		{SDKAppID: 1400000003, SecretKey: secret.New("third-key"), Identifier: "admin", Region: extract.Seoul, BaseURL: "https://proxy.example", Location: tokyo, Rate: 2},
	}
	if diff := cmp.Diff(want, mustLoad(t, onlyCredentials, env).Apps, compared); diff != "" {
		t.Errorf("apps (-want +got):\n%s", diff)
	}

	for i := range want {
		want[i].SecretKey = secret.Text{}
	}
	if diff := cmp.Diff(want, mustLoad(t, config.Needs{}, env).Apps, compared); diff != "" {
		t.Errorf("apps without credentials (-want +got):\n%s", diff)
	}
}

func TestEachAppHasItsOwnCallbackTokenOrTheCommonOne(t *testing.T) {
	t.Parallel()
	path := write(t, "apps.yaml", `
- {sdk_app_id: 1, secret_key: 01234567}
- {sdk_app_id: 2, secret_key: 01234567, callback_token: "of app 2"}
- {sdk_app_id: 3, secret_key: 01234567, callback_token_env: OF_THREE}
- {sdk_app_id: 4, secret_key: 01234567, callback_token_file: four}
`)
	env := variables{
		"TIM_APPS_FILE": path, "OF_THREE": "of-app-3", "PUSHLOSS_CALLBACK_TOKEN": "of-all-apps",
	}
	_, err := load(config.Needs{Credentials: true, Page: true}, env)
	if err == nil || !strings.Contains(err.Error(), "callback_token: holds a blank") || !strings.Contains(err.Error(), "callback_token_file: the file cannot be read") {
		t.Errorf("error is %v", err)
	}
	for wrong, right := range map[string]string{`"of app 2"`: "of-app-2", "_file: four": ": of-app-4"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), wrong, right)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var tokens []string
	for _, app := range mustLoad(t, config.Needs{Credentials: true, Page: true}, env).Apps {
		tokens = append(tokens, app.CallbackToken.Reveal())
	}
	if diff := cmp.Diff([]string{"of-all-apps", "of-app-2", "of-app-3", "of-app-4"}, tokens); diff != "" {
		t.Error(diff)
	}
}

func TestAppsFileProblemsNameFileAndLine(t *testing.T) {
	t.Parallel()
	path := write(t, "apps.yaml", `- sdk_app_id: 1
  secret_key: abcdefgh
- sdk_app_id: 1
  secret_key: bcdefghi
- secret_key: cdefghij
- sdk_app_id: 2
- sdk_app_id: 3
  secret_key: d
  secret_key_env: E
- sdk_app_id: 4
  secret_key_env: NOT_SET
- sdk_app_id: 5
  secret_key_file: not-there
- sdk_app_id: x
  secret_key: [f]
  secretkey: g
- sdk_app_id: 6
  sdk_app_id: 7
  secret_key: h i
  region: mars
  base_url: https://u:p@h
  timezone: Local
  rate: -1
  identifier:
- just text
- sdk_app_id: 8
  secret_key: !k
- sdk_app_id: 9
  secret_key: &k
`)
	_, err := load(onlyCredentials, variables{"TIM_APPS_FILE": path})
	if err == nil {
		t.Fatal("no error")
	}
	got := strings.Split(strings.ReplaceAll(err.Error(), path, "F"), "\n")
	want := []string{
		"TIM_APPS_FILE: F:3: sdk_app_id: app 1 is given twice, first in line 1",
		"TIM_APPS_FILE: F:5: sdk_app_id is missing",
		"TIM_APPS_FILE: F:6: the secret key is missing: give one of secret_key, secret_key_file and secret_key_env",
		"TIM_APPS_FILE: F:7: secret_key and secret_key_env are given together: keep one of them",
		"TIM_APPS_FILE: F:11: secret_key_env: the variable of this name is not set",
		"TIM_APPS_FILE: F:13: secret_key_file: the file cannot be read: no such file or directory",
		"TIM_APPS_FILE: F:14: sdk_app_id: is not an SDKAppID: give the app's number in the console, from 1 to 4294967295, like 1400000000",
		"TIM_APPS_FILE: F:15: secret_key: must be a single value: a text with special characters must be in quotes",
		"TIM_APPS_FILE: F:16: unknown key secretkey: the keys here are sdk_app_id, secret_key, secret_key_file, secret_key_env, identifier, region, base_url, timezone, rate, callback_token, callback_token_file, callback_token_env",
		"TIM_APPS_FILE: F:18: sdk_app_id: is given twice, first in line 17",
		"TIM_APPS_FILE: F:19: secret_key: holds a blank, a line break or an invisible character: copy it again",
		`TIM_APPS_FILE: F:20: region: unknown region "mars": use one of china, singapore, seoul, tokyo, frankfurt, silicon-valley, jakarta, riyadh`,
		"TIM_APPS_FILE: F:21: base_url: must not hold a user name or password",
		`TIM_APPS_FILE: F:22: timezone: "Local" is not a time zone: give its IANA name, like Asia/Shanghai or UTC`,
		`TIM_APPS_FILE: F:23: rate: "-1" is not a number of calls per second from 0.001 to 1000, like 1 or 0.5, or 0 for no pacing: write plain digits, without a sign or a leading zero`,
		"TIM_APPS_FILE: F:24: identifier: is empty",
		"TIM_APPS_FILE: F:25: must be made of lines of KEY: VALUE, with the keys sdk_app_id, secret_key, secret_key_file, secret_key_env, identifier, region, base_url, timezone, rate, callback_token, callback_token_file, callback_token_env",
		"TIM_APPS_FILE: F:27: secret_key: a text that begins with ! must be in quotes",
		"TIM_APPS_FILE: F:29: secret_key: must be given itself: a text that begins with & or * must be in quotes",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestAnAppIsCalledAtItsOwnAddressOrItsRegions(t *testing.T) {
	t.Parallel()
	own := config.App{Region: extract.China, BaseURL: "http://localhost:1"}
	if diff := cmp.Diff([]string{"http://localhost:1"}, own.BaseURLs()); diff != "" {
		t.Error(diff)
	}
	regional := config.App{Region: extract.China}
	if diff := cmp.Diff(extract.China.BaseURLs(), regional.BaseURLs()); diff != "" {
		t.Error(diff)
	}
}
