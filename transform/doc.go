// Package transform turns the answers of the API's streams into fact rows: a file
// names what those of each look like. It is tolerant where the meaning is certain
// (numbers as strings, null or missing arrays, unknown fields) and strict elsewhere:
// a row that cannot be understood is rejected with its JSON and the reason, never guessed and never
// dropped in silence. For every answer,
//
//	rows in = facts + merged + rejected + ignored + repeated + zeros
//
// All of it is pure functions of the answer and of what was asked.
package transform
