package snapshot

import (
	"context"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// OpenKruiseGame may be installed after Gatehouse, and be removed. Discovery says whether its kind is served; every
// authenticated client may read it, so that this needs no right to CustomResourceDefinitions.
const (
	lookEveryWhileAbsent = 2 * time.Second
	// While the kind is served, a watch that fails asks to look again; this is for what that might miss.
	lookEveryWhileServed = time.Minute
	// The watch fails a moment before discovery forgets the kind.
	lookAfterFailure = 500 * time.Millisecond
	// absences in a row say that the kind is gone. Without the labels of the sets, policies that select by them take
	// their annotations back, so one odd answer must not be enough.
	absences = 3

	gameServerSetResource = "gameserversets"
)

// gameServerSetKind stands for the kind towards the cache. Sets are read untyped: OpenKruiseGame's CRD bounds no number
// (reserveGameServerIds takes any integer), so that with a typed list one set that does not fit into Go's type would hide
// all others.
func gameServerSetKind() *unstructured.Unstructured {
	set := &unstructured.Unstructured{}
	set.SetGroupVersionKind(gameserver.GroupVersion.WithKind("GameServerSet"))
	return set
}

// setsReflector is what the reflector of the sets calls what it reads.
var setsReflector = gameserver.GroupVersion.WithKind("GameServerSet").String()

// gameServerSets follows the GameServerSets while their kind is served.
type gameServerSets struct {
	*follower

	// absent counts the times in a row that the kind was not served, trouble is why that could not be told; both are
	// run's own.
	absent  int
	trouble string

	mu sync.Mutex
	// registration is nil while nothing is followed.
	registration toolscache.ResourceEventHandlerRegistration
	// looked: it is known whether the kind is served.
	looked bool
}

// settled tells whether the sets that there are are known. A cluster without OpenKruiseGame has none.
func (g *gameServerSets) settled() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.looked && (g.registration == nil || g.registration.HasSynced())
}

func (g *gameServerSets) run(ctx context.Context) {
	for next := time.Duration(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-g.wake:
			next = lookAfterFailure
			continue
		case <-time.After(next):
			next = g.look(ctx)
		}
	}
}

// look brings the informer in line with what is served and says when to look again.
func (g *gameServerSets) look(ctx context.Context) time.Duration {
	served, err := g.served()
	if err == nil {
		if g.absent++; served {
			g.absent = 0
		}
		err = g.adjust(ctx, served)
	}
	if err != nil {
		if err.Error() != g.trouble {
			g.trouble = err.Error()
			g.log.Info("cannot follow GameServerSets yet", "reason", g.trouble)
		}
		return lookEveryWhileAbsent
	}
	g.trouble = ""
	switch {
	case served:
		return lookEveryWhileServed
	case !g.looked:
		return lookAfterFailure
	}
	return lookEveryWhileAbsent
}

func (g *gameServerSets) served() (bool, error) {
	list, err := g.discovery.ServerResourcesForGroupVersion(gameserver.GroupVersion.String())
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == gameServerSetResource }), nil
}

// adjust starts or stops the informer.
func (g *gameServerSets) adjust(ctx context.Context, served bool) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case served && g.registration == nil:
		informer, err := g.cache.GetInformer(ctx, gameServerSetKind(), cache.BlockUntilSynced(false))
		if err != nil {
			return err
		}
		index := &setIndex{changed: g.regenerate}
		if g.registration, err = informer.AddEventHandler(index.handler()); err != nil {
			return err
		}
		g.sets.Store(index)
		g.log.Info("following GameServerSets")
	case g.absent >= absences && g.registration != nil:
		if err := g.cache.RemoveInformer(ctx, gameServerSetKind()); err != nil {
			return err
		}
		g.registration = nil
		g.sets.Store(&setIndex{changed: g.regenerate})
		g.regenerate()
		g.log.Info("GameServerSets are no longer served: OpenKruiseGame's CRD is gone")
	case !g.looked && g.absent == absences:
		g.log.Info("no GameServerSets yet: OpenKruiseGame's CRD is not installed")
	}
	// One odd answer at the start must not make a replica ready that does not know the sets: an UPDATE would lose what
	// policies that select sets have injected.
	g.looked = g.looked || served || g.absent >= absences
	return nil
}

// watchFailed hears of every watch that broke. A kind that is not there is no error for GameServerSets: it is looked
// into, and logged once there instead of at every attempt.
func (s *Snapshot) watchFailed(ctx context.Context, reflector *toolscache.Reflector, err error) {
	if apierrors.IsNotFound(err) && reflector.TypeDescription() == setsReflector {
		signal(s.wake)
		return
	}
	toolscache.DefaultWatchErrorHandler(ctx, reflector, err)
}
