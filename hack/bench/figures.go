package main

import (
	"fmt"
	"slices"
	"time"
)

// times is how long each of several things took once, samples how long they took each time in one round.
type (
	times   map[string]time.Duration
	samples map[string][]time.Duration
)

// figures are the samples of all rounds.
type figures []samples

func (f *figures) add(s samples) { *f = append(*f, s) }

func (s samples) quantile(what string, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(s[what]))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// quantile is over all rounds together.
func (f figures) quantile(what string, q float64) time.Duration {
	var all []time.Duration
	for _, s := range f {
		all = append(all, s[what]...)
	}
	return samples{what: all}.quantile(what, q)
}

// ratio is the median of the rounds' ratios.
func (f figures) ratio(what, to string, q float64) float64 {
	var list []float64
	for _, s := range f {
		list = append(list, ratio(s.quantile(what, q), s.quantile(to, q)))
	}
	return median(list)
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// print shows a line per round and compares Gatehouse with what it is to be held against. A target of 0 is none.
func (f figures) print(title string, columns []string, to string, wantP50, wantP99 float64) {
	f.table(fmt.Sprintf("%s, one client, %d rounds of %d", title, len(f), len(f[0][gatehouse])), columns)
	fmt.Printf("    median ratio to %s: p50 %s, p99 %s; by round", to,
		judged(f.ratio(gatehouse, to, .50), wantP50), judged(f.ratio(gatehouse, to, .99), wantP99))
	for _, s := range f {
		fmt.Printf(" %.2f/%.2f", ratio(s.quantile(gatehouse, .50), s.quantile(to, .50)), ratio(s.quantile(gatehouse, .99), s.quantile(to, .99)))
	}
	fmt.Println()
}

// table shows the quantiles over all rounds.
func (f figures) table(title string, columns []string) {
	fmt.Printf("  %s\n    %-6s", title, "ms")
	for _, column := range columns {
		fmt.Printf(" %13s", column)
	}
	fmt.Println()
	for _, q := range []float64{.50, .99} {
		fmt.Printf("    p%-5.0f", q*100)
		for _, column := range columns {
			fmt.Printf(" %13.2f", float64(f.quantile(column, q))/float64(time.Millisecond))
		}
		fmt.Println()
	}
}

// judged is a figure beside its target, or alone where there is none.
func judged(got, want float64) string {
	switch {
	case want == 0:
		return fmt.Sprintf("%.3f", got)
	case got > want:
		return fmt.Sprintf("%.3f (target %.2f: MISSED)", got, want)
	}
	return fmt.Sprintf("%.3f (target %.2f: met)", got, want)
}
