package inspect

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// failing is an empty cluster that answers what it is asked for a kind with an error.
func failing(t *testing.T, list client.ObjectList, err error) client.Reader {
	t.Helper()
	scheme, schemeErr := newScheme()
	if schemeErr != nil {
		t.Fatal(schemeErr)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithInterceptorFuncs(interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, into client.ObjectList, options ...client.ListOption) error {
			kind, _ := c.GroupVersionKindFor(into)
			if wanted, _ := c.GroupVersionKindFor(list); kind == wanted {
				return err
			}
			return c.List(ctx, into, options...)
		},
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
			if _, ok := into.(*networkingv1.Ingress); ok {
				return apierrors.NewForbidden(schema.GroupResource{Group: "networking.k8s.io", Resource: "ingresses"}, key.Name, errors.New(`User "dev" cannot get resource`))
			}
			return c.Get(ctx, key, into, options...)
		},
	}).Build()
}

func TestWhatKeepsFromReadingIsSaidInOneSentence(t *testing.T) {
	forbidden := func(group, resource string) error {
		return apierrors.NewForbidden(schema.GroupResource{Group: group, Resource: resource}, "", errors.New(`User "dev" cannot list resource`))
	}
	for name, c := range map[string]struct {
		line string
		list client.ObjectList
		err  error
		want string
	}{
		"a kind in a namespace": {"explain ing/postio-0 -n games", &v1alpha1.HostClaimList{}, nil,
			"explain: you may not get ingresses.networking.k8s.io in namespace games; ask for a role with that right"},
		"a kind in the whole cluster": {"hosts -A", &v1alpha1.HostClaimList{}, forbidden("gatehouse.dev", "hostclaims"),
			"hosts: you may not list hostclaims.gatehouse.dev in the whole cluster; ask for a role with that right"},
		"Gatehouse is not there": {"hosts -A", &v1alpha1.HostClaimList{}, &meta.NoKindMatchError{GroupKind: schema.GroupKind{Group: "gatehouse.dev", Kind: "HostClaim"}},
			"hosts: the cluster knows no HostClaim; Gatehouse is not installed there"},
		"the server is down": {"diff --delete a", &v1alpha1.GamePolicyList{}, apierrors.NewServiceUnavailable("no leader"), "diff: no leader"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, failing(t, c.list, c.err), c.line)
			if got.code != 2 || got.stdout != "" || got.stderr != c.want+"\n" {
				t.Errorf("exit code %d, %q, %q; want 2 and %q", got.code, got.stdout, got.stderr, c.want)
			}
		})
	}
}

func TestWithoutOpenKruiseGameThereAreNoSets(t *testing.T) {
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	without := fake.NewClientBuilder().WithScheme(scheme).WithInterceptorFuncs(interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, into client.ObjectList, options ...client.ListOption) error {
			if kind := into.GetObjectKind().GroupVersionKind(); kind.Group == "game.kruise.io" {
				return &meta.NoKindMatchError{GroupKind: kind.GroupKind()}
			}
			return c.List(ctx, into, options...)
		},
	}).Build()
	if got := run(t, without, "hosts -A --conflicts"); got.code != 0 {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
}

func TestTheBarAppearsAfterASecondAndGoesAway(t *testing.T) {
	var to bytes.Buffer
	now := time.Unix(0, 0)
	p := &progress{to: &to, now: func() time.Time { return now }, begin: now, total: 4}
	p.step()
	if to.Len() > 0 {
		t.Errorf("shown at once: %q", &to)
	}
	now = now.Add(patience)
	p.step()
	p.step() // too soon to draw again
	if want := "\r[###############               ] 2 of 4 Ingresses"; to.String() != want {
		t.Errorf("%q, want %q", &to, want)
	}
	to.Reset()
	now = now.Add(blink)
	for range 3 {
		p.step()
		now = now.Add(blink)
	}
	if !strings.HasSuffix(to.String(), "\r6 Ingresses") { // there are more than there were
		t.Errorf("%q", &to)
	}
	to.Reset()
	p.end()
	if strings.Trim(to.String(), "\r ") != "" || !strings.HasSuffix(to.String(), "\r") {
		t.Errorf("left on the terminal: %q", &to)
	}
	to.Reset()
	nobody := &progress{}
	nobody.step()
	nobody.end()
}

func TestACommandWithoutATerminalHasNoBar(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	s := session{Command: hostsCommand(theWorld), outside: theWorld}
	s.SetErr(null)
	if p := s.watch(t.Context(), nil); p.to != nil {
		t.Error("a bar for nobody")
	}
}
