// Package house holds the tests of the documents: the packages that docs/architecture.md
// lists, and the links of all pages.
package house
