// Package agreement_test holds what Gatehouse says of a GameServerSet at kubectl apply against what then becomes of it:
// random sets, valid and broken, all at once, with the real OpenKruiseGame, Kruise and API server and without Gatehouse.
package agreement_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/review"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

// stricter are the findings with which we refuse what the neighbours let pass, and why we do.
var stricter = map[finding.Code]string{
	finding.ParameterUnknown: "a misspelt name does not do what its author means it to",
	finding.SetInvalid:       "a name of 53 or more works only while the hash of the revision happens to be short",
	finding.HostRepeated:     "nobody minds two Ingresses of one host and path, but the gateway serves only one of them",
}

// world is the control plane and what was applied to it.
type world struct {
	*env.Env
	admin   client.Client
	sets    []*draft
	says    map[string]verdict // by the name of the set
	refused map[string]error   // what was refused at apply
}

// verdict is what we say of a set.
type verdict struct {
	gameserver.Expansion
	errors []finding.Finding // why we refuse it
}

// judge is what kubectl apply would say with Gatehouse in an otherwise empty cluster. There, a set without Ingresses passes
// with warnings; here it counts that they are said.
func judge(set *gameserver.GameServerSet) verdict {
	v := verdict{Expansion: gameserver.Expand(set)}
	world := review.World{Policies: policy.NewSet(nil), Classes: policy.NewClasses(policy.DefaultOptions(), nil)}
	result := world.Review(review.Request{Set: set})
	v.errors = result.Refused
	if set.Spec.Network == nil || set.Spec.Network.NetworkType != gameserver.NetworkType {
		v.errors = slices.DeleteFunc(slices.Clone(v.Findings), func(f finding.Finding) bool { return f.Severity != finding.Error })
	}
	return v
}

// TestTheRealOneDoesWhatWeSay prints its seed; SEED brings the same sets about again, AGREEMENT_SETS makes more of them.
func TestTheRealOneDoesWhatWeSay(t *testing.T) {
	if testing.Short() {
		t.Skip("needs the control plane")
	}
	seed, n := setting("SEED", rand.Uint64N(1_000_000)), setting("AGREEMENT_SETS", 200)
	t.Logf("SEED=%d AGREEMENT_SETS=%d", seed, n)
	w := start(t, draw(seed, int(n)))
	w.apply(t)
	found := w.settle(t)

	sum := map[string]int{"sets": len(w.sets)}
	for _, d := range w.sets {
		if problem := w.differs(d, found[d.name], sum); problem != "" {
			t.Errorf("%s\nwe say: %v\n%s", d, w.says[d.name].Findings, problem)
		}
		delete(found, d.name)
	}
	for name := range found {
		t.Errorf("something came about that belongs to no set: %s", name)
	}
	t.Log(summary(sum))
}

func setting(name string, otherwise uint64) uint64 {
	if n, err := strconv.ParseUint(os.Getenv(name), 10, 64); err == nil {
		return n
	}
	return otherwise
}

func start(t *testing.T, sets []*draft) *world {
	t.Helper()
	w := &world{
		Env:  env.Run(t, env.Options{Game: true, OKG: env.OKGOptions{QPS: 500, Burst: 1000}}),
		sets: sets, says: map[string]verdict{}, refused: map[string]error{},
	}
	for _, d := range sets {
		w.says[d.name] = judge(d.read())
	}
	var err error
	if w.admin, err = w.Client(env.Admin); err != nil {
		t.Fatal(err)
	}
	return w
}

// apply creates all sets, as a game developer.
func (w *world) apply(t *testing.T) {
	t.Helper()
	dev, err := w.Client(env.Dev)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range w.sets {
		if err := dev.Create(t.Context(), d.object()); err != nil {
			w.refused[d.name] = err
		}
	}
}

// settle waits until it is clear what becomes of every set, and then for as long as OpenKruiseGame takes to try again
// (NETWORK_PROBE_INTERVAL_TIME), so that what it should not make has had its chance too.
func (w *world) settle(t *testing.T) map[string]*outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	err := w.Wait(ctx, "every set to be made or refused", func(ctx context.Context) (bool, error) {
		time.Sleep(time.Second) // reading all of it takes the API server as long as making some of it
		found, err := w.look(ctx)
		if err != nil {
			return false, err
		}
		var open []string
		for _, d := range w.sets {
			if !w.clear(d, found[d.name]) {
				open = append(open, d.name)
			}
		}
		return len(open) == 0, fmt.Errorf("%d are open: %v", len(open), open)
	})
	if err != nil {
		t.Log(err) // told set by set
	}
	time.Sleep(7 * time.Second)
	found, err := w.look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// clear tells whether a set has become what we say, or was refused where we say that it would be.
func (w *world) clear(d *draft, o *outcome) bool {
	says := w.says[d.name]
	return o != nil && (o.refusals[atApply] != "" || made(says, d, o) || len(says.errors) > 0 && len(o.refusals) > 0)
}

// made tells whether all is there that a set should have.
func made(says verdict, d *draft, o *outcome) bool {
	ingresses := len(says.IDs)
	if d.bare || d.Network.NetworkType != gameserver.NetworkType {
		ingresses = 0
	}
	return o.started && len(o.pods) == len(says.IDs) && len(o.ingresses) == ingresses && ingresses == len(says.Ingresses)
}

// differs compares what we say of a set with what became of it. The answer is empty where they agree.
func (w *world) differs(d *draft, o *outcome, sum map[string]int) string {
	says := w.says[d.name]
	if o == nil {
		return "nothing became of it, and nobody says why"
	}
	problem := compare(says, d, o)
	sum["Ingresses compared"] += len(o.ingresses)
	whole := made(says, d, o)
	switch refuse := len(says.errors) > 0; {
	case problem != "":
		return problem
	case !refuse && whole:
		sum["accepted"]++
	case !refuse && o.refusals[atApply] != "" && has(says.Findings, finding.NetworkTypeOther):
		sum["refused at apply by OpenKruiseGame, which may come to know the network type"]++
	case !refuse:
		return fmt.Sprintf("we accept it, and it is not there: started %v, pods %v, Ingresses %v, refusals %q",
			o.started, slices.Sorted(maps.Keys(o.pods)), slices.Sorted(maps.Keys(o.ingresses)), o.refusals)
	case whole:
		for _, f := range says.errors {
			if stricter[f.Code] == "" {
				return "we refuse it, and all of it came about"
			}
			sum["refused by us alone, "+string(f.Code)]++
		}
	case len(o.refusals) == 0:
		return "we refuse it, and nobody else says anything"
	default:
		for who := range o.refusals {
			sum["refused by "+who]++
		}
		sum["refused"]++
	}
	return ""
}

func has(list []finding.Finding, code finding.Code) bool {
	return slices.ContainsFunc(list, func(f finding.Finding) bool { return f.Code == code })
}

// compare holds what is there against what we compute, also where it is only a part.
func compare(says verdict, d *draft, o *outcome) string {
	ours, pods := map[string]*networkingv1.Ingress{}, map[string]bool{}
	for _, ing := range says.Ingresses {
		ours[ing.Name] = ing
	}
	for _, id := range says.IDs {
		pods[fmt.Sprintf("%s-%d", d.name, id)] = true
	}
	for name := range o.pods {
		if !pods[name] {
			return fmt.Sprintf("a pod %s, we say %v", name, says.IDs)
		}
	}
	for name, real := range o.ingresses {
		if ours[name] == nil {
			return "an Ingress that we do not compute: " + name
		}
		if diff := cmp.Diff(asComputed(real), ours[name], cmpopts.EquateEmpty()); diff != "" {
			return name + " (-real +ours):\n" + diff
		}
	}
	return ""
}

// asComputed leaves out what only the cluster knows.
func asComputed(real *networkingv1.Ingress) *networkingv1.Ingress {
	out := &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{
			Name: real.Name, Namespace: real.Namespace, Labels: real.Labels, Finalizers: real.Finalizers,
			Annotations: maps.Clone(real.Annotations), OwnerReferences: slices.Clone(real.OwnerReferences),
		},
		Spec: real.Spec,
	}
	out.SetGroupVersionKind(networkingv1.SchemeGroupVersion.WithKind("Ingress"))
	delete(out.Annotations, "game.kruise.io/ingress-hash")
	for i := range out.OwnerReferences {
		out.OwnerReferences[i].UID = ""
	}
	return out
}

func summary(sum map[string]int) string {
	parts := []string{}
	for _, what := range slices.Sorted(maps.Keys(sum)) {
		parts = append(parts, fmt.Sprintf("%s: %d", what, sum[what]))
	}
	return strings.Join(parts, "; ")
}
