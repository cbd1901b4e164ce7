// Package questions tests and measures the analysts' questions that docs/queries
// answers. It holds nothing but tests.
package questions
