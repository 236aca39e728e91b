package ledger

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// ClaimCache is the claims in memory: Claims, or something that is deliberately old.
type ClaimCache interface {
	Get(name string) *v1alpha1.HostClaim
	List() []*v1alpha1.HostClaim
}

// Index is the Ingresses in memory: Standings, or something that is deliberately old.
type Index interface {
	On(deed host.Deed) []Standing
}

// Ledger takes and renews deeds for those who ask at admission. Its methods may be called from any goroutine.
type Ledger struct {
	store  Store
	claims ClaimCache
	index  Index
	terms  host.Terms
	now    func() time.Time
	log    logr.Logger

	metrics metrics
}

// New makes a ledger. now is the clock of this replica. It registers gatehouse_host_claim_duration_seconds.
func New(store Store, claims ClaimCache, index Index, terms host.Terms, now func() time.Time, registry prometheus.Registerer, log logr.Logger) *Ledger {
	return &Ledger{
		store: store, claims: claims, index: index, terms: terms, now: now,
		metrics: newMetrics(registry), log: log.WithName("ledger"),
	}
}

// Look judges a case from memory alone and writes nothing: for dry runs, and for the mutator. The verdicts are in the
// order of the claims' names.
func (l *Ledger) Look(c host.Case) []host.Verdict {
	deeds := ordered(c.Deeds)
	verdicts := make([]host.Verdict, len(deeds))
	for i, deed := range deeds {
		verdicts[i] = host.Verdict{
			Deed: deed, Judgement: l.judge(&c, deed, l.claims.Get(deed.ClaimName())), Covering: covering(l.claims, deed, c.Party),
		}
	}
	return verdicts
}

// Claim takes or renews all deeds of a case, or none: what it has created for a case that is refused it gives back. An
// error says that it could not be decided; then nothing may be relied on.
func (l *Ledger) Claim(ctx context.Context, c host.Case) (verdicts []host.Verdict, err error) {
	start := time.Now()
	defer func() { l.metrics.observe(start, verdicts, err) }()
	verdicts = l.Look(c)
	if err := l.confirm(ctx, &c, verdicts); err != nil || host.RefusedAny(verdicts) {
		return verdicts, err
	}
	var created []*v1alpha1.HostClaim
	for i := range verdicts {
		j, claim, err := l.settle(ctx, &c, verdicts[i].Deed)
		if claim != nil {
			created = append(created, claim)
		}
		j.News = j.Outcome == host.Refused // else the look above would have refused it
		verdicts[i].Judgement = j
		if err != nil || j.Outcome == host.Refused {
			l.giveBack(ctx, created)
			return verdicts, err
		}
	}
	return verdicts, nil
}

// ordered sorts deeds by the names of their claims, so that two cases with the same hosts take them in the same order
// and one of them gets all.
func ordered(deeds []host.Deed) []host.Deed {
	deeds = slices.Clone(deeds)
	slices.SortFunc(deeds, func(a, b host.Deed) int { return strings.Compare(a.ClaimName(), b.ClaimName()) })
	return deeds
}

// confirm reads the claims of what memory alone would refuse: nobody is refused for what is no longer so.
func (l *Ledger) confirm(ctx context.Context, c *host.Case, verdicts []host.Verdict) error {
	for i := range verdicts {
		if verdicts[i].Outcome != host.Refused {
			continue
		}
		claim, err := l.read(ctx, verdicts[i].Deed)
		if err != nil {
			return err
		}
		verdicts[i].Judgement = l.judge(c, verdicts[i].Deed, claim)
	}
	return nil
}

// maxAttempts bounds how often one deed is judged anew because somebody else wrote its claim meanwhile. Where many share a
// host all of them write its claim at first, and of those who write at the same time one gets through.
const maxAttempts = 32

// settle makes one deed good for the case, and returns the claim if it has created it.
func (l *Ledger) settle(ctx context.Context, c *host.Case, deed host.Deed) (host.Judgement, *v1alpha1.HostClaim, error) {
	claim, live := l.claims.Get(deed.ClaimName()), false
	for range maxAttempts {
		j := l.judge(c, deed, claim)
		switch {
		case j.Outcome == host.Rely, j.Outcome == host.Refused && live:
			return j, nil, nil
		case j.Outcome != host.Refused:
			written, err := l.write(ctx, claim, deed, j.Next)
			if err == nil {
				return l.verify(ctx, c, j, written, claim == nil)
			}
			if !Outrun(err) {
				return j, nil, fmt.Errorf("write HostClaim %s: %w", deed.ClaimName(), err)
			}
		}
		var err error
		if claim, err = l.read(ctx, deed); err != nil {
			return j, nil, err
		}
		live = true
	}
	return host.Judgement{}, nil, fmt.Errorf("HostClaim %s was written by others %d times in a row", deed.ClaimName(), maxAttempts)
}

// read is the claim of a deed as it is now, nil if there is none.
func (l *Ledger) read(ctx context.Context, deed host.Deed) (*v1alpha1.HostClaim, error) {
	claim, err := l.store.Get(ctx, deed.ClaimName())
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read HostClaim %s: %w", deed.ClaimName(), err)
	}
	return claim, nil
}

// write creates the claim, or updates it on the condition that nobody else has.
func (l *Ledger) write(ctx context.Context, claim *v1alpha1.HostClaim, deed host.Deed, spec *v1alpha1.HostClaimSpec) (*v1alpha1.HostClaim, error) {
	if claim == nil {
		created := NewClaim(deed, spec)
		return created, l.store.Create(ctx, created)
	}
	next := claim.DeepCopy()
	next.Spec = *spec
	return next, l.store.Update(ctx, next)
}

// NewClaim is the claim of a deed as it is created.
func NewClaim(deed host.Deed, spec *v1alpha1.HostClaimSpec) *v1alpha1.HostClaim {
	return &v1alpha1.HostClaim{ObjectMeta: metav1.ObjectMeta{Name: deed.ClaimName()}, Spec: *spec}
}

// Outrun tells whether a write failed because somebody else has written the claim first.
func Outrun(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err)
}

// giveBack deletes what a refused case has created. A claim that somebody has relied on or bound meanwhile is written
// since, and stays. What cannot be deleted now the janitor releases later.
func (l *Ledger) giveBack(ctx context.Context, created []*v1alpha1.HostClaim) {
	// The answer is due anyway: a client that no longer waits is no reason to leave a claim behind.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	for _, claim := range created {
		if err := l.store.Delete(ctx, claim); err != nil && !Outrun(err) {
			l.log.Error(err, "cannot give back a claim; it is released later", "claim", claim.Name)
		}
	}
}
