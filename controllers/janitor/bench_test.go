package janitor_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// BenchmarkPass is a pass in which nothing is to be done, with so many game servers in sets of a hundred, and one with
// as many that wait for the same hosts.
func BenchmarkPass(b *testing.B) {
	for _, waiting := range []bool{false, true} {
		for _, n := range []int{1000, 10_000} {
			b.Run(fmt.Sprintf("servers=%d/waiting=%t", n, waiting), func(b *testing.B) {
				w := newWorld(b)
				for i := range n {
					p := host.Party{Namespace: "games", Set: fmt.Sprintf("set%d", i/100), ID: i % 100}
					hostname := fmt.Sprintf("h<id>.%s.example.com", p.Set)
					name := fmt.Sprintf("h%d.%s.example.com", p.ID, p.Set)
					w.run(p, hostname, ready)
					w.claim(p, name)
					w.stand(p, time.Hour, name)
					if waiting {
						p.Namespace = "rival"
						w.run(p, hostname)
					}
					if p.ID == 0 {
						ids := make([]int, 100)
						for id := range ids {
							ids[id] = id
						}
						w.declare("games", p.Set, hostname, ids...)
					}
				}
				w.settle()
				w.later(host.Quiet)
				w.hear()
				b.ReportAllocs()
				for b.Loop() {
					if calls := w.passUnheard(); len(calls) > 0 {
						b.Fatal(calls)
					}
				}
			})
		}
	}
}
