package pipeline

// WithSpansAlways has spans used however few requests they save.
func (o Options) WithSpansAlways() Options {
	o.worth = worth{spans: 1, evidence: 1, evidenceFirst: 1, tried: spansAtOnce}
	return o
}
