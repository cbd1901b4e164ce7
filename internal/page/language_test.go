package page_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"pushloss/internal/language"
	"pushloss/internal/language/languagetest"
	"pushloss/internal/page"
)

func TestEachTextOfThePageExistsInEachLanguage(t *testing.T) {
	t.Parallel()
	languagetest.Complete(t, ".")
}

func TestThePageIsInTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	w := pulled(t, 2)
	for _, test := range []struct {
		name, lang, accepts string
		usual, want         language.Language
	}{
		{"who asks for none", "", "", "", language.English},
		{"who asks for none, with Chinese as the default", "", "", language.Chinese, language.Chinese},
		{"by the address", "zh", "en", "", language.Chinese},
		{"by the address, with Chinese as the default", "en", "zh-CN", language.Chinese, language.English},
		{"a browser in China", "", "zh-CN,zh;q=0.9,en;q=0.8", "", language.Chinese},
		{"a browser that takes Chinese rather than English", "", "fr, zh-Hans;q=0.7, en;q=0.5", "", language.Chinese},
		{"an English browser, with Chinese as the default", "", "en-GB,en;q=0.9", language.Chinese, language.English},
		{"a browser in another language", "", "fr", language.Chinese, language.Chinese},
		{"a header that cannot be read", "", ";;q=x,,\xff", "", language.English},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			here := *w
			here.options.Language = test.usual
			var pairs []string
			if test.lang != "" {
				pairs = []string{"lang", test.lang}
			}
			for _, more := range [][]string{nil, {"stage", "nosuch"}} { // what is refused too
				got := here.ask(func(r *http.Request) { r.Header.Set("Accept-Language", test.accepts) }, append(slices.Clone(pairs), more...)...)
				shown := parse(t, got.body)
				if lang := shown.Find("html").AttrOr("lang", ""); lang != string(test.want) || got.header.Get("Content-Language") != lang {
					t.Errorf("HTTP %d is in %q (%q), want %q", got.status, lang, got.header.Get("Content-Language"), test.want)
				}
				if !slices.Contains(got.header.Values("Vary"), "Accept-Language") {
					t.Errorf("it varies by %q", got.header.Values("Vary"))
				}
			}
			if test.lang == "" {
				return
			}
			shown := here.shown(pairs...)
			for _, link := range shown.Find("main a[href], .brand a").EachIter() {
				if address := link.AttrOr("href", ""); !strings.Contains(address, "lang="+test.lang) && !strings.HasPrefix(address, "#") {
					t.Errorf("the link %s loses the language", address)
				}
			}
			if field := shown.Find("form input[name=lang]").AttrOr("value", ""); field != test.lang {
				t.Errorf("the form asks for %q", field)
			}
		})
	}
	if got := w.ask(nil, "lang", "de"); got.status != 400 || !strings.Contains(got.body, "use en or zh") {
		t.Errorf("another language: HTTP %d", got.status)
	}
}

// What is left of English are names: of tasks, platforms, stages, jobs, commands and settings.
func TestThePageInChineseHasNoEnglish(t *testing.T) {
	t.Parallel()
	w := pulled(t, 8)
	names := regexp.MustCompile(`pushloss( status)?|ready_to_send|post_send_delivered|demo-[a-z-]+|Welcome back|Flash sale|Weekly newsletter|Apple APNs|Google FCM|` +
		`Huawei|Xiaomi|OPPO|vivo|Meizu|HONOR|Honor|online|CSV|Asia/Shanghai|backfill|run|API|schema analytics|English|TaskID|token|topic|err_info|` +
		`regid_invalid|regId|pushId|PUSHLOSS_[A-Z_]+|access_token|ID|[0-9.]+(ms|s|m)\b`)
	english := regexp.MustCompile(`[A-Za-z]{2,}`)
	numbers := regexp.MustCompile(`\d[\d,.]*`)
	for _, pairs := range [][]string{nil, {"task", "demo-welcome"}, {"platform", "Xiaomi"}, {"from", (today - 200).String()}, {"stage", "nosuch"}, {"from", "x"}} {
		en, zh := w.ask(nil, append([]string{"lang", "en"}, pairs...)...), w.ask(nil, append([]string{"lang", "zh"}, pairs...)...)
		if en.status != zh.status {
			t.Fatalf("HTTP %d and %d", en.status, zh.status)
		}
		shown := parse(t, zh.body)
		texts := []string{shown.Find("title").Text()}
		shown.Find("script, style, input").Remove()
		for _, node := range shown.Find("body *").EachIter() {
			for _, name := range []string{"aria-label", "data-label", "title", "placeholder"} {
				texts = append(texts, node.AttrOr(name, ""))
			}
		}
		texts = append(texts, strings.Split(shown.Find("body").Text(), "\n")...)
		for _, text := range texts {
			if zh.status == 200 && english.MatchString(names.ReplaceAllString(text, "")) || strings.Contains(text, "%!") {
				t.Errorf("%q is not in Chinese: %q", pairs, folded(text))
			}
		}
		for _, table := range []string{"#loss-table", "#stages-table", "#channels-table", "#codes-table", "#worst-table", ".tiles"} {
			figures := func(body string) (found []string) {
				for _, cell := range parse(t, body).Find(table + " td.number, " + table + " dd").EachIter() {
					found = append(found, strings.Join(numbers.FindAllString(cell.Text(), -1), " "))
				}
				return found
			}
			if diff := gocmp.Diff(figures(en.body), figures(zh.body)); diff != "" {
				t.Errorf("%q: figures of %s (-en +zh):\n%s", pairs, table, diff)
			}
		}
	}
	closed := *w
	closed.options.Access = page.Access{}
	for _, got := range []answer{w.askFor("/elsewhere?lang=zh", nil), closed.ask(nil, "lang", "zh")} {
		text := parse(t, got.body).Find("main").Text()
		text = regexp.MustCompile(`/\w*|127.0.0.1`).ReplaceAllString(names.ReplaceAllString(text, ""), "")
		if got.status < 400 || english.MatchString(text) {
			t.Errorf("HTTP %d says %q", got.status, text)
		}
	}
	text := w.shown("lang", "zh").Text()
	for _, says := range []string{"应用的推送丢失", "2026年3月", "3月", "已入库", "最常见的错误码"} {
		if !strings.Contains(text, says) {
			t.Errorf("the page does not say %q", says)
		}
	}
}
