package herald

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

const (
	// tidyEvery is how often it looks for what has come up during a pause, and for what is to be forgotten.
	tidyEvery = 5 * time.Second
	// callTimeout bounds all calls that one Event takes.
	callTimeout = 10 * time.Second
)

// Herald writes the Events. Every replica runs one: each tells of what it has refused itself.
type Herald struct {
	api      client.Client
	instance string
	now      func() time.Time
	log      logr.Logger

	memory memory
	heard  chan struct{}
}

// New makes a herald. The client asks the API server itself, not a cache; instance names the replica.
func New(api client.Client, instance string, now func() time.Time, log logr.Logger) *Herald {
	return &Herald{api: api, instance: instance, now: now, log: log.WithName("herald"), heard: make(chan struct{}, 1)}
}

// Refused has it told that the Ingress of a game server was refused with this message. It returns at once.
func (h *Herald) Refused(server gameserver.Identity, message string) {
	h.memory.hear(server, note(server, message), h.now())
	select {
	case h.heard <- struct{}{}:
	default:
	}
}

// NeedLeaderElection is false: every replica refuses.
func (*Herald) NeedLeaderElection() bool { return false }

// Start tells what comes until the context ends.
func (h *Herald) Start(ctx context.Context) error {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		h.tellAll(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-h.heard:
		case <-ticker.C:
			if dropped := h.memory.forget(h.now()); dropped > 0 {
				h.log.Info("not told by events: too many at a time", "refusals", dropped)
			}
		}
	}
}

func (h *Herald) tellAll(ctx context.Context) {
	for ctx.Err() == nil {
		r := h.memory.next(h.now())
		if r == nil {
			return
		}
		h.tell(ctx, r, "GameServerSet", r.set.Name)
		if r.server != "" {
			h.tell(ctx, r, "GameServer", r.server)
		}
	}
}

func (h *Herald) tell(ctx context.Context, r *refusals, kind, name string) {
	within, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := h.record(within, r, kind, name); err != nil && ctx.Err() == nil {
		h.log.Info("refusal could not be told", "kind", kind, "namespace", r.set.Namespace, "name", name, "reason", err.Error())
	}
}
