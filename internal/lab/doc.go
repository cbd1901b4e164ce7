// Package lab holds what tries the product and is not a part of it: the sandbox of the
// API, what fills a database from it, a network that fails, and the tests of the whole.
package lab
