// Package questions tests and measures the analysts' questions that docs/queries
// answers. It has only tests.
package questions
