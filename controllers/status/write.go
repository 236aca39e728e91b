package status

import (
	"cmp"
	"context"
	"errors"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/survey"
	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
)

// write is a status that stands somewhere else than it should.
type write struct {
	name  string
	entry *entry
	now   v1alpha1.GamePolicyStatus
}

// writeAll writes what is due, those first that have waited longest, as many as a pass may.
func (c *Controller) writeAll(ctx context.Context, due []write) {
	now := c.now()
	due = slices.DeleteFunc(due, func(w write) bool { return now.Before(w.entry.retry) })
	slices.SortStableFunc(due, func(a, b write) int {
		return cmp.Or(a.entry.written.Compare(b.entry.written), cmp.Compare(a.name, b.name))
	})
	if len(due) > maxWrites {
		due = due[:maxWrites]
		c.Changed()
	}
	for i := range due {
		if ctx.Err() != nil || errors.Is(c.write(ctx, &due[i]), context.DeadlineExceeded) {
			return
		}
	}
}

func (c *Controller) write(ctx context.Context, w *write) error {
	within, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := c.api.Apply(within, w.name, &w.now)
	w.entry.written = c.now()
	switch {
	case err == nil:
		w.entry.stored = w.now
	case apierrors.IsNotFound(err):
		// It is gone, and memory will hear of it.
	case ctx.Err() == nil:
		w.entry.retry = w.entry.written.Add(longestPause)
		c.log.Info("status cannot be written", "policy", w.name, "reason", err.Error())
	}
	return err
}

// fieldOwner is who is responsible for the fields that we write.
const fieldOwner = client.FieldOwner("gatehouse")

// cluster is the API server itself.
type cluster struct {
	*survey.Survey
	writer client.SubResourceWriter
}

// NewAPI makes an API of a survey and a client that writes. The client needs no scheme with GamePolicies.
func NewAPI(survey *survey.Survey, writer client.StatusClient) API {
	return cluster{survey, writer.Status()}
}

// Apply implements API by server-side apply: conditions of others stay, and what we said before and say no longer goes.
// What others write over ours is taken back. There is no precondition (the API server ignores a uid here): a later policy of
// the same name, of which memory has not heard yet, has a wrong status until the next pass.
func (c cluster) Apply(ctx context.Context, name string, status *v1alpha1.GamePolicyStatus) error {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(status)
	if err != nil {
		return err
	}
	object := &unstructured.Unstructured{Object: map[string]any{"status": fields}}
	object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("GamePolicy"))
	object.SetName(name)
	return c.writer.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), fieldOwner, client.ForceOwnership)
}
