package survey

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

// server is an API server with Ingresses in pages of two and one ConfigMap, or an error for everything.
type server struct {
	client.Reader
	ingresses []string
	data      map[string]any
	err       error
	asked     []string
}

func (s *server) List(_ context.Context, into client.ObjectList, options ...client.ListOption) error {
	var o client.ListOptions
	o.ApplyOptions(options)
	s.asked = append(s.asked, o.Continue)
	list, from := into.(*networkingv1.IngressList), 0
	if o.Continue != "" {
		from, _ = strconv.Atoi(o.Continue)
	}
	to := min(from+2, len(s.ingresses))
	for _, name := range s.ingresses[from:to] {
		ing := networkingv1.Ingress{}
		ing.Name = name
		list.Items = append(list.Items, ing)
	}
	if to < len(s.ingresses) {
		list.Continue = strconv.Itoa(to)
	}
	if o.Limit != pageSize {
		return errors.New("a list without a limit")
	}
	return s.err
}

func (s *server) Get(_ context.Context, key types.NamespacedName, into client.Object, _ ...client.GetOption) error {
	object := into.(*unstructured.Unstructured) //nolint:forcetypeassert // what limits.go asks for
	s.asked = append(s.asked, object.GetKind()+" "+key.String())
	if s.data != nil {
		object.Object["data"] = s.data
	}
	return s.err
}

func TestIngressesAreVisitedPageByPageUntilThereIsEnough(t *testing.T) {
	for _, c := range []struct {
		enough, visited, pages int
	}{{99, 5, 3}, {5, 5, 3}, {4, 4, 2}, {3, 3, 2}, {1, 1, 1}} {
		s := &server{ingresses: []string{"a", "b", "c", "d", "e"}}
		var visited []string
		err := New(s, types.NamespacedName{}).Ingresses(t.Context(), func(ing *networkingv1.Ingress) bool {
			visited = append(visited, ing.Name)
			return len(visited) < c.enough
		})
		if err != nil || !slices.Equal(visited, s.ingresses[:c.visited]) || len(s.asked) != c.pages {
			t.Errorf("until there are %d: visited %v of %d pages, %v", c.enough, visited, len(s.asked), err)
		}
	}
	s := &server{ingresses: []string{"a"}, err: errors.New("etcd has no leader")}
	if err := New(s, types.NamespacedName{}).Ingresses(t.Context(), nil); !errors.Is(err, s.err) {
		t.Errorf("%v, want the server's error", err)
	}
}

func TestTheLimitsOfHigressAreThoseOfItsConfigMap(t *testing.T) {
	resource := schema.GroupResource{Resource: "configmaps"}
	defaults, none := gateway.DefaultHigressLimits(), gateway.Limits{}
	for name, c := range map[string]struct {
		data  map[string]any
		err   error
		want  gateway.Limits
		known bool
		text  string
	}{
		"there":              {map[string]any{"higress": "downstream: {idleTimeout: 600}"}, nil, gateway.Limits{IdleTimeout: 600 * time.Second}, true, ""},
		"without the key":    {map[string]any{"mesh": "{}"}, nil, defaults, true, ""},
		"empty":              {nil, nil, defaults, true, ""},
		"not there":          {nil, apierrors.NewNotFound(resource, "higress-config"), defaults, true, ""},
		"forbidden":          {nil, apierrors.NewForbidden(resource, "higress-config", nil), none, false, "ConfigMap system/config with the limits of Higress may not be read by Gatehouse"},
		"the server is down": {nil, apierrors.NewServiceUnavailable("no leader"), none, false, "read ConfigMap system/config: no leader"},
		"malformed":          {map[string]any{"higress": "downstream: {idleTimeout: 600s}"}, nil, none, false, "ConfigMap system/config is ignored by Higress: downstream.idleTimeout takes no string"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{data: c.data, err: c.err}
			got, known, err := New(s, types.NamespacedName{Namespace: "system", Name: "config"}).HigressLimits(t.Context())
			text := ""
			if err != nil {
				text = err.Error()
			}
			if got != c.want || known != c.known || text != c.text || !slices.Equal(s.asked, []string{"ConfigMap system/config"}) {
				t.Errorf("%v, known %t, %q; asked for %q", got, known, text, s.asked)
			}
		})
	}
	s := &server{}
	if _, known, err := New(s, types.NamespacedName{}).HigressLimits(t.Context()); known || err != nil || len(s.asked) > 0 {
		t.Errorf("where nobody is to look: known %t, %v, asked for %q", known, err, s.asked)
	}
}
