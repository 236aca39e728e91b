package chart

import (
	"context"
	"errors"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// errDeadline is the end of a Job whose activeDeadlineSeconds are over.
var errDeadline = errors.New("DeadlineExceeded")

// runJob makes as many attempts as the Job allows and tells the outcome.
func (n *node) runJob(ctx context.Context, job *batchv1.Job) {
	spec, before := job.Spec, job.DeepCopy()
	start := metav1.Now()
	job.Status.StartTime = &start
	if spec.ActiveDeadlineSeconds != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, time.Duration(*spec.ActiveDeadlineSeconds)*time.Second, errDeadline)
		defer cancel()
	}
	attempt := func() error {
		if err := n.admit(ctx, job); err != nil {
			return err
		}
		return n.execute(ctx, job.Name, spec.Template.Spec)
	}
	err := attempt()
	for retries := *spec.BackoffLimit; err != nil && ctx.Err() == nil && retries > 0; retries-- {
		job.Status.Failed++
		err = attempt()
	}
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errDeadline) {
		return // it was deleted, or the release is stopped
	}
	now := metav1.Now()
	conclude := func(kinds ...batchv1.JobConditionType) {
		for _, kind := range kinds {
			condition := batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue, LastProbeTime: now, LastTransitionTime: now}
			if err != nil {
				condition.Reason, condition.Message = "BackoffLimitExceeded", err.Error()
			}
			job.Status.Conditions = append(job.Status.Conditions, condition)
		}
	}
	if err == nil {
		job.Status.Succeeded, job.Status.CompletionTime = 1, &now
		conclude(batchv1.JobSuccessCriteriaMet, batchv1.JobComplete)
	} else {
		job.Status.Failed++
		conclude(batchv1.JobFailureTarget, batchv1.JobFailed)
	}
	n.tell(ctx, job, before)
}

// admit has the API server look at the Pod that the Job controller would create: Pod Security judges Pods, not Jobs.
func (n *node) admit(ctx context.Context, job *batchv1.Job) error {
	pod := &corev1.Pod{ObjectMeta: job.Spec.Template.ObjectMeta, Spec: job.Spec.Template.Spec}
	pod.Namespace, pod.Name = n.Namespace, job.Name
	return n.client.Create(ctx, pod.DeepCopy(), client.DryRunAll)
}

// runPod runs a Pod that no Job stands behind.
func (n *node) runPod(ctx context.Context, pod *corev1.Pod) {
	before := pod.DeepCopy()
	pod.Status.Phase = corev1.PodRunning
	n.tell(ctx, pod, before)
	err := n.execute(ctx, pod.Name, pod.Spec)
	if ctx.Err() != nil {
		return
	}
	before = pod.DeepCopy()
	pod.Status.Phase = corev1.PodSucceeded
	if err != nil {
		pod.Status.Phase, pod.Status.Message = corev1.PodFailed, err.Error()
	}
	n.tell(ctx, pod, before)
}

// tell writes a status. Helm may have deleted the object meanwhile, and says itself what it waits for in vain.
func (n *node) tell(ctx context.Context, object, before client.Object) {
	ctx = context.WithoutCancel(ctx)
	err := n.client.Status().Patch(ctx, object, client.MergeFrom(before))
	if client.IgnoreNotFound(err) != nil && n.options.Output != nil {
		fmt.Fprintf(n.options.Output, "status of %s: %v\n", object.GetName(), err)
	}
}
