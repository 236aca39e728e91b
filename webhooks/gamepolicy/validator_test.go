package gamepolicy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
	"github.com/gatehouse-dev/gatehouse/webhooks/admit"
	"github.com/gatehouse-dev/gatehouse/webhooks/gamepolicy"
)

// world is a cluster with the classes higress and nginx, where OpenKruiseGame has not come yet.
type world struct {
	policies []*policy.Compiled // in memory
	stored   []v1alpha1.GamePolicy
	unlisted error
	unsynced bool

	ingresses []*networkingv1.Ingress
	listed    int
	slow      bool // lists until the context ends
	err       error

	limits   gateway.Limits
	known    bool
	limitErr error
	asked    int
}

func newWorld(t testing.TB, standing ...string) *world {
	t.Helper()
	w := &world{limits: gateway.DefaultHigressLimits(), known: true}
	for _, text := range standing {
		p := parse(t, text)
		c, findings := policy.Compile(p)
		if c == nil {
			t.Fatalf("%s: %v", text, findings)
		}
		w.policies, w.stored = append(w.policies, c), append(w.stored, *p)
	}
	return w
}

func (w *world) classes() policy.Classes {
	return policy.NewClasses(policy.Options{
		IngressClasses: []string{"higress", "nginx"},
		ClassGateways:  map[string]gateway.Kind{"higress": gateway.Higress, "nginx": gateway.Nginx},
	}, nil)
}

func (w *world) Fleet() (*policy.Set, policy.Fleet, bool) {
	return policy.NewSet(w.policies), policy.Fleet{Classes: w.classes(), Namespaces: map[string]map[string]string{"games": {"game": "postio"}}}, !w.unsynced
}

func (w *world) At(ing *networkingv1.Ingress) (*policy.Set, policy.Request, bool) {
	return policy.NewSet(w.policies), policy.Request{Ingress: ing, Class: w.classes().Of(ing)}, !w.unsynced
}

func (w *world) Compile(p *v1alpha1.GamePolicy) *policy.Compiled {
	c, _ := policy.Compile(p)
	return c
}

func (w *world) HigressLimits(context.Context) (gateway.Limits, bool, error) {
	w.asked++
	return w.limits, w.known, w.limitErr
}

func (w *world) Policies(context.Context) ([]v1alpha1.GamePolicy, error) { return w.stored, w.unlisted }

func (w *world) Ingresses(ctx context.Context, visit func(*networkingv1.Ingress) bool) error {
	w.listed++
	for _, ing := range w.ingresses {
		if !visit(ing) {
			return nil
		}
	}
	if w.slow {
		<-ctx.Done()
		return ctx.Err()
	}
	return w.err
}

func parse(t testing.TB, text string) *v1alpha1.GamePolicy {
	t.Helper()
	p := &v1alpha1.GamePolicy{TypeMeta: metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "GamePolicy"}}
	if err := yaml.UnmarshalStrict([]byte(text), p); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return p
}

func request(t testing.TB, p *v1alpha1.GamePolicy, dryRun bool) *admissionv1.AdmissionRequest {
	t.Helper()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	r := &admissionv1.AdmissionRequest{
		UID: "1", Operation: admissionv1.Create, DryRun: &dryRun,
		Kind: metav1.GroupVersionKind{Group: "gatehouse.dev", Version: "v1alpha1", Kind: "GamePolicy"},
	}
	r.Object.Raw = raw
	return r
}

// said is the warnings of a policy. Each fits a terminal, has its code, and no policy is ever refused.
func (w *world) said(t testing.TB, text string, dryRun bool) []string {
	t.Helper()
	response := w.validate(t, request(t, parse(t, text), dryRun))
	for i, line := range response.Warnings {
		if head := i == 0 && len(response.Warnings) > 1; len(line) > 120 || strings.ContainsAny(line, "%\n") || !head && !coded.MatchString(line) {
			t.Errorf("%d characters: %q", len(line), line)
		}
	}
	if verdict := response.Verdict; len(response.Warnings) > 10 || len(response.Warnings) > 0 != (verdict == gamepolicy.Warned) {
		t.Errorf("%d lines with verdict %q", len(response.Warnings), verdict)
	}
	return response.Warnings
}

var coded = regexp.MustCompile(` \[GH[0-9]{3}]$`)

func (w *world) validate(t testing.TB, r *admissionv1.AdmissionRequest) admit.Response {
	t.Helper()
	ctx := t.Context()
	if w.slow {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
	}
	response := gamepolicy.NewValidator(w, w, logr.Discard()).Validate(ctx, r)
	if response.Denied != nil || len(response.Patch) > 0 {
		t.Errorf("denied %v, patch %s", response.Denied, response.Patch)
	}
	return response
}

func expect(t *testing.T, got []string, want string) {
	t.Helper()
	if text := strings.Join(got, "\n"); text != strings.TrimSpace(want) {
		t.Errorf("got:\n%s\nwant:\n%s", text, strings.TrimSpace(want))
	}
}

// On this cluster nginx is managed too, so most policies name their class.
const onHigress = "{metadata: {name: postio}, spec: {targets: {ingressClassNames: [higress]}, "

func TestAPolicyIsWarnedAbout(t *testing.T) {
	for name, c := range map[string]struct {
		standing []string
		policy   string
		limits   gateway.Limits
		want     string
	}{
		"nothing to say": {policy: onHigress + "defaults: {requestTimeout: 30s, webSocket: {enabled: true, idleTimeout: 60s}}}}"},
		"an overlap": {
			standing: []string{"{metadata: {name: base, creationTimestamp: '2026-01-01T00:00:00Z'}, spec: {priority: 100, defaults: {requestTimeout: 10s}}}"},
			policy:   onHigress + "priority: 100, defaults: {requestTimeout: 30s}}}",
			want:     "postio: spec.priority: GamePolicy base has 100 too, is older and wins defaults.requestTimeout; set another [GH104]",
		},
		"what stands is no overlap with itself": {
			standing: []string{onHigress + "defaults: {requestTimeout: 10s}}}"}, policy: onHigress + "defaults: {requestTimeout: 30s}}}",
		},
		"an idle time above Higress's own": {
			policy: onHigress + "overrides: {webSocket: {enabled: true, idleTimeout: 10m}}}}", limits: gateway.DefaultHigressLimits(),
			want: "postio: spec.overrides.webSocket.idleTimeout: 10m, but Higress cuts at 180 s (downstream.idleTimeout); ping [GH506]",
		},
		"a timeout that Higress replaces": {
			policy: onHigress + "defaults: {requestTimeout: 30s}}}", limits: gateway.Limits{RouteTimeout: time.Minute},
			want: "postio: spec.defaults.requestTimeout: 30s gives way to 60 s of downstream.routeTimeout; set that to 0 [GH507]",
		},
		"a gateway that cannot be served": {
			policy: "{metadata: {name: postio}, spec: {targets: {ingressClassNames: [nginx]}, defaults: {requestTimeout: 30s}}}",
			want:   "postio: spec.defaults.requestTimeout: gateway nginx is not supported; the setting has no effect on its... [GH501]",
		},
		"a class that is not managed has no gateway": {
			policy: "{metadata: {name: postio}, spec: {targets: {ingressClassNames: [alb]}, defaults: {requestTimeout: 30s}}}",
			want:   "postio: spec.targets.ingressClassNames: not managed: alb; name one that is: higress, nginx [GH105]",
		},
		"a name of no set": {
			policy: "{metadata: {name: postio}, spec: {targets: {gameServerSetNames: ['postio-*'], ingressClassNames: [higress]}}}",
			want:   "postio: spec.targets.gameServerSetNames: no GameServerSet has such a name yet [GH105]",
		},
		"several": {
			standing: []string{"{metadata: {name: base, creationTimestamp: '2026-01-01T00:00:00Z'}, spec: {defaults: {webSocket: {enabled: true}}}}"},
			policy:   "{metadata: {name: postio}, spec: {targets: {namespaceSelector: {matchLabels: {game: arena}}, ingressClassNames: [higress]}, defaults: {webSocket: {enabled: true, idleTimeout: 10m}}}}",
			limits:   gateway.DefaultHigressLimits(),
			want: `
GamePolicy postio: 3 warnings
postio: spec.priority: GamePolicy base has 0 too, is older and wins defaults.webSocket; set another [GH104]
postio: spec.targets.namespaceSelector: no namespace has "game=arena" yet [GH105]
postio: spec.defaults.webSocket.idleTimeout: 10m, but Higress cuts at 180 s (downstream.idleTimeout); ping [GH506]`,
		},
		"several with one that is cut": {
			policy: "{metadata: {name: postio}, spec: {targets: {ingressClassNames: [nginx]}, overrides: {retry: {attempts: 0}, annotations: {higress.io/app-root: /}}}}",
			want: `
GamePolicy postio: 2 warnings; gatehouse lint -f FILE says all of it
postio: spec.overrides.annotations[higress.io/app-root]: gateway nginx is not supported; the annotation has... [GH501]
postio: spec.overrides.retry: gateway nginx is not supported; the setting has no effect on its Ingresses... [GH501]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.standing...)
			w.limits = c.limits
			expect(t, w.said(t, c.policy, false), c.want)
			if w.listed > 0 {
				t.Error("Ingresses are listed where it is no dry run")
			}
		})
	}
}

// kubectl apply of a directory is faster than an informer.
func TestPoliciesAreThoseOfTheAPIServerWhileItAnswers(t *testing.T) {
	const older, p = "{metadata: {name: older, creationTimestamp: '2026-01-01T00:00:00Z'}, spec: {defaults: {requestTimeout: 10s}}}", onHigress + "defaults: {requestTimeout: 30s}}}"
	const overlap = "postio: spec.priority: GamePolicy older has 0 too, is older and wins defaults.requestTimeout; set another [GH104]"
	w := newWorld(t, older)
	w.policies = nil
	expect(t, w.said(t, p, false), overlap)
	w.stored[0].Spec.Mode = "Perhaps"
	expect(t, w.said(t, p, false), "")
	w = newWorld(t, older)
	w.stored, w.unlisted = nil, errors.New("etcd has no leader")
	expect(t, w.said(t, p, false), overlap)
}

func TestManyWarningsAreCappedAndCounted(t *testing.T) {
	var standing []string
	for i := range 30 {
		standing = append(standing, fmt.Sprintf("{metadata: {name: base-%02d}, spec: {defaults: {requestTimeout: 10s}}}", i))
	}
	name := strings.Repeat("postio-", 9) + "h5"
	got := newWorld(t, standing...).said(t, "{metadata: {name: "+name+"}, spec: {defaults: {requestTimeout: 30s}, targets: {ingressClassNames: [higress, nginx]}}}", false)
	if want := "GamePolicy postio-postio-postio-postio-postio-po...: 31 warnings, 9 of them here"; len(got) != 10 || got[0] != want {
		t.Errorf("%d lines, the first is %q, want %q", len(got), got[0], want)
	}
	for i, line := range got[1:] {
		if want := fmt.Sprintf("postio-postio-postio-postio-postio-po...: spec.priority: GamePolicy base-%02d has 0 too", i); !strings.HasPrefix(line, want) {
			t.Errorf("%q, want %q", line, want)
		}
	}
}

func TestTheLimitsOfHigressAreAskedForWhereTheyHaveASay(t *testing.T) {
	for policy, asked := range map[string]int{
		onHigress + "defaults: {requestTimeout: 30s}}}":                                                         1,
		onHigress + "overrides: {webSocket: {enabled: true, idleTimeout: 10s}}}}":                               1,
		onHigress + "overrides: {webSocket: {enabled: true}, retry: {attempts: 0}}}}":                           0,
		"{metadata: {name: a}, spec: {targets: {ingressClassNames: [nginx]}, defaults: {requestTimeout: 30s}}}": 0,
	} {
		w := newWorld(t)
		if w.said(t, policy, false); w.asked != asked {
			t.Errorf("%s: asked %d times, want %d", policy, w.asked, asked)
		}
	}
}

func TestLimitsThatCannotBeReadAreSaidAndThoseThatNobodyAsksForAreNot(t *testing.T) {
	const p = onHigress + "defaults: {webSocket: {enabled: true, idleTimeout: 24h}}}}"
	w := newWorld(t)
	w.limitErr = errors.New("ConfigMap higress-system/higress-config is ignored by Higress: downstream.idleTimeout takes no string")
	expect(t, w.said(t, p, false), "postio: ConfigMap higress-system/higress-config is ignored by Higress: downstream.idleTimeout takes no string [GH508]")
	w.limitErr, w.known = nil, false
	expect(t, w.said(t, p, false), "")
}

func TestWhatIsNotForUsToJudgePassesInSilence(t *testing.T) {
	p := parse(t, onHigress+"defaults: {webSocket: {enabled: true, idleTimeout: 24h}}}}")
	deleting := p.DeepCopy()
	deleting.DeletionTimestamp = &metav1.Time{Time: time.Unix(1e9, 0)}
	refused := p.DeepCopy()
	refused.Spec.Mode = "Perhaps"
	for name, c := range map[string]struct {
		request *admissionv1.AdmissionRequest
		want    admit.Verdict
	}{
		"a policy being deleted":   {request(t, deleting, true), gamepolicy.Unjudged},
		"one that the CRD refuses": {request(t, refused, true), gamepolicy.Unjudged},
		"a deletion":               {change(request(t, p, true), func(r *admissionv1.AdmissionRequest) { r.Operation = admissionv1.Delete }), gamepolicy.Unjudged},
		"a write of the status":    {change(request(t, p, true), func(r *admissionv1.AdmissionRequest) { r.SubResource = "status" }), gamepolicy.Unjudged},
		"another kind":             {change(request(t, p, true), func(r *admissionv1.AdmissionRequest) { r.Kind.Kind = "HostClaim" }), admit.Malformed},
		"no object":                {change(request(t, p, true), func(r *admissionv1.AdmissionRequest) { r.Object.Raw = nil }), admit.Malformed},
		"a duration that is none": {change(request(t, p, true), func(r *admissionv1.AdmissionRequest) {
			r.Object.Raw = []byte(`{"spec":{"defaults":{"requestTimeout":"1d"}}}`)
		}), admit.Malformed},
		"before everything is known": {request(t, p, true), gamepolicy.Unsynced},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.unsynced = c.want == gamepolicy.Unsynced
			if response := w.validate(t, c.request); response.Verdict != c.want || len(response.Warnings) > 0 {
				t.Errorf("verdict %q, warnings %q", response.Verdict, response.Warnings)
			}
		})
	}
}

func change(r *admissionv1.AdmissionRequest, how func(*admissionv1.AdmissionRequest)) *admissionv1.AdmissionRequest {
	how(r)
	return r
}

// gameIngress is that of a server of the set postio.
func gameIngress(id int, annotations map[string]string) *networkingv1.Ingress {
	ing := &networkingv1.Ingress{}
	ing.Namespace, ing.Name, ing.Annotations = "games", fmt.Sprintf("postio-%d", id), annotations
	ing.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: ing.Name, Controller: ptr.To(true)}}
	ing.Spec.IngressClassName = ptr.To("higress")
	return ing
}
