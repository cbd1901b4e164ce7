// Package dictionary writes the comments of schema analytics as Markdown for analysts, and as
// semantic models. dictionary.md.tmpl has the introduction and groups the views. Views that it does
// not name come last.
package dictionary
