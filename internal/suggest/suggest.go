// Package suggest finds known words that an unknown one may mean.
package suggest

import (
	"strings"

	"github.com/spf13/cobra"
)

// Near returns " (did you mean WORD?)" for known words similar to text, by the rule of the command
// line. It is empty if there is none.
func Near(text string, known []string) string { return Question(Words(text, known)) }

// Words returns the known words similar to text.
func Words(text string, known []string) []string {
	if text == "" {
		return nil
	}
	root := &cobra.Command{SuggestionsMinimumDistance: 1}
	if len(text) > 3 {
		root.SuggestionsMinimumDistance = 2
	}
	for _, word := range known {
		root.AddCommand(&cobra.Command{Use: word, Run: func(*cobra.Command, []string) {}})
	}
	return root.SuggestionsFor(text)
}

// Question returns " (did you mean WORD or WORD?)"; it is empty without words.
func Question(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(words, " or ") + "?)"
}
