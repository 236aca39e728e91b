package race_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/test/env"
)

// referee sees every change of every Ingress in the order in which etcd stored them, and so every state that there ever
// was. It knows the rule and none of the code that is to bring it about.
type referee struct {
	mu     sync.Mutex
	byName map[types.NamespacedName]*networkingv1.Ingress
	byHost map[string]map[types.NamespacedName]*networkingv1.Ingress
	fouls  []string
	seen   int
}

// watch starts the referee.
func (a *arena) watch(t *testing.T) error {
	clients, err := kubernetes.NewForConfig(a.Config(env.Admin))
	if err != nil {
		return err
	}
	ingresses := clients.NetworkingV1().Ingresses("")
	now, err := ingresses.List(t.Context(), metav1.ListOptions{})
	if err != nil {
		return err
	}
	// It goes on where it was when the API server ends the watch, so it misses nothing.
	watcher, err := watchtools.NewRetryWatcherWithContext(t.Context(), now.ResourceVersion, &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return ingresses.Watch(ctx, options)
		},
	})
	if err != nil {
		return err
	}
	a.referee = &referee{byName: map[types.NamespacedName]*networkingv1.Ingress{}, byHost: map[string]map[types.NamespacedName]*networkingv1.Ingress{}}
	go func() {
		for event := range watcher.ResultChan() {
			a.referee.see(event.Type, event.Object)
		}
	}()
	return nil
}

func (r *referee) see(change watch.EventType, object runtime.Object) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ing, ok := object.(*networkingv1.Ingress)
	if !ok {
		r.fouls = append(r.fouls, fmt.Sprintf("the watch broke: %v", object))
		return
	}
	r.seen++
	key := types.NamespacedName{Namespace: ing.Namespace, Name: ing.Name}
	for _, host := range hostsOf(r.byName[key]) {
		delete(r.byHost[host], key)
	}
	delete(r.byName, key)
	if change == watch.Deleted {
		return
	}
	r.byName[key] = ing
	for _, host := range hostsOf(ing) {
		for other, there := range r.byHost[host] {
			if !mayShare(ing, there) {
				r.fouls = append(r.fouls, fmt.Sprintf("%s: %s is stored where %s stands (resourceVersion %s)", host, key, other, ing.ResourceVersion))
			}
		}
		if r.byHost[host] == nil {
			r.byHost[host] = map[types.NamespacedName]*networkingv1.Ingress{}
		}
		r.byHost[host][key] = ing
	}
}

// hostsOf are the hosts that the gateway serves by an Ingress: none if it is of another class.
func hostsOf(ing *networkingv1.Ingress) []string {
	if ing == nil || *ing.Spec.IngressClassName != managed {
		return nil
	}
	var hosts []string
	for _, rule := range ing.Spec.Rules {
		hosts = append(hosts, rule.Host)
	}
	return hosts
}

// mayShare is the rule: game servers share a host only with those of their own set that the set means to share it (the
// sets named lobby here); web Ingresses share it with each other, and with a game of their namespace.
func mayShare(a, b *networkingv1.Ingress) bool {
	setA, setB := setOf(a), setOf(b)
	switch {
	case setA == "" && setB == "":
		return true
	case setA == "" || setB == "":
		return a.Namespace == b.Namespace
	}
	return a.Namespace == b.Namespace && setA == setB && (a.Name == b.Name || strings.HasPrefix(setA, "lobby"))
}

// setOf is empty where an Ingress is no game server's.
func setOf(ing *networkingv1.Ingress) string {
	if owner := metav1.GetControllerOf(ing); owner != nil {
		return owner.Name
	}
	return ""
}

// judge waits until the referee has seen all that was stored so far, and reports what it saw.
func (a *arena) judge(t *testing.T) {
	t.Helper()
	marker := a.rivals[0].web("marker", "marker.race.test")
	marker.Namespace, marker.Spec.IngressClassName = metav1.NamespaceDefault, class(unmanaged)
	if err := a.admin.Create(t.Context(), marker); err != nil {
		t.Fatal(err)
	}
	key := client.ObjectKeyFromObject(marker)
	if err := a.Wait(t.Context(), "the referee to catch up", func(context.Context) (bool, error) {
		a.referee.mu.Lock()
		defer a.referee.mu.Unlock()
		return a.referee.byName[key] != nil, fmt.Errorf("%d changes seen", a.referee.seen)
	}); err != nil {
		t.Fatal(err)
	}
	if err := a.admin.Delete(t.Context(), marker); err != nil {
		t.Fatal(err)
	}
	a.referee.mu.Lock()
	defer a.referee.mu.Unlock()
	for _, foul := range a.referee.fouls[:min(len(a.referee.fouls), 10)] {
		t.Error(foul)
	}
	t.Logf("%d changes seen so far, %d hosts given away twice", a.referee.seen, len(a.referee.fouls))
}

// standing lists who stands on a host now, by namespace/name.
func (r *referee) standing(host string) []*networkingv1.Ingress {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []*networkingv1.Ingress
	for _, ing := range r.byHost[host] {
		list = append(list, ing)
	}
	slices.SortFunc(list, func(a, b *networkingv1.Ingress) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return list
}

// since is a duration for people.
func since(begin time.Time) time.Duration { return time.Since(begin).Round(100 * time.Millisecond) }
