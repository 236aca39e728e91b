package review_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

// BenchmarkReview judges a set of 5,000 servers beside 10,000 claims and 1,000 other sets, as the webhook does it at kubectl
// apply. p99-ms is what 99 of 100 reviews take at most.
func BenchmarkReview(b *testing.B) {
	const servers, held = 5000, 10000
	hostRules := game("hosts", func(p *v1alpha1.GamePolicySpec) {
		p.Hosts = &v1alpha1.HostRules{Allowed: []string{"*.example.com", "*.postio.example.com"}, OnConflict: v1alpha1.OnConflictDeny}
	})
	crowd := func(b *testing.B) *world {
		w := empty(b)
		for id := range held {
			w.held(fmt.Sprintf("c%d.example.com", id), server("games", "crowd", id))
		}
		w.standing(set("games/crowd", "c<id>.example.com", held))
		for n := range 1000 {
			w.standing(set(fmt.Sprintf("games/set%d", n), fmt.Sprintf("set%d-<id>.example.com", n), 10))
		}
		return w
	}
	for _, c := range []struct {
		name  string
		world func(b *testing.B) *world
		set   *gameserver.GameServerSet
	}{
		{"fine", crowd, set("games/new", "new<id>.example.com", servers)},
		{"fine under rules for hosts", func(b *testing.B) *world { return crowd(b).policy(hostRules) }, set("games/new", "new<id>.example.com", servers)},
		{"its own hosts", crowd, set("games/crowd", "c<id>.example.com", servers)},
		{"every host is held", crowd, set("other/new", "c<id>.example.com", servers)},
		{"every host is projected", func(b *testing.B) *world {
			return empty(b).standing(set("games/crowd", "c<id>.example.com", held))
		}, set("other/new", "c<id>.example.com", servers)},
	} {
		b.Run(c.name, func(b *testing.B) {
			w := c.world(b)
			b.ReportAllocs()
			var took []time.Duration
			for b.Loop() {
				begin := time.Now()
				w.Review(review.Request{Set: c.set, Live: []int{1, 2, 3}})
				took = append(took, time.Since(begin))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
