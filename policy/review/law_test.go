package review_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

// draw makes worlds of few values, so that what is drawn often meets.
type draw struct{ *rand.Rand }

func oneOf[T any](d draw, values ...T) T { return values[d.IntN(len(values))] }

func (d draw) set(name string) *gameserver.GameServerSet {
	s := set(name, oneOf(d, "s<id>.example.com", "s1<id>.example.com", "t<id>.example.com", "s10.example.com", "lobby.example.com", "*.example.com", "x.<id>"), int32(d.IntN(14)))
	with("Path", oneOf(d, "/", "/<id>", "/s<id>"))(s)
	if d.IntN(3) == 0 {
		reserve(0, "2-3")(s)
	}
	if d.IntN(8) == 0 {
		with("IngressClassName", "nginx")(s)
	}
	if d.IntN(6) == 0 {
		param("Annotation", oneOf(d, "higress.io/timeout: 60s", "higress.io/canary: true", "match-header-x: 1", "higress.io/exact-match-header-a: b"))(s)
	}
	return s
}

func (d draw) world(t testing.TB) *world {
	w := empty(t)
	for _, name := range []string{"games/postio", "other/postio", "games/arena"} {
		if d.IntN(2) == 0 {
			w.standing(d.set(name))
		}
	}
	for range d.IntN(6) {
		name := oneOf(d, "s0.example.com", "s1.example.com", "s10.example.com", "s11.example.com", "t0.example.com", "lobby.example.com")
		id := d.IntN(12)
		w.held(name, oneOf(d, server("games", "postio", id), server("other", "postio", id), server("games", "next", id), server("games", "gone", id),
			v1alpha1.Holder{Namespace: "games", GameServerSet: "next"}, v1alpha1.Holder{Namespace: "web"}, v1alpha1.Holder{Namespace: "games"}))
	}
	var policies []*v1alpha1.GamePolicy
	if d.IntN(3) == 0 {
		policies = append(policies, game("canary", func(p *v1alpha1.GamePolicySpec) {
			p.Targets.GameServerSetNames = []string{"next"}
			p.Overrides = &v1alpha1.TrafficSettings{Canary: &v1alpha1.Canary{Of: "postio", Weight: ptr.To[int32](10)}}
		}))
	}
	if d.IntN(3) == 0 {
		policies = append(policies, game("hosts", func(p *v1alpha1.GamePolicySpec) {
			p.Hosts = &v1alpha1.HostRules{OnConflict: oneOf(d, v1alpha1.OnConflictDeny, v1alpha1.OnConflictQuarantine)}
			if d.IntN(2) == 0 {
				p.Hosts.Allowed = []string{"*.example.com"}
			}
		}))
	}
	return w.policy(policies...)
}

// admission is what the validating webhook for Ingresses says of one server's, as far as it goes by what is known: the
// hosts that the policies do not allow, and those that somebody holds. It asks the same questions in the same order.
func (w *world) admission(s *gameserver.GameServerSet, id int) (refused bool, waits bool) {
	e := gameserver.Inspect(s)
	ing := e.Template.Ingress(s.Namespace, s.Name, id)
	class := w.Classes.Of(ing)
	if !class.Managed {
		return false, false
	}
	request := policy.Request{Ingress: ing, Class: class, SetLabels: map[string]string{}, Template: &e.Template, SetIDs: e.IDs}
	ing.Annotations = w.Policies.Decide(request).Annotations
	party, rules := w.Policies.Party(request), w.Policies.HostRules(request)
	hosts := host.Of(ing)
	if finding.HasError(rules.Check(id, ing, hosts)) {
		return true, false
	}
	for _, deed := range host.Deeds(class.Key(), hosts) {
		claim := w.Claims.Get(deed.ClaimName())
		j := host.Judge(claim, deed, party, w.Terms, w.Now)
		if j.Outcome != host.Refused {
			continue
		}
		holder := j.Holder
		gone := holder.GameServerSet != "" && !slices.ContainsFunc(w.Others, func(o policy.KnownSet) bool {
			return o.Namespace == holder.Namespace && o.Name == holder.GameServerSet
		})
		own := holder.Namespace == s.Namespace && holder.GameServerSet == s.Name
		if (claim == nil || j.NoPrimary) && w.projected(s.Namespace, party.CanaryOf, id, deed.Host) {
			continue // the primary is on its way
		}
		if claim == nil || j.NoPrimary || gone || own || rules.OnConflict == v1alpha1.OnConflictQuarantine {
			waits = true
			continue
		}
		return true, false
	}
	return false, waits
}

// projected tells whether a set that stands is to have a host for one of its servers.
func (w *world) projected(namespace, name string, id int, hostname string) bool {
	return slices.ContainsFunc(w.Others, func(o policy.KnownSet) bool {
		return o.Namespace == namespace && o.Name == name && slices.Contains(o.IDs, id) && host.Normalize(o.Template.Host(id)) == hostname
	})
}

// TestTheReviewRefusesWhatTheAdmissionOfTheIngressesWould: whoever gets through kubectl apply without a word about hosts gets
// all his Ingresses, if nothing else changes, and whoever would not get one is refused or told.
func TestTheReviewRefusesWhatTheAdmissionOfTheIngressesWould(t *testing.T) {
	refusals, waiting := 0, 0
	for seed := range uint64(1500) {
		d := draw{rand.New(rand.NewPCG(seed, 1))}
		w, s := d.world(t), d.set("games/next")
		result := w.Review(review.Request{Set: s})
		said := func(list []finding.Finding, codes ...finding.Code) bool {
			return slices.ContainsFunc(list, func(f finding.Finding) bool { return slices.Contains(codes, f.Code) })
		}
		someRefused := false
		for _, id := range gameserver.Inspect(s).IDs {
			refused, waits := w.admission(s, id)
			someRefused = someRefused || refused || waits
			switch {
			case refused && !said(result.Refused, finding.HostTaken, finding.HostNotAllowed, finding.WildcardNotAllowed):
				t.Fatalf("seed %d: server %d would be refused, and the review says %s", seed, id, all(result))
			case waits && !said(slices.Concat(result.Refused, result.Warnings), finding.HostTaken, finding.HostQuarantined, finding.CanaryWithoutPrimary):
				t.Fatalf("seed %d: server %d would wait, and the review says %s", seed, id, all(result))
			case refused:
				refusals++
			case waits:
				waiting++
			}
		}
		if strings.Contains(all(review.Result{Refused: result.Refused}), "held by") && !someRefused {
			t.Fatalf("seed %d: every server would get its Ingress, and the review says %s", seed, all(result))
		}
		if again := w.Review(review.Request{Set: s}); all(again) != all(result) {
			t.Fatalf("seed %d: two answers:\n%s\n%s", seed, all(result), all(again))
		}
		if same := w.Review(review.Request{Set: s, Old: s}); len(same.Refused) > 0 {
			t.Fatalf("seed %d: refused though nothing changes: %s", seed, all(same))
		}
		fewer := s.DeepCopy()
		*fewer.Spec.Replicas /= 2
		if less := w.Review(review.Request{Set: fewer, Old: s}); len(less.Refused) > 0 && len(s.Spec.ReserveGameServerIDs) == 0 {
			t.Fatalf("seed %d: fewer servers are refused: %s", seed, all(less))
		}
	}
	if refusals < 200 || waiting < 200 {
		t.Errorf("only %d servers were refused and %d waited: nothing was compared", refusals, waiting)
	}
}

func all(r review.Result) string {
	var b strings.Builder
	for _, list := range [][]finding.Finding{r.Refused, r.Standing, r.Warnings} {
		for _, f := range list {
			fmt.Fprintln(&b, f)
		}
		fmt.Fprintln(&b, "--")
	}
	return b.String()
}
