// Package suggest finds the known word that was meant by an unknown one.
package suggest

import (
	"strings"

	"github.com/spf13/cobra"
)

// Near returns " (did you mean WORD?)" for the known words near to text, by the rule of
// the command line; without such a word it is empty.
func Near(text string, known []string) string { return Question(Words(text, known)) }

// Words returns the known words near to text.
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
