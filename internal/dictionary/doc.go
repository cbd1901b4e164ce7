// Package dictionary writes what the database says of schema analytics as Markdown
// for analysts. Its introduction and the grouping of views are in
// dictionary.md.tmpl. A view that it does not name comes at the end.
package dictionary
