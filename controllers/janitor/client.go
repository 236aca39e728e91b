package janitor

import (
	"context"
	"encoding/json"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/controllers/gamepods"
	"github.com/gatehouse-dev/gatehouse/controllers/snapshot"
	"github.com/gatehouse-dev/gatehouse/policy"
)

// cluster is the API server to the janitor: Live and Writer.
type cluster struct {
	snapshot.SetReader
	writer client.Client
}

// pageSize bounds what a list holds in memory at once.
const pageSize = 500

// Ingresses lists them in pages of one consistent snapshot: all pages are of the moment of the first.
func (c cluster) Ingresses(ctx context.Context) ([]*networkingv1.Ingress, error) {
	var out []*networkingv1.Ingress
	options := &client.ListOptions{Limit: pageSize}
	for {
		var page networkingv1.IngressList
		if err := c.List(ctx, &page, options); err != nil {
			return nil, err
		}
		for i := range page.Items {
			ing := page.Items[i].DeepCopy() // so that one Ingress does not hold its page in memory
			snapshot.TrimIngress(ing)
			out = append(out, ing)
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return out, nil
		}
	}
}

func (c cluster) Pods(ctx context.Context, namespace, set string) ([]*gamepods.Pod, error) {
	return gamepods.List(ctx, c, namespace, set)
}

// Touch writes the one annotation that the chart's ValidatingAdmissionPolicy lets us write.
func (c cluster) Touch(ctx context.Context, pod *gamepods.Pod, at time.Time) error {
	return c.patch(ctx, gamepods.Metadata(pod.Namespace, pod.Name), map[string]any{
		"metadata": map[string]any{"annotations": map[string]any{gamepods.RetryAnnotation: at.UTC().Format(time.RFC3339)}},
	})
}

// Lift puts back what policy.Quarantine took away.
func (c cluster) Lift(ctx context.Context, ing *networkingv1.Ingress) error {
	restored, ok := policy.Unquarantine(ing)
	if !ok {
		return nil
	}
	annotations := map[string]any{policy.QuarantinedAnnotation: nil}
	if class, given := restored.Annotations[policy.ClassAnnotation]; given {
		annotations[policy.ClassAnnotation] = class
	}
	var class any
	if restored.Spec.IngressClassName != nil {
		class = *restored.Spec.IngressClassName
	}
	object := &networkingv1.Ingress{}
	object.Namespace, object.Name = ing.Namespace, ing.Name
	return c.patch(ctx, object, map[string]any{
		"metadata": map[string]any{"annotations": annotations, "resourceVersion": ing.ResourceVersion},
		"spec":     map[string]any{"ingressClassName": class},
	})
}

func (c cluster) patch(ctx context.Context, object client.Object, change map[string]any) error {
	text, err := json.Marshal(change)
	if err != nil {
		return err
	}
	return c.writer.Patch(ctx, object, client.RawPatch(types.MergePatchType, text))
}
