package inspect

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/controllers/survey"
	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/policy/host"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// pageSize bounds what a list holds in memory at once.
const pageSize = 500

// world is what decides about Ingresses, as it was read.
type world struct {
	policies   *policy.Set
	typed      []v1alpha1.GamePolicy
	compiled   []*policy.Compiled
	classes    policy.Classes
	namespaces offline.Namespaces
	sets       map[types.NamespacedName]*snapshot.Set
}

// readWorld reads what concerns all Ingresses alike; namespaces and sets are read besides.
func readWorld(ctx context.Context, from client.Reader, options policy.Options) (*world, error) {
	w := &world{namespaces: offline.Namespaces{}, sets: map[types.NamespacedName]*snapshot.Set{}}
	var err error
	if w.typed, err = survey.New(from, types.NamespacedName{}).Policies(ctx); err != nil {
		return nil, err
	}
	for i := range w.typed {
		c, findings := policy.Compile(&w.typed[i])
		if c == nil {
			return nil, fmt.Errorf("GamePolicy %s stands in the cluster, but this gatehouse cannot read it: %s; use the version that is installed there", w.typed[i].Name, findings[0])
		}
		w.compiled = append(w.compiled, c)
	}
	w.policies = policy.NewSet(w.compiled)
	var classes networkingv1.IngressClassList
	if err := from.List(ctx, &classes); err != nil {
		return nil, err
	}
	w.classes = policy.NewClasses(options, classes.Items)
	return w, nil
}

// readServer reads the namespace and the GameServerSet of one Ingress.
func (w *world) readServer(ctx context.Context, from client.Reader, ing *networkingv1.Ingress) error {
	var namespace corev1.Namespace
	if err := from.Get(ctx, types.NamespacedName{Name: ing.Namespace}, &namespace); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	w.namespaces[ing.Namespace] = namespace.Labels
	server, isGame := gameserver.Identify(ing)
	if !isGame {
		return nil
	}
	set, err := snapshot.SetReader{Reader: from}.Set(ctx, server.Namespace, server.Set)
	if set != nil {
		w.sets[types.NamespacedName{Namespace: set.Namespace, Name: set.Name}] = set
	}
	return err
}

// readFleet reads all namespaces and GameServerSets.
func (w *world) readFleet(ctx context.Context, from client.Reader) error {
	var namespaces corev1.NamespaceList
	if err := from.List(ctx, &namespaces); err != nil {
		return err
	}
	for i := range namespaces.Items {
		w.namespaces[namespaces.Items[i].Name] = namespaces.Items[i].Labels
	}
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(gameserver.GroupVersion.WithKind("GameServerSetList"))
	err := pages(ctx, from, list, func() {
		for i := range list.Items {
			set := snapshot.ParseSet(&list.Items[i])
			w.sets[types.NamespacedName{Namespace: set.Namespace, Name: set.Name}] = set
		}
	})
	if none := (*meta.NoKindMatchError)(nil); errors.As(err, &none) {
		return nil // OpenKruiseGame is not installed
	}
	return err
}

// pages lists everything, and hands over each page.
func pages(ctx context.Context, from client.Reader, page client.ObjectList, took func()) error {
	options := &client.ListOptions{Limit: pageSize}
	for {
		if err := from.List(ctx, page, options); err != nil {
			return err
		}
		took()
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}

// request is what to put to the policies about an Ingress that stands.
func (w *world) request(ing *networkingv1.Ingress) policy.Request {
	r := policy.Request{Ingress: ing, Class: w.classes.Of(ing), NamespaceLabels: w.namespaces.Labels(ing.Namespace)}
	if server, isGame := gameserver.Identify(ing); isGame {
		if set := w.sets[types.NamespacedName{Namespace: server.Namespace, Name: server.Set}]; set != nil {
			r.SetLabels, r.Template, r.SetIDs = set.Labels, &set.Template, set.IDs
		}
	}
	return r
}

// deeds are those to the hosts of an Ingress.
func deeds(r policy.Request) []host.Deed { return host.Deeds(r.Class.Key(), host.Of(r.Ingress)) }

// nameHolder is a holder in a cell: "games/postio 3", "games/postio" or "web".
func nameHolder(h v1alpha1.Holder) string {
	name := host.NamedHolder(h).Name
	if h.ID != nil {
		name += fmt.Sprintf(" id %d", *h.ID)
	}
	return offline.Printable(name)
}
