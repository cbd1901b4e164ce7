package language_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"pushloss/internal/language"
)

func TestTextsAreWrittenInTheFormsOfTheLanguage(t *testing.T) {
	t.Parallel()
	texts := language.Read(fstest.MapFS{
		"messages/en.json": {Data: []byte(`{"lost": "%d of %s lost by 50 %%", "day": "2 January"}`)},
		"messages/zh.json": {Data: []byte(`{"lost": "%[2]s 丢失 %[1]d（50%%）", "day": "1月2日"}`)},
	})
	day := time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)
	for l, want := range map[language.Language][3]string{
		language.English: {"1,234 of Xiaomi lost by 50 %", "26 November", "1h30m5s"},
		language.Chinese: {"Xiaomi 丢失 1,234（50%）", "11月26日", "1小时30分5秒"},
	} {
		p := texts.In(l)
		got := [3]string{p.Text("lost", 1234, "Xiaomi"), p.Time("day", day), p.Duration(time.Hour + 30*time.Minute + 5*time.Second)}
		if got != want {
			t.Errorf("%s: %q, want %q", l, got, want)
		}
		if text := p.Text("100% no text"); text != "100% no text" {
			t.Errorf("%s: a name without a text is %q", l, text)
		}
	}
}

func TestALanguageIsNamedExactly(t *testing.T) {
	t.Parallel()
	for text, good := range map[string]bool{"en": true, "zh": true, "": false, "zh-CN": false, "de": false} {
		if got, err := language.Parse(text); (err == nil) != good || good && string(got) != text {
			t.Errorf("%q is %q: %v", text, got, err)
		}
	}
}

func TestReadingTextsReportsWhatIsWrongWithAFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if _, err := language.Messages(os.DirFS(folder), language.Chinese); err == nil {
		t.Error("a file that is not there is read")
	}
	if err := os.MkdirAll(filepath.Join(folder, "messages"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "messages", "zh.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := language.Messages(os.DirFS(folder), language.Chinese); err == nil {
		t.Error("a file that is not JSON is read")
	}
}
