#!/usr/bin/env bash
# In OpenTelemetry's SDK for JavaScript, a view that leaves out an attribute of an observable counter keeps the last value instead of the sum.
#
# Guess: the sum over the attribute that was left out, as the specification asks, as the SDKs for Go and Python give, and as a counter without a callback gives in JavaScript too.
# Seen: three codes of an app with 10, 11 and 12 are 12 in JavaScript, and 33 in Go and Python. Each later code overwrites the one before it, without an error or a warning. A counter whose add() is
# called is 33. So the same view shows another number after a counter became an observable one; the sum has to be made in the callback.
. "$(dirname "$0")/lib.bash"
need node
node_package @opentelemetry/sdk-metrics@2.12.1
python_packages opentelemetry-sdk==1.45.2
go_modules go.opentelemetry.io/otel/sdk/metric@v1.47.0
echo "OpenTelemetry SDK: JavaScript 2.12.1, Python 1.45.2, Go 1.47.0, node $(node --version)"

cat >"$dir/ask.mjs" <<'JS'
import { createAllowListAttributesProcessor, MeterProvider, MetricReader } from "@opentelemetry/sdk-metrics";

class Reader extends MetricReader {
  async onShutdown() {}
  async onForceFlush() {}
}
const reader = new Reader();
const views = [{ instrumentName: "lost", attributesProcessors: [createAllowListAttributesProcessor(["app"])] }];
const meter = new MeterProvider({ readers: [reader], views: process.argv[3] === "view" ? views : [] }).getMeter("losses");
const codes = [["a", 10], ["b", 11], ["c", 12]];
if (process.argv[2] === "observable") {
  meter.createObservableCounter("lost").addCallback((result) => codes.forEach(([code, n]) => result.observe(n, { app: "1", code })));
} else {
  const counter = meter.createCounter("lost");
  codes.forEach(([code, n]) => counter.add(n, { app: "1", code }));
}
const { resourceMetrics, errors } = await reader.collect();
console.log(...resourceMetrics.scopeMetrics[0].metrics[0].dataPoints.map((point) => point.value), ...errors);
JS
cat >"$dir/ask.py" <<'PYTHON'
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import View

reader = InMemoryMetricReader()
meter = MeterProvider([reader], views=[View(instrument_name="lost", attribute_keys={"app"})]).get_meter("losses")
meter.create_observable_counter("lost", [lambda _: [Observation(n, {"app": "1", "code": code}) for code, n in (("a", 10), ("b", 11), ("c", 12))]])
print(*(point.value for point in reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics[0].data.data_points))
PYTHON
cat >"$dir/go/main.go" <<'GO'
package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	api "go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func main() {
	reader := metric.NewManualReader()
	view := metric.NewView(metric.Instrument{Name: "lost"}, metric.Stream{AttributeFilter: attribute.NewAllowKeysFilter("app")})
	meter := metric.NewMeterProvider(metric.WithReader(reader), metric.WithView(view)).Meter("losses")
	_, err := meter.Int64ObservableCounter("lost", api.WithInt64Callback(func(_ context.Context, observer api.Int64Observer) error {
		for i, code := range []string{"a", "b", "c"} {
			observer.Observe(int64(10+i), api.WithAttributes(attribute.String("app", "1"), attribute.String("code", code)))
		}
		return nil
	}))
	if err != nil {
		panic(err)
	}
	var seen metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &seen); err != nil {
		panic(err)
	}
	for _, point := range seen.ScopeMetrics[0].Metrics[0].Data.(metricdata.Sum[int64]).DataPoints {
		fmt.Println(point.Value)
	}
}
GO
go_program ask
expect "JavaScript, an observable counter of 10, 11 and 12, without a view" "$(node "$dir/ask.mjs" observable none 2>&1)" "10 11 12"
expect "JavaScript, with a view that leaves out the code" "$(node "$dir/ask.mjs" observable view 2>&1)" "12"
expect "JavaScript, a counter with add(), the same view" "$(node "$dir/ask.mjs" counter view 2>&1)" "33"
expect "Python, an observable counter, the same view" "$(python3 "$dir/ask.py" 2>&1 | tail -1)" "33"
expect "Go, an observable counter, the same view" "$(./ask 2>&1)" "33"
verdict
