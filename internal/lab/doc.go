// Package lab holds packages that test the product and are not a part of it: the sandbox of
// the API, a program that fills a database from it, a network that fails, and tests of the
// whole.
package lab
