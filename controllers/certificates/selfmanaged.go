package certificates

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/flowcontrol"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// passTimeout bounds all calls of one pass.
	passTimeout = 10 * time.Second
	// retryPause is how long a pass that failed is left alone.
	retryPause = time.Second
	// publishQPS and publishBurst bound the writes of webhook configurations, should somebody else keep writing their bundles.
	publishQPS   = 0.5
	publishBurst = 20
	// passQPS and passBurst bound everything else, should a step never come to an end.
	passQPS   = 2
	passBurst = 50
)

// Config is what a SelfManaged works with.
type Config struct {
	API client.WithWatch
	// Service is in front of the webhooks. Its name is the beginning of the Secrets' names.
	Service types.NamespacedName
	// Configurations is the name of both webhook configurations.
	Configurations string
	Durations      Durations
	Serving        *Serving
	Now            func() time.Time
	Log            logr.Logger
}

// SelfManaged makes the CA and the serving certificate, keeps them in Secrets, renews them and writes the bundles. Any number
// of replicas do so at once: each write rests on the version that was read, and whoever comes second takes what is there.
type SelfManaged struct {
	Config
	woken   chan struct{}
	limit   flowcontrol.RateLimiter // of publishing
	pace    flowcontrol.RateLimiter // of passes
	trouble string
}

// NewSelfManaged makes one that does nothing yet.
func NewSelfManaged(c Config) *SelfManaged {
	c.Log = c.Log.WithName("certificate")
	return &SelfManaged{
		Config: c, woken: make(chan struct{}, 1),
		limit: flowcontrol.NewTokenBucketRateLimiter(publishQPS, publishBurst),
		pace:  flowcontrol.NewTokenBucketRateLimiter(passQPS, passBurst),
	}
}

// Run keeps at it until the context ends.
func (m *SelfManaged) Run(ctx context.Context) error {
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error {
		return (&Watch{API: m.API, Name: m.Configurations, Serving: m.Serving, changed: m.wake}).Run(ctx)
	})
	for _, key := range []types.NamespacedName{m.caKey(), m.servingKey()} {
		parts.Go(func() error {
			return follow(ctx, m.API, &corev1.SecretList{}, key, func(client.Object) { m.wake() })
		})
	}
	parts.Go(func() error { m.loop(ctx); return nil })
	return parts.Wait()
}

// The names are not those of cert-manager's Secrets, which may be there still, or be there again: it would take ours for its own.
func (m *SelfManaged) caKey() types.NamespacedName {
	return types.NamespacedName{Namespace: m.Service.Namespace, Name: m.Service.Name + "-own-ca"}
}

func (m *SelfManaged) servingKey() types.NamespacedName {
	return types.NamespacedName{Namespace: m.Service.Namespace, Name: m.Service.Name + "-own-tls"}
}

func (m *SelfManaged) wake() {
	select {
	case m.woken <- struct{}{}:
	default:
	}
}

func (m *SelfManaged) loop(ctx context.Context) {
	for m.pace.Wait(ctx) == nil {
		again, more, err := m.pass(ctx)
		switch {
		case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err):
			continue // somebody else was first: look at what he wrote
		case err != nil:
			m.say(ctx, err)
			again = m.Now().Add(retryPause)
		case more:
			continue
		default:
			m.trouble = ""
		}
		timer := time.NewTimer(max(0, again.Sub(m.Now())))
		select {
		case <-ctx.Done():
		case <-m.woken:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// say logs what keeps a pass from its end, once for each reason.
func (m *SelfManaged) say(ctx context.Context, err error) {
	if ctx.Err() != nil || err.Error() == m.trouble {
		return
	}
	m.trouble = err.Error()
	m.Log.Info("the certificates cannot be kept up to date", "reason", m.trouble)
}

// pass does the next step, if there is any. more tells that there may be another one.
func (m *SelfManaged) pass(ctx context.Context) (again time.Time, more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, passTimeout)
	defer cancel()
	w, err := m.read(ctx)
	if err != nil {
		return again, false, err
	}
	if w.state.serving != nil {
		m.Serving.Offer(w.state.serving)
	}
	now := m.Now()
	p := decide(w.state, m.Durations, now)
	if p.change != none {
		return again, true, m.writeCA(ctx, w, p, now)
	}
	if p.publish {
		// Whatever keeps the bundles from being written, a certificate may be needed all the more.
		err = m.publish(ctx, w, p.trusted)
		more = err == nil
	}
	if p.leaf {
		if failed := m.writeLeaf(ctx, w, now); failed != nil {
			return again, false, failed
		}
		more = true
	}
	return p.again, more && err == nil, err
}
