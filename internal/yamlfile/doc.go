// Package yamlfile reads small YAML files that people write by hand, strictly:
// every mistake is collected and reported as FILE:LINE, and nothing is guessed.
// Unknown and repeated keys, aliases and further documents are mistakes.
//
// A file may hold secrets, so no message repeats a value. A message repeats a key only if it looks
// like one.
package yamlfile
