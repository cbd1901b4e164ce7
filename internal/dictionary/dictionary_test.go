package dictionary_test

import (
	"strings"
	"testing"

	"pushloss/internal/dictionary"
)

func write(t *testing.T, d dictionary.Dictionary) string {
	t.Helper()
	var text strings.Builder
	if err := dictionary.Write(&text, d); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func columns(comments ...string) (list []dictionary.Column) {
	for _, comment := range comments {
		list = append(list, dictionary.Column{Name: "a_column", Type: "bigint", Comment: comment})
	}
	return list
}

func TestTextsAreEscapedForMarkdown(t *testing.T) {
	t.Parallel()
	text := write(t, dictionary.Dictionary{
		Schema: "analytics", Comment: "All\nof it.",
		Views: []dictionary.View{{Name: "runs", Comment: "One | two <b>three</b> & `four` *five* [six](seven).", Columns: columns(`a|b\c`, "two\nlines")}},
	})
	for _, want := range []string{
		"\nAll of it.\n", "\nOne \\| two &lt;b>three&lt;/b> &amp; \\`four\\` \\*five\\* \\[six\\](seven).\n",
		"\n| `a_column` | bigint | a\\|b\\\\c |\n| `a_column` | bigint | two lines |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\n\n\n") || !strings.HasSuffix(text, "|\n") {
		t.Errorf("it is not clean:\n%q", text)
	}
}

// Everything is listed once, under the first heading that names it, or else under the last one.
func TestEveryViewAndFunctionIsListedOnce(t *testing.T) {
	t.Parallel()
	d := dictionary.Dictionary{Schema: "analytics", Views: []dictionary.View{
		{Name: "a_new_one", Columns: columns("x")}, {Name: "app_stage_loss", Columns: columns("x")},
		{Name: "loss_changes", Columns: columns("x")}, {Name: "odd|`name", Columns: columns("x")},
	}, Functions: []dictionary.Function{
		{Name: "a_new_function", Arguments: "day date", Returns: "bigint"}, {Name: "a_new_function", Returns: "text"},
		{Name: "loss_as_of", Arguments: "at timestamp with time zone", Columns: columns("")},
	}}
	text := write(t, d)
	last := -1
	for _, want := range []string{
		"## Losses\n", "### `app_stage_loss`\n", "## History\n", "### `loss_changes`\n", "### `loss_as_of(at timestamp with time zone)`\n",
		"## Further views\n", "### `a_new_one`\n", "### odd\\|\\`name\n", "### `a_new_function(day date)`\n", "Returns bigint.", "### `a_new_function()`\n",
	} {
		at := strings.Index(text, want)
		if strings.Count(text, want) != 1 || at < last {
			t.Errorf("%q is there %d times, or before what it should follow", want, strings.Count(text, want))
		}
		last = at
	}
	if strings.Contains(text, "## Chat messages") {
		t.Error("there is a heading with nothing below")
	}
	if again := write(t, d); again != text {
		t.Error("the result changes from time to time")
	}
}
