// Package dictionary writes what the database says of schema analytics as Markdown
// for analysts. The words around it, and which views belong together, stand in
// dictionary.md.tmpl; a view that it does not name comes at the end.
package dictionary
