// Package transform turns the answers of the API's streams into rows of facts; package
// stream describes what the answers of each look like. It is tolerant where the meaning
// is certain (numbers as strings, null or missing arrays, unknown fields) and strict
// elsewhere. It rejects a row that it does not understand, with the row's JSON and the
// reason; it never guesses and never drops a row in silence. For every answer,
//
//	rows in = facts + merged + rejected + ignored + repeated + zeros
//
// Every function is a pure function of the answer and of the requested tasks.
package transform
