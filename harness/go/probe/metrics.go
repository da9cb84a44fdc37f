package harnessprobe

import (
	"math"
	"runtime/metrics"
)

// scalars are the metrics that have one value: histograms are left out, and the counters of
// GODEBUG settings, which say nothing of memory.
var scalars []metrics.Sample

func listMetrics() {
	const godebug = "/godebug/"
	for _, d := range metrics.All() {
		scalar := d.Kind == metrics.KindUint64 || d.Kind == metrics.KindFloat64
		if scalar && (len(d.Name) < len(godebug) || d.Name[:len(godebug)] != godebug) {
			scalars = append(scalars, metrics.Sample{Name: d.Name})
		}
	}
	metrics.Read(scalars)
	out.begin(kindMetricNames)
	out.uint(uint64(len(scalars)))
	for _, s := range scalars {
		out.string(s.Name)
		out.bool(s.Value.Kind() == metrics.KindFloat64)
	}
	out.end()
}

func writeMetrics(checkpoint int) {
	out.begin(kindMetrics)
	out.uint(uint64(checkpoint))
	for i := range scalars {
		value := &scalars[i].Value
		if value.Kind() == metrics.KindFloat64 {
			out.uint64LE(math.Float64bits(value.Float64()))
		} else {
			out.uint(value.Uint64())
		}
	}
	out.end()
}
