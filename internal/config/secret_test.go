package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A secret is put into every setting where it belongs or may get by mistake, together
// with other wrong settings: no error may repeat it.
func TestNoErrorRepeatsASecret(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.OneOf(
			rapid.StringMatching(`[!-~]{8,24}`),
			rapid.StringMatching(`[*&!%@{\[|>"'][0-9a-f]{8,16}[:#,\]} ]?[0-9a-f]{0,4}`),
			rapid.StringMatching(`[0-9a-f]{16} [0-9a-f]{4}`),
		).Draw(t, "secret")
		// Numbered, so that no piece of it occurs in a message by chance.
		secret = secret[:4] + "Q7x" + secret[4:]
		writeFile := func(name, content string) string {
			path := filepath.Join(dir, name)
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		}
		env := rapid.SampledFrom([]variables{
			{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY": secret},
			{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY": secret, "TIM_SECRET_KEY_FILE": secret},
			{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": secret},
			{"TIM_SDK_APP_ID": secret, "TIM_SECRET_KEY": "1"},
			{"TIM_SDK_APP_ID": "1", "TIM_SECRET_KEY_FILE": writeFile("key", secret)},
			{"PUSHLOSS_HTTP_TOKEN": secret[:11]},
			{"PUSHLOSS_HTTP_TOKEN": secret, "PUSHLOSS_HTTP_TOKEN_FILE": secret},
			{"PUSHLOSS_HTTP_TOKEN_FILE": secret},
			{"PUSHLOSS_HTTP_TOKEN_FILE": writeFile("token", secret+" ")},
			{"PUSHLOSS_TASKS_TOKEN": secret[:11]},
			{"PUSHLOSS_CALLBACK_TOKEN": secret[:7]},
			{"TIM_APPS_FILE": writeFile("callback.yaml", "- sdk_app_id: 1\n  secret_key: 12345678\n  callback_token: "+secret+"\n  callback_token_env: "+secret+"\n")},
			{"TIM_BASE_URL": "https://user:" + secret + "@host"},
			{"TIM_APPS_FILE": writeFile("plain.yaml", "- sdk_app_id: 1\n  secret_key: "+secret+"\n")},
			{"TIM_APPS_FILE": writeFile("quoted.yaml", fmt.Sprintf("- sdk_app_id: 1\n  secret_key: %q\n", secret))},
			{"TIM_APPS_FILE": writeFile("flow.yaml", "- {sdk_app_id: 1, secret_key: "+secret+"}\n")},
			{"TIM_APPS_FILE": writeFile("first.yaml", "- secret_key: "+secret+"\n  sdk_app_id: 1")},
			{"TIM_APPS_FILE": writeFile("file.yaml", "- sdk_app_id: 1\n  secret_key_file: "+secret+"\n")},
			{"TIM_APPS_FILE": writeFile("env.yaml", "- sdk_app_id: 1\n  secret_key_env: "+secret+"\n")},
			{"TIM_APPS_FILE": writeFile("id.yaml", "- sdk_app_id: "+secret+"\n")},
			{"TIM_APPS_FILE": writeFile("url.yaml", "- sdk_app_id: 1\n  base_url: https://u:"+secret+"@h\n")},
		}).Draw(t, "env")
		env = env.with("PUSHLOSS_RATE", "x", "DATABASE_URL", rapid.SampledFrom([]string{
			"postgres://user:" + secret + "@host:5432/db?sslmode=wrong",
			"postgres://user:" + secret + "@host:x/db",
			"postgres://" + secret,
			"host=h password=" + secret + " port=x",
			secret,
		}).Draw(t, "url"))
		_, err := load(everything, env)
		if err == nil {
			t.Fatal("no error")
		}
		for _, piece := range []string{secret, "Q7x"} {
			if strings.Contains(err.Error(), piece) {
				t.Fatalf("the error repeats the secret %q: %v", secret, err)
			}
		}
	})
}
