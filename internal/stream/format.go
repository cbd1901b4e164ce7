package stream

// Format is what the answers of a stream look like.
type Format struct {
	// Arrays are the lists of an element that hold figures.
	Arrays []Array
	// Counters says that an element has counters beside its lists.
	Counters bool
	// Bare says that the answer is one element, without a list of results.
	Bare bool
}

// Array is a list of an element.
type Array struct {
	Name     string
	Grain    Grain
	Stage    Stage // of all its rows, except those of counters
	Counters bool  // a row has the four counters instead of a code
	// EventOptional says that a row by platform may lack its EventType.
	EventOptional bool
}
